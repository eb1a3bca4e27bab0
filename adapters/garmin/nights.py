"""Nights of FIT files: stages of sleep, and heart rate variability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from adapters.garmin.fit import Message, Zones, moment, number
from poise_sdk.observations import HrvNight, Night, Origin, SleepStage, Stage
from poise_sdk.records import Rejected

__all__ = ["hrv_nights", "nights"]

_STAGES: Final[Mapping[object, SleepStage]] = {
    "awake": SleepStage.AWAKE,
    "light": SleepStage.LIGHT,
    "deep": SleepStage.DEEP,
    "rem": SleepStage.REM,
}
#: No stage lasts so long: between two levels that lie further apart two sleeps are told.
_APART: Final = dt.timedelta(hours=4)
#: A night's values of variability lie within so much before its summary, which is made in the morning.
_NIGHT: Final = dt.timedelta(hours=24)
#: Each value of variability is that of the five minutes before it.
_WINDOW: Final = dt.timedelta(minutes=5)


def nights(
    levels: Sequence[Message],
    assessments: Sequence[Message],
    zones: Zones,
    source: str | None,
    file: str,
) -> Iterator[Night | Rejected]:
    """The sleeps of a file. A level holds until the next; the last tells when the sleep was over."""
    told = sorted(
        ((at, level.row, level) for level in levels if (at := moment(level.values.get("timestamp")))),
        key=lambda one: one[:2],
    )
    groups: list[list[tuple[dt.datetime, int, Message]]] = []
    for one in told:
        if groups and one[0] - groups[-1][-1][0] <= _APART:
            groups[-1].append(one)
        else:
            groups.append([one])
    scores = [score for one in assessments if (score := number(one.values.get("overall_sleep_score")))]
    score = scores[0] if len(scores) == len(groups) == 1 else None
    for group in groups:
        row = min(one[1] for one in group)
        stages = _stages([(at, _STAGES.get(one.values.get("sleep_level"))) for at, _, one in group])
        if not stages:
            yield Rejected(file=file, row=row, field="sleep_level", reason="one level alone tells no sleep")
            continue
        minutes = dict.fromkeys(SleepStage, 0.0)
        for stage in stages:
            minutes[stage.stage] += (stage.end_at - stage.start_at).total_seconds() / 60
        start, end = stages[0].start_at, stages[-1].end_at
        yield Night(
            origin=Origin.FILE,
            row=row,
            source=source,
            start_at=start,
            end_at=end,
            utc_offset_s=zones.at(end),
            asleep_min=minutes[SleepStage.LIGHT] + minutes[SleepStage.DEEP] + minutes[SleepStage.REM],
            in_bed_min=(end - start).total_seconds() / 60,
            awake_min=minutes[SleepStage.AWAKE],
            light_min=minutes[SleepStage.LIGHT],
            deep_min=minutes[SleepStage.DEEP],
            rem_min=minutes[SleepStage.REM],
            no_data_min=minutes[SleepStage.NO_DATA],
            sleep_score=score,
            stages=stages,
        )


def _stages(points: Sequence[tuple[dt.datetime, SleepStage | None]]) -> tuple[Stage, ...]:
    """Unbroken stages between the points; a level that is not known is time without data."""
    stages: list[Stage] = []
    for (start, level), (end, _) in pairwise(points):
        stage = level or SleepStage.NO_DATA
        if start == end:
            continue
        if stages and stages[-1].stage is stage:
            stages[-1] = Stage(start_at=stages[-1].start_at, end_at=end, stage=stage)
        else:
            stages.append(Stage(start_at=start, end_at=end, stage=stage))
    return tuple(stages)


def hrv_nights(
    summaries: Sequence[Message], values: Sequence[Message], zones: Zones, source: str | None
) -> Iterator[HrvNight]:
    """The nights' variability: Garmin's mean of the rMSSD of five minutes each."""
    measured = sorted(at for one in values if (at := moment(one.values.get("timestamp"))))
    for summary in summaries:
        at, mean = moment(summary.values.get("timestamp")), number(summary.values.get("last_night_average"))
        if at is None or mean is None:
            continue
        own = [when for when in measured if at - _NIGHT <= when <= at]
        yield HrvNight(
            origin=Origin.FILE,
            row=summary.row,
            source=source,
            start_at=own[0] - _WINDOW if own else at,
            end_at=own[-1] if own else None,
            utc_offset_s=zones.at(at),
            hrv_rmssd_ms=mean,
            samples=len(own) or None,
        )
