"""What a vendor announces: in whatever order and however often, the store ends up as the vendor is."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from poise_sdk.simulation import Fault
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WebhookEvent, WebhookKind
from storage import ledger
from storage.connect import rows
from storage.ledger import Job
from storage.people import orders, vendor_apps, webhooks
from tasks.sync import webhooks as answering
from tests.tasks.sync.conftest import Place, in_seconds, nights

CHANGED, DELETED, REVOKED = WebhookKind.CHANGED, WebhookKind.DELETED, WebhookKind.REVOKED
_numbers = itertools.count()


def event(
    kind: WebhookKind,
    record_id: str | None = None,
    data_type: DataType | None = DataType.SLEEP,
    *,
    account: str = "account of Ada",
) -> WebhookEvent:
    return WebhookEvent(
        kind=kind,
        vendor_user_id=account,
        data_type=data_type,
        record_id=record_id,
        event_id=f"event {next(_numbers)}",
        occurred_at=dt.datetime.now(dt.UTC),
    )


async def announced(place: Place, *events: WebhookEvent) -> Job | None:
    """Receive events and sort them; the order to answer them."""
    await webhooks.record("stranger", events)
    await place.once(await orders.order_webhooks("stranger"))
    found = await rows("SELECT id FROM jobs WHERE kind = 'sync.one' AND state = 'queued'")
    if not found:
        return None
    job = await ledger.get(found[0]["id"])
    assert job is not None
    return job


async def answered(place: Place, *events: WebhookEvent) -> dict[str, int]:
    """Receive events and answer them; what came of them."""
    job = await announced(place, *events)
    assert job is not None
    job = await place.once(job)
    assert job.state == "succeeded", job.error or job.progress_note
    assert job.result is not None
    assert await webhooks.pending("stranger") == []
    answers: dict[str, int] = job.result["answered"]
    return answers


async def test_a_changed_record_is_fetched_by_its_id_however_old_it_is(place: Place) -> None:
    old = place.vendor.add(DataType.SLEEP, 200)
    assert await answered(place, event(CHANGED, old)) == {"stored": 1}
    assert await place.stored() == [old]
    assert [request.path for request in place.vendor.asked()] == [f"/v1/sleep/{old}"]


async def test_an_event_sent_twice_is_answered_once(place: Place) -> None:
    (night,) = nights(place.vendor, 1)
    one = event(CHANGED, night)
    assert await webhooks.record("stranger", [one, one]) == [one]
    assert await webhooks.record("stranger", [one]) == []
    assert await answered(place) == {"stored": 1}
    assert len(place.vendor.asked()) == 1
    # and three different events about one record are one question
    await answered(place, event(CHANGED, night), event(CHANGED, night), event(CHANGED, night))
    assert len(place.vendor.asked()) == 2


async def test_a_deleted_record_is_deleted_and_a_late_word_of_its_change_does_not_bring_it_back(
    place: Place,
) -> None:
    (older, night) = nights(place.vendor, 2)
    await place.sync()
    del place.vendor.records["sleep", night]
    assert await answered(place, event(DELETED, night)) == {"deleted": 1}
    assert await place.stored() == [older]
    (outcome,) = await answered(place, event(CHANGED, night))
    assert outcome.startswith("gone: ")
    assert await place.stored() == [older]


@pytest.mark.parametrize("there", [True, False])
async def test_of_contrary_events_the_vendor_is_believed(place: Place, there: bool) -> None:
    (night,) = nights(place.vendor, 1)
    await place.sync()
    if not there:
        del place.vendor.records["sleep", night]
    events = [event(DELETED, night), event(CHANGED, night)]
    assert await answered(place, *(events if there else reversed(events))) == (
        {"stored": 2} if there else {"deleted": 2}
    )
    assert await place.stored() == ([night] if there else [])


async def test_a_vendor_without_single_records_is_asked_for_the_last_days(place: Place) -> None:
    await vendor_apps.configure("stranger", options={"no_single_records": "yes"})
    recent = nights(place.vendor, 2)
    outcome = await answered(place, event(CHANGED, recent[0]), event(CHANGED, recent[1]))
    assert outcome == {"stored with the last days": 1, "stored": 1}
    assert await place.stored() == recent
    (request,) = place.vendor.asked("/v1/sleep")
    assert "since" in request.query


async def test_where_requests_are_scarce_one_request_answers_all_of_a_type(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crowd(vendor: str) -> int:
        return 1_000_000

    monkeypatch.setattr(answering, "connected", crowd)
    recent = nights(place.vendor, 2)
    old = place.vendor.add(DataType.SLEEP, 100)
    job = await announced(place, *(event(CHANGED, key) for key in (*recent, old)))
    assert job is not None
    assert in_seconds(job) > 20  # time for the rest of the flock
    await place.once(job)
    assert await place.stored() == [old, *recent]
    assert [request.path for request in place.vendor.asked()] == ["/v1/sleep", f"/v1/sleep/{old}"]


async def test_a_revocation_ends_the_connection(place: Place) -> None:
    (night,) = nights(place.vendor, 1)
    outcome = await answered(place, event(CHANGED, night), event(REVOKED, data_type=None))
    assert outcome == {"the connection was ended at the vendor": 2}
    assert await place.status() == "revoked"
    assert place.vendor.requests == []
    assert (await place.sync()).result == {
        "skipped": "the connection is revoked: the athlete ended it at the vendor"
    }


async def test_what_is_announced_of_strangers_or_of_the_dead_is_done_with(place: Place) -> None:
    assert await announced(place, event(CHANGED, "x", account="nobody")) is None
    (row,) = await rows("SELECT outcome FROM webhook_events")
    assert row["outcome"] == "nobody here is connected to this account"
    place.vendor.end_access_token()
    place.vendor.revoked = True
    await place.sync()
    (outcome,) = await answered(place, event(CHANGED, "sleep-1"))
    assert outcome.startswith("the connection is needs_reauth")


async def test_an_event_waits_while_the_vendor_is_in_trouble(place: Place) -> None:
    (night,) = nights(place.vendor, 1)
    place.vendor.faults.add(Fault.status(500), times=1)
    job = await announced(place, event(CHANGED, night))
    assert job is not None
    job = await place.once(job)
    assert job.state == "queued"
    assert len(await webhooks.pending("stranger")) == 1
    job = await place.once(job)
    assert job.state == "succeeded"
    assert await place.stored() == [night]


async def test_a_failing_adapter_is_told_and_the_event_is_done_with(place: Place) -> None:
    bad = place.vendor.add(DataType.SLEEP, 1, trouble="raise")
    good = place.vendor.add(DataType.WORKOUT, 1)
    await answered(place, event(CHANGED, bad), event(CHANGED, good, DataType.WORKOUT))
    assert "KeyError" in ((await place.state()).error or "")
    assert await place.stored("workouts") == [good]


async def test_what_was_fresh_is_fresh_again_when_an_announcement_is_answered(place: Place) -> None:
    nights(place.vendor, 1)
    await place.sync()
    before = await place.state()
    await answered(place, event(CHANGED, place.vendor.add(DataType.SLEEP, 0.1)))
    after = await place.state()
    assert before.last_success_at is not None
    assert after.last_success_at is not None
    assert after.last_success_at > before.last_success_at
    assert after.last_attempt_at == before.last_attempt_at  # the plan goes by attempts of its own
