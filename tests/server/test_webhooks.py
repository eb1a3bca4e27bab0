"""Webhooks: taken from the vendor alone, once, and answered before anything is done about them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from poise_sdk.wearable import verification_token
from server.settings import Limits
from storage import ledger
from storage.connect import rows
from storage.people import vendor_apps, webhooks
from tests.server import bodies
from tests.server.clients import Api
from tests.server.conftest import Settings, serving
from tests.server.stranger import CLIENT, registry, signed

EVENT = {"id": "e1", "user": "u1", "record": "n1"}


@pytest.fixture
def home(ward: str) -> str:
    return ward


@pytest.fixture
async def api(settings: Settings, house: Path) -> AsyncIterator[Api]:
    async with serving(settings(allowed_hosts=("poise.example",)), registry()) as made:
        for name in ("tidewatch", "rude"):
            await vendor_apps.configure(name, client_id=CLIENT.client_id, client_secret=CLIENT.client_secret)
        yield made


async def post(api: Api, body: bytes, headers: dict[str, str], vendor: str = "tidewatch") -> Any:
    return await api.http.post(f"/webhooks/{vendor}", content=body, headers=headers)


async def test_a_webhook_is_kept_with_the_job_that_acts_on_it(api: Api, home: str):
    connection = await bodies.connect(home)
    answer = await post(api, *signed([EVENT, {**EVENT, "id": "e2"}]))
    assert (answer.status_code, answer.json()) == (200, {"received": 2})
    pending = await webhooks.pending("tidewatch")
    assert [(one.event_id, one.connection_id, one.record_id) for one in pending] == [
        ("e1", connection, "n1"),
        ("e2", connection, "n1"),
    ]
    [job] = (await ledger.list_jobs()).jobs
    assert (job.kind, job.args) == ("sync.webhooks", {"vendor": "tidewatch"})
    [told] = await rows("SELECT webhook_at FROM connections")
    assert told["webhook_at"] is not None


async def test_a_webhook_sent_again_changes_nothing(api: Api):
    body, headers = signed([EVENT])
    for _ in range(3):
        assert (await post(api, body, headers)).status_code == 200
    assert len(await webhooks.pending("tidewatch")) == 1
    assert len((await ledger.list_jobs()).jobs) == 1


async def test_a_webhook_about_an_account_nobody_knows_is_kept_too(api: Api):
    answer = await post(api, *signed([{**EVENT, "user": "a stranger"}]))
    assert answer.status_code == 200
    [event] = await webhooks.pending("tidewatch")
    assert (event.connection_id, event.vendor_user_id) == (None, "a stranger")


async def test_a_webhook_that_is_not_the_vendors_is_refused_without_a_word_why(api: Api):
    for change in [
        {"x-tide-signature": "0" * 64},
        {"x-tide-signature": ""},
        {"x-tide-signature": None},
        {"x-tide-time": "0"},
        {"x-tide-time": "yesterday"},
        {"x-tide-time": None},
    ]:
        body, headers = signed([EVENT])
        changed = {name: value for name, value in {**headers, **change}.items() if value is not None}
        answer = await post(api, body, changed)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"] == "this webhook is not accepted"
        assert await webhooks.pending("tidewatch") == []
        assert (await ledger.list_jobs()).jobs == ()


async def test_a_stale_webhook_and_a_changed_body_are_refused(api: Api):
    stale = signed([EVENT], sent=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6))
    assert (await post(api, *stale)).status_code == 401
    body, headers = signed([EVENT])
    assert (await post(api, body.replace(b"n1", b"n2"), headers)).status_code == 401
    assert await webhooks.pending("tidewatch") == []


async def test_without_a_registration_nothing_can_be_verified(api: Api):
    await vendor_apps.forget("tidewatch")
    assert (await post(api, *signed([EVENT]))).status_code == 401


async def test_a_verified_webhook_that_makes_no_sense_is_not_asked_for_again(api: Api):
    for events in ([{"id": "e1"}], "x", None):
        body, headers = signed(events)  # type: ignore[arg-type]
        answer = await post(api, body, headers)
        assert (answer.status_code, answer.json()) == (200, {"received": 0})
    assert await webhooks.pending("tidewatch") == []


async def test_a_broken_adapter_accepts_nothing(api: Api, caplog: pytest.LogCaptureFixture):
    assert (await post(api, *signed([EVENT]), vendor="rude")).status_code == 401
    assert (await api.http.get("/webhooks/rude?challenge=x")).status_code == 401
    assert "the adapter rude failed" in caplog.text


async def test_a_webhook_is_small_and_of_a_known_vendor(settings: Settings, house: Path):
    async with serving(settings(limits=Limits(webhook_bytes=1_000)), registry()) as api:
        large = await post(api, b"x" * 1_001, {})
        unknown = await post(api, b"{}", {}, vendor="nobody")
        other = await api.http.put("/webhooks/tidewatch", content=b"{}")
    assert (large.status_code, unknown.status_code, other.status_code) == (413, 404, 405)


async def test_a_challenge_is_answered_for_who_knows_our_token(api: Api):
    token = verification_token(CLIENT, "tidewatch")
    assert token is not None
    answer = await api.http.get(f"/webhooks/tidewatch?challenge=abc&token={token.reveal()}")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"challenge": "abc"})
    assert answer.headers["content-type"] == "application/json"
    for query in ("", "?challenge=abc", "?challenge=abc&token=x"):
        assert (await api.http.get(f"/webhooks/tidewatch{query}")).status_code == 401


async def test_vendors_come_by_our_public_name_and_no_other(api: Api):
    body, headers = signed([EVENT])
    public = {**headers, "host": "poise.example", "origin": "https://tidewatch.example"}
    assert (await post(api, body, public)).status_code == 200
    assert (await post(api, body, {**headers, "host": "evil.example"})).status_code == 403
