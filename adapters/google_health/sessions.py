"""Sleep with its stages, and exercise.

Google's four heart rate zones of an exercise are drawn by another rule than the six canonical ones and are
left out; so is what only other records say (the highest heart rate).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.google_health.members import identity, offset_s, seconds, source_of
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import Night, Quality, QualityFlag, SleepStage, Stage, Workout

__all__ = ["night", "workout"]

_STAGES: Final[Mapping[str, SleepStage]] = {
    "AWAKE": SleepStage.AWAKE,
    "LIGHT": SleepStage.LIGHT,
    "DEEP": SleepStage.DEEP,
    "REM": SleepStage.REM,
    "ASLEEP": SleepStage.ASLEEP,
    # Of devices without heart rate: neither asleep nor awake.
    "RESTLESS": SleepStage.IN_BED,
}
#: What Google writes for a sleep whose stages it told.
_STAGED: Final = "SUCCEEDED"
#: The thermochemical calorie's thousand, by which nutrition labels and wearables count.
_KJ_PER_KCAL: Final = 4.184
_MM_PER_M: Final = 1000.0


def night(point: Fields, row: Fields, number: int) -> Night:
    """A sleep."""
    interval, summary, metadata = row.get("interval"), row.get("summary"), row.get("metadata")
    minutes = _by_stage(summary)
    asleep = summary.number("minutesAsleep", None)
    period = summary.number("minutesInSleepPeriod", None)
    offset = offset_s(interval, "endUtcOffset")
    remarks = []
    if metadata.flag("processed", True) is False:
        remarks.append(Quality(flag=QualityFlag.PENDING_SCORE, detail="Google has not processed this sleep"))
    status = metadata.text("stagesStatus", _STAGED)
    if status != _STAGED:
        remarks.append(Quality(flag=QualityFlag.PARTIAL, field="stages", detail=f"no stages: {status[:40]}"))
    if offset_s(interval, "startUtcOffset") != offset:
        remarks.append(
            Quality(flag=QualityFlag.TIME_ZONE_CHANGE, detail="the offset changed during the night")
        )
    return Night(
        source_id=identity(point),
        row=number,
        source=source_of(point),
        vendor_updated_at=row.moment("updateTime", None),
        start_at=interval.moment("startTime"),
        end_at=interval.moment("endTime"),
        utc_offset_s=offset,
        nap=metadata.flag("nap", False),
        asleep_min=asleep,
        in_bed_min=period,
        awake_min=summary.number("minutesAwake", None),
        light_min=minutes.get("LIGHT"),
        deep_min=minutes.get("DEEP"),
        rem_min=minutes.get("REM"),
        latency_min=summary.number("minutesToFallAsleep", None),
        efficiency_pct=100 * asleep / period if asleep is not None and period and asleep <= period else None,
        stages=tuple(_stages(row)),
        quality=tuple(remarks),
    )


def workout(point: Fields, row: Fields, number: int) -> Workout:
    """An exercise."""
    interval, summary = row.get("interval"), row.get("metricsSummary")
    kind = row.text("exerciseType", None)
    active = seconds(row, "activeDuration")
    kcal = summary.number("caloriesKcal", None)
    return Workout(
        source_id=identity(point),
        row=number,
        source=source_of(point),
        vendor_updated_at=row.moment("updateTime", None),
        start_at=interval.moment("startTime"),
        end_at=interval.moment("endTime"),
        utc_offset_s=offset_s(interval, "startUtcOffset"),
        activity=kind.lower() if kind and not kind.endswith("_UNSPECIFIED") else "other",
        activity_label=row.text("displayName", None),
        duration_min=None if active is None else active / 60,
        energy_kj=None if kcal is None else round(kcal * _KJ_PER_KCAL, 6),
        avg_hr_bpm=summary.number("averageHeartRateBeatsPerMinute", None),
        distance_m=_metres(summary, "distanceMillimeters"),
        altitude_gain_m=_metres(summary, "elevationGainMillimeters"),
        gps=row.get("exerciseMetadata").flag("hasGps", None),
    )


def _stages(row: Fields) -> Iterator[Stage]:
    """In order of time; where two overlap (a short waking is written over a longer stage), cut."""
    told = []
    for item in _listed(row, "stages"):
        start, end = item.moment("startTime", None), item.moment("endTime", None)
        kind = item.text("type", None)
        if start is None or end is None or end <= start:
            _note(row, Trouble(f"{item.path}startTime", "a stage without a start before its end"))
            continue
        if kind not in _STAGES:
            _note(row, Trouble(f"{item.path}type", f"unknown stage {str(kind)[:40]!r}: taken as no data"))
        told.append(Stage(start_at=start, end_at=end, stage=_STAGES.get(kind or "", SleepStage.NO_DATA)))
    until = None
    for stage in sorted(told, key=lambda one: (one.start_at, one.end_at)):
        start = stage.start_at if until is None else max(stage.start_at, until)
        if start < stage.end_at:
            until = stage.end_at
            yield Stage(start_at=start, end_at=until, stage=stage.stage)


def _by_stage(summary: Fields) -> dict[str, float]:
    minutes = {}
    for item in _listed(summary, "stagesSummary"):
        kind, value = item.text("type", None), item.number("minutes", None)
        if kind is not None and value is not None:
            minutes[kind] = value
    return minutes


def _listed(row: Fields, name: str) -> Iterator[Fields]:
    """The objects of a list; what is none is noted and left out."""
    try:
        items: list[Any] = list(row.items(name))
    except Trouble as trouble:
        _note(row, trouble)
        return
    for item in items:
        try:
            yield Fields.of(item, f"{row.path}{name}.", row.lost)
        except Trouble as trouble:
            _note(row, trouble)


def _note(row: Fields, trouble: Trouble) -> None:
    if row.lost is None:
        raise trouble
    row.lost.append(trouble)


def _metres(row: Fields, name: str) -> float | None:
    value = row.number(name, None)
    return None if value is None else value / _MM_PER_M
