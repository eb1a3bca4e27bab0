"""New keys for old secrets: everything sealed is opened and sealed again under the newest key.

With keys from the environment the operator puts a new one before the old ones, restarts servers and workers,
rotates, and may then drop the old ones. A key file is given a new key here. The key before it is kept until
the next rotation: another process may be sealing with it this very moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from storage.people import attempts, vault, vendor_apps
from storage.people.keys import VaultError, add_key, retire_keys
from storage.people.keys import rotation as only_rotation
from storage.people.sealing import Sealed, Vault
from storage.people.sql import Row, one, rows
from storage.settings import Settings, current_settings

__all__ = ["Rotated", "rotate"]

#: Rows read at once.
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with sealed secrets: its name, its key column, what binds its secrets."""

    name: str
    owner: str
    purpose: str


_TABLES: Final = (
    _Table("connection_tokens", "connection_id", vault.PURPOSE),
    _Table("vendor_apps", "vendor", vendor_apps.PURPOSE),
    _Table("connect_attempts", "state_hash", attempts.PURPOSE),
)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did."""

    key_id: str
    """The key that seals from now on."""
    sealed: int
    """Secrets sealed anew."""
    lost: tuple[str, ...]
    """Secrets that do not open: their keys are not here."""


async def rotate() -> Rotated:
    """Seal everything anew under the newest key, in whatever number of attempts it takes.

    A key file gets a new key first. Safe beside running servers and workers: a secret that is renewed
    meanwhile is left as it is, for it was sealed with a key that all have. Raises
    :class:`~storage.people.keys.VaultError` where there are no keys, or another process rotates a key file.
    """
    settings = current_settings()
    if not Vault(settings).ring.from_file:
        return await _reseal(Vault(settings))
    with only_rotation(settings):
        return await _with_new_key(settings)


async def _with_new_key(settings: Settings) -> Rotated:
    add_key(settings)
    done = await _reseal(Vault(settings))
    # With a secret that does not open, no key is thrown away: the right one may be put back into the file.
    if not done.lost:
        retire_keys(settings, keep=2)
    return done


async def _reseal(keys: Vault) -> Rotated:
    sealed, lost = 0, []
    for table in _TABLES:
        after: object = None
        while found := await _batch(table, keys.ring.newest, after):
            for row in found:
                after = row["owner"]
                try:
                    sealed += await _again(
                        table, keys, row["owner"], Sealed(row["key_id"], row["nonce"], row["sealed"])
                    )
                except VaultError as error:
                    lost.append(error.message)
    return Rotated(keys.ring.newest, sealed, tuple(lost))


async def _batch(table: _Table, newest: str, after: object) -> list[Row]:
    where = f"key_id <> $1 AND ($2::{_kind(table)} IS NULL OR {table.owner} > $2)"
    return await rows(
        f"SELECT {table.owner} AS owner, key_id, nonce, sealed FROM {table.name} "  # noqa: S608 - constants
        f"WHERE {where} ORDER BY {table.owner} LIMIT {_BATCH}",
        newest,
        after,
    )


async def _again(table: _Table, keys: Vault, owner: int | str, old: Sealed) -> int:
    """Seal one secret anew; 0 if it was replaced by another meanwhile."""
    value = keys.open(old, purpose=table.purpose, owner=owner)
    new = keys.seal(value, purpose=table.purpose, owner=owner)
    done = await one(
        f"UPDATE {table.name} SET key_id = $2, nonce = $3, sealed = $4 "  # noqa: S608 - constants
        f"WHERE {table.owner} = $1 AND nonce = $5 RETURNING 1 AS done",
        owner,
        new.key_id,
        new.nonce,
        new.sealed,
        old.nonce,
    )
    return int(done is not None)


def _kind(table: _Table) -> str:
    return "bigint" if table.owner == "connection_id" else "text"
