"""Oura's webhooks: genuine, recent, understood; the address proved; the orders kept up."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json

import pytest

from adapters.oura.payloads import WEBHOOKS
from adapters.oura.webhooks import REPLAY_WINDOW, SIGNATURE, TIMESTAMP, answer, parse, verify
from poise_sdk.errors import Skippable
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Secret, Webhook, WebhookKind, verification_token

SENT = dt.datetime(2025, 5, 26, 8, 20, 41, tzinfo=dt.UTC)
CLIENT = ClientCredentials(client_id="app", client_secret=Secret("the application's secret"))
EVENT = {
    "event_type": "update",
    "data_type": "sleep",
    "object_id": "2d0c4f31-74a5",
    "event_time": "2025-05-26T10:20:40+02:00",
    "user_id": "8c5b1b0e",
}
BODY = json.dumps(EVENT).encode()


def signed(body: bytes = BODY, *, received: dt.datetime = SENT, milliseconds: bool = False) -> Webhook:
    """As Oura's documents say, and written down apart from our own code."""
    stamp = str(int(SENT.timestamp()) * (1000 if milliseconds else 1))
    digest = hmac.new(b"the application's secret", stamp.encode() + body, hashlib.sha256)
    headers = {SIGNATURE: digest.hexdigest().upper(), TIMESTAMP: stamp}
    return Webhook(headers=headers, body=body, received_at=received)


def told(**changed: object) -> Webhook:
    return signed(json.dumps({k: v for k, v in (EVENT | changed).items() if v is not None}).encode())


@pytest.mark.parametrize("milliseconds", [False, True])
def test_what_the_vendor_signed_just_now_is_believed(milliseconds: bool) -> None:
    assert verify(signed(milliseconds=milliseconds), CLIENT)


@pytest.mark.parametrize("direction", [-1, 1])
def test_what_was_signed_too_long_ago_or_ahead_is_not(direction: int) -> None:
    edge = SENT + direction * REPLAY_WINDOW
    assert verify(signed(received=edge), CLIENT)
    assert not verify(signed(received=edge + direction * dt.timedelta(seconds=1)), CLIENT)


def test_other_bytes_another_time_or_another_secret_are_not() -> None:
    webhook = signed()
    assert not verify(Webhook(headers=webhook.headers, body=BODY + b" ", received_at=SENT), CLIENT)
    later = {**webhook.headers, TIMESTAMP: str(int(SENT.timestamp()) + 1)}
    assert not verify(Webhook(headers=later, body=BODY, received_at=SENT), CLIENT)
    assert not verify(webhook, ClientCredentials(client_id="app", client_secret=Secret("another")))
    assert not verify(webhook, ClientCredentials(client_id="app"))


@pytest.mark.parametrize("header", [TIMESTAMP, SIGNATURE])
@pytest.mark.parametrize("value", [None, "", "äöü", "-1", "1e9", "١٧٤٨", "9" * 400, "0" * 64])
def test_a_missing_or_garbled_header_is_not_believed(header: str, value: str | None) -> None:
    headers = {name: one for name, one in signed().headers.items() if name != header}
    headers |= {} if value is None else {header: value}
    assert not verify(Webhook(headers=headers, body=BODY, received_at=SENT), CLIENT)


def test_a_challenge_is_answered_to_who_knows_the_token_of_our_order() -> None:
    token = verification_token(CLIENT, "oura")
    assert token is not None
    right = {"challenge": "c-1", "verification_token": token.reveal()}
    assert json.loads(answer(right, CLIENT) or b"") == {"challenge": "c-1"}
    for wrong in ({"challenge": ""}, {"verification_token": "x"}, {"verification_token": "ü"}):
        assert answer(right | wrong, CLIENT) is None
    assert answer({"challenge": "c-1"}, CLIENT) is None
    assert answer(right, ClientCredentials(client_id="app")) is None


@pytest.mark.parametrize("word", sorted(WEBHOOKS))
def test_an_event_says_what_happened_to_what(word: str) -> None:
    collection = "vO2_max" if word == "vo2_max" else word
    for operation in ("create", "update"):
        (event,) = parse(told(data_type=word, event_type=operation))
        assert (event.kind, event.data_type) == (WebhookKind.CHANGED, WEBHOOKS[word])
        assert event.record_id == f"{collection}/{EVENT['object_id']}"
    (gone,) = parse(told(data_type=word, event_type="delete"))
    assert (gone.kind, gone.record_id) == (WebhookKind.DELETED, EVENT["object_id"])
    assert gone.vendor_user_id == EVENT["user_id"]
    assert gone.occurred_at == SENT - dt.timedelta(seconds=1)


def test_the_same_event_twice_has_one_id_and_another_event_another() -> None:
    (first,), (again,) = parse(signed()), parse(signed(received=SENT + dt.timedelta(minutes=2)))
    assert first.event_id == again.event_id
    changes = ({"event_type": "delete"}, {"object_id": "x"}, {"user_id": "x"}, {"event_time": "x"})
    assert len({first.event_id, *(parse(told(**change))[0].event_id for change in changes)}) == 5


def test_a_time_that_cannot_be_read_is_none_and_the_event_counts() -> None:
    for time in ("soon", "", None, "0001-01-01T00:00:00+14:00"):
        (event,) = parse(told(event_time=time))
        assert event.occurred_at is None
        assert event.data_type is DataType.SLEEP


def test_an_event_of_a_collection_that_is_not_read_is_passed_over() -> None:
    for word in ("tag", "meal", "ring_configuration", "something-new"):
        assert parse(told(data_type=word)) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(EVENT | {"user_id": None}).encode(),
        json.dumps(EVENT | {"event_type": "erase"}).encode(),
    ],
)
def test_rubbish_is_skipped_with_a_reason(body: bytes) -> None:
    with pytest.raises(Skippable) as refused:
        parse(signed(body))
    assert refused.value.message
