"""What the host asks of every record, whichever adapter made it: times and values a body can have.

An adapter translates; it need not judge. :func:`admit` refuses a record whose times cannot be, and takes
out of a record the values that cannot be: the rest of it is kept, flagged, and the value reported. So a
vendor's broken row and an adapter's wrong unit are caught in one place.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import Any, Final, TypeVar

import msgspec

from poise_sdk.days import LARGEST_OFFSET_S
from poise_sdk.metrics import metric_range
from poise_sdk.observations import (
    DailySummary,
    Deleted,
    Night,
    Profile,
    Quality,
    QualityFlag,
    Reading,
    Recovery,
    WearableRecord,
)
from poise_sdk.records import Rejected

__all__ = ["EARLIEST", "FUTURE", "LONGEST_S", "admit"]

#: No consumer wearable measured anything before; what says so has lost its clock.
EARLIEST: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
#: How far ahead of its receipt a record may lie: a day, because a local day may have begun elsewhere.
FUTURE: Final = dt.timedelta(days=1)
#: Seconds that a record may last, by kind: a sleep of more than a day is two sleeps or a lost clock.
LONGEST_S: Final = {"Night": 24 * 3600, "Workout": 48 * 3600, "Cycle": 14 * 86_400}

_R = TypeVar("_R", bound=WearableRecord)


def admit(record: _R, *, file: str, received_at: dt.datetime) -> tuple[_R | None, tuple[Rejected, ...]]:
    """The record as far as it can be believed, and what was refused of it (all of it: ``None``).

    ``file`` names the document in the reasons; ``received_at`` (aware) is when it arrived.
    """
    if isinstance(record, Deleted | Profile):
        return record, ()
    if trouble := _times(record, received_at):
        field, reason = trouble
        return None, (Rejected(file=file, row=record.row, field=field, reason=reason),)
    if isinstance(record, Reading):
        reason = _implausible(record.metric, record.value)
        if reason is None:
            return record, ()
        return None, (Rejected(file=file, row=record.row, field=record.metric, reason=reason),)
    if isinstance(record, DailySummary):
        return _summary(record, file)
    return _fields(record, file)


def _times(record: WearableRecord, received_at: dt.datetime) -> tuple[str, str] | None:
    """The field that cannot be and why, or ``None``."""
    start = getattr(record, "start_at", None)
    end = getattr(record, "end_at", None)
    latest = received_at + FUTURE
    for name, moment in (("start_at", start), ("end_at", end)):
        if moment is None:
            continue
        if not isinstance(moment, dt.datetime):
            return name, f"{moment!r:.40} is no time"
        if moment.tzinfo is None:
            return name, f"the time {moment.isoformat()} has no zone"
        if moment < EARLIEST:
            return name, f"{moment.isoformat()} lies before any wearable: the device had lost its clock"
        if moment > latest:
            return name, f"{moment.isoformat()} lies in the future"
    day = getattr(record, "day", None)
    if day is not None and not EARLIEST.date() <= day <= latest.date():
        return "day", f"{day.isoformat()} is no day of the past {received_at.year - EARLIEST.year} years"
    if start is not None and end is not None:
        seconds = (end - start).total_seconds()
        longest = LONGEST_S.get(type(record).__name__)
        if seconds < 0:
            return "end_at", f"it ends before it begins: {start.isoformat()} to {end.isoformat()}"
        if longest is not None and seconds > longest:
            return "end_at", f"it lasts {seconds / 3600:g} hours, more than {longest // 3600}"
    offset = getattr(record, "utc_offset_s", None)
    if offset is not None and abs(offset) > LARGEST_OFFSET_S:
        return "utc_offset_s", f"no place on earth is {offset} s from UTC"
    if isinstance(record, Recovery) and not (start or day or record.night_id or record.cycle_id):
        return "start_at", "it names neither a time nor a day nor the night it belongs to"
    if isinstance(record, Night):
        if end is None:
            return "end_at", "a sleep without an end has no day"
        for stage in record.stages:
            if stage.start_at.tzinfo is None or stage.end_at.tzinfo is None:
                return "stages", f"the stage at {stage.start_at.isoformat()} has no zone"
            if stage.end_at < stage.start_at:
                return "stages", f"the stage at {stage.start_at.isoformat()} ends before it begins"
    return None


def _number(value: object) -> float | None:
    """``value`` as a finite number, whatever an adapter has put there."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return number if math.isfinite(number) else None


def _implausible(metric: str, value: object) -> str | None:
    """Why ``value`` cannot be, or ``None``."""
    number = _number(value)
    if number is None:
        return f"{value!r:.40} is no number"
    span = metric_range(metric)
    if span is None or span[0] <= number <= span[1]:
        return None
    return f"{number:g} is outside {span[0]:g} to {span[1]:g}: a wrong unit, or a reading without a body"


def _shown(value: object) -> str:
    number = _number(value)
    return f"{value!r:.40}" if number is None else f"{number:g}"


@functools.cache
def _measured(kind: type[WearableRecord]) -> tuple[tuple[str, float, float], ...]:
    """The fields of a kind of record that have a plausible range, with it."""
    ranges = ((name, metric_range(name)) for name in kind.__struct_fields__)
    return tuple((name, *span) for name, span in ranges if span is not None)


def _fields(record: _R, file: str) -> tuple[_R, tuple[Rejected, ...]]:
    empty: dict[str, Any] = {}
    quality = list(record.quality)
    told: list[Rejected] = []
    for name, low, high in _measured(type(record)):
        value = getattr(record, name)
        if value is None or (type(value) is float and low <= value <= high):
            continue
        if (reason := _implausible(name, value)) is None:
            continue
        empty[name] = None
        quality.append(Quality(flag=QualityFlag.IMPLAUSIBLE, field=name, detail=_shown(value)))
        told.append(Rejected(file=file, row=record.row, field=name, reason=reason, kept=True))
    if isinstance(record, Recovery) and (odd := _odd_parts(record)):
        empty["contributors"] = {name: part for name, part in record.contributors.items() if name not in odd}
        told += (
            Rejected(file=file, row=record.row, field=f"contributors.{name}", reason=reason, kept=True)
            for name, reason in odd.items()
        )
    if not empty:
        return record, ()
    return msgspec.structs.replace(record, **empty, quality=tuple(quality)), tuple(told)


def _odd_parts(record: Recovery) -> dict[str, str]:
    """Parts of a vendor's score that are no numbers; what range they have only the vendor knows."""
    return {
        name: f"{part!r:.40} is no number"
        for name, part in record.contributors.items()
        if _number(part) is None
    }


def _summary(record: DailySummary, file: str) -> tuple[DailySummary | None, tuple[Rejected, ...]]:
    reasons = {name: reason for name, value in record.values.items() if (reason := _implausible(name, value))}
    if not reasons:
        return record, ()
    kept = {name: value for name, value in record.values.items() if name not in reasons}
    told = tuple(
        Rejected(file=file, row=record.row, field=name, reason=reason, kept=bool(kept))
        for name, reason in reasons.items()
    )
    if not kept:
        return None, told
    remarks = tuple(
        Quality(flag=QualityFlag.IMPLAUSIBLE, field=name, detail=_shown(record.values[name]))
        for name in reasons
    )
    return msgspec.structs.replace(record, values=kept, quality=record.quality + remarks), told
