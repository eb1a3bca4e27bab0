"""A wearable's webhooks with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.hooking import HookChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.pulse import suite_of

DEFECTS: dict[str, Defect] = {
    "believes nobody": Defect(
        "def verify_webhook(self, webhook, client): return False",
        "of_the_vendor_is_believed",
        "refuses a webhook that is rightly signed",
    ),
    "has no patience at all": Defect(
        """
        def verify_webhook(self, webhook, client):
            age = webhook.received_at.timestamp() - int(webhook.headers['x-pulse-timestamp'])
            return age < 10 and super().verify_webhook(webhook, client)
        """,
        "of_the_vendor_is_believed",
        "on its way for 20 s",
    ),
    "answers with something else": Defect(
        "def verify_webhook(self, webhook, client): return super().verify_webhook(webhook, client) or None",
        "anybody_else",
        "gave a NoneType, not a bool",
    ),
    "believes everybody": Defect(
        "def verify_webhook(self, webhook, client): return True",
        "anybody_else",
        "does not cover every byte of the body",
    ),
    "trims the body": Defect(
        """
        def verify_webhook(self, webhook, client):
            return super().verify_webhook(change(webhook, body=webhook.body.strip()), client)
        """,
        "anybody_else",
        "does not cover every byte of the body",
    ),
    "needs no header": Defect(
        """
        def verify_webhook(self, webhook, client):
            return not webhook.headers or super().verify_webhook(webhook, client)
        """,
        "anybody_else",
        "without any header is believed",
    ),
    "believes whoever knows the address": Defect(
        """
        def verify_webhook(self, webhook, client):
            whole = b'"user": "u-1"' in webhook.body and webhook.body.endswith(b'}')
            return whole and bool(webhook.headers) and not webhook.body.startswith(b'{"id": "e-2')
        """,
        "anybody_else",
        "no header is looked at",
    ),
    "has no secret to compare": Defect(
        """
        def verify_webhook(self, webhook, client):
            return client.client_secret is None or super().verify_webhook(webhook, client)
        """,
        "anybody_else",
        "signed for another application is believed (secret=None)",
    ),
    "compares the beginning of a signature": Defect(
        """
        def verify_webhook(self, webhook, client):
            headers = dict(webhook.headers)
            half = headers.get('x-pulse-signature', '')[:32]
            import hashlib, hmac
            if client.client_secret is None or not half or 'x-pulse-timestamp' not in headers:
                return False
            key, stamp = client.client_secret.reveal().encode(), headers['x-pulse-timestamp'].encode()
            right = hmac.new(key, stamp + b'.' + webhook.body, hashlib.sha256).hexdigest()
            return right.startswith(half)
        """,
        "anybody_else",
        "x-pulse-signature",
    ),
    "raises at an odd timestamp": Defect(
        """
        def verify_webhook(self, webhook, client):
            int(webhook.headers.get('x-pulse-timestamp', '0'))
            return super().verify_webhook(webhook, client)
        """,
        "anybody_else",
        "invalid literal for int()",
    ),
    "believes what was recorded yesterday": Defect(
        """
        def verify_webhook(self, webhook, client):
            stamp = int(webhook.headers['x-pulse-timestamp'])
            then = datetime.datetime.fromtimestamp(stamp, datetime.UTC)
            return super().verify_webhook(change(webhook, received_at=then), client)
        """,
        "replayed",
        "a webhook of yesterday is believed",
    ),
    "a time that nobody signed": Defect(
        """
        def verify_webhook(self, webhook, client):
            signed = '1748779198'  # when the sample was signed
            age = webhook.received_at.timestamp() - int(webhook.headers['x-pulse-timestamp'])
            headers = {**webhook.headers, 'x-pulse-timestamp': signed}
            return age < 300 and super().verify_webhook(change(webhook, headers=headers), client)
        """,
        "replayed",
        "the signature does not cover the time",
    ),
    "finds no event": Defect(
        "def parse_webhook(self, webhook): return ()", "says_what_happened", "finds no event"
    ),
    "a list of events": Defect(
        "def parse_webhook(self, webhook): return list(super().parse_webhook(webhook))",
        "says_what_happened",
        "gave a list, not a tuple",
    ),
    "an event of nobody": Defect(
        """
        def parse_webhook(self, webhook):
            return tuple(change(event, vendor_user_id='') for event in super().parse_webhook(webhook))
        """,
        "says_what_happened",
        "whose data is it?",
    ),
    "an event without an id": Defect(
        """
        def parse_webhook(self, webhook):
            return tuple(change(event, event_id='') for event in super().parse_webhook(webhook))
        """,
        "says_what_happened",
        "is done twice",
    ),
    "a new id every time": Defect(
        """
        def parse_webhook(self, webhook):
            return tuple(change(e, event_id=str(random.random())) for e in super().parse_webhook(webhook))
        """,
        "says_what_happened",
        "has other event_ids",
    ),
    "an id of the moment it arrives": Defect(
        """
        def parse_webhook(self, webhook):
            at = webhook.received_at.isoformat()
            return tuple(change(event, event_id=at) for event in super().parse_webhook(webhook))
        """,
        "says_what_happened",
        "has other event_ids",
    ),
    "events it does not claim": Defect(
        "capabilities = capable(webhooks=frozenset({DataType.WORKOUT}))",
        "says_what_happened",
        "capabilities.webhooks does not claim",
    ),
    "local time": Defect(
        """
        def parse_webhook(self, webhook):
            zone = datetime.timezone(datetime.timedelta(hours=2))
            return tuple(change(e, occurred_at=e.occurred_at.astimezone(zone))
                         for e in super().parse_webhook(webhook))
        """,
        "says_what_happened",
        "occurred_at is not UTC",
    ),
    "raises on rubbish": Defect(
        """
        def parse_webhook(self, webhook):
            msgspec.json.decode(webhook.body)['user']
            return super().parse_webhook(webhook)
        """,
        "rubbish_webhook",
        "nothing: Skippable is right, parse_webhook raised DecodeError",
    ),
    "takes rubbish for silence": Defect(
        """
        def parse_webhook(self, webhook):
            try:
                return super().parse_webhook(webhook)
            except Skippable:
                return ()
        """,
        "rubbish_webhook",
        "Skippable is right, parse_webhook gave ()",
    ),
    "raises on a missing field": Defect(
        """
        def parse_webhook(self, webhook):
            try:
                return super().parse_webhook(webhook)
            except Skippable:
                if webhook.body.startswith(b'{"id"'):
                    raise KeyError('user') from None
                raise
        """,
        "rubbish_webhook",
        "Skippable is right, parse_webhook raised KeyError",
    ),
    "events of odd types": Defect(
        """
        def parse_webhook(self, webhook):
            events = super().parse_webhook(webhook)
            named = msgspec.json.decode(webhook.body).get('note', msgspec.json.decode(webhook.body)['at'])
            return tuple(change(event, record_id=named and 7) for event in events)
        """,
        "rubbish_webhook",
        "gives an event with a wrong type",
    ),
    "answers any challenge": Defect(
        """
        def answer_challenge(self, query, client):
            return query.get('challenge', '').encode() or None
        """,
        "strangers_challenge",
        "gives b'c'",
    ),
    "answers a challenge without a word": Defect(
        "def answer_challenge(self, query, client): return b''", "strangers_challenge", "answer_challenge({})"
    ),
}


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(HookChecks, DEFECTS)
