"""A worker on a real PostgreSQL and a real Redis, inside the test's event loop."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from poise_sdk.errors import Fatal, Retriable, Skippable
from poise_sdk.records import Rejected
from storage import events, ledger
from storage.ledger import Job
from tasks.context import JobContext, Services
from tasks.registry import Outcome, Registry, Reschedule
from tasks.sweeper import worker_alive
from tests.tasks.conftest import AT_ONCE, QUICK, WITHIN_S, Working, ended, state_of, until


async def send(services: Services, kind: str, args: dict[str, Any] | None = None, **more: Any) -> Job:
    job = await ledger.enqueue(kind, args or {}, **more)
    assert await ledger.dispatch(services.redis, job)
    return job


async def test_a_job_is_done_and_its_result_is_kept(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.add", timeout_s=10)
    async def add(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"sum": sum(args["numbers"]), "attempt": context.job.attempts}

    async with working():
        job = await ended(await send(services, "test.add", {"numbers": [1, 2, 3]}))
    assert (job.state, job.result, job.attempts) == ("succeeded", {"sum": 6, "attempt": 1}, 1)
    assert job.timeout_s == 10


async def test_a_job_that_fails_is_tried_again_and_then_dead_with_its_traceback(
    services: Services, registry: Registry, working: Working
) -> None:
    seen: list[int] = []

    @registry.job("test.fail", timeout_s=10, max_attempts=3, backoff=AT_ONCE)
    async def fail(context: JobContext, args: dict[str, Any]) -> Outcome:
        seen.append(context.job.attempts)
        secret_local = "hidden-value"
        raise ValueError(f"no luck with {context.endpoints.database_url}; {len(secret_local)}")

    async with working():
        job = await ended(await send(services, "test.fail", key="k"))
        assert (job.state, job.attempts, seen) == ("dead", 3, [1, 2, 3])
        assert job.error is not None
        assert job.error.startswith("Traceback (most recent call last)")
        assert "in fail" in job.error
        assert "ValueError: no luck with postgresql://•••@" in job.error
        assert "hidden-value" not in job.error.replace('secret_local = "hidden-value"', "")

        again = await ledger.retry(job.id)
        await ledger.dispatch(services.redis, again)
        job = await ended(again)
    assert (job.state, job.attempts, seen) == ("dead", 3, [1, 2, 3, 1, 2, 3])


async def test_no_password_of_ours_reaches_the_ledger(
    services: Services, registry: Registry, working: Working
) -> None:
    password = services.endpoints.redis_url.split(":")[2].partition("@")[0]

    @registry.job("test.leak", timeout_s=10, max_attempts=1)
    async def leak(context: JobContext, args: dict[str, Any]) -> Outcome:
        raise RuntimeError(f"the server said: wrong word {password!r}")

    async with working():
        job = await ended(await send(services, "test.leak"))
    assert job.error is not None
    assert password not in job.error
    assert "wrong word '•••'" in job.error


async def test_a_job_succeeds_after_a_failure_that_passed(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.flaky", timeout_s=10)
    async def flaky(context: JobContext, args: dict[str, Any]) -> Outcome:
        if context.job.attempts == 1:
            raise Retriable("not yet", after=0.01)
        return None

    async with working():
        job = await ended(await send(services, "test.flaky"))
    assert (job.state, job.attempts, job.error) == ("succeeded", 2, None)


async def test_the_pause_a_vendor_asked_for_is_kept(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.later", timeout_s=10)
    async def later(context: JobContext, args: dict[str, Any]) -> Outcome:
        raise Retriable("come back tomorrow", after=3_600)

    async with working():
        job = await send(services, "test.later")

        async def failed() -> bool:
            return (await state_of(job.id)).error is not None

        await until(failed)
    job = await state_of(job.id)
    assert job.state == "queued"
    assert job.run_after - dt.datetime.now(dt.UTC) > dt.timedelta(minutes=50)


@pytest.mark.parametrize(
    ("error", "state", "result"),
    [
        (Fatal("wrong key"), "dead", None),
        (Skippable("no such game"), "succeeded", {"skipped": "no such game"}),
    ],
)
async def test_errors_say_how_to_recover(
    services: Services,
    registry: Registry,
    working: Working,
    error: Exception,
    state: str,
    result: dict[str, Any] | None,
) -> None:
    @registry.job("test.error", timeout_s=10)
    async def raising(context: JobContext, args: dict[str, Any]) -> Outcome:
        raise error

    async with working():
        job = await ended(await send(services, "test.error"))
    assert (job.state, job.attempts, job.result) == (state, 1, result)


async def test_a_kind_nobody_handles_is_a_dead_letter(services: Services, working: Working) -> None:
    async with working():
        job = await ended(await send(services, "test.unknown"))
    assert (job.state, job.error) == ("dead", "UnknownKind: no handler for 'test.unknown'")


async def test_a_result_that_is_not_json_is_a_failure(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.object", timeout_s=10)
    async def give(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"object": object()}

    async with working():
        job = await ended(await send(services, "test.object"))
    assert job.state == "dead"
    assert job.error is not None
    assert "not JSON serializable" in job.error


async def test_a_job_out_of_time_is_stopped_and_its_child_with_it(
    services: Services, registry: Registry, working: Working
) -> None:
    stopped: list[str] = []

    @registry.job("test.slow", timeout_s=1, max_attempts=1)
    async def slow(context: JobContext, args: dict[str, Any]) -> Outcome:
        try:
            await asyncio.sleep(600)
        finally:
            stopped.append("slow")
        return None

    async with working():
        job = await ended(await send(services, "test.slow"))
    assert (job.state, stopped) == ("dead", ["slow"])
    assert job.error is not None
    assert job.error.rstrip().endswith("TimeoutError: test.slow took longer than its 1 s")


async def test_progress_is_stored_and_published_and_the_end_is_told(
    services: Services, registry: Registry, working: Working
) -> None:
    told: list[dict[str, Any]] = []
    half = asyncio.Event()

    @registry.job("test.progress", timeout_s=30)
    async def steps(context: JobContext, args: dict[str, Any]) -> Outcome:
        context.progress(1, 2, "half")
        await half.wait()
        for n in range(1_000):
            context.progress(2, 2, f"step {n}")
        await context.reject([Rejected(file="a.json", reason="bad", row=1)])
        return {}

    async with events.subscribe(services.redis, events.JOBS) as subscription, working():
        job = await send(services, "test.progress")
        async with asyncio.timeout(WITHIN_S):
            async for event in subscription:
                assert isinstance(event, events.Message)
                told.append(json.loads(event.payload))
                if told[-1]["note"] == "half":
                    assert (await state_of(job.id)).progress_note == "half"
                    half.set()
                if told[-1]["state"] == "succeeded":
                    break
    assert {event["job_id"] for event in told} == {str(job.id)}
    # the runner and the dispatcher may overtake each other: both orders tell the same
    assert sorted(event["state"] for event in told[:2]) == ["queued", "running"]
    assert [(event["done"], event["note"]) for event in told[2:]] == [
        (1, "half"),
        (2, "step 999"),
        (2, "step 999"),
    ]
    detail = await ledger.show(job.id)
    assert detail is not None
    assert (detail.job.progress_done, detail.job.progress_total, detail.rejection_count) == (2, 2, 1)


async def test_a_rescheduled_job_comes_again_as_itself(
    services: Services, registry: Registry, working: Working
) -> None:
    runs: list[tuple[int, dt.datetime]] = []

    @registry.job("test.poll", timeout_s=10, max_attempts=1)
    async def poll(context: JobContext, args: dict[str, Any]) -> Outcome:
        runs.append((context.job.attempts, dt.datetime.now(dt.UTC)))
        return Reschedule(0.3, note=f"run {len(runs)}") if len(runs) < 4 else {"runs": len(runs)}

    async with working():
        job = await ended(await send(services, "test.poll", key="poll"))
    assert (job.state, job.result) == ("succeeded", {"runs": 4})
    assert [attempt for attempt, _ in runs] == [1, 1, 1, 1]
    moments = [moment for _, moment in runs]
    pauses = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert min(pauses) >= 0.29
    assert len((await ledger.list_jobs()).jobs) == 1


async def test_a_cancelled_job_is_stopped_where_it_runs(
    services: Services, registry: Registry, working: Working
) -> None:
    stopped = asyncio.Event()

    @registry.job("test.long", timeout_s=600)
    async def long(context: JobContext, args: dict[str, Any]) -> Outcome:
        try:
            await asyncio.sleep(600)
        finally:
            stopped.set()
        return None

    async with working():
        job = await send(services, "test.long")

        async def running() -> bool:
            return (await state_of(job.id)).state == "running"

        await until(running)
        await ledger.cancel(job.id)
        await asyncio.wait_for(stopped.wait(), WITHIN_S)
    assert (await state_of(job.id)).state == "cancelled"


async def test_a_worker_that_leaves_hands_its_jobs_back_and_another_does_them(
    services: Services, registry: Registry, working: Working
) -> None:
    runs: list[int] = []
    begun = asyncio.Event()

    @registry.job("test.long", timeout_s=600, max_attempts=1)
    async def long(context: JobContext, args: dict[str, Any]) -> Outcome:
        runs.append(context.job.attempts)
        begun.set()
        if len(runs) == 1:
            await asyncio.sleep(600)
        return {"run": len(runs)}

    async with working():
        job = await send(services, "test.long")
        await asyncio.wait_for(begun.wait(), WITHIN_S)
        assert await worker_alive(services.redis)
    assert not await worker_alive(services.redis)
    back = await state_of(job.id)
    assert (back.state, back.attempts, back.lease_until) == ("queued", 0, None)
    async with working():
        job = await ended(job)
    assert (job.state, job.result, runs) == ("succeeded", {"run": 2}, [1, 1])


async def test_a_lost_dispatch_is_found(services: Services, registry: Registry, working: Working) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {}

    never_sent = await ledger.enqueue("test.job", {})
    lost = await send(services, "test.job")
    await services.redis.flushall()
    async with working():
        assert (await ended(never_sent)).state == "succeeded"
        assert (await ended(lost)).state == "succeeded"


async def test_a_vanished_workers_job_is_done_by_another(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"attempt": context.job.attempts}

    job = await ledger.enqueue("test.job", {})
    assert await ledger.claim(job.id, lease_s=0.0, timeout_s=10, max_attempts=5)
    async with working():
        job = await ended(job)
    assert (job.state, job.result) == ("succeeded", {"attempt": 2})


async def test_a_dispatch_that_comes_early_goes_round_again(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {}

    due = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    job = await ledger.enqueue("test.job", {}, run_after=due)
    await services.redis.enqueue_job("run_job", str(job.id), _job_id=f"{job.id}:early")
    async with working(replace(QUICK, overdue_s=600.0)):
        job = await ended(job)
    assert job.state == "succeeded"
    assert job.started_at is not None
    assert job.started_at > due - dt.timedelta(seconds=0.3)


async def test_nothing_is_left_in_redis_when_all_is_done(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"bytes": "x"}

    async with working():
        for n in range(20):
            await send(services, "test.job", {"n": n})

        async def all_done() -> bool:
            return len((await ledger.list_jobs(state="succeeded")).jobs) == 20

        await until(all_done)

        async def tidy() -> bool:
            return not [key async for key in services.redis.scan_iter("arq:*")]

        await until(tidy)
        assert await ledger.waiting(services.redis) == set()


async def test_an_error_inside_a_handlers_child_is_readable(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.child", timeout_s=60, max_attempts=1)
    async def heavy(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"value": await context.pool.run(int, args["text"])}

    async with working():
        good = await ended(await send(services, "test.child", {"text": "7"}))
        bad = await ended(await send(services, "test.child", {"text": "seven"}))
    assert good.result == {"value": 7}
    assert bad.error is not None
    assert "_RemoteTraceback" in bad.error
    assert "invalid literal for int()" in bad.error


async def test_jobs_run_beside_each_other_up_to_the_limit(
    services: Services, registry: Registry, working: Working
) -> None:
    now = most = 0
    together = asyncio.Event()

    @registry.job("test.job", timeout_s=60)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 3:
            together.set()
        await asyncio.wait_for(together.wait(), WITHIN_S)
        await asyncio.sleep(0)
        now -= 1
        return None

    jobs = [await send(services, "test.job") for _ in range(9)]
    async with working(replace(QUICK, max_jobs=3)):
        assert {(await ended(job)).state for job in jobs} == {"succeeded"}
    assert most == 3


async def test_where_there_is_no_redis_server_the_process_carries_its_jobs_itself(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        return {"attempt": context.job.attempts}

    inside = replace(services, redis=ledger.connect_redis("memory://"))
    await inside.redis.flushall()
    async with events.subscribe(inside.redis, events.JOBS) as subscription, working(QUICK, inside):
        job = await ended(await send(inside, "test.job"))
        assert await worker_alive(inside.redis)
        states = []
        while "succeeded" not in states:
            event = await asyncio.wait_for(anext(subscription), WITHIN_S)
            assert isinstance(event, events.Message)
            states.append(json.loads(event.payload)["state"])
    assert (job.result, sorted(states)) == ({"attempt": 1}, ["queued", "running", "succeeded"])
    await inside.redis.aclose(close_connection_pool=True)


async def test_an_outcome_that_is_being_written_when_the_worker_stops_is_written(
    services: Services, registry: Registry, working: Working
) -> None:
    @registry.job("test.job", timeout_s=10)
    async def handle(context: JobContext, args: dict[str, Any]) -> Outcome:
        handled.set()
        return {"n": args["n"]}

    for n in range(10):
        handled = asyncio.Event()
        async with working():
            job = await send(services, "test.job", {"n": n})
            await asyncio.wait_for(handled.wait(), WITHIN_S)
        after = await state_of(job.id)
        # handed back is as good as done; only a lease that nobody keeps would cost time
        assert after.state in ("queued", "succeeded")
        assert after.lease_until is None
        if after.open:
            await ledger.cancel(job.id)
