"""A day: one value a metric with who won and why, everybody's records, what is missing, how fresh it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

import strawberry

from poise_sdk.metrics import METRICS
from server.graphql.daily.freshness import Freshness, Verdict
from server.graphql.observed import DataType, Observation, QualityFlag, QualityRemark, remarks
from server.graphql.readings.types import BodyMeasurement, JournalEntry, VendorSummary
from server.graphql.recovery.types import HrvNight, Recovery
from server.graphql.rows import Row
from server.graphql.scalars import DateSeries, FloatSeries, StringSeries
from server.graphql.sleep.types import Night, StageSpan
from server.graphql.training.types import Cycle, Workout
from storage.reads.days import DayParts

__all__ = [
    "DailyCandidate",
    "DailyColumn",
    "DailyMetric",
    "DailySeries",
    "DailySummary",
    "Day",
    "MissingData",
]

T = TypeVar("T", bound=Observation)


@strawberry.type(description="One vendor's value of a metric of a day.")
class DailyCandidate(Row):
    """A row of ``daily_values``."""

    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    value: float | None = strawberry.field(description="Its value; null where its record has none.")
    won: bool = strawberry.field(description="Whether it is the day's value.")
    quality: list[QualityRemark] = strawberry.field(description="What is wrong, or why it is missing.")


@strawberry.type(description="A metric of a day: the value that counts, and the others.")
class DailyMetric(Row):
    """A row of ``daily_effective`` with its candidates."""

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "title": lambda one: METRICS[one.metric].title if one.metric in METRICS else None,
        "unit": lambda one: METRICS[one.metric].unit if one.metric in METRICS else None,
        "candidates": lambda one: [
            DailyCandidate.of(
                {
                    "vendor": row["vendor"],
                    "value": row["value"],
                    "won": row["vendor"] == one.vendor,
                    "quality": remarks(row["quality"]),
                }
            )
            for row in one.told
        ],
        "quality": lambda one: next(
            (remarks(row["quality"]) for row in one.told if row["vendor"] == one.vendor), []
        ),
    }

    metric: str = strawberry.field(description="The metric; its unit is in its name.")
    title: str | None = strawberry.field(description="What people call it; null for a vendor's own metric.")
    unit: str | None = strawberry.field(description="Its unit; null for a vendor's own metric.")
    value: float = strawberry.field(description="The value.")
    vendor: str = strawberry.field(description="Whose value it is.")
    reason: str = strawberry.field(description="Why this vendor's value counts.")
    quality: list[QualityRemark] = strawberry.field(
        description="What is wrong with the value; empty if all is well."
    )
    candidates: list[DailyCandidate] = strawberry.field(description="Every vendor's value, this one's too.")

    told: strawberry.Private[list[Mapping[str, Any]]]

    def prepare(self) -> None:
        """The table counts its candidates."""
        del self.__dict__["candidates"]


@strawberry.type(description="Something a day could have and has not.")
class MissingData:
    """What is missing and why."""

    vendor: str = strawberry.field(description="Who could have told it.")
    data_type: DataType | None = strawberry.field(description="The type of data that is missing as a whole.")
    metric: str | None = strawberry.field(description="The metric that a record lacks.")
    flag: QualityFlag | None = strawberry.field(description="Why, for programs; null where nobody knows.")
    reason: str = strawberry.field(description="Why, for people.")


def _all(type_: type[T]) -> Callable[[Any], list[T]]:
    return lambda day: [type_.of(row) for row in day.found.rows[type_.table]]


def _nights(day: Any) -> list[Night]:
    found: DayParts = day.found
    stages = {
        key: [StageSpan.of({"stage": stage, "start_at": start, "end_at": end}) for stage, start, end in told]
        for key, told in found.stages.items()
    }
    return [
        Night.of({**row, "stages": stages.get((row["vendor"], row["source_id"]), [])})
        for row in found.rows["nights"]
    ]


def _metrics(day: Any) -> list[DailyMetric]:
    found: DayParts = day.found
    told: dict[str, list[Mapping[str, Any]]] = {}
    for row in found.rows.get("daily_values", ()):
        told.setdefault(row["metric"], []).append(row)
    return [
        DailyMetric.of({**row, "told": told.get(row["metric"], [])}) for row in found.rows["daily_effective"]
    ]


def _missing(day: Any) -> list[MissingData]:
    verdict: Verdict = day.verdict
    found = [
        MissingData(
            vendor=vendor,
            data_type=DataType(data_type.value),
            metric=None,
            flag=QualityFlag(flag) if flag else None,
            reason=reason,
        )
        for vendor, data_type, flag, reason in verdict.lacking
    ]
    for row in sorted(day.found.rows["daily_values"], key=lambda row: row["metric"]):
        if row["value"] is not None:
            continue
        said = remarks(row["quality"])
        first = said[0] if said else None
        found.append(
            MissingData(
                vendor=row["vendor"],
                data_type=None,
                metric=row["metric"],
                flag=QualityFlag(first.flag) if first else None,
                reason=_because(first) if first else "its record has no such value",
            )
        )
    return found


def _because(remark: QualityRemark) -> str:
    word = str(remark.flag).replace("_", " ")
    return f"{word}: {remark.detail}" if remark.detail else word


@strawberry.type(description="All that is known of one local day of an athlete.")
class DailySummary(Row):
    """A day's rows of all tables, and the verdict on them."""

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "metrics": _metrics,
        "missing": _missing,
        "nights": _nights,
        "hrv": _all(HrvNight),
        "recoveries": _all(Recovery),
        "cycles": _all(Cycle),
        "workouts": _all(Workout),
        "body_measurements": _all(BodyMeasurement),
        "vendor_summaries": _all(VendorSummary),
        "journal": _all(JournalEntry),
        "freshness": lambda day: day.verdict.freshness,
    }

    day: dt.date = strawberry.field(description="The day.")
    freshness: Freshness = strawberry.field(description="How fresh it is; what was missing is on its way.")
    metrics: list[DailyMetric] = strawberry.field(description="One value a metric, by name.")
    missing: list[MissingData] = strawberry.field(description="What could be here and is not, and why.")
    nights: list[Night] = strawberry.field(description="Sleeps that ended on it, all vendors', naps too.")
    hrv: list[HrvNight] = strawberry.field(description="Heart rate variability, all vendors'.")
    recoveries: list[Recovery] = strawberry.field(description="Recoveries, all vendors'.")
    cycles: list[Cycle] = strawberry.field(description="Strain, all vendors'.")
    workouts: list[Workout] = strawberry.field(description="Activities that began on it, all vendors'.")
    body_measurements: list[BodyMeasurement] = strawberry.field(description="Measures of the body.")
    vendor_summaries: list[VendorSummary] = strawberry.field(description="The vendors' own figures of it.")
    journal: list[JournalEntry] = strawberry.field(description="What the athlete answered.")

    found: strawberry.Private[DayParts]
    verdict: strawberry.Private[Verdict | None]


@strawberry.type(description="One metric over days, as columns: entry n belongs to the n-th of `days`.")
class DailyColumn:
    """A column of `DailySeries`."""

    metric: str = strawberry.field(description="The metric.")
    title: str | None = strawberry.field(description="What people call it; null for a vendor's own metric.")
    unit: str | None = strawberry.field(description="Its unit; null for a vendor's own metric.")
    values: FloatSeries = strawberry.field(description="The values that count; null on days without one.")
    vendors: StringSeries = strawberry.field(description="Whose they are.")


@strawberry.type(description="Metrics over days, as columns: what charts and models want.")
class DailySeries:
    """Columns of ``daily_effective``, one entry a day of the calendar."""

    days: DateSeries = strawberry.field(description="Every day of the span, in order.")
    columns: list[DailyColumn] = strawberry.field(description="One for each metric asked for, in that order.")
    freshness: Freshness = strawberry.field(
        description="How fresh the span's last day is; what is missing within the last week is on its way."
    )

    @classmethod
    def of(
        cls,
        days: list[dt.date],
        metrics: list[str],
        found: list[dict[str, Any]],
        freshness: Freshness,
    ) -> DailySeries:
        """Make the columns of rows."""
        index = {day: n for n, day in enumerate(days)}
        values: dict[str, list[float | None]] = {name: [None] * len(days) for name in metrics}
        vendors: dict[str, list[str | None]] = {name: [None] * len(days) for name in metrics}
        for row in found:
            n = index[row["day"]]
            values[row["metric"]][n] = row["value"]
            vendors[row["metric"]][n] = row["vendor"]
        return cls(
            days=DateSeries(days),
            columns=[
                DailyColumn(
                    metric=name,
                    title=METRICS[name].title if name in METRICS else None,
                    unit=METRICS[name].unit if name in METRICS else None,
                    values=FloatSeries(values[name]),
                    vendors=StringSeries(vendors[name]),
                )
                for name in metrics
            ],
            freshness=freshness,
        )


Day = Annotated[
    dt.date | None,
    strawberry.argument(description="The local day; null: today in the athlete's time zone."),
]
