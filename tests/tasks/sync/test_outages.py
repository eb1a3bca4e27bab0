"""An hour of refusals, a Redis that stops: nothing is lost, nothing twice, the budget is kept."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from storage import ledger
from storage.connect import rows
from storage.embedded.redis import EmbeddedRedis
from storage.embedded.runtime import Endpoints
from storage.people import orders
from storage.settings import Settings
from tasks.context import Services, open_services
from tasks.handlers import load
from tasks.pool import ChildPool
from tasks.worker import work
from tests.tasks.conftest import QUICK, WITHIN_S, state_of, until
from tests.tasks.sync.conftest import connected, nights
from tests.tasks.sync.vendor import Vendor

PAUSE = "poise:budget:{stranger}:pause"
MINUTES = 60


async def test_an_hour_of_429_costs_a_request_a_minute_and_loses_nothing(
    stranger: None, services: Services, vendor: Vendor
) -> None:
    places = [await connected(services, vendor, name) for name in ("Ada", "Ben", "Cy")]
    expected = nights(vendor, 3)
    jobs = [await place.order() for place in places]
    vendor.faults.add(Fault.status(429))
    for minute in range(1, MINUTES + 1):
        await services.redis.delete(PAUSE)  # a minute has passed
        for place, job in list(zip(places, jobs, strict=True))[: 1 if minute % 20 else None]:
            assert (await place.once(job)).state == "queued"
        assert len(vendor.requests) == minute  # whoever comes first asks for all of them
        assert await services.redis.pttl(PAUSE) > 50_000
    found = await rows("SELECT failures, error FROM sync_states")
    assert {(row["failures"], row["error"]) for row in found} == {(0, None)}

    vendor.faults.clear()
    await services.redis.delete(PAUSE)
    jobs = [await place.once(job) for place, job in zip(places, jobs, strict=True)]
    assert {job.state for job in jobs} == {"succeeded"}
    for place in places:
        assert await place.stored() == expected


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path / "own")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def test_a_redis_that_stops_in_a_backfill_loses_nothing_and_repeats_nothing(
    stranger: None,
    vendor: Vendor,
    children: ChildPool,
    own_redis: EmbeddedRedis,
    database_url: str,
    tmp_path: Path,
) -> None:
    children._turn = asyncio.Semaphore(children.size)
    endpoints = Endpoints(database_url=database_url, redis_url=own_redis.url)
    async with open_services(Settings(data=tmp_path / "data"), endpoints) as opened:
        services = dataclasses.replace(opened, pool=children)
        place = await connected(services, vendor)
        expected = [vendor.add(DataType.SLEEP, days) for days in range(88, 0, -3)]
        vendor.faults.add(Fault.slow(0.02))
        job = await orders.order_backfill(place.connection.id, DataType.SLEEP)
        await ledger.dispatch(services.redis, job)
        stop = asyncio.Event()
        worker = asyncio.create_task(work(services, stop, registry=load(), options=QUICK))

        async def begun() -> bool:
            return len(await place.stored()) >= 5

        await until(begun)
        await asyncio.to_thread(own_redis.stop)
        assert (await state_of(job.id)).open

        async def waits() -> bool:
            found = await state_of(job.id)
            return "budget cannot be reached" in found.progress_note

        await until(waits)
        assert len(await place.stored()) < len(expected)
        await asyncio.to_thread(own_redis.start, same_port=True)

        async def over() -> bool:
            return not (await state_of(job.id)).open

        await until(over)
        stop.set()
        await asyncio.wait_for(worker, WITHIN_S)
        assert (await state_of(job.id)).state == "succeeded"
        assert await place.stored() == expected
        asked = Counter(str(sorted(one.query.items())) for one in vendor.asked("/v1/sleep"))
        assert max(asked.values()) == 1
