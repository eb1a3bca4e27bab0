"""What all live events have in common: where they stand in their stream, and how late they are."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from server.graphql.rows import Row
from server.live.cursor import encode
from server.live.log import LiveEvent

__all__ = ["ResumeAfter", "StreamEvent", "header"]

ResumeAfter = Annotated[
    str | None,
    strawberry.argument(
        description="The last cursor received: what was missed comes first, nothing twice."
        " Without it, or if too much was missed, the present state comes first, as a snapshot."
    ),
]


@strawberry.interface(description="An event of a stream that can be resumed.")
class StreamEvent(Row):
    """Fields of every stored event."""

    sequence: int = strawberry.field(description="Grows from event to event; numbers may be left out.")
    cursor: str = strawberry.field(description="Give it as `after` to go on behind this event.")
    snapshot: bool = strawberry.field(
        description="Whether this is the whole present state, to take the place of all before it."
    )
    received_at: dt.datetime | None = strawberry.field(
        description="When the document that caused it arrived here; null in a snapshot nothing live preceded."
    )
    published_at: dt.datetime = strawberry.field(
        description="When it was sent out (of an event that was missed: when it was stored)."
    )
    source_lag_ms: float | None = strawberry.field(
        description="From the source's time of the event to its arrival here; null where it tells none."
    )
    own_lag_ms: float | None = strawberry.field(description="From its arrival here to `publishedAt`.")


def header(topic: str, event: LiveEvent) -> dict[str, Any]:
    """The columns of `StreamEvent`."""
    source_at = moment(event.payload.get("source_at"))
    received_at = event.received_at
    return {
        "sequence": event.sequence,
        "cursor": encode(topic, event.key, event.sequence),
        "snapshot": event.snapshot,
        "received_at": received_at,
        "published_at": event.published_at,
        "source_lag_ms": _lag_ms(source_at, received_at),
        "own_lag_ms": None if event.snapshot else _ms(received_at, event.published_at),
    }


def moment(value: Any) -> dt.datetime | None:
    """A time of an event's payload, where it is text."""
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def _lag_ms(source_at: dt.datetime | None, received_at: dt.datetime | None) -> float | None:
    # The source's clock is read from whole seconds, so a quick answer can seem to come before the event.
    lag = _ms(source_at, received_at)
    return None if lag is None else max(lag, 0.0)


def _ms(begin: dt.datetime | None, end: dt.datetime | None) -> float | None:
    if begin is None or end is None:
        return None
    return (end - begin).total_seconds() * 1_000
