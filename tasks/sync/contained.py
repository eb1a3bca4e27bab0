"""What an adapter's client does wrong, as one of the errors that say how to recover."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, TypeVar

from adapters.apart import Apart
from poise_sdk.errors import PoiseError
from poise_sdk.wearable import Page

__all__ = ["AdapterDefectError", "Contained"]

#: How long one call may take: several requests, each of which may wait for its budget.
CALL_S: Final = 180.0
#: How long a client or a stream of pages may take to close.
CLOSE_S: Final = 10.0

_T = TypeVar("_T")


class AdapterDefectError(PoiseError):
    """The adapter raised what no adapter should: a defect of its own."""


class Contained:
    """An adapter's client kept apart, whose every call ends in time and with an error we know."""

    def __init__(self, adapter: str, thread: Apart) -> None:
        self._adapter = adapter
        self._thread = thread

    async def call(self, work: Callable[[], Awaitable[_T]], *, within_s: float | None = None) -> _T:
        """What ``await work()`` gives; raises a ``PoiseError`` whatever happens."""
        try:
            return await self._thread.call(work, within_s=CALL_S if within_s is None else within_s)
        except PoiseError:
            raise
        except Exception as error:
            told = f"the adapter {self._adapter} failed: {type(error).__name__}: {error}"
            raise AdapterDefectError(told[:500]) from error

    async def open(self, opening: Callable[[], AbstractAsyncContextManager[_T]]) -> _T:
        """Open a client; it is closed with all others at the end, or by :meth:`close`."""
        return await self.call(lambda: self._thread.stack.enter_async_context(opening()))

    async def close(self) -> None:
        """Close the clients that are open."""
        await self.call(self._thread.stack.aclose, within_s=CLOSE_S)

    async def pages(self, ask: Callable[[], AsyncIterator[Page]]) -> AsyncGenerator[Page, None]:
        """The pages that ``ask()`` yields, each within its time."""

        async def begin() -> AsyncIterator[Page]:
            return aiter(ask())

        stream = await self.call(begin)

        async def following() -> Page | None:
            return await anext(stream, None)

        async def close() -> None:
            if (ends := getattr(stream, "aclose", None)) is not None:
                await ends()

        try:
            while (page := await self.call(following)) is not None:
                if not isinstance(page, Page):
                    raise AdapterDefectError(
                        f"the adapter {self._adapter} failed: {type(page).__name__} is no page"
                    )
                yield page
        finally:
            with suppress(PoiseError):  # what has come before counts
                await self.call(close, within_s=CLOSE_S)
