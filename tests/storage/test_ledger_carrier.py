"""The way of a job through a real Redis."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import pytest
from arq.connections import ArqRedis
from tortoise.transactions import in_transaction

from storage import events, ledger
from storage.connect import database
from storage.ledger.carrier import QUEUE


@pytest.fixture(autouse=True)
async def db(database_url: str) -> AsyncIterator[None]:
    async with database(database_url):
        yield


@pytest.fixture(params=["redis", "memory"])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[ArqRedis]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else "memory://"
    client = ledger.connect_redis(url)
    await client.flushall()
    yield client
    await client.aclose(close_connection_pool=True)


async def test_a_dispatched_job_waits_in_redis_under_a_fresh_name_each_time(redis: ArqRedis) -> None:
    job = await ledger.enqueue("a", {})
    assert await ledger.waiting(redis) == set()
    assert await ledger.dispatch(redis, job)
    assert await ledger.dispatch(redis, job.id)
    assert await ledger.waiting(redis) == {job.id}
    assert await redis.zcard(QUEUE) == 2
    stored = await ledger.get(job.id)
    assert stored is not None
    assert stored.dispatched_at is not None


async def test_a_dispatch_arrives_when_the_job_is_due(redis: ArqRedis) -> None:
    due = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    await ledger.dispatch(redis, await ledger.enqueue("a", {}, run_after=due))
    ((_, score),) = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert score / 1000 == pytest.approx(due.timestamp(), abs=5)


async def test_a_job_that_is_not_queued_needs_no_carrying(redis: ArqRedis) -> None:
    job = await ledger.enqueue("a", {})
    await ledger.cancel(job.id)
    assert await ledger.dispatch(redis, job)
    assert await ledger.waiting(redis) == set()


async def test_a_dispatch_before_the_commit_is_refused(redis: ArqRedis) -> None:
    async with in_transaction():
        job = await ledger.enqueue("a", {})
        with pytest.raises(RuntimeError, match="after the transaction"):
            await ledger.dispatch(redis, job)


async def test_nothing_in_redis_is_pickled(redis: ArqRedis) -> None:
    for n in range(3):
        await ledger.dispatch(redis, await ledger.enqueue("a", {"n": n}))
    keys = [key async for key in redis.scan_iter("arq:job:*")]
    assert len(keys) == 3
    for key in keys:
        message = json.loads(await redis.get(key))
        assert message["f"] == "run_job"
        assert key.decode().startswith(f"arq:job:{message['a'][0]}:")
        assert set(message) == {"t", "f", "a", "k", "et"}


async def test_a_dispatch_is_announced(redis: ArqRedis) -> None:
    async with events.subscribe(redis, events.JOBS) as subscription:
        job = await ledger.enqueue("a", {}, key="k")
        await ledger.dispatch(redis, job)
        event = await asyncio.wait_for(anext(subscription), 10)
    assert isinstance(event, events.Message)
    assert json.loads(event.payload) == {
        "job_id": str(job.id),
        "kind": "a",
        "key": "k",
        "state": "queued",
        "attempts": 0,
        "max_attempts": job.max_attempts,
        "done": 0,
        "total": 0,
        "note": "",
        "error": None,
    }


async def test_without_redis_the_job_stays_in_the_ledger_undispatched(unused_tcp_port: int) -> None:
    client = ledger.connect_redis(f"redis://127.0.0.1:{unused_tcp_port}/0")
    job = await ledger.enqueue("a", {})
    assert not await ledger.dispatch(client, job)
    stored = await ledger.get(job.id)
    assert stored is not None
    assert (stored.state, stored.dispatched_at) == ("queued", None)
    await client.aclose(close_connection_pool=True)
