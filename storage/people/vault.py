"""Credentials of connections: sealed, versioned, renewed by one worker at a time.

A vendor that rotates refresh tokens kills the old one with every refresh. So whoever renews credentials
holds :func:`refresh_lock`, reads them again under it, and renews only what nobody has renewed meanwhile::

    async with refresh_lock(connection_id):
        credentials, version = await load_credentials(connection_id)
        if version == the_version_that_was_refused:
            await save_credentials(connection_id, await client.refresh(), version)
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from poise_sdk.errors import NeedsReauth, Retriable
from poise_sdk.wearable import Credentials, Secret
from storage.connect import session
from storage.people.keys import VaultError
from storage.people.sealing import Sealed, Vault, current_vault
from storage.people.sql import execute, one

__all__ = [
    "PURPOSE",
    "StaleCredentials",
    "Vault",
    "VaultError",
    "forget_credentials",
    "load_credentials",
    "open_credentials",
    "refresh_lock",
    "save_credentials",
    "seal_credentials",
]

#: What binds a sealed token to this table; the owner is the connection's id.
PURPOSE: Final = "connection"
#: Seconds to wait for another worker's refresh: longer than any vendor's token endpoint may take.
_PATIENCE_S: Final = 240.0

_LOAD: Final = "SELECT key_id, nonce, sealed, version FROM connection_tokens WHERE connection_id = $1"

_SAVE: Final = """
UPDATE connection_tokens SET key_id = $3, nonce = $4, sealed = $5, expires_at = $6, version = version + 1,
    updated_at = clock_timestamp()
WHERE connection_id = $1 AND version = $2
RETURNING version
"""


class StaleCredentials(Retriable):
    """Somebody else has renewed the credentials since they were read: read them again."""


class _Text(msgspec.Struct):
    """Credentials as they are sealed."""

    access_token: str
    refresh_token: str | None = None
    expires_at: dt.datetime | None = None
    scopes: list[str] = []
    vendor_user_id: str | None = None


async def load_credentials(connection_id: int) -> tuple[Credentials, int]:
    """The credentials of a connection and their version.

    Raises :class:`~poise_sdk.errors.NeedsReauth` if none are kept, :class:`VaultError` if they do not open.
    """
    row = await one(_LOAD, connection_id)
    if row is None:
        raise NeedsReauth(f"no credentials of connection {connection_id} are kept", hint="connect again")
    sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    return open_credentials(connection_id, sealed), int(row["version"])


async def save_credentials(connection_id: int, credentials: Credentials, expected_version: int) -> int:
    """Keep renewed credentials and return their version.

    Raises :class:`StaleCredentials` if the stored version is not ``expected_version``: nothing was written.
    """
    sealed = seal_credentials(connection_id, credentials)
    row = await one(
        _SAVE,
        connection_id,
        expected_version,
        sealed.key_id,
        sealed.nonce,
        sealed.sealed,
        credentials.expires_at,
    )
    if row is None:
        raise StaleCredentials(f"the credentials of connection {connection_id} were renewed by somebody else")
    return int(row["version"])


async def forget_credentials(connection_id: int) -> None:
    """Erase the credentials of a connection; whoever wants them revoked at the vendor does that before."""
    await execute("DELETE FROM connection_tokens WHERE connection_id = $1", connection_id)


@asynccontextmanager
async def refresh_lock(connection_id: int) -> AsyncIterator[None]:
    """Be the only one, of all processes, to renew this connection's credentials for the body's duration.

    The lock belongs to a database session of its own and ends with it, however this process ends; it takes
    no connection of the pool, which those who wait would otherwise use up before the one they wait for.
    Raises :class:`~poise_sdk.errors.Retriable` if somebody holds it for minutes.
    """
    name = f"poise refresh {connection_id}"
    async with session("poise-refresh") as connection:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", name)
        except TimeoutError as error:
            raise Retriable(
                f"another worker has been renewing connection {connection_id} for long"
            ) from error
        yield


def seal_credentials(connection_id: int, credentials: Credentials) -> Sealed:
    """Credentials as they are stored, bound to their connection."""
    refresh = credentials.refresh_token
    text = _Text(
        access_token=credentials.access_token.reveal(),
        refresh_token=refresh.reveal() if refresh is not None else None,
        expires_at=credentials.expires_at,
        scopes=sorted(credentials.scopes),
        vendor_user_id=credentials.vendor_user_id,
    )
    value = Secret(msgspec.json.encode(text).decode())
    return current_vault().seal(value, purpose=PURPOSE, owner=connection_id)


def open_credentials(connection_id: int, sealed: Sealed) -> Credentials:
    """What :func:`seal_credentials` sealed. Raises :class:`VaultError`."""
    value = current_vault().open(sealed, purpose=PURPOSE, owner=connection_id)
    text = msgspec.json.decode(value.reveal(), type=_Text)
    return Credentials(
        access_token=Secret(text.access_token),
        refresh_token=Secret(text.refresh_token) if text.refresh_token is not None else None,
        expires_at=text.expires_at,
        scopes=frozenset(text.scopes),
        vendor_user_id=text.vendor_user_id,
    )
