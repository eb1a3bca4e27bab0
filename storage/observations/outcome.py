"""What goes into the store beside a document's records, and what is told of it afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import msgspec

from poise_sdk.records import Rejected

__all__ = ["Forgotten", "Outcome", "Sourced", "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """Whose records they are and how they came."""

    athlete_id: int
    vendor: str
    adapter_version: str
    connection_id: int | None = None
    """``None`` for a file."""
    received_at: dt.datetime
    """Aware."""


class Told(msgspec.Struct, kw_only=True):
    """What became of one document's rows; ``rows`` is the sum of the other three.

    A row is what a record's ``row`` numbers; a record without one is a row of its own. A row is *stored*
    if any of its records was new or changed something, else *unchanged* if any of them was kept, else
    *rejected*.
    """

    rows: int = 0
    stored: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, other: Told) -> None:
        """Add the counts of ``other`` to these."""
        self.rows += other.rows
        self.stored += other.stored
        self.unchanged += other.unchanged
        self.rejected += other.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What storing one document did."""

    document: int
    """Its id in ``observation_documents``."""
    told: Told
    rejected: list[Rejected] = field(default_factory=list)
    """Rows and values that were refused, each with its reason, under the document's name."""
    records: dict[str, int] = field(default_factory=dict)
    """Records read, by kind (``Night``, ``Reading``, …), whatever became of them."""
    record_days: frozenset[dt.date] = frozenset()
    """Local days whose records changed."""
    reading_days: frozenset[tuple[str, dt.date]] = frozenset()
    """Metrics and local days of which readings changed."""

    @property
    def days(self) -> frozenset[dt.date]:
        """All local days on which anything changed."""
        return self.record_days.union(day for _, day in self.reading_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What :func:`~storage.observations.forget_athlete` removed."""

    rows: int
    """Records and readings."""
    documents: tuple[str, ...]
    """Hashes of raw documents nobody else's observations come from: the caller may take them out of the
    archive."""
