"""Sleep periods: nights, naps and rests, with stages and the samples taken meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from adapters.oura.payloads import PHASES
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import (
    Deleted,
    HrvNight,
    Night,
    Quality,
    QualityFlag,
    Reading,
    SleepStage,
    Stage,
)
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item

__all__ = ["period", "samples"]

#: The night; every other sleep period is a nap, or a rest that the ring did not count as sleep.
_NIGHT: Final = "long_sleep"
_REST: Final = "rest"
_TYPES: Final = frozenset({_NIGHT, "sleep", "late_nap", _REST, "deleted"})
#: Where Oura gives the stages in both grains, the finer one is taken.
_GRAINS: Final = (("sleep_phase_30_sec", 30), ("sleep_phase_5_min", 300))
#: Samples of one series: a night of 24 hours, one a second, is beyond every ring.
_MAX_SAMPLES: Final = 86_400


def period(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``sleep``: a :class:`Night`, its :class:`HrvNight`, and the readings within."""
    key = row.text("id")
    kind = row.text("type", None)
    if kind == "deleted":
        yield Deleted(of=DataType.SLEEP, source_id=key, row=number)
        return
    start, end = row.moment("bedtime_start"), row.moment("bedtime_end")
    offset = row.offset_of("bedtime_end")
    asleep = _minutes(row, "total_sleep_duration")
    stages = tuple(_stages(row, start, end))
    yield Night(
        source_id=key,
        row=number,
        start_at=start,
        end_at=end,
        utc_offset_s=offset,
        nap=kind != _NIGHT,
        asleep_min=None if kind == _REST else asleep,
        in_bed_min=_minutes(row, "time_in_bed"),
        awake_min=_minutes(row, "awake_time"),
        light_min=_minutes(row, "light_sleep_duration"),
        deep_min=_minutes(row, "deep_sleep_duration"),
        rem_min=_minutes(row, "rem_sleep_duration"),
        latency_min=_minutes(row, "latency"),
        efficiency_pct=row.number("efficiency", None),
        disturbances=row.number("restless_periods", None),
        respiratory_rate_rpm=row.number("average_breath", None),
        avg_hr_bpm=row.number("average_heart_rate", None),
        min_hr_bpm=row.number("lowest_heart_rate", None),
        temp_deviation_c=row.get("readiness").number("temperature_deviation", None),
        stages=stages,
        quality=tuple(_remarks(row, kind, asleep, offset)),
    )
    rmssd = row.number("average_hrv", None)
    if rmssd is not None and kind == _NIGHT:
        yield HrvNight(
            source_id=key,
            row=number,
            start_at=start,
            end_at=end,
            utc_offset_s=offset,
            night_id=key,
            hrv_rmssd_ms=rmssd,
        )
    yield from samples(row, "heart_rate", "hr_bpm", "sleep", number)
    yield from samples(row, "hrv", "hrv_rmssd_ms", "sleep", number)


def samples(row: Fields, name: str, metric: str, source: str, number: int) -> Iterator[Reading]:
    """The series ``name`` as readings; its gaps are left out."""
    series = row.get(name)
    if not series.values:
        return
    try:
        start, interval = series.moment("timestamp"), series.number("interval")
        offset = series.offset_of("timestamp")
        values = _values(series, start, interval)
    except Trouble as trouble:  # the series is lost, the night is not
        if row.lost is None:
            raise
        row.lost.append(trouble)
        return
    for at, value in values:
        yield Reading(row=number, source=source, metric=metric, value=value, start_at=at, utc_offset_s=offset)


def _values(series: Fields, start: dt.datetime, interval: float) -> list[tuple[dt.datetime, float]]:
    """The samples with their times; where the ring saw no pulse it gives null or zero."""
    if interval <= 0:
        raise Trouble(f"{series.path}interval", f"{interval:g} s between two samples")
    values = []
    for index, value in enumerate(series.items("items")):
        if index >= _MAX_SAMPLES:
            raise Trouble(f"{series.path}items", f"more than {_MAX_SAMPLES:,} samples")
        if value is None or value == 0:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Trouble(f"{series.path}items", f"sample {index + 1} is no number")
        try:
            values.append((start + dt.timedelta(seconds=index * interval), float(value)))
        except OverflowError:
            raise Trouble(f"{series.path}interval", f"sample {index + 1} is beyond all time") from None
    return values


def _stages(row: Fields, start: dt.datetime, end: dt.datetime) -> Iterator[Stage]:
    """Runs of equal phases; what lies beyond the end of the period is cut off."""
    for name, seconds in _GRAINS:
        phases = row.text(name, None)
        if phases is None:
            continue
        if (strange := set(phases) - set(PHASES)) and row.lost is not None:
            row.lost.append(Trouble(name, f"unknown sleep phase {min(strange)!r}: taken as no data"))
        at = start
        for phase, run in groupby(phases):
            lasts = dt.timedelta(seconds=seconds * len(list(run)))
            until = at + lasts if lasts < end - at else end  # never beyond the end, nor beyond the calendar
            if until > at:
                yield Stage(start_at=at, end_at=until, stage=PHASES.get(phase, SleepStage.NO_DATA))
            at = until
        return


def _remarks(row: Fields, kind: str | None, asleep: float | None, offset: int) -> Iterator[Quality]:
    if kind == _REST:
        yield Quality(flag=QualityFlag.UNSCORABLE, detail="Oura counts this period as rest, not as sleep")
    elif kind not in _TYPES:
        yield Quality(
            flag=QualityFlag.PARTIAL, field="nap", detail=f"Oura's kind of sleep {kind!r} is unknown"
        )
    elif asleep is None:
        yield Quality(flag=QualityFlag.PENDING_SCORE, detail="Oura has not analysed this sleep")
    if row.flag("low_battery_alert", False):
        yield Quality(flag=QualityFlag.PARTIAL, detail="the ring's battery ran low")
    if row.offset_of("bedtime_start") != offset:
        yield Quality(flag=QualityFlag.TIME_ZONE_CHANGE, detail="the offset changed during the night")


def _minutes(row: Fields, name: str) -> float | None:
    seconds = row.number(name, None)
    return None if seconds is None else seconds / 60
