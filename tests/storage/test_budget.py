from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from poise_sdk.budget import Limit, MemoryBudget, RateBudget
from poise_sdk.errors import Retriable
from storage.budget import Priority, RedisBudget, vendor_budget

HOUR = 3600.0


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def _granted(budgets: list[RedisBudget], times: int) -> tuple[int, list[Retriable]]:
    answers = await asyncio.gather(
        *(budgets[i % len(budgets)].acquire() for i in range(times)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Retriable)]
    return len(answers) - len(refused), refused


async def test_workers_that_share_a_budget_never_exceed_it(redis_url: str) -> None:
    clients = [Redis.from_url(redis_url) for _ in range(3)]
    budgets = [RedisBudget(client, "vendor", Limit(10, HOUR), patience_s=0) for client in clients]
    granted, refused = await _granted(budgets, 30)
    for client in clients:
        await client.aclose()
    assert granted == 10
    assert all(error.after is not None and HOUR - 61 < error.after <= HOUR + 60 for error in refused)


async def test_two_vendors_do_not_share(redis: Redis) -> None:
    one, other = (RedisBudget(redis, name, Limit(1, HOUR), patience_s=0) for name in ("one", "other"))
    await one.acquire()
    await other.acquire()
    with pytest.raises(Retriable):
        await one.acquire()


async def test_a_request_refused_by_one_limit_uses_up_no_other(redis: Redis) -> None:
    budget = RedisBudget(redis, "vendor", Limit(100, 60.0), Limit(2, HOUR), patience_s=0)
    await budget.acquire(2)
    for _ in range(5):
        with pytest.raises(Retriable):
            await budget.acquire()
    used = await redis.hvals("poise:budget:{vendor}:60s")
    assert [int(value) for value in used] == [2]


async def test_the_reserve_is_for_urgent_requests_only(redis: Redis) -> None:
    budget = RedisBudget(redis, "vendor", Limit(3, HOUR, reserve=1), patience_s=0)
    await budget.acquire(2)
    with pytest.raises(Retriable):
        await budget.acquire()
    await budget.acquire(urgent=True)
    with pytest.raises(Retriable):
        await budget.acquire(urgent=True)


async def test_a_pause_stops_everybody_and_is_never_shortened(redis: Redis) -> None:
    one, other = (RedisBudget(redis, "vendor", Limit(100, HOUR), patience_s=0) for _ in range(2))
    await one.pause(300)
    await one.pause(1)
    with pytest.raises(Retriable) as caught:
        await other.acquire()
    assert caught.value.after is not None
    assert 200 < caught.value.after <= 300


async def test_whoever_is_patient_gets_a_turn_when_the_window_has_moved(redis: Redis) -> None:
    budget = RedisBudget(redis, "vendor", Limit(2, 0.2), patience_s=30)
    await asyncio.gather(*(budget.acquire() for _ in range(6)))


async def test_what_was_used_is_forgotten_by_redis_itself(redis: Redis) -> None:
    budget = RedisBudget(redis, "vendor", Limit(5, HOUR), patience_s=0)
    await budget.acquire()
    assert 0 < await redis.pttl("poise:budget:{vendor}:3600s") <= 2 * HOUR * 1000


async def test_more_than_ever_fits_is_a_mistake_of_the_caller(redis: Redis) -> None:
    with pytest.raises(ValueError, match="never fit"):
        await RedisBudget(redis, "vendor", Limit(5, HOUR)).acquire(6)


async def test_a_redis_that_is_gone_is_retriable() -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0") as nobody:
        budget = RedisBudget(nobody, "vendor", Limit(5, HOUR))
        with pytest.raises(Retriable, match="cannot be reached"):
            await budget.acquire()
        with pytest.raises(Retriable, match="cannot be reached"):
            await budget.pause(1)


async def test_both_implementations_are_rate_budgets(redis: Redis) -> None:
    assert isinstance(RedisBudget(redis, "vendor"), RateBudget)
    assert isinstance(MemoryBudget(), RateBudget)


async def _drain(budget: RedisBudget) -> int:
    """How many requests it grants until it refuses one."""
    granted = 0
    while True:
        try:
            await budget.acquire()
        except Retriable:
            return granted
        granted += 1


async def test_backfill_leaves_half_of_a_vendor_s_budget_and_routine_a_fifth(redis: Redis) -> None:
    limits = (Limit(20, 60.0), Limit(1000, HOUR))

    def budget(priority: Priority) -> RedisBudget:
        return vendor_budget(redis, "vendor", limits, priority=priority, patience_s=0)

    assert await _drain(budget("backfill")) == 10
    assert await _drain(budget("routine")) == 6
    assert await _drain(budget("backfill")) == 0
    assert await _drain(budget("urgent")) == 4
    assert await _drain(budget("urgent")) == 0


async def test_whatever_the_priority_it_is_one_account(redis: Redis) -> None:
    plain = RedisBudget(redis, "vendor", Limit(10, HOUR), patience_s=0)
    await plain.acquire(6)
    for priority, left in (("backfill", 0), ("routine", 2), ("urgent", 2)):
        drawn = vendor_budget(redis, "vendor", [Limit(10, HOUR)], priority=priority, patience_s=0)
        assert await _drain(drawn) == left
    await vendor_budget(redis, "other", [Limit(10, HOUR)], priority="backfill", patience_s=0).acquire()
    assert len(await redis.keys("poise:budget:{vendor}:*")) == 1


async def test_a_vendor_s_own_reserve_stays_and_the_smallest_limit_still_grants_something(
    redis: Redis,
) -> None:
    own = vendor_budget(redis, "own", [Limit(10, HOUR, reserve=8)], priority="routine", patience_s=0)
    assert await _drain(own) == 2
    for priority in ("backfill", "routine"):
        tiny = vendor_budget(redis, f"tiny-{priority}", [Limit(1, HOUR)], priority=priority, patience_s=0)
        assert await _drain(tiny) == 1
    await vendor_budget(redis, "none", [], priority="backfill", patience_s=0).acquire()
