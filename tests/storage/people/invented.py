"""Invented credentials, dances and events."""

from __future__ import annotations

import base64
import datetime as dt

from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Authorization, Credentials, Secret, WebhookEvent, WebhookKind

__all__ = ["AT", "ENDS", "KEYS", "authorization", "credentials", "event", "key"]

ENDS = dt.datetime(2031, 5, 1, 12, tzinfo=dt.UTC)
AT = dt.datetime(2031, 5, 1, 6, tzinfo=dt.UTC)


def key(letter: str) -> str:
    """A key that is easily told apart in a test."""
    return base64.b64encode(letter.encode() * 32).decode()


KEYS = f"one:{key('1')}"


def credentials(
    name: str = "a", *, scopes: str = "read:sleep offline", user: str | None = "u1"
) -> Credentials:
    return Credentials(
        access_token=Secret(f"access-{name}-secret"),
        refresh_token=Secret(f"refresh-{name}-secret"),
        expires_at=ENDS,
        scopes=frozenset(scopes.split()),
        vendor_user_id=user,
    )


def authorization(state: str = "state", *, verifier: str | None = "verifier") -> Authorization:
    return Authorization(
        redirect_uri="http://127.0.0.1:4711/callback",
        state=Secret(state),
        scopes=("read:sleep", "offline"),
        code_verifier=Secret(verifier) if verifier is not None else None,
    )


def event(
    event_id: str, *, user: str = "u1", kind: WebhookKind = WebhookKind.CHANGED, record: str | None = "r1"
) -> WebhookEvent:
    return WebhookEvent(
        kind=kind,
        vendor_user_id=user,
        data_type=DataType.SLEEP,
        record_id=record,
        event_id=event_id,
        occurred_at=AT,
    )
