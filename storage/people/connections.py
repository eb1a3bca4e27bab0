"""Connections: an athlete's consent at one vendor, and where it stands.

::

    connected ◀──connect again── needs_reauth       the vendor accepts the credentials no more
        │  ◀──connect again── revoked               the athlete ended it at the vendor
        └──remove──▶ removed                        ended here; ``sync.revoke`` then ends it at the vendor

One athlete has at most one connection to a vendor that is not removed, and an account at a vendor belongs to
at most one athlete.
"""

from __future__ import annotations

import datetime as dt
import shlex
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from poise_sdk.errors import Fatal
from poise_sdk.wearable import Credentials
from storage.ledger.jobs import storable_text
from storage.people.sql import Row, execute, one, rows
from storage.people.vault import seal_credentials

__all__ = [
    "OPEN",
    "STATUSES",
    "Connection",
    "ConnectionStatus",
    "ConnectionTaken",
    "NoSuchAthlete",
    "by_vendor_user",
    "connect",
    "find",
    "get",
    "mark",
    "of_athlete",
    "of_vendor",
    "remove",
    "set_subscribed",
]

ConnectionStatus = Literal["connected", "needs_reauth", "revoked", "removed"]
STATUSES: Final[tuple[ConnectionStatus, ...]] = get_args(ConnectionStatus)
#: What is not removed: the athlete sees it.
OPEN: Final[tuple[ConnectionStatus, ...]] = ("connected", "needs_reauth", "revoked")

_REASON_CHARS: Final = 500

_CURRENT: Final = (
    "SELECT * FROM connections WHERE athlete_id = $1 AND vendor = $2 AND status <> 'removed' FOR UPDATE"
)

_OTHER: Final = """
SELECT a.name FROM connections c JOIN athletes a ON a.id = c.athlete_id
WHERE c.vendor = $1 AND c.vendor_user_id = $2 AND c.athlete_id <> $3
  AND c.status IN ('connected', 'needs_reauth')
"""

_INSERT: Final = """
INSERT INTO connections (athlete_id, vendor, vendor_user_id, scopes) VALUES ($1, $2, $3, $4)
RETURNING *
"""

_AGAIN: Final = """
UPDATE connections SET status = 'connected', status_reason = NULL, scopes = $2,
    vendor_user_id = coalesce($3, vendor_user_id),
    connected_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE id = $1
RETURNING *
"""

_KEEP: Final = """
INSERT INTO connection_tokens AS t (connection_id, key_id, nonce, sealed, expires_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection_id) DO UPDATE SET key_id = EXCLUDED.key_id, nonce = EXCLUDED.nonce,
    sealed = EXCLUDED.sealed, expires_at = EXCLUDED.expires_at, version = t.version + 1,
    updated_at = clock_timestamp()
"""

# Whoever asked for other data before is asked for it anew: what was not shared may be shared now.
_FORGIVE: Final = """
UPDATE sync_states SET status = 'never', error = NULL, failures = 0
WHERE connection_id = $1 AND status IN ('error', 'not_shared')
"""


class ConnectionTaken(Fatal):
    """The account belongs to another athlete here, or the athlete to another account there."""


class NoSuchAthlete(Fatal):
    """There is no such athlete (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One row of ``connections`` at one instant."""

    id: int
    athlete_id: int
    vendor: str
    status: ConnectionStatus
    status_reason: str | None
    vendor_user_id: str | None
    scopes: tuple[str, ...]
    webhook_at: dt.datetime | None
    """When the last webhook about it came."""
    subscribed: bool
    """Whether webhooks are ordered at the vendor."""
    connected_at: dt.datetime
    updated_at: dt.datetime


async def connect(
    athlete_id: int, vendor: str, credentials: Credentials, vendor_user_id: str | None = None
) -> Connection:
    """Keep what a consent gave: a new connection, or the old one with new credentials.

    ``vendor_user_id`` defaults to that of ``credentials``. Raises :class:`ConnectionTaken` where the account
    belongs to another athlete, or the athlete is connected to another account of this vendor;
    :class:`NoSuchAthlete`; :class:`~storage.people.keys.VaultError`. Then nothing has changed.
    """
    account = vendor_user_id if vendor_user_id is not None else credentials.vendor_user_id
    scopes = sorted(credentials.scopes)
    try:
        async with in_transaction():
            if await one("SELECT 1 AS found FROM athletes WHERE id = $1 FOR SHARE", athlete_id) is None:
                raise NoSuchAthlete(f"there is no athlete {athlete_id}", hint="poise athletes list")
            current = await one(_CURRENT, athlete_id, vendor)
            if current is None:
                row = await one(_INSERT, athlete_id, vendor, account, scopes)
            else:
                before = current["vendor_user_id"]
                if account is not None and before is not None and account != before:
                    raise ConnectionTaken(
                        f"the athlete is connected to another account of {vendor}",
                        hint=f"end that connection first: poise disconnect {vendor} --athlete {athlete_id}",
                    )
                row = await one(_AGAIN, current["id"], scopes, account)
            assert row is not None
            connection = _connection(row)
            sealed = seal_credentials(connection.id, credentials)
            await execute(
                _KEEP, connection.id, sealed.key_id, sealed.nonce, sealed.sealed, credentials.expires_at
            )
            await execute(_FORGIVE, connection.id)
            return connection
    except IntegrityError as error:
        other = await one(_OTHER, vendor, account, athlete_id)
        if other is not None:
            whom = shlex.quote(other["name"])
            raise ConnectionTaken(
                f"this account of {vendor} is connected to another athlete, {other['name']}",
                hint=f"end that connection first: poise disconnect {vendor} --athlete {whom}",
            ) from error
        # Two consents of one athlete at once: one of them is kept, and it is not this one.
        raise ConnectionTaken(f"the athlete has just been connected to {vendor}") from error


async def get(connection_id: int) -> Connection | None:
    """A connection by its id, removed ones too."""
    row = await one("SELECT * FROM connections WHERE id = $1", connection_id)
    return _connection(row) if row is not None else None


async def find(athlete_id: int, vendor: str) -> Connection | None:
    """The connection of an athlete to a vendor that is not removed."""
    found = [one for one in await of_athlete(athlete_id) if one.vendor == vendor]
    return found[0] if found else None


async def of_athlete(athlete_id: int, *, removed: bool = False) -> list[Connection]:
    """The connections of an athlete by vendor; with ``removed`` those too, oldest first."""
    found = await rows(
        "SELECT * FROM connections WHERE athlete_id = $1 AND ($2 OR status <> 'removed') ORDER BY vendor, id",
        athlete_id,
        removed,
    )
    return [_connection(row) for row in found]


async def of_vendor(
    vendor: str, *, status: ConnectionStatus | None = "connected", after: int = 0, limit: int = 1_000
) -> list[Connection]:
    """Up to ``limit`` connections to a vendor with ids above ``after``; ``status=None``: of any status."""
    found = await rows(
        "SELECT * FROM connections WHERE vendor = $1 AND ($2::text IS NULL OR status = $2) "
        "AND id > $3 ORDER BY id LIMIT $4",
        vendor,
        status,
        after,
        limit,
    )
    return [_connection(row) for row in found]


async def by_vendor_user(vendor: str, vendor_user_id: str) -> Connection | None:
    """Whose account at the vendor this is: the connection that lives, of several dead ones the latest."""
    row = await one(
        "SELECT * FROM connections WHERE vendor = $1 AND vendor_user_id = $2 "
        "AND status <> 'removed' "
        "ORDER BY status = 'connected' DESC, status = 'needs_reauth' DESC, id DESC LIMIT 1",
        vendor,
        vendor_user_id,
    )
    return _connection(row) if row is not None else None


async def mark(connection_id: int, status: ConnectionStatus, reason: str | None = None) -> bool:
    """Write down where a connection stands and why; whether there is one. A removed one stays removed."""
    row = await one(
        "UPDATE connections SET status = $2, status_reason = $3, updated_at = clock_timestamp() "
        "WHERE id = $1 AND status <> 'removed' RETURNING id",
        connection_id,
        status,
        storable_text(reason)[:_REASON_CHARS] if reason is not None else None,
    )
    return row is not None


async def set_subscribed(vendor: str, subscribed: bool) -> None:
    """Write down whether webhooks about a vendor's connections are ordered."""
    await execute(
        "UPDATE connections SET subscribed = $2 WHERE vendor = $1 AND subscribed <> $2", vendor, subscribed
    )


async def remove(connection_id: int) -> bool:
    """End a connection here; whether it was open.

    Its credentials stay sealed until ``sync.revoke`` (:func:`storage.people.orders.order_revoke`, to be
    ordered in the same transaction) has ended it at the vendor and calls
    :func:`storage.people.vault.forget_credentials`.
    """
    row = await one(
        "UPDATE connections SET status = 'removed', status_reason = NULL, subscribed = false, "
        "updated_at = clock_timestamp() WHERE id = $1 AND status <> 'removed' RETURNING id",
        connection_id,
    )
    return row is not None


def _connection(row: Row) -> Connection:
    return Connection(
        id=row["id"],
        athlete_id=row["athlete_id"],
        vendor=row["vendor"],
        status=cast(ConnectionStatus, row["status"]),
        status_reason=row["status_reason"],
        vendor_user_id=row["vendor_user_id"],
        scopes=tuple(row["scopes"]),
        webhook_at=row["webhook_at"],
        subscribed=row["subscribed"],
        connected_at=row["connected_at"],
        updated_at=row["updated_at"],
    )
