"""How far each type of a connection is, through interruptions."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.vocabulary import DataType
from storage import ledger
from storage.connect import rows
from storage.people import athletes, connections, orders, sync_states
from storage.people.connections import Connection
from tests.storage.people.invented import credentials

SLEEP, CYCLE = DataType.SLEEP, DataType.CYCLE
T0 = dt.datetime(2031, 5, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
async def connection(db: str) -> Connection:
    athlete = await athletes.add("Ann")
    return await connections.connect(athlete.id, "whoop", credentials())


async def test_a_type_that_was_never_synchronised_says_so(connection: Connection) -> None:
    state = await sync_states.get(connection.id, SLEEP)
    assert (state.status, state.records, state.synced_until) == ("never", 0, None)
    assert await sync_states.of_connection(connection.id) == []


async def test_a_worker_killed_between_pages_leaves_the_span_to_go_on_with(connection: Connection) -> None:
    page = {"since": T0, "until": T0 + 7 * DAY}
    await sync_states.begin(connection.id, SLEEP)
    await sync_states.page_done(connection.id, SLEEP, cursor="p2", **page, records=25, rejected=1)
    # killed here; the next worker begins
    state = await sync_states.begin(connection.id, SLEEP)
    assert (state.cursor, state.cursor_since, state.cursor_until) == ("p2", T0, T0 + 7 * DAY)
    assert (state.status, state.synced_until, state.records, state.rejected) == ("syncing", None, 25, 1)
    await sync_states.page_done(connection.id, SLEEP, cursor=None, **page, records=5)
    await sync_states.span_done(connection.id, SLEEP, synced_until=T0 + 7 * DAY)
    await sync_states.finish(connection.id, SLEEP)
    state = await sync_states.get(connection.id, SLEEP)
    assert (state.cursor, state.cursor_since, state.cursor_until) == (None, None, None)
    assert (state.status, state.synced_until, state.records) == ("ok", T0 + 7 * DAY, 30)
    assert state.last_success_at is not None
    assert state.last_attempt_at is not None


async def test_synced_until_never_goes_back(connection: Connection) -> None:
    await sync_states.begin(connection.id, SLEEP)
    await sync_states.span_done(connection.id, SLEEP, synced_until=T0)
    await sync_states.span_done(connection.id, SLEEP, synced_until=T0 - DAY)
    assert (await sync_states.get(connection.id, SLEEP)).synced_until == T0


async def test_a_failure_keeps_what_was_fetched_and_a_success_forgives_it(connection: Connection) -> None:
    await sync_states.begin(connection.id, SLEEP)
    await sync_states.page_done(connection.id, SLEEP, cursor="p2", since=T0, until=T0 + DAY, records=25)
    for _ in range(2):
        await sync_states.fail(connection.id, SLEEP, "HTTP\x00 503", status="partial")
    state = await sync_states.get(connection.id, SLEEP)
    assert (state.status, state.error, state.failures) == ("partial", "HTTP\N{REPLACEMENT CHARACTER} 503", 2)
    assert (state.cursor, state.records, state.last_success_at) == ("p2", 25, None)
    await sync_states.finish(connection.id, SLEEP, synced_until=T0)
    state = await sync_states.get(connection.id, SLEEP)
    assert (state.status, state.error, state.failures, state.synced_until) == ("ok", None, 0, T0)


async def test_a_failure_before_the_first_attempt_is_kept_too(connection: Connection) -> None:
    await sync_states.fail(connection.id, CYCLE, "x" * 5000)
    state = await sync_states.get(connection.id, CYCLE)
    assert (state.status, len(state.error or ""), state.failures) == ("error", 2000, 1)


async def test_history_grows_into_the_past_beside_what_is_new(connection: Connection) -> None:
    await sync_states.backfill_page(connection.id, SLEEP, asked_to=T0 - 30 * DAY, found_to=T0 - 30 * DAY)
    await sync_states.backfill_page(
        connection.id, SLEEP, asked_to=T0 - 60 * DAY, found_to=T0 - 30 * DAY, records=3, rejected=1
    )
    state = await sync_states.get(connection.id, SLEEP)
    assert (state.backfill_from, state.backfill_until) == (T0 - 60 * DAY, T0 - 30 * DAY)
    assert (state.backfill_done, state.status, state.records, state.rejected) == (False, "never", 3, 1)
    await sync_states.backfill_done(connection.id, SLEEP)
    await sync_states.backfill_done(connection.id, CYCLE)
    found = {one.data_type: one.backfill_done for one in await sync_states.of_connection(connection.id)}
    assert found == {SLEEP: True, CYCLE: True}


async def test_an_athlete_s_states_say_of_which_vendor_and_when_the_next_is_due(
    connection: Connection,
) -> None:
    await sync_states.begin(connection.id, SLEEP)
    await sync_states.begin(connection.id, CYCLE)
    job = await orders.order_sync(connection.id, SLEEP)
    cycle, sleep = await sync_states.of_athlete(connection.athlete_id)
    assert (cycle.data_type, cycle.vendor, cycle.next_at) == (CYCLE, "whoop", None)
    assert (sleep.data_type, sleep.next_at, sleep.connection_status) == (SLEEP, job.run_after, "connected")
    await ledger.cancel(job.id)
    assert [one.next_at for one in await sync_states.of_connection(connection.id)] == [None, None]
    await connections.remove(connection.id)
    assert await sync_states.of_athlete(connection.athlete_id) == []


async def test_orders_are_written_once_and_say_what_is_to_be_done(connection: Connection) -> None:
    first = await orders.order_first(connection.id, {SLEEP, CYCLE})
    assert [(job.kind, job.key) for job in first] == [
        ("sync.run", f"sync:{connection.id}:cycle"),
        ("sync.run", f"sync:{connection.id}:sleep"),
        ("sync.backfill", f"backfill:{connection.id}:cycle"),
        ("sync.backfill", f"backfill:{connection.id}:sleep"),
    ]
    assert first[0].args == {
        "connection_id": connection.id,
        "data_type": "cycle",
        "reason": "connected",
        "urgent": True,
    }
    again = await orders.order_sync(connection.id, SLEEP, "asked for")
    assert (again.id, again.existed) == (first[1].id, True)
    others = [
        await orders.order_webhooks("whoop"),
        await orders.order_revoke(connection.id),
        await orders.order_import("whoop", ["/a", "/b"], connection.athlete_id),
    ]
    assert [job.kind for job in others] == ["sync.webhooks", "sync.revoke", "wearables.import"]
    assert others[2].args == {"vendor": "whoop", "paths": ["/a", "/b"], "athlete_id": connection.athlete_id}
    assert len(await rows("SELECT 1 FROM jobs")) == 7
