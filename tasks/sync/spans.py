"""Which times to ask a vendor for: pure rules of overlap, windows and the end of history.

A *span* is what one paged request covers. What is new is asked for from the oldest to the newest, so that
"synced until" only ever moves on; history from the newest to the oldest, because yesterday is looked at
more than last year.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from poise_sdk.plausibility import EARLIEST
from poise_sdk.vocabulary import DataType

__all__ = [
    "EMPTY",
    "FIRST",
    "LEAD",
    "TIMELESS",
    "History",
    "Span",
    "has_history",
    "spans_of_sync",
    "window_before",
]

#: What the first sync of a connection asks for; the rest is fetched back as history.
FIRST: Final = dt.timedelta(days=7)
#: How far beyond now is asked: the vendor's clock may be ahead of ours, and a local day has begun elsewhere.
LEAD: Final = dt.timedelta(days=1)
#: A vendor that gives all there ever was is asked back to the first year without anything: people put a
#: device aside for a season, hardly for a year.
EMPTY: Final = dt.timedelta(days=365)
#: A resumed span that ends this close to now leaves nothing worth a request of its own.
_JUST_NOW: Final = dt.timedelta(minutes=10)
#: What a vendor tells as of now, whatever times it is asked for.
TIMELESS: Final = frozenset({DataType.PROFILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``[since, until)``, UTC; ``cursor`` goes on where an earlier attempt was interrupted."""

    since: dt.datetime
    until: dt.datetime
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How far back one type of one connection is known."""

    asked_to: dt.datetime
    """Everything since then has been asked for."""
    found_to: dt.datetime
    """The old end of the last window that held anything: nothing lies between the two."""

    def after(self, window: Span, *, empty: bool) -> History:
        """The history with one more window."""
        return History(asked_to=window.since, found_to=self.found_to if empty else window.since)


def spans_of_sync(
    now: dt.datetime,
    *,
    synced_until: dt.datetime | None,
    interrupted: Span | None,
    overlap: dt.timedelta,
    window: dt.timedelta,
) -> list[Span]:
    """What a sync at ``now`` asks for, oldest first; at least one span.

    It begins ``overlap`` before the last sync's end (late scores and uploads), with the span that was
    interrupted if there is one; no span is longer than ``window`` (or twice the overlap).
    """
    spans = []
    if interrupted is not None:
        spans.append(interrupted)
        synced_until = interrupted.until
        if now - synced_until < _JUST_NOW:
            return spans
    since = now - FIRST if synced_until is None else min(synced_until, now) - overlap
    step = max(window, 2 * overlap)
    while now - since > step:
        spans.append(Span(since=since, until=since + step))
        since += step
    spans.append(Span(since=since, until=now))
    return spans


def has_history(data_type: DataType) -> bool:
    """Whether there is anything to fetch back."""
    return data_type not in TIMELESS


def window_before(
    history: History, *, now: dt.datetime, backfill_days: int | None, window: dt.timedelta
) -> Span | None:
    """The next older window of history; ``None`` when there is no more to ask for.

    The end is the vendor's (``backfill_days``), or the first year (:data:`EMPTY`) without anything.
    """
    floor = EARLIEST if backfill_days is None else max(EARLIEST, now - dt.timedelta(days=backfill_days))
    if history.asked_to <= floor:
        return None
    if backfill_days is None and history.found_to - history.asked_to >= EMPTY:
        return None
    return Span(since=max(history.asked_to - window, floor), until=history.asked_to)
