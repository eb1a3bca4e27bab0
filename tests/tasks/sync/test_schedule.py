"""What falls due becomes jobs, once; webhooks are ordered; removed connections are ended at the vendor."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import verification_token
from storage import ledger
from storage.connect import rows
from storage.people import connections, orders, vendor_apps, webhooks
from tasks.handlers import load
from tasks.sync.due import due_now
from tasks.sync.intake import installed
from tests.tasks.sync.conftest import Place
from tests.tasks.sync.test_webhooks import CHANGED, event

TYPES = (DataType.PROFILE, DataType.SLEEP, DataType.WORKOUT)


async def due(place: Place, at: dt.datetime) -> list[tuple[str, bool]]:
    found = await due_now(installed().wearables, at)
    assert {one.connection_id for one in found} <= {place.connection.id}
    return [(one.data_type.value, one.backfill) for one in found]


async def attempted(place: Place, at: dt.datetime, **more: object) -> None:
    """All types were attempted, and all history is fetched."""
    for data_type in TYPES:
        await rows(
            "INSERT INTO sync_states (connection_id, data_type, status, last_attempt_at, backfill_done) "
            "VALUES ($1, $2, 'ok', $3, true) ON CONFLICT (connection_id, data_type) "
            "DO UPDATE SET last_attempt_at = $3, backfill_done = true",
            place.connection.id,
            data_type.value,
            at,
        )


def berlin(hour: int, minute: int = 0, *, day: int = 2) -> dt.datetime:
    """A time of the athlete's clock in June, which is two hours ahead."""
    return dt.datetime(2025, 6, day, hour, minute, tzinfo=dt.UTC) - dt.timedelta(hours=2)


async def test_a_new_connection_is_due_at_once_and_its_history_when_it_has_shown_itself(place: Place) -> None:
    now = dt.datetime.now(dt.UTC)
    assert await due(place, now) == [("profile", False), ("sleep", False), ("workout", False)]
    await place.sync(DataType.SLEEP)
    assert ("sleep", True) in await due(place, dt.datetime.now(dt.UTC))


async def test_what_is_due_follows_the_athletes_clock(place: Place) -> None:
    await attempted(place, berlin(7))
    assert await due(place, berlin(7, 59)) == []
    assert await due(place, berlin(8, 15)) == [("sleep", False)]
    assert await due(place, berlin(14, 15)) == [("sleep", False), ("workout", False)]
    await attempted(place, berlin(14, 16))
    assert await due(place, berlin(19, 59)) == []
    assert await due(place, berlin(23, 15)) == [("profile", False), ("sleep", False), ("workout", False)]


async def test_what_webhooks_announce_is_polled_only_while_they_are_silent(place: Place) -> None:
    async def heard(at: dt.datetime) -> None:
        await rows("UPDATE connections SET webhook_at = $2 WHERE id = $1", place.connection.id, at)

    await attempted(place, berlin(7))
    await heard(berlin(7))
    assert await due(place, berlin(15)) == []
    week = [await due(place, berlin(23, 30, day=day)) for day in (2, 3, 4)]
    assert week[0][0] == ("profile", False)
    await heard(berlin(7) - dt.timedelta(days=2))
    assert await due(place, berlin(15)) == [("sleep", False), ("workout", False)]


async def test_what_is_not_shared_is_asked_for_once_a_week(place: Place) -> None:
    await attempted(place, berlin(7))
    await rows("UPDATE sync_states SET status = 'not_shared' WHERE data_type = 'sleep'")
    days = [day for day in range(2, 9) if ("sleep", False) in await due(place, berlin(23, 30, day=day))]
    assert 1 <= len(days) <= 7
    assert ("sleep", False) not in await due(place, berlin(15))


async def test_the_schedule_enqueues_what_is_due_once(place: Place) -> None:
    async def read() -> int:
        job = await place.once(await ledger.enqueue("sync.schedule", {}))
        assert job.result is not None
        return int(job.result["enqueued"])

    assert await read() == 3
    assert await read() == 0  # they are still open
    kinds = await rows("SELECT kind, key FROM jobs WHERE kind LIKE 'sync.%' AND key IS NOT NULL ORDER BY key")
    assert [row["key"] for row in kinds] == [f"sync:{place.connection.id}:{one.value}" for one in TYPES]
    await rows("UPDATE jobs SET state = 'cancelled', finished_at = clock_timestamp() WHERE state = 'queued'")
    await connections.mark(place.connection.id, "needs_reauth", "for a test")
    assert await read() == 0


async def test_webhooks_left_lying_are_taken_up(place: Place) -> None:
    await attempted(place, dt.datetime.now(dt.UTC))
    await webhooks.record("stranger", [event(CHANGED, "sleep-1")])
    await rows("UPDATE webhook_events SET received_at = received_at - interval '1 hour'")
    await place.once(await ledger.enqueue("sync.schedule", {}))
    assert len(await rows("SELECT 1 FROM jobs WHERE kind = 'sync.webhooks'")) == 1


def test_the_plan_is_read_by_itself() -> None:
    recurring = {kind.name for kind in load().kinds() if kind.recurring}
    assert {"sync.schedule", "sync.subscriptions"} <= recurring


async def test_webhooks_are_ordered_for_vendors_that_have_an_address_for_them(place: Place) -> None:
    job = await place.once(await ledger.enqueue("sync.subscriptions", {}))
    assert job.result is not None
    assert job.result["vendors"]["stranger"] == "no address for webhooks is configured"
    await vendor_apps.configure("stranger", callback_url="https://poise.example/webhooks/stranger")
    job = await place.once(await ledger.enqueue("sync.subscriptions", {}))
    assert job.result is not None
    assert job.result["vendors"]["stranger"] == {"orders": 1, "types": ["sleep"], "renewed_until": None}
    app = await vendor_apps.find("stranger")
    assert app is not None
    token = verification_token(app.client, "stranger")
    assert token is not None
    (order,) = place.vendor.subscriptions
    assert token.reveal().encode() in order["body"]
    found = await connections.get(place.connection.id)
    assert found is not None
    assert found.subscribed


async def test_a_vendor_that_announces_nothing_is_named(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await vendor_apps.configure("stranger", callback_url="https://poise.example/webhooks/stranger")
    await rows("UPDATE connections SET connected_at = connected_at - interval '3 days'")
    job = await place.once(await ledger.enqueue("sync.subscriptions", {"vendor": "stranger"}))
    assert job.result is not None
    assert job.result["silent"] == {"stranger": 1}
    assert "stranger has announced nothing" in caplog.text


async def test_a_removed_connection_is_ended_at_the_vendor_and_its_tokens_forgotten(place: Place) -> None:
    await connections.remove(place.connection.id)
    place.vendor.faults.add(Fault.status(503), times=1)
    order = await orders.order_revoke(place.connection.id)
    job = await place.once(order)
    assert job.state == "queued"
    job = await place.once(job)
    assert job.result == {"revoked": "ended"}
    assert place.vendor.revoked
    assert await rows("SELECT 1 FROM connection_tokens") == []
    again = await place.once(await orders.order_revoke(place.connection.id))
    assert again.result == {"revoked": "it had ended already"}
