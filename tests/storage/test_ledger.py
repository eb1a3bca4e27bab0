"""The job ledger against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from poise_sdk.records import Rejected
from storage import ledger
from storage.connect import database, rows
from storage.ledger import Job, LedgerError

LEASE_S = 60.0


@pytest.fixture(autouse=True)
async def db(database_url: str) -> AsyncIterator[None]:
    async with database(database_url):
        yield


async def claim(job: Job, *, lease_s: float = LEASE_S) -> Job | None:
    return await ledger.claim(job.id, lease_s=lease_s, timeout_s=10, max_attempts=3)


async def claimed(kind: str = "test.job", *, key: str | None = None, lease_s: float = LEASE_S) -> Job:
    job = await claim(await ledger.enqueue(kind, {}, key=key), lease_s=lease_s)
    assert job is not None
    return job


async def now(job_id: UUID) -> Job:
    job = await ledger.get(job_id)
    assert job is not None
    return job


async def test_a_job_of_a_transaction_rolled_back_never_was() -> None:
    async with in_transaction() as transaction:
        job = await ledger.enqueue("test.job", {"a": 1}, key="k")
        assert await ledger.get(job.id) is not None
        await transaction.rollback()
    assert await ledger.get(job.id) is None
    assert (await ledger.list_jobs()).jobs == ()


async def test_a_job_is_seen_by_others_from_the_commit_on(database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    try:
        async with in_transaction() as transaction:
            job = await ledger.enqueue("test.job", {}, using_db=transaction)
            assert await other.fetchval("SELECT count(*) FROM jobs WHERE id = $1", job.id) == 0
        assert await other.fetchval("SELECT count(*) FROM jobs WHERE id = $1", job.id) == 1
    finally:
        await other.close()


async def test_what_was_asked_for_is_what_is_written() -> None:
    due = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    job = await ledger.enqueue(
        "games.import", {"paths": ["ü/ä", "b"]}, key="k", run_after=due, timeout_s=7, max_attempts=2
    )
    assert job == await now(job.id)
    assert (job.kind, job.key, job.args) == ("games.import", "k", {"paths": ["ü/ä", "b"]})
    assert (job.run_after, job.timeout_s, job.max_attempts) == (due, 7, 2)
    assert (job.state, job.attempts, job.existed) == ("queued", 0, False)


async def test_a_second_job_of_an_open_key_is_the_first_one() -> None:
    first = await ledger.enqueue("test.job", {"n": 1}, key="k")
    second = await ledger.enqueue("test.job", {"n": 2}, key="k")
    assert (second.id, second.args, second.existed) == (first.id, {"n": 1}, True)
    running = await claim(first)
    assert running is not None
    assert (await ledger.enqueue("test.job", {}, key="k")).existed
    await ledger.finish(running, None)
    third = await ledger.enqueue("test.job", {}, key="k")
    assert third.id != first.id
    assert not third.existed


async def test_of_many_enqueues_of_one_key_at_once_one_writes() -> None:
    jobs = await asyncio.gather(*(ledger.enqueue("test.job", {}, key="k") for _ in range(12)))
    assert len({job.id for job in jobs}) == 1
    assert [job.existed for job in jobs].count(False) == 1


async def test_jobs_without_a_key_are_all_different() -> None:
    assert (await ledger.enqueue("a", {})).id != (await ledger.enqueue("a", {})).id


async def test_of_many_claims_one_succeeds() -> None:
    job = await ledger.enqueue("test.job", {})
    claims = await asyncio.gather(*(claim(job) for _ in range(12)))
    (winner,) = [one for one in claims if one is not None]
    assert (winner.state, winner.attempts) == ("running", 1)


async def test_a_job_is_not_claimed_before_it_is_due() -> None:
    job = await ledger.enqueue("a", {}, run_after=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    assert await claim(job) is None


async def test_a_claim_tightens_limits_and_never_loosens_them() -> None:
    wide = await claimed()
    assert (wide.timeout_s, wide.max_attempts) == (10, 3)
    tight = await claim(await ledger.enqueue("a", {}, timeout_s=2, max_attempts=1))
    assert tight is not None
    assert (tight.timeout_s, tight.max_attempts) == (2, 1)


async def test_who_lost_the_lease_changes_nothing() -> None:
    stalled = await claimed(lease_s=0.0)
    (reclaimed,) = await ledger.reclaim()
    assert (reclaimed.id, reclaimed.state, reclaimed.attempts) == (stalled.id, "queued", 1)
    assert reclaimed.error is not None
    assert reclaimed.error.startswith("WorkerLost: attempt 1 of 3")
    other = await claim(reclaimed)
    assert other is not None
    assert await ledger.heartbeat(stalled, lease_s=LEASE_S) is None
    assert await ledger.progress(stalled, 1, 2, "", lease_s=LEASE_S) is None
    assert await ledger.finish(stalled, {"by": "stalled"}) is None
    assert await ledger.fail(stalled, "x", retry_after_s=0) is None
    assert await ledger.bury(stalled, "x") is None
    assert await ledger.reschedule(stalled, after_s=0) is None
    assert await ledger.hand_back(stalled) is None
    assert await now(other.id) == other
    done = await ledger.finish(other, {"by": "other"})
    assert done is not None
    assert (done.state, done.result, done.error, done.lease_until) == (
        "succeeded",
        {"by": "other"},
        None,
        None,
    )


async def test_a_lease_that_is_renewed_is_not_reclaimed() -> None:
    job = await claimed(lease_s=0.0)
    assert await ledger.heartbeat(job, lease_s=LEASE_S) is not None
    assert await ledger.reclaim() == []


async def test_a_job_that_loses_every_worker_is_dead_in_the_end() -> None:
    job = await ledger.enqueue("test.job", {}, max_attempts=2)
    for _ in range(2):
        assert await claim(job, lease_s=0.0) is not None
        (job,) = await ledger.reclaim()
    assert (job.state, job.attempts) == ("dead", 2)
    assert job.finished_at is not None


async def test_a_failed_job_waits_and_a_buried_one_can_be_replayed() -> None:
    job = await claimed(key="k")
    failed = await ledger.fail(job, "Traceback: first", retry_after_s=30)
    assert failed is not None
    assert (failed.state, failed.attempts, failed.error) == ("queued", 1, "Traceback: first")
    assert failed.run_after - dt.datetime.now(dt.UTC) > dt.timedelta(seconds=20)
    assert await claim(failed) is None

    job = await claimed(key="l")
    dead = await ledger.bury(job, "Traceback: last")
    assert dead is not None
    assert (dead.state, dead.error) == ("dead", "Traceback: last")
    again = await ledger.retry(dead.id)
    assert (again.state, again.attempts, again.finished_at) == ("queued", 0, None)
    assert (again.args, again.key) == (dead.args, "l")
    assert await claim(again) is not None


async def test_only_what_ended_badly_can_be_replayed() -> None:
    with pytest.raises(LedgerError, match="no such job"):
        await ledger.retry(uuid4())
    job = await claimed(key="k")
    with pytest.raises(LedgerError, match="it is running"):
        await ledger.retry(job.id)
    await ledger.bury(job, "x")
    await ledger.enqueue("test.job", {}, key="k")
    with pytest.raises(LedgerError, match="another job of its key is open"):
        await ledger.retry(job.id)


async def test_a_cancelled_job_is_not_run_and_a_running_one_loses_its_lease() -> None:
    queued = await ledger.enqueue("test.job", {})
    cancelled = await ledger.cancel(queued.id)
    assert cancelled is not None
    assert cancelled.state == "cancelled"
    assert await claim(queued) is None
    assert await ledger.cancel(queued.id) is None
    running = await claimed()
    await ledger.cancel(running.id)
    assert await ledger.heartbeat(running, lease_s=LEASE_S) is None
    assert await ledger.finish(running, {}) is None


async def test_a_rescheduled_job_is_the_same_row_with_all_its_attempts() -> None:
    job = await claimed(key="poll")
    again = await ledger.reschedule(job, after_s=15.0, note="quarter 3")
    assert again is not None
    assert (again.id, again.state, again.attempts, again.progress_note) == (job.id, "queued", 0, "quarter 3")
    assert dt.timedelta(seconds=10) < again.run_after - dt.datetime.now(dt.UTC) <= dt.timedelta(seconds=15)
    assert (await ledger.enqueue("test.job", {}, key="poll")).existed


async def test_a_job_handed_back_has_lost_no_attempt() -> None:
    back = await ledger.hand_back(await claimed())
    assert back is not None
    assert (back.state, back.attempts, back.lease_until) == ("queued", 0, None)
    assert await claim(back) is not None


async def test_progress_is_stored_within_bounds() -> None:
    job = await claimed()
    stored = await ledger.progress(job, 3, 2**40, "a\x00b", lease_s=LEASE_S)
    assert stored is not None
    assert (stored.progress_done, stored.progress_total, stored.progress_note) == (3, 2**31 - 1, "a�b")


async def test_arguments_are_kept_exactly_or_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        await ledger.enqueue("a", {"path": "a\x00b"})
    with pytest.raises(TypeError):
        await ledger.enqueue("a", {"path": b"\xff".decode("utf-8", "surrogateescape")})
    with pytest.raises(TypeError):
        await ledger.enqueue("a", {"path": object()})
    tricky = {"path": "back\\u0000slash", "n": [1, None, {"x": "\\"}]}
    assert (await ledger.enqueue("a", tricky)).args == tricky


async def test_a_result_with_characters_postgresql_cannot_hold_is_stored_without_them() -> None:
    done = await ledger.finish(await claimed(), {"file": "x\x00y\udcffz", "list": ("\x00",)})
    assert done is not None
    assert done.result == {"file": "x�y?z", "list": ["�"]}


async def test_the_list_is_walked_whole_newest_first() -> None:
    ids = [(await ledger.enqueue("a" if n % 2 else "b", {"n": n})).id for n in range(7)]
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await ledger.list_jobs(limit=3, cursor=cursor)
        seen += [job.id for job in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break
        await ledger.enqueue("late", {})  # what comes meanwhile does not shift the pages
    assert seen == ids[::-1]


async def test_the_list_is_filtered_by_state_and_kind() -> None:
    await ledger.enqueue("a", {})
    running = await claimed("b")
    assert [job.id for job in (await ledger.list_jobs(state="running")).jobs] == [running.id]
    assert [job.kind for job in (await ledger.list_jobs(kind="a")).jobs] == ["a"]
    assert (await ledger.list_jobs(kind="a", state="dead")).jobs == ()


@pytest.mark.parametrize("cursor", ["", "nonsense", "MjAyNS0wMS0wMSB4", "é"])
async def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await ledger.list_jobs(cursor=cursor)


def reject(row: int | None, reason: str = "bad clock", **more: str) -> Rejected:
    return Rejected(file="a.json", row=row, field="clock", reason=reason, **more)


async def test_rejections_of_a_second_attempt_are_not_listed_twice() -> None:
    job = await claimed()
    assert await ledger.add_rejections(job.id, [reject(2), reject(1), reject(None)]) == 3
    assert await ledger.add_rejections(job.id, [reject(1), reject(None), reject(3)]) == 1
    assert [one.row for one in await ledger.rejections(job.id)] == [None, 1, 2, 3]
    assert await ledger.count_rejections(job.id) == 4


async def test_rejections_are_read_in_bounded_pieces() -> None:
    job = await claimed()
    await ledger.add_rejections(job.id, [reject(n) for n in range(1, 12_001)])
    assert len(await ledger.rejections(job.id)) == 100
    assert [one.row for one in await ledger.rejections(job.id, limit=2, after=10_000)] == [10_001, 10_002]
    detail = await ledger.show(job.id, first_rejections=5)
    assert detail is not None
    assert (len(detail.rejections), detail.rejection_count, detail.job) == (5, 12_000, job)
    assert detail.rejections[0] == reject(1)


async def test_many_writers_of_one_job_list_all_their_rejections() -> None:
    job = await claimed()
    await asyncio.gather(*(ledger.add_rejections(job.id, [reject(n), reject(0)]) for n in range(1, 9)))
    assert sorted(one.row or 0 for one in await ledger.rejections(job.id)) == list(range(9))


async def test_rejections_hold_any_file_name() -> None:
    job = await claimed()
    await ledger.add_rejections(
        job.id, [Rejected(file="a\x00\udcff.json", reason="\x00", game_id="1", play=4)]
    )
    assert await ledger.rejections(job.id) == [Rejected(file="a�?.json", reason="�", game_id="1", play=4)]


async def test_a_job_that_is_not_there_is_shown_as_none() -> None:
    assert await ledger.show(uuid4()) is None
    assert await ledger.get(uuid4()) is None


async def test_pruning_forgets_old_successes_and_keeps_the_rest() -> None:
    done = await claimed()
    await ledger.add_rejections(done.id, [reject(1)])
    await ledger.finish(done, {})
    dead = await claimed()
    await ledger.bury(dead, "x")
    waiting = await ledger.enqueue("a", {})
    assert await ledger.prune(dt.timedelta(days=1)) == 0
    await rows("UPDATE jobs SET finished_at = now() - interval '2 days' WHERE finished_at IS NOT NULL")
    assert await ledger.prune(dt.timedelta(days=1)) == 1
    assert {job.id for job in (await ledger.list_jobs()).jobs} == {dead.id, waiting.id}
    assert await rows("SELECT 1 FROM job_rejections") == []
