"""Sleeps and naps.

WHOOP tells the sums of the stages and not their course. ``asleep_min`` is the sum of light, slow-wave and
REM sleep, as the export's "Asleep duration". ``need_min`` is the sum of the four parts of
``sleep_needed`` (the baseline, what debt and strain add, what naps take off, which is negative), as the
export's "Sleep need"; ``debt_min`` is the part that debt adds, as its "Sleep debt".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapters.whoop.normalize.rows import Row, Score
from poise_sdk.observations import Night
from poise_sdk.wearable import Item

__all__ = ["sleep"]

_NEEDED: Final = (
    "baseline_milli",
    "need_from_sleep_debt_milli",
    "need_from_recent_strain_milli",
    "need_from_recent_nap_milli",
)


def sleep(row: Row) -> Iterator[Item]:
    """One :class:`~poise_sdk.observations.Night`."""
    fields = row.fields
    start_at = fields.moment("start")
    end_at = fields.moment("end")
    score = row.score()
    stages, needed = score.part("stage_summary"), score.part("sleep_needed")
    light = stages.minutes("total_light_sleep_time_milli")
    deep = stages.minutes("total_slow_wave_sleep_time_milli")
    rem = stages.minutes("total_rem_sleep_time_milli")
    yield Night(
        source_id=fields.text("id"),
        vendor_updated_at=row.updated_at(),
        row=row.number,
        start_at=start_at,
        end_at=end_at,
        utc_offset_s=row.offset(),
        nap=bool(row.attempt(lambda: fields.flag("nap"))),
        cycle_id=row.attempt(lambda: fields.text("cycle_id", None)),
        asleep_min=None if light is None or deep is None or rem is None else light + deep + rem,
        in_bed_min=stages.minutes("total_in_bed_time_milli"),
        awake_min=stages.minutes("total_awake_time_milli"),
        light_min=light,
        deep_min=deep,
        rem_min=rem,
        no_data_min=stages.minutes("total_no_data_time_milli"),
        need_min=_sum(needed),
        debt_min=needed.minutes("need_from_sleep_debt_milli"),
        efficiency_pct=score.number("sleep_efficiency_percentage"),
        performance_pct=score.number("sleep_performance_percentage"),
        consistency_pct=score.number("sleep_consistency_percentage"),
        disturbances=stages.number("disturbance_count"),
        sleep_cycles=stages.number("sleep_cycle_count"),
        respiratory_rate_rpm=score.number("respiratory_rate"),
        quality=row.remarks,
    )
    yield from row.rejected()


def _sum(needed: Score) -> float | None:
    """The whole need, where every part of it is told."""
    total = 0.0
    for name in _NEEDED:
        part = needed.minutes(name)
        if part is None:
            return None
        total += part
    return total
