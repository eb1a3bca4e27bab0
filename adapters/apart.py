"""An adapter's client in a thread of its own: one that blocks, where it should await, stops nobody else.

A client is a stranger's code. What it awaits can be cancelled, but a ``time.sleep`` or a library that blocks
would stop the whole process: every other athlete's sync, live games, the lease of every job. So each client
lives in an event loop of its own. A call that does not come back in time is given up, with the line of
code it hangs in; its thread ends whenever it does.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

from poise_sdk.errors import Retriable

__all__ = ["Apart", "apart", "at_home"]

#: How much later than a call should have ended of itself its thread is given up.
GRACE_S: Final = 5.0
#: How long a thread may take to end.
END_S: Final = 10.0

_T = TypeVar("_T")
_log = logging.getLogger("poise.adapters")


class _Call(NamedTuple):
    work: Callable[[], Awaitable[Any]]
    within_s: float
    answer: Future[Any]


class Apart:
    """A thread with an event loop, where one task makes all calls of one client, one after another.

    One task, because a context that an adapter opens in one call may have to be closed in the same.
    """

    stack: AsyncExitStack
    """What is open over there, to be entered and closed by calls only; closed at the end in any case."""

    def __init__(self, adapter: str) -> None:
        self.stack = AsyncExitStack()
        self._adapter = adapter
        self._calls: asyncio.Queue[_Call | None] = asyncio.Queue()
        self._current: _Call | None = None
        self._stuck = False
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()
        self._ready.set_running_or_notify_cancel()  # it comes, though whoever waits for it may leave
        self._thread = threading.Thread(target=self._live, name=f"poise-{adapter}", daemon=True)
        self._thread.start()

    async def call(self, work: Callable[[], Awaitable[_T]], *, within_s: float) -> _T:
        """What ``await work()`` gives or raises over there.

        Raises ``Retriable`` where that takes longer, and from then on if it cannot even be cancelled. A
        caller that is cancelled does not wait for the adapter, which is cancelled too if it can be.
        """
        if self._stuck:
            raise Retriable(f"the adapter {self._adapter} blocks its thread")
        loop, task = await asyncio.wrap_future(self._ready)
        call = _Call(work, within_s, Future())
        loop.call_soon_threadsafe(self._calls.put_nowait, call)
        try:
            async with asyncio.timeout(within_s + GRACE_S) as limit:
                return await asyncio.wrap_future(call.answer)
        except TimeoutError:
            if not limit.expired():
                raise
            self._stuck = True
            loop.call_soon_threadsafe(self._cancel, call, task)
            message = f"the adapter {self._adapter} blocks its thread{self._where()}"
            _log.warning("%s for more than %g s: given up", message, within_s)
            raise Retriable(f"{message}: no answer within {within_s:g} s") from None
        except asyncio.CancelledError:
            loop.call_soon_threadsafe(self._cancel, call, task)
            raise

    async def end(self) -> None:
        """Close what is open and end the thread. One that blocks is not waited for: it does so by itself."""
        loop, _ = await asyncio.wrap_future(self._ready)
        loop.call_soon_threadsafe(self._calls.put_nowait, None)
        if not self._stuck:
            await asyncio.to_thread(self._thread.join, END_S + GRACE_S)

    def _live(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._ready.set_result((asyncio.get_running_loop(), task))
        while (call := await self._calls.get()) is not None:
            if not call.answer.set_running_or_notify_cancel():
                continue  # whoever asked has left
            self._current = call
            try:
                result = await _within(call)
            except asyncio.CancelledError as error:  # by _cancel: nobody waits for the answer
                task.uncancel()
                call.answer.set_exception(error)
            except BaseException as error:
                call.answer.set_exception(error)
            else:
                call.answer.set_result(result)
            finally:
                self._current = None
        try:
            async with asyncio.timeout(END_S):
                await self.stack.aclose()
        except Exception as error:  # what it has given is not lost for that
            _log.warning("a client of the adapter %s did not close: %s", self._adapter, type(error).__name__)

    def _cancel(self, call: _Call, task: asyncio.Task[None]) -> None:
        if self._current is call:
            task.cancel()

    def _where(self) -> str:
        """The line of code that the thread is at."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        if frame is None:
            return ""
        at = traceback.extract_stack(frame)[-1]
        return f" in {at.name} ({at.filename.rpartition('/')[2]}:{at.lineno})"


@asynccontextmanager
async def apart(adapter: str) -> AsyncIterator[Apart]:
    """A thread for an adapter's client, for the body's duration."""
    thread = Apart(adapter)
    try:
        yield thread
    finally:
        await thread.end()


async def at_home(home: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[_T]]) -> _T:
    """``await work()`` in the loop ``home``, wherever the caller is: a connection belongs to one loop."""
    if asyncio.get_running_loop() is home:
        return await work()

    async def there() -> _T:
        return await work()

    asked = there()
    try:
        answer = asyncio.run_coroutine_threadsafe(asked, home)
    except RuntimeError:  # home has been left meanwhile
        asked.close()
        raise Retriable("nobody waits for this any more") from None
    return await asyncio.wrap_future(answer)


async def _within(call: _Call) -> Any:
    try:
        async with asyncio.timeout(call.within_s) as limit:
            return await call.work()
    except TimeoutError as error:
        if limit.expired():
            raise Retriable(f"no answer within {call.within_s:g} s") from error
        raise
