"""``physiological_cycles.csv``: days of strain, each with its recovery and its night.

A row is a ``Cycle``, a ``Recovery``, an ``HrvNight``, and the ``Night`` whose columns it repeats. That night
is marked as derived: it fills gaps, and the night's own row says the same.

Where WHOOP took the recovery from a nap, the row repeats that nap and not the night its cycle began with. The
nap does not tell the cycle's day: it may end on the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from adapters.whoop.export.columns import Column
from adapters.whoop.export.rows import Moment, Row
from adapters.whoop.export.sleeps import begins, night
from poise_sdk.observations import Cycle, HrvNight, Origin, QualityFlag, Recovery
from poise_sdk.plausibility import LONGEST_S
from poise_sdk.wearable import Item

__all__ = ["cycle"]

#: A cycle begins with its sleep; one that begins a day before the cycle is another's.
_NEAR: Final = dt.timedelta(days=1)
_LONGEST_NIGHT: Final = dt.timedelta(seconds=LONGEST_S["Night"])
_LONGEST_CYCLE: Final = dt.timedelta(seconds=LONGEST_S["Cycle"])


def cycle(row: Row) -> Iterator[Item]:
    """The records of one row. A cycle without an end is not over; a blank recovery is none."""
    zone = row.zone()
    end = row.moment_or_lost(Column.CYCLE_END, zone)
    onset = row.moment_or_lost(Column.SLEEP_ONSET, zone)
    wake = row.moment_or_lost(Column.WAKE_ONSET, zone)
    start = row.start(zone, Column.CYCLE_START, Column.SLEEP_ONSET)
    if not _belongs(row, start, onset, wake):
        onset = wake = None
    nap = onset is not None and _naps(row, start, onset)
    day = wake.day if wake and not nap else None
    common = row.remarks
    strain = row.number(Column.DAY_STRAIN)
    energy = row.number(Column.ENERGY)
    average = row.number(Column.AVG_HR)
    highest = row.number(Column.MAX_HR)
    recovery = row.number(Column.RECOVERY)
    if end is None:
        open_ = Column.CYCLE_END not in row
        row.remark(QualityFlag.PARTIAL, detail="not over yet" if open_ else "its end cannot be read")
    elif strain is None and energy is None and average is None and highest is None:
        row.remark(QualityFlag.NOT_WORN, detail="the export has no values for it")
    if recovery is None:
        row.remark(_why(onset, end), Column.RECOVERY.value, "the export has no recovery for it")
    yield Cycle(
        origin=Origin.FILE,
        row=row.place,
        start_at=start.at,
        end_at=end.at if end else None,
        utc_offset_s=start.utc_offset_s,
        day=day,
        strain=strain,
        energy_kj=energy,
        avg_hr_bpm=average,
        max_hr_bpm=highest,
        quality=row.remarks,
    )
    row.quality[:] = common
    yield from _recovery(row, start, day, onset, wake, recovery)
    if onset is not None and wake is not None:
        if nap:
            row.remark(QualityFlag.PARTIAL, "nap", "told from its place in the cycle")
        yield night(row, onset, wake, nap=nap, origin=Origin.DERIVED)


def _belongs(row: Row, start: Moment, onset: Moment | None, wake: Moment | None) -> bool:
    """Whether the row's sleep can be its cycle's; if not, that is reported, and the rest of it is kept."""
    if onset is None or wake is None:
        return onset is not None
    slept = wake.at - onset.at
    if slept < dt.timedelta(0):
        row.lose(Column.WAKE_ONSET, "its sleep ends before it begins")
    elif slept > _LONGEST_NIGHT:
        row.lose(Column.WAKE_ONSET, f"its sleep lasts {slept.total_seconds() / 3600:.1f} hours")
    elif not -_NEAR <= onset.at - start.at <= _LONGEST_CYCLE:
        row.lose(Column.SLEEP_ONSET, "its sleep lies outside its cycle")
    else:
        return True
    return False


def _naps(row: Row, start: Moment, onset: Moment) -> bool:
    """Whether the row's sleep is a nap: it comes later in the cycle, and naps have no consistency."""
    return not begins(start, onset) and Column.CONSISTENCY not in row


def _why(onset: Moment | None, end: Moment | None) -> QualityFlag:
    if onset is None:
        return QualityFlag.NOT_WORN
    return QualityFlag.PENDING_SCORE if end is None else QualityFlag.UNSCORABLE


def _recovery(
    row: Row,
    start: Moment,
    day: dt.date | None,
    onset: Moment | None,
    wake: Moment | None,
    recovery: float | None,
) -> Iterator[Item]:
    resting = row.number(Column.RESTING_HR)
    hrv = row.number(Column.HRV)
    temperature = row.number(Column.SKIN_TEMP)
    spo2 = row.number(Column.SPO2)
    if recovery is None and resting is None and hrv is None and temperature is None and spo2 is None:
        return
    yield Recovery(
        origin=Origin.FILE,
        row=row.place,
        start_at=start.at,
        utc_offset_s=start.utc_offset_s,
        day=day,
        recovery_pct=recovery,
        resting_hr_bpm=resting,
        hrv_rmssd_ms=hrv,
        skin_temp_c=temperature,
        spo2_pct=spo2,
        quality=row.remarks,
    )
    if hrv is not None:
        measured = onset or start
        yield HrvNight(
            origin=Origin.FILE,
            row=row.place,
            start_at=measured.at,
            end_at=wake.at if wake else None,
            utc_offset_s=measured.utc_offset_s,
            hrv_rmssd_ms=hrv,
            quality=row.remarks,
        )
