"""Workouts and summaries of a day, from their elements.

Up to iOS 15 a workout's figures are attributes (``totalDistance``, ``totalEnergyBurned``); since iOS 16 they
are children (``WorkoutStatistics``), with heart rates among them. What both say, the children say better.
Its energy is the active part, which is also what ``totalEnergyBurned`` meant; energy at rest, which only
newer exports tell, stays out, so that a workout of either kind says the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from typing import Final

from adapters.apple_health.payloads import QUANTITY_PREFIX, activity, conversion
from adapters.apple_health.raw import Element
from adapters.apple_health.times import parse_moment, zone_offset
from adapters.apple_health.typed import shown_source
from poise_sdk.fields import Trouble
from poise_sdk.observations import DailySummary, Origin, Workout
from poise_sdk.wearable import Item

__all__ = ["workouts_and_summaries"]

_DISTANCES: Final = (
    "DistanceWalkingRunning",
    "DistanceCycling",
    "DistanceSwimming",
    "DistanceWheelchair",
    "DistanceDownhillSnowSports",
    "DistanceCrossCountrySkiing",
    "DistanceRowing",
    "DistancePaddleSports",
    "DistanceSkatingSports",
)
_PAUSE: Final = "HKWorkoutEventTypePause"
_RESUME: Final = "HKWorkoutEventTypeResume"
#: Summaries that belong to no day are dated on one around 1970-01-01.
_FIRST_DAY: Final = dt.date(1971, 1, 1)


def workouts_and_summaries(elements: list[tuple[int, Element]], file: str) -> Iterator[Item]:
    """A record of each element; :class:`~poise_sdk.records.Rejected` for one without what makes it one."""
    for row, element in elements:
        try:
            yield _workout(row, element) if element.tag == "Workout" else _summary(row, element)
        except Trouble as trouble:
            yield trouble.rejected(file=file, row=row)


def _workout(row: int, element: Element) -> Workout:
    told = element.attributes
    metadata = {
        child.attributes.get("key", ""): child.attributes.get("value", "")
        for child in element.children
        if child.tag == "MetadataEntry"
    }
    statistics = {
        child.attributes.get("type", "").removeprefix(QUANTITY_PREFIX): child.attributes
        for child in element.children
        if child.tag == "WorkoutStatistics"
    }
    start, offset = _moment(told, "startDate")
    end, _ = _moment(told, "endDate")
    local = zone_offset(metadata.get("HKTimeZone"), start)
    label = told.get("workoutActivityType")
    if not label:
        raise Trouble("workoutActivityType", "it is missing")
    heart = statistics.get("HeartRate", {})
    return Workout(
        origin=Origin.FILE,
        row=row,
        source=shown_source(told.get("sourceName") or told.get("source")),
        start_at=start,
        end_at=end,
        utc_offset_s=offset if local is None else local,
        activity=activity(label),
        activity_label=label,
        duration_min=_duration(told, element, start, end),
        energy_kj=_energy(told, statistics),
        avg_hr_bpm=_figure(heart, "average", "unit", "rate"),
        min_hr_bpm=_figure(heart, "minimum", "unit", "rate"),
        max_hr_bpm=_figure(heart, "maximum", "unit", "rate"),
        distance_m=_distance(told, statistics),
        altitude_gain_m=_measure(metadata.get("HKElevationAscended"), "metres"),
        max_speed_m_s=_speed(metadata.get("HKMaximumSpeed")),
        gps=any(child.tag == "WorkoutRoute" for child in element.children) or None,
    )


def _summary(row: int, element: Element) -> DailySummary:
    told = element.attributes
    text = told.get("dateComponents", "")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise Trouble("dateComponents", f"{text[:40]!r} is no day") from None
    if day < _FIRST_DAY:
        raise Trouble("dateComponents", f"{text[:40]!r} stands for no day: nobody's rings are as old")
    values = {
        "active_energy_kj": _figure(
            told, "activeEnergyBurned", "activeEnergyBurnedUnit", "kilojoules", "kcal"
        ),
        "exercise_min": _figure(told, "appleExerciseTime", "", "minutes", "min"),
        # Counted for children only; everybody else's summary says 0, which means nothing.
        "active_min": _figure(told, "appleMoveTime", "appleMoveTimeUnit", "minutes", "min") or None,
        "stand_hours": _figure(told, "appleStandHours", "", "count", ""),
    }
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        raise Trouble("activeEnergyBurned", "the summary has no figure")
    return DailySummary(origin=Origin.FILE, row=row, day=day, part="activity", values=known)


def _moment(told: Mapping[str, str], name: str) -> tuple[dt.datetime, int]:
    if name not in told:
        raise Trouble(name, "it is missing")
    try:
        return parse_moment(told[name])
    except ValueError as error:
        raise Trouble(name, str(error)) from None


def _figure(
    told: Mapping[str, str], name: str, unit_name: str, kind: str, default_unit: str | None = None
) -> float | None:
    """A figure in our unit; ``None`` where it is not told."""
    text = told.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Trouble(name, f"{text[:40]!r} is no number")
    unit = told.get(unit_name, default_unit) if unit_name else default_unit
    convert = conversion(kind, unit or "")
    if convert is None:
        raise Trouble(unit_name or name, f"{unit!r} is no unit of it that is known")
    return convert(value)


def _duration(told: Mapping[str, str], element: Element, start: dt.datetime, end: dt.datetime) -> float:
    """Minutes, without pauses: as told, else from the times and the events of pausing and resuming."""
    minutes = _figure(told, "duration", "durationUnit", "minutes", "min")
    if minutes is not None:
        return minutes
    events = sorted(
        (_moment(child.attributes, "date")[0], child.attributes.get("type", ""))
        for child in element.children
        if child.tag == "WorkoutEvent" and child.attributes.get("type") in (_PAUSE, _RESUME)
    )
    moving, since = dt.timedelta(), start
    paused = False
    for moment, kind in events:
        if kind == _PAUSE and not paused:
            moving, paused = moving + (moment - since), True
        elif kind == _RESUME and paused:
            since, paused = moment, False
    if not paused:
        moving += end - since
    return moving.total_seconds() / 60


def _energy(told: Mapping[str, str], statistics: Mapping[str, Mapping[str, str]]) -> float | None:
    active = _figure(statistics.get("ActiveEnergyBurned", {}), "sum", "unit", "kilojoules")
    if active is not None:
        return active
    return _figure(told, "totalEnergyBurned", "totalEnergyBurnedUnit", "kilojoules", "kcal")


def _distance(told: Mapping[str, str], statistics: Mapping[str, Mapping[str, str]]) -> float | None:
    """Of a workout of several sports the distances add up."""
    parts = [_figure(statistics.get(kind, {}), "sum", "unit", "metres") for kind in _DISTANCES]
    known = [part for part in parts if part is not None]
    metres = sum(known) if known else _figure(told, "totalDistance", "totalDistanceUnit", "metres", "km")
    # A strength workout says "0 km": it has no distance, rather than one of nothing.
    return metres or None


def _measure(text: str | None, kind: str) -> float | None:
    """A quantity of the metadata: ``2356 cm``; what is none is not told."""
    number, _, unit = (text or "").partition(" ")
    convert = conversion(kind, unit.strip())
    try:
        value = float(number)
    except ValueError:
        return None
    return convert(value) if convert is not None and math.isfinite(value) else None


def _speed(text: str | None) -> float | None:
    number, _, unit = (text or "").partition(" ")
    factor = {"m/s": 1.0, "km/hr": 1 / 3.6, "mi/hr": 0.44704}.get(unit.strip())
    try:
        value = float(number)
    except ValueError:
        return None
    return value * factor if factor is not None and math.isfinite(value) else None
