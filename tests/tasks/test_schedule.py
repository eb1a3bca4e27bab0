"""Recurring jobs, once a slot."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage import ledger
from storage.connect import database
from tasks.context import JobContext
from tasks.registry import Registry
from tasks.schedule import Cron, Every, Recurring, Scheduler, Trigger


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def registry_of(*recurring: Recurring) -> Registry:
    registry = Registry()

    @registry.job("test.tick", timeout_s=5, max_attempts=2, recurring=recurring)
    async def tick(context: JobContext, args: dict[str, Any]) -> None:
        """Does nothing."""

    return registry


async def finish(job: ledger.Job) -> None:
    claimed = await ledger.claim(job.id, lease_s=60, timeout_s=5, max_attempts=2)
    assert claimed is not None
    await ledger.finish(claimed, None)


def test_a_period_is_counted_from_the_epoch() -> None:
    assert Every(30).slot(at("2025-01-01 10:00:59.9")) == at("2025-01-01 10:00:30")
    assert Every(30).slot(at("2025-01-01 10:01:00")) == at("2025-01-01 10:01:00")
    with pytest.raises(ValueError, match="positive"):
        Every(0)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2025-01-01 03:29:59", None),
        ("2025-01-01 03:30:00", "2025-01-01 03:30:00"),
        ("2025-01-01 04:30:00", "2025-01-01 03:30:00"),
        ("2025-01-01 04:30:01", None),
        ("2025-01-01 15:31:07", "2025-01-01 15:30:00"),
    ],
)
def test_a_cron_slot_begins_on_its_minute_and_lasts_its_grace(now: str, slot: str | None) -> None:
    trigger = Cron(hour=frozenset({3, 15}), minute=frozenset({30}))
    assert trigger.slot(at(now)) == (slot and at(slot))


def test_cron_knows_weekdays_and_other_zones() -> None:
    mondays = Cron(weekday=frozenset({0}), hour=frozenset({0}))
    assert mondays.slot(at("2025-01-06 00:10:00")) == at("2025-01-06 00:00:00")
    assert mondays.slot(at("2025-01-07 00:10:00")) is None
    elsewhere = dt.datetime(2025, 1, 6, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert mondays.slot(elsewhere) == at("2025-01-06 00:00:00")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[None]:
    async with database(database_url):
        yield


NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("trigger", [Every(60), Cron(minute=frozenset(range(60)))])
async def test_workers_that_read_at_once_enqueue_a_slot_once(trigger: Trigger) -> None:
    registry = registry_of(Recurring(trigger, {"a": 1}))
    workers = [Scheduler(registry) for _ in range(6)]
    (job,) = [job for jobs in await asyncio.gather(*(w.enqueue_due(NOW) for w in workers)) for job in jobs]
    assert (job.kind, job.args, job.timeout_s, job.max_attempts) == ("test.tick", {"a": 1}, 5, 2)
    await finish(job)
    # done and no longer open, the slot is still known
    assert [await worker.enqueue_due(NOW) for worker in workers] == [[]] * 6
    assert await Scheduler(registry).enqueue_due(NOW) == []
    assert len(await workers[0].enqueue_due(NOW + dt.timedelta(seconds=60))) == 1


@pytest.mark.usefixtures("db")
async def test_a_slot_waits_while_the_one_before_is_open_and_is_not_made_up_for_later() -> None:
    scheduler = Scheduler(registry_of(Recurring(Every(60))))
    (first,) = await scheduler.enqueue_due(NOW)
    assert await scheduler.enqueue_due(NOW + dt.timedelta(seconds=60)) == []
    assert await scheduler.enqueue_due(NOW + dt.timedelta(seconds=120)) == []
    await finish(first)
    (next_one,) = await scheduler.enqueue_due(NOW + dt.timedelta(seconds=125))
    assert next_one.key != first.key
    assert len((await ledger.list_jobs()).jobs) == 2


@pytest.mark.usefixtures("db")
async def test_entries_of_one_kind_do_not_wait_for_each_other() -> None:
    scheduler = Scheduler(registry_of(Recurring(Every(60), {"n": 1}), Recurring(Every(60), {"n": 2})))
    assert [job.args for job in await scheduler.enqueue_due(NOW)] == [{"n": 1}, {"n": 2}]


@pytest.mark.usefixtures("db")
async def test_nothing_scheduled_enqueues_nothing() -> None:
    assert await Scheduler(registry_of()).enqueue_due(NOW) == []
