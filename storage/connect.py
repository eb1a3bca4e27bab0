"""Two ways to the database: Tortoise on asyncpg for the servers, ADBC for bulk work.

An asyncpg pool serves single objects and lists on the event loop; ADBC moves whole frames as
Arrow, blocks, and therefore belongs in threads and child processes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from adbc_driver_manager.dbapi import Connection
from adbc_driver_postgresql import dbapi
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext

__all__ = ["Connection", "connect", "database", "is_transient", "rows", "session"]

# What trying the same transaction again on a fresh connection may cure, by SQLSTATE:
# serialisation failure, deadlock, lock timeout; the server going down, crashing, coming up.
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
_CONNECTION_EXCEPTION_CLASS = "08"

# libpq words a lost connection in prose only and ADBC hands the prose on without a SQLSTATE.
_LOST_CONNECTION = (
    "server closed the connection",
    "terminating connection",
    "connection refused",
    "connection reset",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "could not connect to server",
    "connection not open",
    "the database system is",  # starting up, shutting down, in recovery mode
    "ssl connection has been closed",
)

# How long a session may take to say goodbye before its socket is simply closed.
_CLOSE_S = 5.0

# A bulk session sorts batches of some ten thousand rows; compiling its plans costs more than running them.
_BULK_SETTINGS = {"application_name": "poise-bulk", "jit": "off", "work_mem": "64MB"}


@asynccontextmanager
async def database(url: str, *, min_size: int = 1, max_size: int = 10) -> AsyncIterator[TortoiseContext]:
    """Open Tortoise on an asyncpg pool for the body's duration.

    ``url`` is a libpq URL (``postgresql://user:password@host:port/name?sslmode=require``). The
    pool connects on first use and replaces connections that died, so a restart of the server costs
    the statements under way and no more. Only one such context may be open in a process: it is the
    global one, because an ASGI server runs its lifespan in another task than its requests.
    """
    config = {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {
                    **_credentials(url),
                    "minsize": min_size,
                    "maxsize": max_size,
                    "reset": _as_it_is,
                },
            }
        },
        "apps": {"poise": {"models": ["storage.models"], "default_connection": "default"}},
    }
    context = await Tortoise.init(config=config, use_tz=True, timezone="UTC", _enable_global_fallback=True)
    async with context:
        yield context


@asynccontextmanager
async def session(application_name: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of its own at the default connection's database, for locks that belong to a session.

    It takes no place of the pool, and it is closed, not returned: what it held is given back for certain.
    """
    client: Any = get_connection("default")
    settings = {**client.server_settings, "application_name": application_name}
    connection = await asyncpg.connect(
        host=client.host,
        port=client.port,
        user=client.user,
        password=client.password,
        database=client.database,
        server_settings=settings,
        **{name: value for name, value in client.extra.items() if name != "reset"},
    )
    try:
        yield connection
    finally:
        # Cut off rather than closed politely where the body was cancelled in the middle of a statement.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await connection.close(timeout=_CLOSE_S)


def connect(url: str) -> Connection:
    """Open a blocking ADBC connection for bulk work; the caller commits (or closes: all undone).

    It serves one thread at a time. Raises ADBC's errors; :func:`is_transient` judges them.
    """
    connection: Connection = dbapi.connect(url)
    try:
        with connection.cursor() as cursor:
            settings = ", ".join(f"set_config('{k}', '{v}', false)" for k, v in _BULK_SETTINGS.items())
            cursor.execute(f"SELECT {settings}")
            cursor.fetchall()
        connection.commit()  # a rollback would take the settings back
    except BaseException:
        connection.close()
        raise
    return connection


async def rows(sql: str, *args: object) -> list[dict[str, Any]]:
    """Run one statement (``$1``, ``$2``, … for ``args``) on the default connection, rows as dictionaries.

    Inside ``in_transaction()`` it takes part in that transaction. ``jsonb`` arrives as text.
    """
    return await get_connection("default").execute_query_dict(sql, list(args))


def is_transient(error: BaseException) -> bool:
    """Tell whether the same transaction may succeed if tried again on a fresh connection.

    True for deadlocks, serialisation failures and lost connections, whoever reports them: ADBC,
    asyncpg, or Tortoise around asyncpg.
    """
    return any(_one_is_transient(one) for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _one_is_transient(error: BaseException) -> bool:
    if isinstance(error, asyncpg.InternalClientError):
        return True  # the server's farewell reached a connection in the instant it was taken from the pool
    if isinstance(error, asyncpg.InterfaceError):
        return "connection" in str(error)
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    state = getattr(error, "sqlstate", None)
    if state:
        return state in _TRANSIENT_STATES or state.startswith(_CONNECTION_EXCEPTION_CLASS)
    if isinstance(error, dbapi.Error):
        text = str(error).lower()
        return any(words in text for words in _LOST_CONNECTION)
    return False


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Undo nothing on a connection that goes back to the pool: that saves each statement a round trip.

    asyncpg has ended a transaction that was left open. Beyond one nothing is set here: locks that belong to a
    session have a :func:`session` of their own.
    """


def _credentials(url: str) -> dict[str, Any]:
    """Tortoise's words for a libpq URL. Its own parser knows neither ``sslmode`` nor a socket folder."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    credentials: dict[str, Any] = {
        "host": options.pop("host", None) or parts.hostname,
        "port": parts.port or int(options.pop("port", 5432)),
        "user": unquote(parts.username) if parts.username else options.pop("user", None),
        "password": unquote(parts.password) if parts.password else options.pop("password", None),
        "database": unquote(parts.path.lstrip("/")) or None,
        "application_name": options.pop("application_name", "poise"),
    }
    if sslmode := options.pop("sslmode", None):
        credentials["ssl"] = sslmode
    if timeout := options.pop("connect_timeout", None):
        credentials["timeout"] = float(timeout)
    credentials["server_settings"] = options
    return credentials
