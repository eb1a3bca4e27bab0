"""WHOOP's webhooks: genuine, recent, understood."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from adapters.whoop.webhooks import REPLAY_WINDOW, SIGNATURE, TIMESTAMP, parse, verify
from poise_sdk.errors import Skippable
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Secret, Webhook, WebhookKind

SENT = dt.datetime(2025, 5, 26, 8, 20, 41, tzinfo=dt.UTC)
CLIENT = ClientCredentials(client_id="app", client_secret=Secret("the application's secret"))
BODY = (
    b'{"user_id": 10129, "id": "ecfc6a15-4661-442f-a9a4-f160dd7afae8",'
    b' "type": "sleep.updated", "trace_id": "e369c784-5100-49e8-8098-75d35c47b31b"}'
)


def signed(body: bytes = BODY, *, sent: dt.datetime = SENT, received: dt.datetime = SENT) -> Webhook:
    """As WHOOP's documents say, and written down apart from our own code."""
    stamp = str(int(sent.timestamp() * 1000))
    digest = hmac.new(b"the application's secret", stamp.encode() + body, hashlib.sha256).digest()
    headers = {SIGNATURE: base64.b64encode(digest).decode(), TIMESTAMP: stamp}
    return Webhook(headers=headers, body=body, received_at=received)


def changed(webhook: Webhook, **headers: str | None) -> Webhook:
    names = {"signature": SIGNATURE, "timestamp": TIMESTAMP}
    all_headers = {**webhook.headers, **{names[name]: value for name, value in headers.items()}}
    kept = {name: value for name, value in all_headers.items() if value is not None}
    return Webhook(headers=kept, body=webhook.body, received_at=webhook.received_at)


def test_what_the_vendor_signed_just_now_is_believed() -> None:
    assert verify(signed(), CLIENT)


@pytest.mark.parametrize("direction", [-1, 1])
def test_what_was_signed_too_long_ago_or_ahead_is_not(direction: int) -> None:
    at_the_edge = SENT + direction * REPLAY_WINDOW
    assert verify(signed(received=at_the_edge), CLIENT)
    assert not verify(signed(received=at_the_edge + direction * dt.timedelta(seconds=1)), CLIENT)


def test_other_bytes_another_time_or_another_secret_are_not() -> None:
    webhook = signed()
    assert not verify(Webhook(headers=webhook.headers, body=BODY + b" ", received_at=SENT), CLIENT)
    assert not verify(changed(webhook, timestamp=str(int(SENT.timestamp() * 1000) + 1)), CLIENT)
    other = ClientCredentials(client_id="app", client_secret=Secret("another"))
    assert not verify(webhook, other)
    assert not verify(webhook, ClientCredentials(client_id="app"))


@pytest.mark.parametrize("timestamp", [None, "", "now", "-1", "1e12", "١٧٤٨", "9" * 400, "1748247641.5"])
def test_a_missing_or_garbled_time_is_not_believed(timestamp: str | None) -> None:
    assert not verify(changed(signed(), timestamp=timestamp), CLIENT)


@pytest.mark.parametrize("signature", [None, "", "äöü", "AAAA", "0" * 10_000])
def test_a_missing_or_garbled_signature_is_not_believed(signature: str | None) -> None:
    assert not verify(changed(signed(), signature=signature), CLIENT)


@pytest.mark.parametrize("subject", ["sleep", "recovery", "workout"])
@pytest.mark.parametrize(
    ("verb", "kind"), [("updated", WebhookKind.CHANGED), ("deleted", WebhookKind.DELETED)]
)
def test_an_event_says_what_happened_to_what(subject: str, verb: str, kind: WebhookKind) -> None:
    body = json.dumps({"user_id": 10_129, "id": "ecfc6a15", "type": f"{subject}.{verb}", "trace_id": "t"})
    (event,) = parse(signed(body.encode()))
    assert (event.kind, event.data_type, event.record_id) == (kind, DataType(subject), "ecfc6a15")
    assert (event.vendor_user_id, event.occurred_at) == ("10129", SENT)


def test_the_same_event_twice_has_one_id_and_another_event_another() -> None:
    later = SENT + dt.timedelta(minutes=9)
    (first,), (again,) = parse(signed()), parse(signed(sent=later))
    assert first.event_id == again.event_id
    others = [
        BODY.replace(b"sleep.updated", b"recovery.updated"),
        BODY.replace(b"e369c784", b"00000000"),
        BODY.replace(b"ecfc6a15", b"00000000"),
    ]
    assert len({first.event_id, *(parse(signed(body))[0].event_id for body in others)}) == 4


def test_without_a_trace_the_bytes_and_their_time_are_the_id() -> None:
    body = b'{"user_id": 1, "id": "a", "type": "sleep.updated"}'
    (first,), (again,) = parse(signed(body)), parse(signed(body))
    (later,) = parse(signed(body, sent=SENT + dt.timedelta(hours=1)))
    assert first.event_id == again.event_id != later.event_id


def test_an_event_of_a_kind_that_is_not_known_yet_is_passed_over() -> None:
    for told in (b"body.updated", b"sleep.archived", b"sleep"):
        assert parse(signed(BODY.replace(b"sleep.updated", told))) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"sleep.updated"',
        b'{"user_id": 1, "id": "a"}',
        b'{"user_id": null, "id": "a", "type": "sleep.updated"}',
        b'{"user_id": 1, "id": {}, "type": "sleep.updated"}',
        b"\xff\xfe",
    ],
)
def test_rubbish_is_skipped_with_a_reason(body: bytes) -> None:
    with pytest.raises(Skippable) as refused:
        parse(signed(body))
    assert refused.value.message


@pytest.mark.real_data
def test_the_vendors_own_example_is_understood(real_data: Path) -> None:
    file = real_data / "vendors" / "whoop" / "whoop-webhook-sleep-updated-example.json"
    if not file.is_file():
        pytest.skip(f"no description of WHOOP at {file}")
    request = json.loads(file.read_bytes())["request"]
    headers = {name.lower(): value for name, value in request["headers"].items()}
    webhook = Webhook(headers=headers, body=json.dumps(request["body"]).encode(), received_at=SENT)
    (event,) = parse(webhook)
    assert (event.kind, event.data_type) == (WebhookKind.CHANGED, DataType.SLEEP)
    assert event.record_id == request["body"]["id"]
    assert not verify(webhook, CLIENT)  # its signature is a placeholder
