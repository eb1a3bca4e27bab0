from __future__ import annotations

import asyncio
import random

import pytest

from poise_sdk.budget import Limit, MemoryBudget
from poise_sdk.errors import Retriable


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def budget(clock: Clock, *limits: Limit, patience_s: float = 1e9) -> MemoryBudget:
    return MemoryBudget(*limits, patience_s=patience_s, clock=clock, sleep=clock.sleep)


async def test_no_window_ever_holds_more_than_the_limit() -> None:
    clock = Clock()
    limits = (Limit(7, 10.0), Limit(30, 100.0))
    shared = budget(clock, *limits)
    dice = random.Random(5)
    times: list[float] = []
    for _ in range(300):
        clock.now += dice.choice([0, 0, 0.3, 2.0])
        await shared.acquire()
        times.append(clock.now)
    for limit in limits:
        for i, start in enumerate(times):
            assert sum(start <= t < start + limit.per_s for t in times[i:]) <= limit.count


async def test_the_whole_limit_is_used() -> None:
    clock = Clock()
    shared = budget(clock, Limit(60, 60.0))
    for _ in range(600):
        await shared.acquire()
    # Ten windows of 60 requests; each may wait one slice longer than strictly needed.
    assert clock.now - 1000.0 <= 9 * 60 * (1 + 1 / 60) + 1


async def test_an_impatient_caller_learns_how_long_to_wait() -> None:
    clock = Clock()
    shared = budget(clock, Limit(1, 60.0), patience_s=5)
    await shared.acquire()
    with pytest.raises(Retriable) as caught:
        await shared.acquire()
    assert caught.value.after is not None
    clock.now += caught.value.after
    await shared.acquire()


async def test_the_reserve_is_for_urgent_requests_only() -> None:
    shared = budget(Clock(), Limit(3, 60.0, reserve=1), patience_s=0)
    await shared.acquire(2)
    with pytest.raises(Retriable):
        await shared.acquire()
    await shared.acquire(urgent=True)


async def test_a_pause_stops_everybody_and_is_never_shortened() -> None:
    clock = Clock()
    shared = budget(clock, Limit(100, 60.0))
    await shared.pause(30)
    await shared.pause(1)
    await shared.acquire()
    assert clock.now == 1030.0


async def test_more_than_ever_fits_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="never fit"):
        await budget(Clock(), Limit(5, 60.0)).acquire(6)


@pytest.mark.parametrize("bad", [(0, 60.0, 0), (5, 0.0, 0), (5, 60.0, 5), (5, 60.0, -1)])
def test_an_impossible_limit_is_refused(bad: tuple[int, float, int]) -> None:
    with pytest.raises(ValueError, match="not a limit"):
        Limit(*bad)
