"""Feeds: what a subscription's resolver returns, a log with a starting point and a GraphQL type.

A feed is an ordinary asynchronous iterable, so graphql-core can run it by itself. The WebSocket
handler recognises it and lets all subscribers of one document share one execution instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from server.live.log import LiveEvent, Log

__all__ = ["Feed"]

T = TypeVar("T")


class Feed(Generic[T]):
    """The events of ``log`` after ``start``, each as ``convert`` makes it.

    ``start`` is a sequence, or ``None`` for the present state first and then what follows it.
    """

    def __init__(self, log: Log, convert: Callable[[LiveEvent], T], start: int | None) -> None:
        self.log = log
        self.convert = convert
        self.start = start

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield the events, without end unless the log has one."""
        position = self.start
        if position is None:
            state = await self.log.snapshot()
            position = state.sequence if state else self.log.latest
            if state:
                yield self.convert(state)
        while events := await self.log.after(position):
            for event in events:
                yield self.convert(event)
                position = event.sequence
