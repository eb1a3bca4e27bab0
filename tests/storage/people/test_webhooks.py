"""Webhook events are kept once and acted on once."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WebhookKind
from storage.connect import rows
from storage.people import athletes, connections, webhooks
from storage.people.connections import Connection
from tests.storage.people.invented import AT, credentials, event


@pytest.fixture
async def connection(db: str) -> Connection:
    athlete = await athletes.add("Ann")
    return await connections.connect(athlete.id, "whoop", credentials())


async def test_an_event_sent_twice_is_new_once(connection: Connection) -> None:
    one, two = event("1"), event("2", kind=WebhookKind.DELETED)
    assert await webhooks.record("whoop", [one, two, one]) == [one, two]
    assert await webhooks.record("whoop", [two, one]) == []
    assert await webhooks.record("oura", [one]) == [one]
    assert await webhooks.record("whoop", []) == []
    assert [(e.event_id, e.kind) for e in await webhooks.pending("whoop")] == [
        ("1", WebhookKind.CHANGED),
        ("2", WebhookKind.DELETED),
    ]


async def test_of_the_same_event_received_at_once_one_is_new(connection: Connection) -> None:
    flock = [event(str(n)) for n in range(20)]
    told = await asyncio.gather(*(webhooks.record("whoop", flock) for _ in range(6)))
    assert sorted(e.event_id for new in told for e in new) == sorted(e.event_id for e in flock)


async def test_an_event_waits_with_its_connection_until_it_is_done(connection: Connection) -> None:
    await webhooks.record("whoop", [event("1"), event("2", record=None)])
    waiting = await webhooks.pending_of(connection.id)
    assert waiting == await webhooks.pending("whoop")
    assert [(e.connection_id, e.data_type, e.record_id) for e in waiting] == [
        (connection.id, DataType.SLEEP, "r1"),
        (connection.id, DataType.SLEEP, None),
    ]
    assert waiting[0].occurred_at == AT
    await webhooks.done("whoop", "1", "stored")
    await webhooks.done("whoop", "1", "again")
    assert [e.event_id for e in await webhooks.pending_of(connection.id)] == ["2"]
    (row,) = await rows("SELECT outcome FROM webhook_events WHERE processed_at IS NOT NULL")
    assert row["outcome"] == "stored"


async def test_a_connection_knows_when_it_was_last_told_something_new(connection: Connection) -> None:
    assert connection.webhook_at is None
    await webhooks.record("whoop", [event("1")])
    heard = await connections.get(connection.id)
    assert heard is not None
    assert heard.webhook_at is not None
    await webhooks.record("whoop", [event("1")])
    assert await connections.get(connection.id) == heard


async def test_an_event_about_a_stranger_waits_for_a_connection(connection: Connection) -> None:
    await webhooks.record("whoop", [event("1", user="u9")])
    assert [e.connection_id for e in await webhooks.pending("whoop")] == [None]
    bob = await athletes.add("Bob")
    late = await connections.connect(bob.id, "whoop", credentials(user="u9"))
    assert [e.event_id for e in await webhooks.pending_of(late.id)] == ["1"]
    assert await webhooks.pending_of(connection.id) == []


async def test_what_no_text_column_holds_is_stored_all_the_same(connection: Connection) -> None:
    strange = event("a\x00b\udcff", record="\x00")
    assert await webhooks.record("whoop", [strange]) == [strange]
    (kept,) = await webhooks.pending("whoop")
    await webhooks.done("whoop", kept.event_id, "\x00")
    assert await webhooks.pending("whoop") == []
    assert await webhooks.record("whoop", [strange]) == []


async def test_an_id_without_end_is_as_good_as_any(connection: Connection) -> None:
    endless = [event("x" * 100_000 + end) for end in "ab"]
    assert await webhooks.record("whoop", endless) == endless
    assert await webhooks.record("whoop", endless) == []
    for kept in await webhooks.pending("whoop"):
        await webhooks.done("whoop", kept.event_id, "stored")
    assert await webhooks.pending("whoop") == []


async def test_old_events_are_forgotten_and_those_that_wait_are_not(connection: Connection) -> None:
    await webhooks.record("whoop", [event("1"), event("2")])
    await webhooks.done("whoop", "1", "stored")
    assert await webhooks.prune() == 0
    assert await webhooks.prune(dt.timedelta()) == 1
    assert [e.event_id for e in await webhooks.pending("whoop")] == ["2"]
