"""What the suite asks of a wearable's webhooks: that the vendor is believed, and nobody else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec

from poise_sdk.errors import Skippable
from poise_sdk.testing.mutations import ODD, WEB_PAGE, WRONG_VENDOR
from poise_sdk.testing.trials import APPLICATION, Setting
from poise_sdk.wearable import (
    ClientCredentials,
    Secret,
    WearableAdapter,
    Webhook,
    WebhookEvent,
    WebhookKind,
)

__all__ = ["HookCase", "HookChecks", "SignedSample", "parsed"]

SignedSample = Callable[[ClientCredentials, dt.datetime], Webhook]
"""Makes a webhook as the vendor would sign it for the application, received at the instant."""

#: When a sample's webhook is received.
_RECEIVED_AT: Final = dt.datetime(2025, 6, 1, 12, 0, 0, tzinfo=dt.UTC)
#: Later than any replay window is long.
_STALE: Final = dt.timedelta(days=1)
#: Seconds or milliseconds since 1970, but no part of a longer word such as a signature.
_EPOCH: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{10}(?:[0-9]{3})?(?![0-9A-Za-z])")
_DATE: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_RUBBISH: Final = {
    "nothing": b"",
    "no JSON": b"hello",
    "a web page": WEB_PAGE,
    "null": b"null",
    "a number": b"17",
    "a list of numbers": b"[17]",
    "deeply nested lists": b"[" * 100_000,
    "bytes that are no text": b"\xff\xfe\x00",
    "another vendor's": WRONG_VENDOR,
}


@dataclass(frozen=True, slots=True)
class HookCase:
    """A webhook that is right."""

    adapter: WearableAdapter
    client: ClientCredentials
    webhook: Webhook

    def believes(self, **changes: object) -> bool:
        """Whether the adapter believes the webhook with ``changes``."""
        webhook = dataclasses.replace(self.webhook, **changes)  # type: ignore[arg-type]  # a test's own words
        verdict = self.adapter.verify_webhook(webhook, self.client)
        assert isinstance(verdict, bool), f"verify_webhook gave a {type(verdict).__name__}, not a bool"
        return verdict

    @property
    def proof(self) -> list[str]:
        """The headers without which the webhook is not believed."""
        headers = self.webhook.headers
        return [
            name
            for name in headers
            if not self.believes(headers={other: headers[other] for other in headers if other != name})
        ]


class HookChecks:
    """Mixed into the suite of a wearable with webhooks."""

    adapter_class: ClassVar[type[WearableAdapter]]
    setting: ClassVar[Setting]
    webhook: ClassVar[SignedSample | None]

    def test_a_webhook_of_the_vendor_is_believed(self) -> None:
        """Signed for our application, received in time; a moment later too."""
        case = self.case()
        assert case.believes(), "verify_webhook refuses a webhook that is rightly signed"
        later = case.webhook.received_at + dt.timedelta(seconds=20)
        assert case.believes(received_at=later), "verify_webhook refuses what was on its way for 20 s"

    def test_a_webhook_of_anybody_else_is_refused(self) -> None:
        """Another body, another secret, no secret, no signature, a damaged one: False, never an error."""
        case = self.case()
        body = case.webhook.body
        changed = [body + b" ", body[:-1], b"", body.replace(b"1", b"2", 1) if b"1" in body else b"x" + body]
        for other in changed:
            assert not case.believes(body=other), "the signature does not cover every byte of the body"
        assert not case.believes(headers={}), "a webhook without any header is believed"
        assert case.proof, "no header is looked at: whoever knows the address can send anything"
        for secret in (Secret("of-another-application"), None):
            client = dataclasses.replace(case.client, client_secret=secret)
            assert not case.adapter.verify_webhook(case.webhook, client), (
                f"a webhook signed for another application is believed ({secret=})"
            )
        for name in case.proof:
            for odd in _damaged(case.webhook.headers[name]):
                assert not case.believes(headers={**case.webhook.headers, name: odd}), (
                    f"a webhook with {name}: {odd[:60]!r} is believed"
                )

    def test_a_replayed_webhook_is_refused(self) -> None:
        """A recorded one sent again later, and a recorded one under a fresh time."""
        case = self.case()
        headers = case.webhook.headers
        stamped = [name for name, value in headers.items() if _EPOCH.search(value)]
        if stamped or _DATE.search(case.webhook.body):
            assert not case.believes(received_at=case.webhook.received_at + _STALE), (
                "a webhook of yesterday is believed: compare its time with webhook.received_at"
            )
        for name in stamped:
            fresh = _EPOCH.sub(lambda found: str(int(found[0]) + 1), headers[name])
            assert not case.believes(headers={**headers, name: fresh}), (
                f"a webhook with another {name} is believed: the signature does not cover the time"
            )

    def test_a_webhook_says_what_happened(self) -> None:
        """Events of the claimed types, with an account, a record and an id that stays the same."""
        case = self.case()
        events = parsed(case.adapter, case.webhook)
        assert events, "parse_webhook finds no event in a right webhook"
        for event in events:
            assert event.vendor_user_id, f"whose data is it? {event}"
            assert event.event_id, f"without an event_id an event sent twice is done twice: {event}"
            if event.kind is not WebhookKind.REVOKED:
                claimed = case.adapter.capabilities.webhooks
                assert event.data_type in claimed, f"capabilities.webhooks does not claim {event.data_type!r}"
            moment = event.occurred_at
            assert moment is None or moment.utcoffset() == dt.timedelta(0), f"occurred_at is not UTC: {event}"
        again = dataclasses.replace(
            case.webhook, received_at=case.webhook.received_at + dt.timedelta(minutes=3)
        )
        ids = [[event.event_id for event in parsed(case.adapter, hook)] for hook in (case.webhook, again)]
        assert ids[0] == ids[1], "the same webhook sent again has other event_ids"

    def test_a_rubbish_webhook_is_skippable(self) -> None:
        """Signed or not, a body may be anything: Skippable, or events of the right types."""
        case = self.case()
        for what, body in _RUBBISH.items():
            try:
                events = case.adapter.parse_webhook(dataclasses.replace(case.webhook, body=body))
            except Skippable:
                continue
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise AssertionError(f"{what}: Skippable is right, parse_webhook raised {said}") from error
            raise AssertionError(f"{what}: Skippable is right, parse_webhook gave {events!r:.200}")
        for what, body in _odd_bodies(case.webhook.body):
            try:
                parsed(case.adapter, dataclasses.replace(case.webhook, body=body))
            except Skippable:
                continue
            except AssertionError:
                raise
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise AssertionError(f"{what}: Skippable is right, parse_webhook raised {said}") from error

    def test_a_strangers_challenge_is_refused(self) -> None:
        """Who asks our address with a wrong token, or with none, gets no answer."""
        adapter = self.adapter_class()
        stranger = "not-the-verification-token"
        for query in (
            {},
            {"challenge": "c", "verification_token": stranger},
            {"hub.mode": "subscribe", "hub.challenge": "c", "hub.verify_token": stranger},
            {"challenge": "\x00", "verification_token": "ü"},
        ):
            answer = adapter.answer_challenge(query, APPLICATION)
            assert answer is None, f"answer_challenge({query}) gives {answer!r}"

    def case(self) -> HookCase:
        """The webhook that the author's sample gives."""
        assert self.webhook is not None
        made = self.webhook(APPLICATION, _RECEIVED_AT)
        assert isinstance(made, Webhook), f"webhook= gave a {type(made).__name__}, not a Webhook"
        assert all(name == name.lower() for name in made.headers), "webhook headers have lower-case names"
        return HookCase(self.adapter_class(), APPLICATION, made)


def parsed(adapter: WearableAdapter, webhook: Webhook) -> tuple[WebhookEvent, ...]:
    """The events of ``webhook``; a failure if they are none of the kind."""
    events = adapter.parse_webhook(webhook)
    assert isinstance(events, tuple), f"parse_webhook gave a {type(events).__name__}, not a tuple of events"
    for event in events:
        assert isinstance(event, WebhookEvent), f"parse_webhook gave a {type(event).__name__}"
        try:
            msgspec.convert(
                msgspec.to_builtins(event, builtin_types=(dt.datetime,)),
                WebhookEvent,
                builtin_types=(dt.datetime,),
            )
        except (msgspec.ValidationError, TypeError) as error:
            raise AssertionError(
                f"{webhook.body[:200]!r} gives an event with a wrong type: {error}"
            ) from None
    return events


def _damaged(value: str) -> Iterator[str]:
    """Other texts in a proof's place; the middle is changed because base64's last letter may not count."""
    middle = len(value) // 2
    other = "B" if value[middle : middle + 1] in "Aa" else "A"
    yield value[:middle] + other + value[middle + 1 :]
    yield value[:middle]
    yield ""
    yield "ü\x00"
    yield "9" * 400


def _odd_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The body with one field odd or missing, where it is a JSON object or a list of them."""
    try:
        value = json.loads(body)
    except ValueError:
        return
    rows = value if isinstance(value, list) else [value]
    for row in rows[:1]:
        for key in list(row) if isinstance(row, dict) else ():
            kept = row.pop(key)
            yield f"no field {key!r}", json.dumps(value).encode()
            for odd in ODD:
                row[key] = odd
                yield f"{odd!r:.40} as field {key!r}", json.dumps(value).encode()
            row[key] = kept
