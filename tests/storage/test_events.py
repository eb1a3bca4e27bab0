"""Events over a real Redis, including one that is killed and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from storage.embedded.redis import EmbeddedRedis
from storage.events import Gap, Message, Subscription, publish, subscribe
from storage.ledger import connect_redis

WITHIN_S = 20.0


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    client = connect_redis(redis_url)
    yield client
    await client.aclose(close_connection_pool=True)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def own_client(own_redis: EmbeddedRedis) -> AsyncIterator[ArqRedis]:
    client = connect_redis(own_redis.url)
    yield client
    await client.aclose(close_connection_pool=True)


async def arrives(subscription: Subscription) -> Message | Gap:
    return await asyncio.wait_for(anext(subscription), WITHIN_S)


async def kill(client: ArqRedis, server: EmbeddedRedis) -> None:
    os.kill((await client.info("server"))["process_id"], signal.SIGKILL)
    while server.running:  # noqa: ASYNC110  # another process dies; nothing tells us
        await asyncio.sleep(0.01)


async def test_what_is_published_arrives_in_order_and_only_on_its_channel(redis: ArqRedis) -> None:
    async with subscribe(redis, "a", "b") as both, subscribe(redis, "b") as one:
        for channel, payload in (("a", b"1"), ("b", b"2"), ("c", b"3"), ("a", b"\xff\x00")):
            assert await publish(redis, channel, payload)
        assert [await arrives(both) for _ in range(3)] == [
            Message("a", b"1"),
            Message("b", b"2"),
            Message("a", b"\xff\x00"),
        ]
        assert await arrives(one) == Message("b", b"2")


async def test_a_subscription_stands_when_its_body_begins(redis: ArqRedis) -> None:
    for n in range(20):
        async with subscribe(redis, "a") as subscription:
            await publish(redis, "a", str(n).encode())
            assert await arrives(subscription) == Message("a", str(n).encode())


async def test_a_reader_that_falls_behind_finds_a_gap_and_the_newest(redis: ArqRedis) -> None:
    async with subscribe(redis, "slow", buffer=4) as slow, subscribe(redis, "slow") as quick:
        for n in range(10):
            await publish(redis, "slow", str(n).encode())
        for _ in range(10):
            await arrives(quick)
        await publish(redis, "slow", b"last")
        assert await arrives(quick) == Message("slow", b"last")
        received = [await arrives(slow)]
        while received[-1] != Message("slow", b"last"):
            received.append(await arrives(slow))
        assert received[0] == Gap("the reader fell behind")
        assert len(received) <= 5


async def test_a_killed_redis_that_returns_is_a_gap_and_then_complete(
    own_redis: EmbeddedRedis, own_client: ArqRedis
) -> None:
    async with subscribe(own_client, "a") as subscription:
        await publish(own_client, "a", b"before")
        assert await arrives(subscription) == Message("a", b"before")
        await kill(own_client, own_redis)
        assert not await publish(own_client, "a", b"lost")
        await asyncio.to_thread(own_redis.start, same_port=True)
        assert await arrives(subscription) == Gap("Redis was away")
        assert await publish(own_client, "a", b"after")
        assert await arrives(subscription) == Message("a", b"after")


async def test_a_subscription_made_while_redis_is_away_begins_with_a_gap(
    own_redis: EmbeddedRedis, own_client: ArqRedis
) -> None:
    await kill(own_client, own_redis)
    async with subscribe(own_client, "a") as subscription:
        await asyncio.to_thread(own_redis.start, same_port=True)
        assert await arrives(subscription) == Gap("Redis was away")
        await publish(own_client, "a", b"x")
        assert await arrives(subscription) == Message("a", b"x")


async def test_clients_of_one_process_hear_each_other_without_a_server() -> None:
    one, other = connect_redis("memory://"), connect_redis("memory://")
    async with subscribe(one, "a") as subscription:
        await publish(other, "a", b"x")
        assert await arrives(subscription) == Message("a", b"x")
    await one.aclose(close_connection_pool=True)
    await other.aclose(close_connection_pool=True)


async def test_a_subscription_needs_a_channel(redis: ArqRedis) -> None:
    with pytest.raises(ValueError, match="at least one channel"):
        async with subscribe(redis):
            pass
