"""Sleep as Health Auto Export tells it: a night at a time (aggregated), or a stage at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from adapters.apple_health.nights import SHORTEST_NIGHT, Sample, build_nights
from adapters.apple_health.times import parse_moment
from adapters.apple_health.typed import rank_of, shown_source
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import Night, Origin, SleepStage
from poise_sdk.wearable import Item

__all__ = ["sleep_nights", "text_of"]

_STAGES: Final = {
    "in bed": SleepStage.IN_BED,
    "inbed": SleepStage.IN_BED,
    "asleep": SleepStage.ASLEEP,
    "unspecified": SleepStage.ASLEEP,
    "core": SleepStage.LIGHT,
    "deep": SleepStage.DEEP,
    "rem": SleepStage.REM,
    "awake": SleepStage.AWAKE,
}
_EVENING, _MORNING = dt.time(21), dt.time(9)
#: A sample of more than a day would join two nights into one.
_LONGEST_SAMPLE: Final = dt.timedelta(hours=24)


def sleep_nights(samples: list[object], before: int, file: str) -> Iterator[Item]:
    """The nights of one ``sleep_analysis``; ``before`` rows of the document come first."""
    stages: list[Sample] = []
    for row, sample in enumerate(samples, before + 1):
        try:
            fields = Fields.of(sample, "sleep_analysis.")
            if "value" in fields and "startDate" in fields:
                stages.append(_stage(fields, row))
            else:
                yield _aggregated(fields, row)
        except Trouble as trouble:
            yield trouble.rejected(file=file, row=row)
    yield from build_nights(stages)


def _stage(fields: Fields, row: int) -> Sample:
    start, _ = _moment(fields, "startDate")
    end, offset = _moment(fields, "endDate")
    word = fields.text("value")
    stage = _STAGES.get(word.strip().lower())
    if stage is None:
        raise Trouble(f"{fields.path}value", f"{word[:40]!r} is no stage of sleep that is known")
    if not dt.timedelta() < end - start <= _LONGEST_SAMPLE:
        raise Trouble(f"{fields.path}endDate", f"a stage from {start.isoformat()} to {end.isoformat()}")
    source = text_of(fields, "source")
    return Sample(
        start=start,
        end=end,
        stage=stage,
        source=shown_source(source),
        rank=rank_of(source, None),
        offset=offset,
        zone=None,
        row=row,
    )


def _aggregated(fields: Fields, row: int) -> Night:
    """A night in hours. Who gave no time in bed (a watch without a phone) gives zeros for it."""
    first = "inBedStart" if text_of(fields, "inBedStart") else "sleepStart"
    last = "inBedEnd" if text_of(fields, "inBedEnd") else "sleepEnd"
    start, _ = _moment(fields, first)
    end, offset = _moment(fields, last)
    if text_of(fields, "sleepStart") and text_of(fields, "sleepEnd"):
        start = min(start, _moment(fields, "sleepStart")[0])
        end = max(end, _moment(fields, "sleepEnd")[0])
    core, deep, rem = (_minutes(fields, name) for name in ("core", "deep", "rem"))
    unspecified = _minutes(fields, "asleep")
    staged = bool(core or deep or rem)
    total = _minutes(fields, "totalSleep")
    if total is None:
        parts = [part for part in (core, deep, rem, unspecified) if part is not None]
        total = sum(parts) if parts else None
        if total is not None and unspecified and total > (end - start).total_seconds() / 60:
            total = unspecified  # nobody sleeps longer than from first to last: it was the sum itself
    in_bed = _minutes(fields, "inBed") or None
    middle = start + (end - start) / 2 + dt.timedelta(seconds=offset)
    short = total is None or total < SHORTEST_NIGHT.total_seconds() / 60
    return Night(
        origin=Origin.FILE,
        row=row,
        source=shown_source(text_of(fields, "source") or text_of(fields, "sleepSource")),
        start_at=start,
        end_at=end,
        utc_offset_s=offset,
        nap=short and _MORNING <= middle.time() < _EVENING,
        asleep_min=total,
        in_bed_min=in_bed,
        awake_min=_minutes(fields, "awake"),
        light_min=core if staged else None,
        deep_min=deep if staged else None,
        rem_min=rem if staged else None,
        efficiency_pct=100 * total / in_bed if total is not None and in_bed and total <= in_bed else None,
    )


def text_of(fields: Fields, name: str) -> str | None:
    """A text that need not be told; the app writes an empty one for a source of sums."""
    return fields.text(name, None) if fields.values.get(name) != "" else None


def _minutes(fields: Fields, name: str) -> float | None:
    hours = fields.number(name, None)
    return None if hours is None else hours * 60


def _moment(fields: Fields, name: str) -> tuple[dt.datetime, int]:
    try:
        return parse_moment(fields.text(name))
    except Trouble:
        raise
    except ValueError as error:
        raise Trouble(f"{fields.path}{name}", str(error)) from None
