"""``sync.run`` against a stranger's vendor: what came is kept, and every failure stays where it belongs."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading

import pytest

from adapters import apart
from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from storage import ledger
from storage.connect import rows
from storage.people import circuits, connections, orders, vendor_apps
from tasks.context import Services
from tasks.sync import contained, translate
from tasks.sync.turns import turn
from tests.tasks.sync.conftest import STRANGER, Place, connected, in_seconds, nights
from tests.tasks.sync.vendor import DAY, PAGE, Vendor


async def test_what_is_new_is_fetched_page_by_page_and_stored(place: Place) -> None:
    expected = nights(place.vendor, 7)
    job = await place.sync()
    assert job.state == "succeeded", job.error
    assert job.result == {"status": "ok", "records": 7, "stored": 7, "rejected": 0, "pages": 2}
    assert await place.stored() == expected
    state = await place.state()
    assert (state.status, state.error, state.records, state.failures) == ("ok", None, 7, 0)
    assert state.cursor is None
    assert state.synced_until is not None
    assert abs(state.synced_until - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


async def test_a_second_sync_asks_from_an_overlap_on_and_changes_nothing(place: Place) -> None:
    nights(place.vendor, 7)
    await place.sync()
    first = await place.state()
    place.vendor.requests.clear()
    job = await place.sync()
    assert job.result is not None
    assert (job.result["records"], job.result["stored"]) == (2, 0)
    (request,) = place.vendor.asked()
    assert first.synced_until is not None
    assert dt.datetime.fromisoformat(request.query["since"]) == first.synced_until - 2 * DAY


async def test_a_token_that_dies_between_two_pages_is_renewed_and_no_page_is_lost(place: Place) -> None:
    expected = nights(place.vendor, 7)
    place.vendor.token_dies_after = 1
    job = await place.sync()
    assert job.result is not None
    assert job.result["status"] == "ok"
    assert await place.stored() == expected
    assert place.vendor.refreshes == 1
    cursors = [request.query.get("cursor") for request in place.vendor.asked()]
    assert cursors == [None, "5", "5"]  # refused, then answered


async def test_a_token_about_to_end_is_renewed_before_it_is_used(
    stranger: None, services: Services, vendor: Vendor
) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    place = await connected(services, vendor, expires_at=soon)
    nights(vendor, 1)
    await place.sync()
    await place.sync()
    assert vendor.refreshes == 1
    assert len(await place.stored()) == 1


async def test_two_workers_who_find_the_token_dead_refresh_it_once(place: Place) -> None:
    nights(place.vendor, 3)
    place.vendor.add(DataType.WORKOUT, 1)
    place.vendor.end_access_token()
    ordered = [await place.order(DataType.SLEEP), await place.order(DataType.WORKOUT)]
    jobs = await asyncio.gather(*(place.once(job) for job in ordered))
    assert [job.result and job.result["status"] for job in jobs] == ["ok", "ok"]
    assert place.vendor.refreshes == 1
    assert await place.status() == "connected"
    assert (len(await place.stored()), len(await place.stored("workouts"))) == (3, 1)


async def test_a_refused_refresh_asks_for_the_owner_and_further_jobs_end_quietly(place: Place) -> None:
    place.vendor.end_access_token()
    place.vendor.revoked = True
    job = await place.sync()
    assert job.state == "succeeded"
    assert await place.status() == "needs_reauth"
    state = await place.state()
    assert state.status == "error"
    assert "invalid_grant" in (state.error or "")
    place.vendor.requests.clear()
    job = await place.sync(DataType.WORKOUT)
    assert job.result is not None
    assert job.result["skipped"].startswith("the connection is needs_reauth")
    assert place.vendor.requests == []


async def test_a_forbidden_type_is_not_shared_and_the_others_go_on(place: Place) -> None:
    place.vendor.forbidden.add("sleep")
    place.vendor.add(DataType.WORKOUT, 1)
    job = await place.sync(DataType.SLEEP)
    assert job.result is not None
    assert job.result["status"] == "not_shared"
    assert (await place.state()).status == "not_shared"
    assert await place.status() == "connected"
    job = await place.sync(DataType.WORKOUT)
    assert job.result is not None
    assert (job.result["status"], job.result["stored"]) == ("ok", 1)


async def test_a_429_puts_the_job_off_and_it_goes_on_where_it_was(place: Place) -> None:
    expected = nights(place.vendor, 7)
    order = await place.order()
    place.vendor.faults.add(Fault.slow(0), times=1)
    place.vendor.faults.add(Fault.status(429, {"retry-after": "40"}), times=1)
    job = await place.once(order)
    assert job.state == "queued"
    assert 35 < in_seconds(job) < 70
    state = await place.state()
    assert (state.status, state.cursor, state.records) == ("syncing", str(PAGE), PAGE)
    assert len(await place.stored()) == PAGE
    assert (await circuits.get("stranger")).failures == 0
    # the whole vendor is left alone meanwhile, without a request
    place.vendor.requests.clear()
    job = await place.once(job)
    assert job.state == "queued"
    assert place.vendor.requests == []
    await place.services.redis.flushall()
    job = await place.once(job)
    assert job.result is not None
    assert (job.result["status"], job.result["pages"]) == ("ok", 1)
    assert [request.query.get("cursor") for request in place.vendor.asked()] == [str(PAGE)]
    assert await place.stored() == expected


async def test_an_outage_opens_the_circuit_and_it_closes_by_itself(place: Place) -> None:
    expected = nights(place.vendor, 3)
    place.vendor.faults.add(Fault.status(503))
    job = await place.order()
    for _ in range(circuits.OPENS_AFTER):
        job = await place.once(job)
        assert job.state == "queued"
    state = await place.state()
    assert state.status == "error"
    assert "HTTP 503" in (state.error or "")
    assert (await circuits.get("stranger")).opened_at is not None
    assert in_seconds(job) > 30
    place.vendor.requests.clear()
    other = await place.sync(DataType.WORKOUT)
    assert other.state == "queued"
    assert other.progress_note == "Stranger is in trouble"
    assert place.vendor.requests == []

    place.vendor.faults.clear()
    await rows("UPDATE vendor_circuits SET retry_at = clock_timestamp()")
    job = await place.once(job)
    assert job.result is not None
    assert job.result["status"] == "ok"
    assert await place.stored() == expected
    assert (await circuits.get("stranger")).opened_at is None
    assert (await place.state()).error is None
    assert (await place.once(other)).state == "succeeded"


async def test_what_was_fetched_before_the_outage_is_kept(place: Place) -> None:
    expected = nights(place.vendor, 7)
    place.vendor.faults.add(Fault.slow(0), times=1)
    place.vendor.faults.add(Fault.reset(), times=1)
    job = await place.once(await place.order())
    assert job.state == "queued"
    assert (await place.state()).status == "partial"
    assert len(await place.stored()) == PAGE
    job = await place.once(job)
    assert job.state == "succeeded"
    assert await place.stored() == expected
    assert len(place.vendor.asked()) == 3  # no page was asked for twice but the one that was lost


async def test_a_cursor_that_died_meanwhile_begins_its_span_anew(place: Place) -> None:
    expected = nights(place.vendor, 7)
    place.vendor.faults.add(Fault.slow(0), times=1)
    place.vendor.faults.add(Fault.reset(), times=1)
    place.vendor.faults.add(Fault.status(400), times=1)
    order = await place.order()
    await place.once(order)
    job = await place.once(order)
    assert job.result is not None
    assert job.result["status"] == "ok"
    assert await place.stored() == expected


async def test_the_job_of_a_removed_connection_ends_quietly(place: Place) -> None:
    order = await place.order()
    await connections.remove(place.connection.id)
    job = await place.once(order)
    assert job.result == {"skipped": "the connection was removed"}
    unknown = await orders.order_sync(10**9, DataType.SLEEP)
    assert (await place.once(unknown)).result == {"skipped": "the connection was removed"}
    assert place.vendor.requests == []


async def test_a_sync_waits_for_its_turn(place: Place) -> None:
    nights(place.vendor, 1)
    order = await place.order()
    async with turn(place.connection.id, DataType.SLEEP):
        job = await place.once(order)
        assert (job.state, job.progress_note) == ("queued", "this type is being fetched already")
        assert (await place.sync(DataType.WORKOUT)).state == "succeeded"
    assert (await place.once(job)).state == "succeeded"


async def test_a_span_asked_for_on_purpose_leaves_the_state_of_the_rest(place: Place) -> None:
    nights(place.vendor, 3)
    await place.sync()
    before = await place.state()
    old = place.vendor.add(DataType.SLEEP, 100)
    since = place.vendor.now - 101 * DAY
    args = {
        "connection_id": place.connection.id,
        "data_type": "sleep",
        "since": since.isoformat(),
        "until": (since + 2 * DAY).isoformat(),
        "urgent": True,
    }
    job = await place.once(await ledger.enqueue("sync.run", args))
    assert job.result is not None
    assert job.result["stored"] == 1
    assert old in await place.stored()
    assert (await place.state()).synced_until == before.synced_until


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("raise", "KeyError: 'score'"),
        ("hang", "it took longer than 0.3 s"),
        ("rubbish", "yields what is no record"),
        ("exit", "the child process that ran take_in died"),
    ],
)
async def test_a_badly_written_adapter_is_contained(
    stranger: None,
    services: Services,
    vendor: Vendor,
    trouble: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(translate, "NORMALIZE_S", 0.3)
    place = await connected(services, vendor)
    kept = nights(vendor, 2)
    vendor.add(DataType.SLEEP, 3, trouble=trouble)  # the oldest, and so the last of its page
    vendor.add(DataType.WORKOUT, 1)
    job = await place.sync()
    assert job.state == "succeeded"
    state = await place.state()
    assert says in (state.error or "")
    assert state.status in ("error", "partial")
    # what came before it is kept, unless the process itself was ended
    assert await place.stored() == ([] if trouble == "exit" else kept)
    # until it is mended, the same is asked for again
    assert state.synced_until is None
    assert state.cursor is None
    other = await place.sync(DataType.WORKOUT)
    assert other.result is not None
    assert other.result["status"] == "ok"
    del vendor.records["sleep", "sleep-3"]
    assert (await place.sync()).result is not None
    assert (await place.state()).status == "ok"
    assert await place.stored() == kept


async def test_an_adapter_that_blocks_stops_nobody_but_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = nights(place.vendor, 2)
    monkeypatch.setattr(contained, "CALL_S", 0.2)
    monkeypatch.setattr(apart, "GRACE_S", 0.2)
    await vendor_apps.configure(STRANGER, options={"blocks": "1.5"})
    beats = 0

    async def others() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    meanwhile = asyncio.create_task(others())
    job = await place.sync()
    meanwhile.cancel()
    assert beats > 5
    assert job.state == "queued"  # it is tried again
    assert "the adapter stranger blocks its thread in fetch (poise_stranger.py:" in str(
        (await place.state()).error
    )
    monkeypatch.undo()
    await vendor_apps.configure(STRANGER, options={"blocks": "0"})
    await place.once(job)
    assert await place.stored() == kept
    for thread in threading.enumerate():
        if thread.name == f"poise-{STRANGER}":
            await asyncio.to_thread(thread.join)


async def test_a_wrong_unit_and_a_malformed_row_are_refused_and_told(place: Place) -> None:
    place.vendor.add(DataType.SLEEP, 1, trouble="seconds")
    place.vendor.add(DataType.SLEEP, 2, trouble="malformed")
    place.vendor.add(DataType.SLEEP, 3)
    job = await place.sync()
    assert job.result is not None
    assert (job.result["status"], job.result["rejected"]) == ("ok", 2)
    assert (await place.state()).rejected == 2
    found = await rows("SELECT source_id, deep_min FROM nights ORDER BY start_at")
    assert [(row["source_id"], row["deep_min"]) for row in found] == [("sleep-3", 90.0), ("sleep-1", None)]
    told = await rows("SELECT file, row, field FROM job_rejections WHERE job_id = $1 ORDER BY n", job.id)
    assert {(row["row"], row["field"]) for row in told} == {(1, "deep_min"), (2, "end")}
