"""``sleeps.csv``: nights and naps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from adapters.whoop.export.columns import Column
from adapters.whoop.export.rows import Moment, Row
from poise_sdk.fields import Trouble
from poise_sdk.observations import Night, Origin, Quality, QualityFlag
from poise_sdk.wearable import Item

__all__ = ["begins", "night", "sleep"]

#: How far the start of a cycle's night may lie from that of the cycle: they are one instant, but for a
#: spreadsheet that drops the seconds.
_SAME: Final = dt.timedelta(seconds=90)


def sleep(row: Row) -> Iterator[Item]:
    """The night or nap of one row.

    Some exports have no column for waking: then the sleep ends when its time in bed is over, and says so. If
    none tells naps either, a sleep that does not begin its cycle is one.
    """
    zone = row.zone()
    onset = row.start(zone, Column.SLEEP_ONSET)
    wake = row.moment_or_lost(Column.WAKE_ONSET, zone)
    if wake is None:
        wake = _told_end(row, onset)
    nap = row.flag(Column.NAP)
    if nap is None:
        nap = _told_nap(row, onset)
    yield night(row, onset, wake, nap=nap, origin=Origin.FILE)


def begins(cycle: Moment, onset: Moment) -> bool:
    """Whether the sleep that begins at ``onset`` is the one that begins the cycle, not a later one."""
    return onset.at - cycle.at <= _SAME


def night(row: Row, onset: Moment, wake: Moment, *, nap: bool, origin: Origin) -> Night:
    """The night from the sleep columns, which two of the files have."""
    asleep = row.number(Column.ASLEEP)
    in_bed = row.number(Column.IN_BED)
    awake = row.number(Column.AWAKE)
    performance = row.number(Column.PERFORMANCE)
    quality = row.remarks
    if asleep is None and in_bed is None and awake is None and performance is None:
        told = "the export has no values for it"
        quality = (*quality, Quality(flag=QualityFlag.NOT_WORN, detail=told))
    return Night(
        origin=origin,
        row=row.place,
        start_at=onset.at,
        end_at=wake.at,
        utc_offset_s=wake.utc_offset_s,
        nap=nap,
        asleep_min=asleep,
        in_bed_min=in_bed,
        awake_min=awake,
        light_min=row.number(Column.LIGHT),
        deep_min=row.number(Column.DEEP),
        rem_min=row.number(Column.REM),
        need_min=row.number(Column.NEED),
        debt_min=row.number(Column.DEBT),
        efficiency_pct=row.number(Column.EFFICIENCY),
        performance_pct=performance,
        consistency_pct=row.number(Column.CONSISTENCY),
        respiratory_rate_rpm=row.number(Column.RESPIRATION),
        quality=quality,
    )


def _told_end(row: Row, onset: Moment) -> Moment:
    in_bed = row.number(Column.IN_BED)
    if in_bed is None:
        asleep, awake = row.number(Column.ASLEEP), row.number(Column.AWAKE)
        in_bed = None if asleep is None else asleep + (awake or 0.0)
    if in_bed is None:
        raise Trouble(Column.WAKE_ONSET.value, "it has neither an end nor a duration")
    row.remark(QualityFlag.PARTIAL, detail="its end is told from the time in bed")
    return Moment.after(onset, in_bed)


def _told_nap(row: Row, onset: Moment) -> bool:
    begun = row.moment_or_lost(Column.CYCLE_START, row.zone())
    if begun is None:
        return False
    row.remark(QualityFlag.PARTIAL, "nap", "told from its place in the cycle")
    return not begins(begun, onset)
