"""Activities: a FIT ``session`` as a workout, a weighing as a measurement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.garmin.fit import Message, Zones, moment, number, text
from poise_sdk.observations import BodyMeasurement, Origin, Workout
from poise_sdk.records import Rejected

__all__ = ["KCAL_KJ", "measurements", "workouts"]

#: Thermochemical calorie (ISO 80000-5): exactly 4.184 J.
KCAL_KJ: Final = 4.184
#: Zones of a workout; FIT's array may end with one more, above the fifth, which counts as the fifth.
_ZONES: Final = 6
_NO_TIME: Final = "it tells no time: missing, or counted from when the device was switched on"


def workouts(
    sessions: Sequence[Message], zoned: Sequence[Message], zones: Zones, source: str | None, file: str
) -> Iterator[Workout | Rejected]:
    """The workouts of a file; ``zoned`` are its messages of time in zones, which newer devices write."""
    for index, session in enumerate(sessions):
        values = session.values
        start = moment(values.get("start_time"))
        if start is None:
            yield Rejected(file=file, row=session.row, field="start_time", reason=_NO_TIME)
            continue
        elapsed = number(values.get("total_elapsed_time"))
        end = start + dt.timedelta(seconds=elapsed) if elapsed else moment(values.get("timestamp"))
        kcal = number(values.get("total_calories"))
        speed = number(values.get("enhanced_max_speed"))
        activity, label = _activity(values)
        spent = _zone_minutes(values.get("time_in_hr_zone") or _zoned(zoned, index))
        yield Workout(
            origin=Origin.FILE,
            row=session.row,
            source=source,
            start_at=start,
            end_at=end,
            utc_offset_s=zones.at(start),
            activity=activity,
            activity_label=label,
            duration_min=_minutes(number(values.get("total_timer_time"))),
            energy_kj=None if kcal is None else kcal * KCAL_KJ,
            avg_hr_bpm=number(values.get("avg_heart_rate")),
            min_hr_bpm=number(values.get("min_heart_rate")),
            max_hr_bpm=number(values.get("max_heart_rate")),
            distance_m=number(values.get("total_distance")),
            altitude_gain_m=number(values.get("total_ascent")),
            max_speed_m_s=number(values.get("max_speed")) if speed is None else speed,
            training_load=number(values.get("training_load_peak")),
            gps=True if number(values.get("start_position_lat")) is not None else None,
            zone_0_min=spent[0],
            zone_1_min=spent[1],
            zone_2_min=spent[2],
            zone_3_min=spent[3],
            zone_4_min=spent[4],
            zone_5_min=spent[5],
        )


def measurements(
    scales: Sequence[Message], zones: Zones, source: str | None, file: str
) -> Iterator[BodyMeasurement | Rejected]:
    """What a scale has measured."""
    for message in scales:
        at = moment(message.values.get("timestamp"))
        if at is None:
            yield Rejected(file=file, row=message.row, field="timestamp", reason=_NO_TIME)
            continue
        yield BodyMeasurement(
            origin=Origin.FILE,
            row=message.row,
            source=source,
            start_at=at,
            utc_offset_s=zones.at(at),
            weight_kg=number(message.values.get("weight")),
            body_fat_pct=number(message.values.get("percent_fat")),
        )


def _activity(values: Mapping[str, Any]) -> tuple[str, str | None]:
    """The sport in the profile's words, which are snake_case, and the name that the device shows."""
    sport, sub = text(values.get("sport")), text(values.get("sub_sport"))
    sub = None if sub == "generic" else sub
    known = sub if sport in (None, "generic") and sub else sport
    if known is None:
        code = number(values.get("sport"))
        known = "unknown" if code is None else f"sport_{code:.0f}"
    return known, text(values.get("sport_profile_name")) or sub or sport


def _zoned(zoned: Sequence[Message], index: int) -> object:
    for message in zoned:
        # 18 is the number of the session message, for a profile that does not name it
        if message.values.get("reference_mesg") in ("session", 18):
            reference = number(message.values.get("reference_index"))
            if reference == index or (reference is None and index == 0):
                return message.values.get("time_in_hr_zone")
    return None


def _zone_minutes(seconds: object) -> Sequence[float | None]:
    """Minutes by zone. An array of fewer than six does not tell which zone it begins with."""
    if not isinstance(seconds, tuple) or len(seconds) < _ZONES:
        return [None] * _ZONES
    parts = [number(part) for part in seconds]
    if all(part is None for part in parts):
        return [None] * _ZONES
    known = [part or 0.0 for part in parts]
    known[_ZONES - 1 :] = [sum(known[_ZONES - 1 :])]
    return [part / 60 for part in known]


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
