"""Samples, counts and daily figures."""

from __future__ import annotations

from typing import Final

from adapters.google_health.members import day_of, identity, offset_s, source_of
from poise_sdk.fields import Fields
from poise_sdk.observations import BodyMeasurement, DailySummary, Reading

__all__ = [
    "daily_saturation",
    "daily_variability",
    "heart_rate",
    "resting_heart_rate",
    "saturation",
    "steps",
    "variability",
    "weight",
]

_G_PER_KG: Final = 1000.0


def heart_rate(point: Fields, row: Fields, number: int) -> Reading:
    """A pulse."""
    return _sample(point, row, number, "hr_bpm", row.number("beatsPerMinute"))


def variability(point: Fields, row: Fields, number: int) -> Reading:
    """rMSSD of some minutes of sleep; the SDNN beside it is not read: it has no night to belong to."""
    value = row.number("rootMeanSquareOfSuccessiveDifferencesMilliseconds")
    return _sample(point, row, number, "hrv_rmssd_ms", value)


def saturation(point: Fields, row: Fields, number: int) -> Reading:
    """Blood oxygen of one minute."""
    return _sample(point, row, number, "spo2_pct", row.number("percentage"))


def steps(point: Fields, row: Fields, number: int) -> Reading:
    """Steps of an interval, of one source: a watch and a phone each tell their own."""
    interval = row.get("interval")
    return Reading(
        row=number,
        source=source_of(point),
        metric="steps",
        value=row.number("count"),
        start_at=interval.moment("startTime"),
        end_at=interval.moment("endTime"),
        utc_offset_s=offset_s(interval, "startUtcOffset"),
    )


def weight(point: Fields, row: Fields, number: int) -> BodyMeasurement:
    """A weighing."""
    time = row.get("sampleTime")
    return BodyMeasurement(
        source_id=identity(point),
        row=number,
        source=source_of(point),
        start_at=time.moment("physicalTime"),
        utc_offset_s=offset_s(time, "utcOffset"),
        weight_kg=row.number("weightGrams") / _G_PER_KG,
    )


def resting_heart_rate(point: Fields, row: Fields, number: int) -> DailySummary:
    """The day's resting heart rate."""
    return _daily(point, row, number, "resting_heart_rate", "resting_hr_bpm", row.number("beatsPerMinute"))


def daily_variability(point: Fields, row: Fields, number: int) -> DailySummary:
    """The average rMSSD of the day's sleep."""
    value = row.number("averageHeartRateVariabilityMilliseconds")
    return _daily(point, row, number, "heart_rate_variability", "hrv_rmssd_ms", value)


def daily_saturation(point: Fields, row: Fields, number: int) -> DailySummary:
    """The average blood oxygen of the day's sleep."""
    return _daily(point, row, number, "oxygen_saturation", "spo2_pct", row.number("averagePercentage"))


def _sample(point: Fields, row: Fields, number: int, metric: str, value: float) -> Reading:
    time = row.get("sampleTime")
    return Reading(
        row=number,
        source=source_of(point),
        metric=metric,
        value=value,
        start_at=time.moment("physicalTime"),
        utc_offset_s=offset_s(time, "utcOffset"),
    )


def _daily(point: Fields, row: Fields, number: int, part: str, metric: str, value: float) -> DailySummary:
    return DailySummary(
        row=number, source=source_of(point), day=day_of(row), part=part, values={metric: value}
    )
