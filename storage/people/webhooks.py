"""Webhook events: each one is kept once, however often the vendor sends it, until it has been acted on.

Whoever receives a webhook verifies it, :func:`record`\\ s its events and orders ``sync.webhooks``
(:func:`storage.people.orders.order_webhooks`) in one transaction; then it may answer. Events are dropped
weeks after they were processed: a vendor does not repeat itself for longer, and refuses what is stale.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WebhookEvent, WebhookKind
from storage.ledger.jobs import storable_text
from storage.people.sql import Row, execute, rows

__all__ = ["KEPT", "PendingEvent", "done", "pending", "pending_of", "prune", "record"]

#: How long processed events are kept, for deduplication and for whoever looks into something.
KEPT: Final = dt.timedelta(days=30)
#: Characters of an event's id; a longer one is stored as its hash.
_LONGEST_ID: Final = 256

# The account may be known here under a connection that died; what it announces is kept for that one.
_RECORD: Final = """
WITH heard AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
        AS e (event_id, kind, data_type, record_id, vendor_user_id, occurred_at)
), fresh AS (
    INSERT INTO webhook_events
        (vendor, event_id, connection_id, kind, data_type, record_id, vendor_user_id, occurred_at)
    SELECT $1, e.event_id, c.id, e.kind, e.data_type, e.record_id, e.vendor_user_id, e.occurred_at
    FROM heard e LEFT JOIN LATERAL (
        SELECT id FROM connections
        WHERE vendor = $1 AND vendor_user_id = e.vendor_user_id AND status <> 'removed'
        ORDER BY status = 'connected' DESC, status = 'needs_reauth' DESC, id DESC LIMIT 1
    ) c ON true
    ON CONFLICT (vendor, event_id) DO NOTHING
    RETURNING event_id, connection_id
), told AS (
    UPDATE connections SET webhook_at = clock_timestamp() WHERE id IN (SELECT connection_id FROM fresh)
)
SELECT event_id FROM fresh
"""

_PENDING: Final = """
SELECT e.* FROM webhook_events e WHERE e.vendor = $1 AND e.processed_at IS NULL
ORDER BY e.received_at, e.event_id LIMIT $2
"""

# An event may have come a moment before the connection it is about was written down.
_PENDING_OF: Final = """
SELECT e.* FROM webhook_events e JOIN connections c ON c.id = $1
WHERE e.vendor = c.vendor AND e.processed_at IS NULL
  AND (e.connection_id = c.id OR e.connection_id IS NULL AND e.vendor_user_id = c.vendor_user_id)
ORDER BY e.received_at, e.event_id LIMIT $2
"""

_DONE: Final = """
UPDATE webhook_events SET processed_at = clock_timestamp(), outcome = $3
WHERE vendor = $1 AND event_id = $2 AND processed_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEvent:
    """An event that waits to be acted on."""

    vendor: str
    event_id: str
    connection_id: int | None
    """``None``: no connection to this account was known when it came."""
    kind: WebhookKind
    data_type: DataType | None
    record_id: str | None
    vendor_user_id: str
    occurred_at: dt.datetime | None
    received_at: dt.datetime


async def record(vendor: str, events: Sequence[WebhookEvent]) -> list[WebhookEvent]:
    """Keep events of a verified webhook; those that are new, in their order."""
    if not events:
        return []
    found = await rows(
        _RECORD,
        vendor,
        [_key(event.event_id) for event in events],
        [event.kind.value for event in events],
        [event.data_type.value if event.data_type is not None else None for event in events],
        [storable_text(event.record_id) if event.record_id is not None else None for event in events],
        [storable_text(event.vendor_user_id) for event in events],
        [event.occurred_at for event in events],
    )
    fresh = {row["event_id"] for row in found}
    kept = []
    for event in events:
        if (key := _key(event.event_id)) in fresh:
            fresh.discard(key)
            kept.append(event)
    return kept


async def pending(vendor: str, *, limit: int = 10_000) -> list[PendingEvent]:
    """Up to ``limit`` events of a vendor that wait, oldest first."""
    return [_event(row) for row in await rows(_PENDING, vendor, limit)]


async def pending_of(connection_id: int, *, limit: int = 1_000) -> list[PendingEvent]:
    """Up to ``limit`` events about a connection that wait, oldest first."""
    return [_event(row) for row in await rows(_PENDING_OF, connection_id, limit)]


async def done(vendor: str, event_id: str, outcome: str) -> None:
    """An event has been acted on; what came of it."""
    await execute(_DONE, vendor, _key(event_id), storable_text(outcome)[:500])


async def prune(older_than: dt.timedelta = KEPT) -> int:
    """Forget events processed longer ago; how many. Those that wait are kept."""
    sql = "DELETE FROM webhook_events WHERE processed_at < clock_timestamp() - $1::interval RETURNING 1"
    return len(await rows(sql, older_than))


def _key(event_id: str) -> str:
    """An event's id as it is stored: an index takes no text without bound."""
    if len(event_id) <= _LONGEST_ID:
        return storable_text(event_id)
    return "sha256:" + hashlib.sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()


def _event(row: Row) -> PendingEvent:
    known = row["data_type"] in {one.value for one in DataType}
    return PendingEvent(
        vendor=row["vendor"],
        event_id=row["event_id"],
        connection_id=row["connection_id"],
        kind=WebhookKind(row["kind"]),
        data_type=DataType(row["data_type"]) if known else None,
        record_id=row["record_id"],
        vendor_user_id=row["vendor_user_id"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
    )
