"""``workouts.csv``: activities. Shares in heart rate zones become minutes, unrounded: so they come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapters.whoop.export.activities import activity
from adapters.whoop.export.columns import Column
from adapters.whoop.export.rows import Moment, Row
from poise_sdk.fields import Trouble
from poise_sdk.observations import Origin, QualityFlag, Workout
from poise_sdk.wearable import Item

__all__ = ["workout"]

_SECONDS_PER_MINUTE: Final = 60.0
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def workout(row: Row) -> Iterator[Item]:
    """The workout of one row. One without an end ends when its duration is over, and says so."""
    zone = row.zone()
    start = row.start(zone, Column.WORKOUT_START)
    end = row.moment_or_lost(Column.WORKOUT_END, zone)
    duration = row.number(Column.DURATION)
    if end is None:
        if duration is None:
            raise Trouble(Column.WORKOUT_END.value, "it has neither an end nor a duration")
        row.remark(QualityFlag.PARTIAL, detail="its end is told from its duration")
        end = Moment.after(start, duration)
    elif duration is None:
        duration = (end.at - start.at).total_seconds() / _SECONDS_PER_MINUTE
    label = row.text(Column.ACTIVITY)
    name = activity(label)
    yield Workout(
        source_id=_id(row, name, start, end),
        origin=Origin.FILE,
        row=row.place,
        start_at=start.at,
        end_at=end.at,
        utc_offset_s=start.utc_offset_s,
        activity=name,
        activity_label=label,
        duration_min=duration,
        strain=row.number(Column.ACTIVITY_STRAIN),
        energy_kj=row.number(Column.ENERGY),
        avg_hr_bpm=row.number(Column.AVG_HR),
        max_hr_bpm=row.number(Column.MAX_HR),
        distance_m=row.number(Column.DISTANCE),
        altitude_gain_m=row.number(Column.ALTITUDE_GAIN),
        altitude_change_m=row.number(Column.ALTITUDE_CHANGE),
        zone_1_min=_minutes(row, Column.HR_ZONE_1, duration),
        zone_2_min=_minutes(row, Column.HR_ZONE_2, duration),
        zone_3_min=_minutes(row, Column.HR_ZONE_3, duration),
        zone_4_min=_minutes(row, Column.HR_ZONE_4, duration),
        zone_5_min=_minutes(row, Column.HR_ZONE_5, duration),
        gps=row.flag(Column.GPS),
        quality=row.remarks,
    )


def _id(row: Row, name: str, start: Moment, end: Moment) -> str | None:
    """The host knows a workout of a file by its start; but what is entered for one minute may be two.

    Then the activity tells them apart, and where it is the same, the end.
    """
    if not row.crowd:
        return None
    alike = {finished for label, finished in row.crowd if activity(label.strip() or None) == name}
    own = f"@{start.at:{_TIME}}/{name}"
    return own if len(alike) == 1 else f"{own}/{end.at:{_TIME}}"


def _minutes(row: Row, zone: Column, duration: float) -> float | None:
    """Minutes in a heart rate zone, of which the cell tells the share of ``duration`` in per cent."""
    share = row.number(zone)
    if share is None or row.reader.in_minutes:
        return share
    if not 0 <= share <= 100:
        row.lose(zone, f"{share:g} is no share in per cent")
        return None
    return share / 100.0 * duration
