"""Single values in time, as objects and as columns; the body's measures; the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import strawberry

from poise_sdk.metrics import METRICS
from server.graphql.observed import Observation, measured, observed
from server.graphql.pagination import Node, PageInfo, cursor
from server.graphql.rows import Row
from server.graphql.scalars import DateTimeSeries, FloatSeries, IntSeries, StringSeries

__all__ = [
    "MAX_COLUMN",
    "BodyMeasurement",
    "JournalEntry",
    "MetricName",
    "Reading",
    "ReadingColumns",
    "VendorSummary",
    "VendorValue",
    "place",
]

#: Readings of one page of columns: a day of heart rate at one a second would be nine of them.
MAX_COLUMN = 10_000

MetricName = Annotated[
    str, strawberry.argument(description="The metric, by its name: `hr_bpm`, `hrv_rmssd_ms`, …")
]


@strawberry.type(description="One value of one metric, at an instant or over a stretch of time.")
class Reading(Row):
    """A row of ``readings`` with its stream."""

    metric: str = strawberry.field(description="The metric; its unit is in its name.")
    value: float = strawberry.field(description="The value.")
    at: dt.datetime = strawberry.field(description="When; of a stretch, when it began.")
    end_at: dt.datetime = strawberry.field(description="When it ended; of an instant the instant itself.")
    utc_offset_s: int | None = strawberry.field(
        description="Seconds that local time was ahead of UTC, where told."
    )
    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    source: str | None = strawberry.field(description="The device or app at the vendor, where it is told.")

    def prepare(self) -> None:
        """A stream without a source has an empty one."""
        self.__dict__["source"] = self.__dict__["source"] or None


@strawberry.type(description="A page of readings as columns of one length: row n is the n-th of each.")
class ReadingColumns:
    """Columns of ``readings``."""

    metric: str = strawberry.field(description="The metric.")
    unit: str | None = strawberry.field(description="Its unit; null for a vendor's own metric.")
    at: DateTimeSeries = strawberry.field(description="When.")
    end_at: DateTimeSeries = strawberry.field(description="When it ended; of an instant the instant itself.")
    values: FloatSeries = strawberry.field(description="The values.")
    utc_offsets_s: IntSeries = strawberry.field(description="Seconds that local time was ahead of UTC.")
    vendors: StringSeries = strawberry.field(description="The vendors.")
    sources: StringSeries = strawberry.field(description="The devices or apps.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")

    @classmethod
    def of(cls, metric: str, found: Sequence[Mapping[str, Any]], first: int, after: object) -> ReadingColumns:
        """Make the columns of rows (one more than wanted, where there is one more)."""
        rows = found[:first]
        unit = METRICS[metric].unit if metric in METRICS else None
        return cls(
            metric=metric,
            unit=unit,
            at=DateTimeSeries([row["at"] for row in rows]),
            end_at=DateTimeSeries([row["end_at"] for row in rows]),
            values=FloatSeries([row["value"] for row in rows]),
            utc_offsets_s=IntSeries([row["utc_offset_s"] for row in rows]),
            vendors=StringSeries([row["vendor"] for row in rows]),
            sources=StringSeries([row["source"] or None for row in rows]),
            page_info=PageInfo(
                has_next_page=len(found) > first,
                has_previous_page=after is not None,
                start_cursor=cursor(*place(rows[0])) if rows else None,
                end_cursor=cursor(*place(rows[-1])) if rows else None,
            ),
        )


def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where a reading stands among all of its metric."""
    return row["at"], row["end_at"], row["stream_id"]


@strawberry.type(description="The body's measures. Without `startAt` they hold as of when they came.")
class BodyMeasurement(Observation, Node):
    """A row of ``body_measurements``."""

    table = "body_measurements"
    derived = observed("BodyMeasurement")

    start_at: dt.datetime | None = strawberry.field(description="When it was measured, where told.")
    height_m: float | None = measured("height_m")
    weight_kg: float | None = measured("weight_kg")
    body_fat_pct: float | None = measured("body_fat_pct")
    lean_mass_kg: float | None = measured("lean_mass_kg")
    max_hr_bpm: float | None = measured("max_hr_bpm")


@strawberry.type(description="A question the athlete answered.")
class JournalEntry(Observation, Node):
    """A row of ``journal_entries``."""

    table = "journal_entries"
    derived = observed("JournalEntry")

    start_at: dt.datetime | None = strawberry.field(description="When its cycle began, where told.")
    question: str = strawberry.field(description="The question, as the vendor asked it.")
    answer: bool | None = strawberry.field(description="Yes or no; null for an answer that is neither.")
    value: str | None = strawberry.field(description="An answer that is neither yes nor no.")
    notes: str | None = strawberry.field(description="What the athlete wrote beside it.")


@strawberry.type(description="One figure of a vendor's summary.")
class VendorValue:
    """One entry of ``daily_summaries.values``."""

    metric: str = strawberry.field(description="The metric; its unit is in its name.")
    value: float = strawberry.field(description="The value.")


def _values(one: Any) -> list[VendorValue]:
    told: dict[str, float] = orjson.loads(one.told)
    return [VendorValue(metric=name, value=float(value)) for name, value in sorted(told.items())]


@strawberry.type(description="A vendor's own figures of one local day.")
class VendorSummary(Observation, Node):
    """A row of ``daily_summaries``."""

    table = "daily_summaries"
    derived = {**observed("VendorSummary"), "values": _values}  # noqa: RUF012 - typed in Row

    part: str = strawberry.field(
        description="Which of the vendor's summaries: `activity`, `stress`, …; empty if it has one."
    )
    values: list[VendorValue] = strawberry.field(description="The figures, by metric.")

    told: strawberry.Private[str]

    def prepare(self) -> None:
        """Its figures are decoded only for who asks."""
        super().prepare()
        self.__dict__["told"] = self.__dict__.pop("values")
