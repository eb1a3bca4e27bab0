"""Sending to one WebSocket without waiting for it, where that is possible.

An ASGI ``send`` is a coroutine that, as long as the client reads, completes without ever suspending.
So it is stepped by hand: no task, no turn of the event loop. One that does suspend (the socket's
buffer is full) is finished by a task, with a bounded backlog behind it: a slow client delays nobody,
and one that does not come after is asked to reconnect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from starlette.types import Send

__all__ = ["Outbox"]


class _Rest:
    """The rest of a coroutine that was started by hand and has yielded ``pending``."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], pending: Any) -> None:
        self._coroutine = coroutine
        self._pending = pending

    def __await__(self) -> Generator[Any, Any, None]:
        pending = self._pending
        while True:
            try:
                value = yield pending
            except BaseException as error:  # the task was cancelled: so is the coroutine
                resume = partial(self._coroutine.throw, error)
            else:
                resume = partial(self._coroutine.send, value)
            try:
                pending = resume()
            except StopIteration:
                return


class Outbox:
    """The messages on their way to one client, in order."""

    def __init__(
        self, send: Send, *, max_messages: int, max_bytes: int, overflowed: Callable[[], None]
    ) -> None:
        self._send = send
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._overflowed = overflowed
        self._backlog: deque[str] = deque()
        self._bytes = 0
        self._drain: asyncio.Task[None] | None = None
        self._open = True

    def put(self, text: str) -> None:
        """Send ``text`` now, or keep it behind those that wait."""
        if not self._open:
            return
        if self._drain is not None:
            self._keep(text)
            return
        coroutine = self._send({"type": "websocket.send", "text": text})
        try:
            pending = coroutine.send(None)  # type: ignore[attr-defined]  # ASGI's type says awaitable
        except StopIteration:
            return
        except Exception:
            self._open = False  # the client is gone; whoever receives from it is told so
            return
        self._drain = asyncio.create_task(self._finish(_Rest(coroutine, pending)))  # type: ignore[arg-type]  # as above

    async def settled(self) -> None:
        """Wait until nothing is kept back (for those who produce as fast as the client reads)."""
        if self._drain is not None:
            await asyncio.wait([self._drain])

    def close(self) -> None:
        """Forget what waits; nothing is sent any more."""
        self._open = False
        self._backlog.clear()
        if self._drain is not None:
            self._drain.cancel()

    def _keep(self, text: str) -> None:
        self._backlog.append(text)
        self._bytes += len(text)
        if len(self._backlog) > self._max_messages or self._bytes > self._max_bytes:
            self.close()
            self._overflowed()

    async def _finish(self, rest: _Rest) -> None:
        try:
            await rest
            while self._backlog:
                text = self._backlog.popleft()
                self._bytes -= len(text)
                await self._send({"type": "websocket.send", "text": text})
        except Exception:
            self._open = False
            self._backlog.clear()
        finally:
            self._drain = None
