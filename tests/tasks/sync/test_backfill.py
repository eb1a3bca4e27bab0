"""``sync.backfill``: history from the newest to the oldest, in slices that go on where the last one ended."""

from __future__ import annotations

import datetime as dt

from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from storage.connect import rows
from storage.people import orders
from tasks.sync import backfill
from tasks.sync.turns import turn
from tests.tasks.sync.conftest import Place, in_seconds
from tests.tasks.sync.vendor import DAY, PAGE, Vendor


def asked(vendor: Vendor) -> list[tuple[float, float, str | None]]:
    """The windows asked for: ages of both ends in days, and the cursor."""
    now = dt.datetime.now(dt.UTC)

    def age(text: str) -> float:
        return round((now - dt.datetime.fromisoformat(text)) / DAY, 1)

    return [
        (age(one.query["since"]), age(one.query["until"]), one.query.get("cursor")) for one in vendor.asked()
    ]


async def test_history_is_fetched_newest_first_back_to_what_the_vendor_keeps(place: Place) -> None:
    expected = [place.vendor.add(DataType.SLEEP, days) for days in (399, 250, 31, 10, 9, 8, 7, 6, 5)]
    place.vendor.add(DataType.SLEEP, 450)
    job = await place.backfill()
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert job.result["status"] == "done"
    assert await place.stored() == expected
    windows = asked(place.vendor)
    assert windows[:3] == [(30, 0, None), (30, 0, str(PAGE)), (60, 30, None)]
    assert windows[-1] == (400, 390, None)
    assert len(windows) == 15
    state = await place.state()
    assert state.backfill_done
    assert state.records == len(expected)
    # it can be asked for again, and asks nothing
    place.vendor.requests.clear()
    assert (await place.backfill()).state == "succeeded"
    assert place.vendor.requests == []


async def test_a_slice_ends_after_some_requests_and_the_next_goes_on(place: Place) -> None:
    job = await orders.order_backfill(place.connection.id, DataType.SLEEP)
    job = await place.once(job)
    assert job.state == "queued"
    assert job.progress_note.startswith("fetched back to ")
    assert len(asked(place.vendor)) == backfill.SLICE_REQUESTS
    assert in_seconds(job) < 5
    place.vendor.requests.clear()
    job = await place.once(job)
    assert job.state == "succeeded"
    assert asked(place.vendor)[0] == (270, 240, None)


async def test_an_interrupted_window_goes_on_at_its_page(place: Place) -> None:
    expected = [place.vendor.add(DataType.SLEEP, days) for days in range(20, 4, -1)]
    place.vendor.faults.add(Fault.slow(0), times=2)
    place.vendor.faults.add(Fault.reset(), times=1)
    job = await orders.order_backfill(place.connection.id, DataType.SLEEP)
    job = await place.once(job)
    assert job.state == "queued"
    assert len(await place.stored()) == 2 * PAGE
    place.vendor.requests.clear()
    await place.once(job)
    assert asked(place.vendor)[:2] == [(30, 0, "10"), (30, 0, "15")]
    assert await place.stored() == expected


async def test_an_interrupted_sync_keeps_its_place_through_a_backfill(place: Place) -> None:
    expected = [place.vendor.add(DataType.SLEEP, days) for days in (40, 20, 6, 5, 4, 3, 2, 1, 0)]
    place.vendor.faults.add(Fault.slow(0), times=1)
    place.vendor.faults.add(Fault.reset(), times=1)
    sync = await place.once(await place.order())
    left = await place.state()
    assert left.cursor == str(PAGE)
    assert (await place.backfill()).state == "succeeded"
    state = await place.state()
    assert (state.cursor, state.cursor_since, state.cursor_until) == (
        left.cursor,
        left.cursor_since,
        left.cursor_until,
    )
    place.vendor.requests.clear()
    assert (await place.once(sync)).state == "succeeded"
    assert [cursor for _, _, cursor in asked(place.vendor)] == [str(PAGE)]
    assert await place.stored() == expected


async def test_a_sync_leaves_a_backfills_place_alone(place: Place) -> None:
    for days in range(40, 30, -1):
        place.vendor.add(DataType.SLEEP, days)
    place.vendor.faults.add(Fault.slow(0), times=2)
    place.vendor.faults.add(Fault.reset(), times=1)
    job = await place.once(await orders.order_backfill(place.connection.id, DataType.SLEEP))
    left = await place.state()
    assert left.cursor is not None
    place.vendor.requests.clear()
    await place.sync()
    assert asked(place.vendor)[0] == (7, -1, None)
    state = await place.state()
    assert (state.cursor, state.cursor_until) == (left.cursor, left.cursor_until)
    place.vendor.requests.clear()
    await place.once(job)
    assert asked(place.vendor)[0] == (60, 30, left.cursor)
    assert len(await place.stored()) == 10


async def test_a_backfill_and_a_sync_of_one_type_take_turns(place: Place) -> None:
    job = await orders.order_backfill(place.connection.id, DataType.SLEEP)
    async with turn(place.connection.id, DataType.SLEEP):
        job = await place.once(job)
        assert (job.state, job.progress_note) == ("queued", "this type is being fetched already")
    assert place.vendor.requests == []


async def test_a_type_that_is_not_shared_ends_its_backfill(place: Place) -> None:
    place.vendor.forbidden.add("sleep")
    job = await place.backfill()
    assert job.result is not None
    assert job.result["status"] == "not_shared"
    assert not (await place.state()).backfill_done


async def test_a_backfill_leaves_half_of_the_budget_to_others(place: Place) -> None:
    budget = "poise:budget:{stranger}:60s"
    now = (await rows("SELECT extract(epoch FROM clock_timestamp())::bigint AS now"))[0]["now"]
    await place.services.redis.hset(budget, str(now), "300")  # half of 600 a minute, just now
    job = await place.once(await orders.order_backfill(place.connection.id, DataType.SLEEP))
    assert job.state == "queued"
    assert 10 < in_seconds(job) < 100
    assert place.vendor.requests == []
    assert (await place.sync()).state == "succeeded"


async def test_a_profile_has_no_history(place: Place) -> None:
    job = await place.backfill(DataType.PROFILE)
    assert job.state == "succeeded"
    assert place.vendor.requests == []
    assert (await place.state(DataType.PROFILE)).backfill_done
