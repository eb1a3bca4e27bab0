"""Oura's webhooks: their signature, their check of our address, and the standing orders behind them.

A webhook carries ``x-oura-timestamp`` and ``x-oura-signature``: upper-case hexadecimal HMAC-SHA256, under
the client secret, of the timestamp followed by the raw body. Before Oura sends any, it asks our address
with a challenge and the verification token it was given. Orders end after some weeks and are renewed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from adapters.oura.payloads import ANNOUNCED, OPERATIONS, SUBSCRIPTIONS, WEBHOOKS
from poise_sdk.errors import Fatal, NeedsReauth, Skippable
from poise_sdk.http import Answer, HttpKit
from poise_sdk.wearable import (
    ClientCredentials,
    Secret,
    Subscription,
    Webhook,
    WebhookEvent,
    WebhookKind,
    verification_token,
)

__all__ = [
    "RENEW_BEFORE",
    "REPLAY_WINDOW",
    "SIGNATURE",
    "TIMESTAMP",
    "answer",
    "parse",
    "signature",
    "subscribe",
    "verify",
]

TIMESTAMP: Final = "x-oura-timestamp"
SIGNATURE: Final = "x-oura-signature"

#: How old a webhook may be: long enough for Oura's retries of one delivery, short enough against replays.
REPLAY_WINDOW: Final = dt.timedelta(minutes=5)
#: An order that ends sooner than this is renewed now: several daily looks fit in between.
RENEW_BEFORE: Final = dt.timedelta(days=7)
#: Seconds since 1970 have passed this number in no year of interest: beyond it a timestamp is milliseconds.
_MILLISECONDS: Final = 10**11

#: How Oura answers to an order that it does not know.
_NO_SUCH_ORDER: Final = 403

_T = TypeVar("_T")


class _Event(msgspec.Struct):
    """The body of a webhook."""

    event_type: str
    data_type: str
    object_id: str
    user_id: str
    event_time: str = ""


class _Order(msgspec.Struct):
    """A standing order as Oura lists it."""

    id: str
    callback_url: str
    event_type: str
    data_type: str
    expiration_time: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Oura writes beside ``body``: HMAC-SHA256 of timestamp and body, in upper-case hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest().upper()


def verify(webhook: Webhook, client: ClientCredentials) -> bool:
    """Whether Oura signed ``webhook`` within the last minutes."""
    stamp = webhook.headers.get(TIMESTAMP, "")
    if client.client_secret is None or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 16:
        return False
    seconds = int(stamp) / (1000 if int(stamp) > _MILLISECONDS else 1)
    if abs(webhook.received_at.timestamp() - seconds) > REPLAY_WINDOW.total_seconds():
        return False
    expected = signature(client.client_secret.reveal(), stamp, webhook.body)
    return hmac.compare_digest(expected.encode(), webhook.headers.get(SIGNATURE, "").encode())


def answer(query: Mapping[str, str], client: ClientCredentials) -> bytes | None:
    """The answer to Oura's challenge, if it knows the token that our order carried."""
    challenge = query.get("challenge")
    token = query.get("verification_token", "")
    ours = verification_token(client, "oura")
    if not challenge or ours is None or not hmac.compare_digest(ours.reveal().encode(), token.encode()):
        return None
    return msgspec.json.encode({"challenge": challenge})


def parse(webhook: Webhook) -> tuple[WebhookEvent, ...]:
    """The event in a webhook; none for a collection that we do not read."""
    try:
        event = msgspec.json.decode(webhook.body, type=_Event)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Skippable(f"not a webhook of Oura's: {error}") from None
    data_type = WEBHOOKS.get(event.data_type)
    if data_type is None:
        return ()
    if event.event_type not in OPERATIONS:
        raise Skippable(f"Oura's webhook tells of an unknown event {event.event_type!r}")
    # Only the body names the event; the same body sent twice is the same event.
    key = "|".join((event.user_id, event.data_type, event.object_id, event.event_type, event.event_time))
    return (
        WebhookEvent(
            kind=WebhookKind.DELETED if event.event_type == "delete" else WebhookKind.CHANGED,
            vendor_user_id=event.user_id,
            data_type=data_type,
            record_id=_record_id(event),
            event_id=hashlib.sha256(key.encode()).hexdigest(),
            occurred_at=_moment(event.event_time),
        ),
    )


async def subscribe(
    http: HttpKit, client: ClientCredentials | None, callback_url: str, token: Secret
) -> tuple[Subscription, ...]:
    """Create the orders that are missing, renew those that end soon; all that stand afterwards."""
    if client is None or client.client_secret is None:
        raise Fatal("Oura's webhooks need the application's secret", hint="poise vendors configure oura")
    desk = _Desk(http, client.client_id, client.client_secret, callback_url, token)
    listed = await desk.ask("GET", SUBSCRIPTIONS)
    now = listed.sent_at or listed.received_at  # Oura's own clock, where it tells: the orders end by it
    ours = {
        (order.data_type, order.event_type): order
        for order in _decoded(listed.content, list[_Order])
        if order.callback_url == callback_url
    }
    standing = []
    for word, data_type in WEBHOOKS.items():
        for operation in OPERATIONS:
            order = ours.get((word, operation))
            if order is not None and _ends(order) - now < RENEW_BEFORE:
                order = await desk.renew(order)
            if order is None:
                order = await desk.place(word, operation)
            standing.append(Subscription(id=order.id, data_type=data_type, expires_at=_ends(order)))
    return tuple(standing)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where orders are placed, by the application itself: no athlete's token is asked for."""

    http: HttpKit
    client_id: str
    client_secret: Secret
    callback_url: str
    token: Secret

    async def ask(
        self, method: str, path: str, *, json: object = None, expect: Collection[int] = ()
    ) -> Answer:
        """A request with the application's id and secret."""
        headers = {"x-client-id": self.client_id, "x-client-secret": self.client_secret.reveal()}
        try:
            return await self.http.request(method, path, headers=headers, json=json, expect=expect)
        except NeedsReauth as error:  # no athlete can help here
            raise Fatal(
                f"Oura does not accept this application: {error.message}",
                hint="check client id and client secret",
            ) from None

    async def place(self, word: str, operation: str) -> _Order:
        """A new order; Oura asks our address before it answers."""
        wanted = {
            "callback_url": self.callback_url,
            "verification_token": self.token.reveal(),
            "event_type": operation,
            "data_type": word,
        }
        return _decoded((await self.ask("POST", SUBSCRIPTIONS, json=wanted)).content, _Order)

    async def renew(self, order: _Order) -> _Order | None:
        """The order with a later end; ``None`` if it has ended meanwhile."""
        path = f"{SUBSCRIPTIONS}/renew/{quote(order.id, safe='')}"
        answer = await self.ask("PUT", path, expect=(_NO_SUCH_ORDER,))
        return None if answer.status == _NO_SUCH_ORDER else _decoded(answer.content, _Order)


def _record_id(event: _Event) -> str:
    """What to fetch or delete: a deleted sleep is known by its id alone, a fetch needs its collection."""
    if event.event_type == "delete":
        return event.object_id
    return f"{ANNOUNCED[event.data_type]}/{event.object_id}"


def _ends(order: _Order) -> dt.datetime:
    """When the order ends; one whose end cannot be read is renewed at once."""
    return _moment(order.expiration_time) or dt.datetime.min.replace(tzinfo=dt.UTC)


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    # Without a zone it is UTC. Whatever zone it has, the host wants UTC; the calendar's ends overflow.
    try:
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except OverflowError:
        return None


def _decoded(content: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise Skippable(f"Oura's answer about webhooks cannot be read: {error}") from None
