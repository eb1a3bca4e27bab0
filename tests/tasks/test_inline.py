"""Jobs without a worker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from storage import ledger
from storage.ledger import LedgerError
from tasks.context import JobContext, Services
from tasks.inline import complete, run_inline
from tasks.registry import Outcome, Registry, Reschedule
from tests.tasks.conftest import AT_ONCE, QUICK, WITHIN_S, Working, state_of, until


@pytest.fixture
def counted(registry: Registry) -> list[str]:
    """Registers ``test.count`` and tells which task ran it."""
    ran: list[str] = []

    @registry.job("test.count", timeout_s=30, max_attempts=3, backoff=AT_ONCE)
    async def count(context: JobContext, args: dict[str, Any]) -> Outcome:
        ran.append("run")
        for n in range(3):
            context.progress(n + 1, 3, f"step {n + 1}")
            await asyncio.sleep(0.05)
        if args.get("fails", 0) >= context.job.attempts:
            raise ValueError("again")
        return {"runs": len(ran)}

    return ran


async def test_a_job_is_run_here_with_its_retries_and_its_progress(
    services: Services, registry: Registry, counted: list[str]
) -> None:
    told: list[tuple[int, int, str]] = []
    job = await ledger.enqueue("test.count", {"fails": 1})
    done = await run_inline(
        job.id, services, on_progress=lambda *report: told.append(report), registry=registry, options=QUICK
    )
    assert (done.state, done.attempts, done.result) == ("succeeded", 2, {"runs": 2})
    assert told[-1] == (3, 3, "step 3")
    assert len(told) >= 2


async def test_a_job_that_dies_here_is_a_dead_letter_too(
    services: Services, registry: Registry, counted: list[str]
) -> None:
    job = await ledger.enqueue("test.count", {"fails": 9})
    dead = await run_inline(job.id, services, registry=registry, options=QUICK)
    assert (dead.state, dead.attempts) == ("dead", 3)
    assert dead.error is not None
    assert "ValueError: again" in dead.error


async def test_while_a_worker_lives_the_job_is_left_to_it(
    services: Services, registry: Registry, counted: list[str], working: Working
) -> None:
    other = Registry()  # nothing registered: could this process run it, it would be buried
    job = await ledger.enqueue("test.count", {})
    async with working():

        async def alive() -> bool:
            return bool(await services.redis.zcard("poise:workers"))

        await until(alive)
        await ledger.dispatch(services.redis, job)
        done = await complete(job.id, services, registry=other, options=QUICK)
    assert (done.state, counted) == ("succeeded", ["run"])


async def test_a_job_of_a_vanished_worker_is_taken_over(
    services: Services, registry: Registry, counted: list[str]
) -> None:
    job = await ledger.enqueue("test.count", {})
    assert await ledger.claim(job.id, lease_s=0.2, timeout_s=30, max_attempts=3)
    done = await complete(job.id, services, registry=registry, options=QUICK)
    assert (done.state, done.attempts) == ("succeeded", 2)


async def test_a_run_that_is_interrupted_hands_the_job_back(services: Services, registry: Registry) -> None:
    begun = asyncio.Event()

    @registry.job("test.long", timeout_s=600)
    async def long(context: JobContext, args: dict[str, Any]) -> Outcome:
        begun.set()
        await asyncio.sleep(600)
        return None

    job = await ledger.enqueue("test.long", {})
    run = asyncio.create_task(run_inline(job.id, services, registry=registry, options=QUICK))
    await asyncio.wait_for(begun.wait(), WITHIN_S)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert ((await state_of(job.id)).state, (await state_of(job.id)).attempts) == ("queued", 0)


async def test_a_rescheduled_job_is_followed_to_its_end(services: Services, registry: Registry) -> None:
    runs: list[int] = []

    @registry.job("test.poll", timeout_s=30)
    async def poll(context: JobContext, args: dict[str, Any]) -> Outcome:
        runs.append(1)
        return Reschedule(0.05) if len(runs) < 3 else None

    job = await ledger.enqueue("test.poll", {})
    done = await run_inline(job.id, services, registry=registry, options=QUICK)
    assert (done.state, len(runs)) == ("succeeded", 3)


async def test_redis_is_not_needed(
    services: Services, registry: Registry, counted: list[str], unused_tcp_port: int
) -> None:
    nowhere = ledger.connect_redis(f"redis://127.0.0.1:{unused_tcp_port}/0")
    job = await ledger.enqueue("test.count", {"fails": 1})
    done = await complete(job.id, replace(services, redis=nowhere), registry=registry, options=QUICK)
    assert done.state == "succeeded"
    await nowhere.aclose(close_connection_pool=True)


async def test_a_job_that_is_not_there_is_an_error(services: Services, registry: Registry) -> None:
    with pytest.raises(LedgerError, match="there is no job"):
        await run_inline(uuid4(), services, registry=registry)
