"""WHOOP's webhooks: whether they are genuine and recent, and what they say.

``base64(HMAC-SHA256(client secret, timestamp + body))``, the timestamp in milliseconds, as it stands in
its header, nothing in between. The body is ``{"user_id", "id", "type", "trace_id"}``. The id of a
``recovery.*`` event is that of the *sleep*, and so is the id that our recoveries have.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import Final

from poise_sdk.errors import Skippable
from poise_sdk.fields import Fields, Trouble
from poise_sdk.http import parse_json
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Webhook, WebhookEvent, WebhookKind

__all__ = [
    "DATA_TYPES",
    "REPLAY_WINDOW",
    "SIGNATURE",
    "TIMESTAMP",
    "parse",
    "signature",
    "verify",
]

SIGNATURE: Final = "x-whoop-signature"
TIMESTAMP: Final = "x-whoop-signature-timestamp"
#: How far a signature's time may lie from that of its arrival: longer than any delivery takes, with the
#: clocks of both sides a little wrong; short enough that what somebody recorded soon is worth nothing.
REPLAY_WINDOW: Final = dt.timedelta(minutes=5)
#: Digits of a time in milliseconds that a calendar can hold.
_DIGITS: Final = 14

#: The first half of an event's type.
DATA_TYPES: Final = {
    "sleep": DataType.SLEEP,
    "recovery": DataType.RECOVERY,
    "workout": DataType.WORKOUT,
}
#: The second half.
_KINDS: Final = {"updated": WebhookKind.CHANGED, "deleted": WebhookKind.DELETED}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What WHOOP signs a webhook with."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def verify(webhook: Webhook, client: ClientCredentials) -> bool:
    """Whether WHOOP signed ``webhook`` with the application's secret, within :data:`REPLAY_WINDOW`."""
    given = webhook.headers.get(SIGNATURE, "")
    timestamp = webhook.headers.get(TIMESTAMP, "")
    sent_at = _moment(timestamp)
    if client.client_secret is None or not given or sent_at is None:
        return False
    if abs(webhook.received_at - sent_at) > REPLAY_WINDOW:
        return False
    expected = signature(client.client_secret.reveal(), timestamp, webhook.body)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def parse(webhook: Webhook) -> tuple[WebhookEvent, ...]:
    """The one event of a verified webhook; none where its type is unknown here.

    Raises :class:`~poise_sdk.errors.Skippable` for what is no event of WHOOP's.
    """
    document = RawDocument(name="webhook", content=webhook.body)
    try:
        event = Fields.of(parse_json(document))
        user, record, told = event.text("user_id"), event.text("id"), event.text("type")
        trace = event.text("trace_id", None)
    except Trouble as trouble:
        raise Skippable(f"not a webhook of WHOOP's: {trouble}") from None
    subject, _, verb = told.partition(".")
    data_type, kind = DATA_TYPES.get(subject), _KINDS.get(verb)
    if data_type is None or kind is None:
        return ()
    timestamp = webhook.headers.get(TIMESTAMP, "")
    return (
        WebhookEvent(
            kind=kind,
            vendor_user_id=user,
            data_type=data_type,
            record_id=record,
            event_id=f"{trace}/{told}/{record}" if trace else _digest(timestamp, webhook.body),
            occurred_at=_moment(timestamp),
        ),
    )


def _digest(timestamp: str, body: bytes) -> str:
    """An id for an event without one: its body alone would be the same for each change of a record."""
    return hashlib.sha256(timestamp.encode() + body).hexdigest()


def _moment(timestamp: str) -> dt.datetime | None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS):
        return None
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=int(timestamp))
