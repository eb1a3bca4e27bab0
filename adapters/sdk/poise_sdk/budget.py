"""A vendor's request budget: the interface, and an implementation for one process.

A vendor counts requests per minute, per day, or both. Everything that sends requests asks a
:class:`RateBudget` first. :class:`MemoryBudget` serves one process; a host that runs several workers
injects one that they share (Poise's lives in Redis) through :class:`poise_sdk.adapter.FeedConfig`.

The accounting is a sliding window in :data:`SLICES` slices: a slice counts until it has left the
window whole, so that no window of the given length ever holds more than ``count`` requests, at the
price of waiting at most one slice longer than strictly needed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from poise_sdk.errors import Retriable

__all__ = ["SLICES", "Limit", "MemoryBudget", "RateBudget"]

#: Slices of a window: more are fairer, fewer are cheaper.
SLICES: Final = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` requests in any ``per_s`` seconds; ``reserve`` of them only for urgent ones."""

    count: int
    per_s: float
    reserve: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_s <= 0 or not 0 <= self.reserve < self.count:
            raise ValueError(f"not a limit: {self}")


@runtime_checkable
class RateBudget(Protocol):
    """What the HTTP kit asks before each request. Implementations are safe to share between tasks."""

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """Wait until ``n`` requests are allowed and take them.

        ``urgent`` (someone is looking at the answer) may use what is reserved for urgent requests.
        Raises :class:`~poise_sdk.errors.Retriable` with ``after`` where the wait would be longer than
        the budget's patience, so that a worker does something else meanwhile; then nothing was taken.
        """

    async def pause(self, seconds: float) -> None:
        """The vendor itself said "too many": nobody who shares this budget sends for ``seconds``."""


class MemoryBudget:
    """A :class:`RateBudget` for one process.

    ``patience_s`` bounds how long :meth:`acquire` waits. ``clock`` (seconds, monotonic) and ``sleep``
    are parameters so that tests need not wait.
    """

    def __init__(
        self,
        *limits: Limit,
        patience_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits: Sequence[Limit] = limits
        self.patience_s = patience_s
        self._clock = clock
        self._sleep = sleep
        self._slices: list[dict[int, int]] = [{} for _ in limits]
        self._paused_until = -math.inf

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """See :meth:`RateBudget.acquire`."""
        for limit in self.limits:
            if n > limit.count - (0 if urgent else limit.reserve):
                raise ValueError(f"{n} requests at once never fit into {limit}")
        deadline = self._clock() + self.patience_s
        while wait := self._take(n, urgent):
            if self._clock() + wait > deadline:
                raise Retriable("the request budget is used up", after=wait)
            await self._sleep(wait)

    async def pause(self, seconds: float) -> None:
        """See :meth:`RateBudget.pause`."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _take(self, n: int, urgent: bool) -> float:
        """Take ``n`` and return 0, or take nothing and return the seconds to wait."""
        now = self._clock()
        wait = max(self._paused_until - now, 0.0)
        current: list[int] = []
        for limit, slices in zip(self.limits, self._slices, strict=True):
            width = limit.per_s / SLICES
            index = math.floor(now / width)
            current.append(index)
            for old in [i for i in slices if i < index - SLICES]:
                del slices[old]
            excess = sum(slices.values()) + n - (limit.count - (0 if urgent else limit.reserve))
            for i in sorted(slices):
                if excess <= 0:
                    break
                excess -= slices[i]
                wait = max(wait, (i + SLICES + 1) * width - now)
        if wait > 0:
            return wait
        for slices, index in zip(self._slices, current, strict=True):
            slices[index] = slices.get(index, 0) + n
        return 0.0
