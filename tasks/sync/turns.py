"""One at a time: what fetches one type of one connection takes turns, in whatever process it runs.

A job's key keeps two syncs of one type apart, but a sync and a backfill have different keys. Their turn
is a session's advisory lock in PostgreSQL, so it ends with the process that holds it, however that ends.
All turns of a process are held by one database connection, which is open while there are any. Should it
break, the turns under way are no longer protected: what they store is the same done twice.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

import asyncpg

from poise_sdk.vocabulary import DataType
from storage.connect import session

__all__ = ["BusyError", "turn"]

_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_UNLOCK: Final = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"

#: What a lost connection raises, wherever it is noticed.
_LOST: Final = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, TimeoutError)
#: How long the database may take to answer about a lock.
_ASK_S: Final = 10.0


class BusyError(Exception):
    """Somebody else has the turn."""


class _Holder:
    """The turns of one event loop."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._session: asyncpg.Connection | None = None
        self._open = AsyncExitStack()
        self._alone = asyncio.Lock()

    async def take(self, name: str) -> bool:
        """Take a turn unless somebody has it."""
        if name in self._held:
            return False  # the same session would be given its own lock twice
        self._held.add(name)
        taken = False
        try:
            async with self._alone:
                held: Any = self._session
                if held is None or held.is_closed():
                    await self._open.aclose()
                    held = await self._open.enter_async_context(session("poise-turns"))
                    self._session = held
                taken = bool(await held.fetchval(_LOCK, name, timeout=_ASK_S))
        finally:
            if not taken:
                await self._leave(name)
        return taken

    async def give_back(self, name: str) -> None:
        """End a turn."""
        async with self._alone:
            if self._session is not None and not self._session.is_closed():
                with suppress(*_LOST):
                    await self._session.fetchval(_UNLOCK, name, timeout=_ASK_S)
        await self._leave(name)

    async def _leave(self, name: str) -> None:
        self._held.discard(name)
        async with self._alone:
            if not self._held and self._session is not None:
                self._session = None
                await self._open.aclose()


#: A lock of asyncio belongs to its loop, and so does a session.
_holders: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Holder] = weakref.WeakKeyDictionary()


@asynccontextmanager
async def turn(connection_id: int, data_type: DataType) -> AsyncIterator[None]:
    """Have the turn of one type of one connection for the body's duration. Raises :class:`BusyError`."""
    holder = _holders.setdefault(asyncio.get_running_loop(), _Holder())
    name = f"poise sync {connection_id} {data_type.value}"
    if not await holder.take(name):
        raise BusyError(name)
    try:
        yield
    finally:
        # Also for one who is cancelled: the turn is over before anybody else can be told so.
        giving = asyncio.ensure_future(holder.give_back(name))
        try:
            await asyncio.shield(giving)
        except asyncio.CancelledError:
            await asyncio.wait({giving})
            raise
