"""Lists of an export of Garmin Connect (JSON), of which three are read; Garmin publishes no description.

``*_sleepData.json``        nights, in ``DI-Connect-Wellness``
``*_healthStatusData.json`` the night's variability and oxygen by day, in ``DI-Connect-Wellness``
``UDSFile_*.json``          daily summaries, in ``DI-Connect-Aggregator``

Times are GMT without saying so. Nights name their calendar day but no offset: where the day is not that of
GMT, the smallest offset of whole hours that gives this day is taken, and the night says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from adapters.garmin.activity import KCAL_KJ
from poise_sdk.days import LARGEST_OFFSET_S, local_day
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import DailySummary, Night, Origin, Quality, QualityFlag, Reading
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["kind_of", "normalize_connect"]

_HOUR_S: Final = 3600
#: Metres that Garmin counts as a floor: ten feet.
_FLOOR_M: Final = 3.048
#: Garmin's figures of a day → our metric and the factor to its unit.
_DAILY: Final = {
    "totalSteps": ("steps", 1.0),
    "totalDistanceMeters": ("distance_m", 1.0),
    "floorsAscendedInMeters": ("floors", 1 / _FLOOR_M),
    "totalKilocalories": ("energy_kj", KCAL_KJ),
    "activeKilocalories": ("active_energy_kj", KCAL_KJ),
    "bmrKilocalories": ("basal_energy_kj", KCAL_KJ),
    "restingHeartRate": ("resting_hr_bpm", 1.0),
    "minHeartRate": ("min_hr_bpm", 1.0),
    "maxHeartRate": ("max_hr_bpm", 1.0),
    "sedentarySeconds": ("sedentary_min", 1 / 60),
}
#: Two figures that are one metric together.
_SUMS: Final = {
    "exercise_min": (("moderateIntensityMinutes", "vigorousIntensityMinutes"), 1.0),
    "active_min": (("activeSeconds", "highlyActiveSeconds"), 1 / 60),
}
_HEALTH: Final = {"HRV": "hrv_rmssd_ms", "SPO2": "spo2_pct"}


def kind_of(name: str) -> str | None:
    """Which of the three lists a file of this name is: ``sleep``, ``health``, ``daily``; else ``None``."""
    base = name.rsplit("/", 1)[-1].lower()
    if not base.endswith(".json"):
        return None
    if base.endswith("sleepdata.json"):
        return "sleep"
    if base.endswith("healthstatusdata.json"):
        return "health"
    return "daily" if base.startswith("udsfile") else None


def normalize_connect(document: RawDocument) -> Iterator[Item]:
    """What a list holds; a file of another name is told by its first row."""
    file = document.name
    try:
        rows = msgspec.json.decode(document.content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        yield Rejected(file=file, reason=f"no JSON: {str(error)[:120]}")
        return
    if not isinstance(rows, list):
        yield Rejected(file=file, reason="no list, as those of Garmin Connect are")
        return
    reader = _READERS.get(kind_of(file) or _told_kind(rows) or "")
    if reader is None:
        yield Rejected(file=file, reason="no list of Garmin Connect that is known: nights, health, days")
        return
    for row, value in enumerate(rows, start=1):
        lost: list[Trouble] = []
        try:
            yield from reader(Fields.of(value, lost=lost), row)
        except Trouble as trouble:
            yield trouble.rejected(file=file, row=row)
            continue
        for one in lost:
            yield one.rejected(file=file, row=row, kept=True)


def _told_kind(rows: list[object]) -> str | None:
    first = rows[0] if rows else None
    if not isinstance(first, dict) or "calendarDate" not in first:
        return None
    if "sleepStartTimestampGMT" in first:
        return "sleep"
    if "metrics" in first:
        return "health"
    return "daily" if "totalSteps" in first or "includesWellnessData" in first else None


def _nights(row: Fields, position: int) -> Iterator[Night | Reading]:
    start, end = _gmt(row, "sleepStartTimestampGMT"), _gmt(row, "sleepEndTimestampGMT")
    offset = _offset_of_day(row, end)
    deep, light, rem, awake, lost = (
        _minutes(row, f"{stage}Seconds")
        for stage in ("deepSleep", "lightSleep", "remSleep", "awakeSleep", "unmeasurable")
    )
    asleep = [part for part in (deep, light, rem) if part is not None]
    oxygen = row.get("spo2SleepSummary")
    yield Night(
        origin=Origin.FILE,
        row=position,
        start_at=start,
        end_at=end,
        utc_offset_s=offset,
        asleep_min=sum(asleep) if asleep else None,
        in_bed_min=(end - start).total_seconds() / 60,
        awake_min=awake,
        light_min=light,
        deep_min=deep,
        rem_min=rem,
        no_data_min=lost,
        sleep_score=row.get("sleepScores").number("overallScore", None),
        respiratory_rate_rpm=row.number("averageRespiration", None),
        avg_hr_bpm=oxygen.number("averageHR", None),
        quality=()
        if offset is None
        else (Quality(flag=QualityFlag.PARTIAL, field="utc_offset_s", detail="from the calendar day"),),
    )
    saturation = oxygen.number("averageSPO2", None)
    if saturation is not None:
        yield Reading(
            origin=Origin.FILE,
            row=position,
            start_at=start,
            end_at=end,
            utc_offset_s=offset,
            metric="spo2_pct",
            value=saturation,
        )


def _health(row: Fields, position: int) -> Iterator[DailySummary]:
    values: dict[str, float] = {}
    for item in row.items("metrics"):
        part = Fields.of(item, "metrics.", row.lost)
        metric = _HEALTH.get(part.text("type", ""))
        value = None if metric is None else part.number("value", None)
        if metric is not None and value is not None:
            values[metric] = value
    day = _day(row)
    if not values:
        raise Trouble(f"{row.path}metrics", "none of its figures is one that is read")
    yield DailySummary(origin=Origin.FILE, row=position, day=day, part="health_status", values=values)


def _days(row: Fields, position: int) -> Iterator[DailySummary]:
    values: dict[str, float] = {}
    for name, (metric, factor) in _DAILY.items():
        if (value := row.number(name, None)) is not None:
            values[metric] = value * factor
    for metric, (names, factor) in _SUMS.items():
        parts = [part for name in names if (part := row.number(name, None)) is not None]
        if parts:
            values[metric] = sum(parts) * factor
    for item in row.get("allDayStress").items("aggregatorList"):
        total = Fields.of(item, "allDayStress.aggregatorList.", row.lost)
        if total.text("type", "") != "TOTAL":
            continue
        level = total.number("averageStressLevel", None)
        if level is not None and level >= 0:  # below zero: too little was measured
            values["stress_level"] = level
        high = total.number("highDuration", None)
        if high is not None:
            values["stress_min"] = high / 60
    day = _day(row)
    if not values:
        raise Trouble(f"{row.path}totalSteps", "neither this nor another figure of the day is told")
    yield DailySummary(
        origin=Origin.FILE,
        row=position,
        day=day,
        part="summary",
        utc_offset_s=_offset_of_times(row),
        values=values,
    )


def _minutes(row: Fields, name: str) -> float | None:
    seconds = row.number(name, None)
    return None if seconds is None else seconds / 60


def _plain(row: Fields, name: str) -> str | None:
    """A text; older exports put it into an object with the one field ``date``."""
    if isinstance(row.values.get(name), dict):
        return row.get(name).text("date", None)
    return row.text(name, None)


def _gmt(row: Fields, name: str) -> dt.datetime:
    told = _plain(row, name)
    if told is None:
        raise Trouble(f"{row.path}{name}", "it is missing")
    try:
        moment = dt.datetime.fromisoformat(told)
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Trouble(f"{row.path}{name}", f"{told[:40]!r} is no time") from None


def _day(row: Fields) -> dt.date:
    told = _plain(row, "calendarDate")
    if told is None:
        raise Trouble(f"{row.path}calendarDate", "it is missing")
    try:
        return dt.datetime.fromisoformat(told).date()
    except ValueError:
        raise Trouble(f"{row.path}calendarDate", f"{told[:40]!r} is no day") from None


def _offset_of_day(row: Fields, end: dt.datetime) -> int | None:
    """The smallest offset in whole hours at which ``end`` is on the row's calendar day, if it needs one."""
    if row.values.get("calendarDate") is None:
        return None
    day = _day(row)
    if local_day(end, None) == day:
        return None
    for hours in range(1, LARGEST_OFFSET_S // _HOUR_S + 1):
        for offset in (hours * _HOUR_S, -hours * _HOUR_S):
            try:
                if local_day(end, offset) == day:
                    return offset
            except OverflowError:  # at either end of the calendar
                continue
    raise Trouble(f"{row.path}calendarDate", f"{day.isoformat()} is not the day of {end.isoformat()}")


def _offset_of_times(row: Fields) -> int | None:
    if _plain(row, "wellnessStartTimeGmt") is None or _plain(row, "wellnessStartTimeLocal") is None:
        return None
    between = _gmt(row, "wellnessStartTimeLocal") - _gmt(row, "wellnessStartTimeGmt")
    seconds = int(between.total_seconds())
    return seconds if abs(seconds) <= LARGEST_OFFSET_S else None


_READERS: Final[dict[str, Callable[[Fields, int], Iterator[Item]]]] = {
    "sleep": _nights,
    "health": _health,
    "daily": _days,
}
