"""Workouts. WHOOP names the sport in English, whatever the athlete's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from adapters.whoop.normalize.rows import Row
from poise_sdk.observations import Workout
from poise_sdk.wearable import Item

__all__ = ["snake_case", "workout"]

#: WHOOP's own word for a workout of no particular sport.
GENERIC: Final = "activity"
_SECONDS_PER_MINUTE: Final = 60.0
_NO_WORD: Final = re.compile(r"[\W_]+")


def workout(row: Row) -> Iterator[Item]:
    """One :class:`~poise_sdk.observations.Workout`; its length is told from its times."""
    fields = row.fields
    source_id = fields.text("id")
    start_at = fields.moment("start")
    end_at = fields.moment("end", None)
    if end_at is None:
        row.ongoing()
    score = row.score()
    zones = score.part("zone_durations")
    label = row.attempt(lambda: fields.text("sport_name"))
    yield Workout(
        source_id=source_id,
        vendor_updated_at=row.updated_at(),
        row=row.number,
        start_at=start_at,
        end_at=end_at,
        utc_offset_s=row.offset(),
        activity=snake_case(label or "") or GENERIC,
        activity_label=label,
        duration_min=None if end_at is None else (end_at - start_at).total_seconds() / _SECONDS_PER_MINUTE,
        strain=score.number("strain"),
        energy_kj=score.number("kilojoule"),
        avg_hr_bpm=score.number("average_heart_rate"),
        max_hr_bpm=score.number("max_heart_rate"),
        distance_m=score.number("distance_meter"),
        altitude_gain_m=score.number("altitude_gain_meter"),
        altitude_change_m=score.number("altitude_change_meter"),
        recorded_pct=score.number("percent_recorded"),
        zone_0_min=zones.minutes("zone_zero_milli"),
        zone_1_min=zones.minutes("zone_one_milli"),
        zone_2_min=zones.minutes("zone_two_milli"),
        zone_3_min=zones.minutes("zone_three_milli"),
        zone_4_min=zones.minutes("zone_four_milli"),
        zone_5_min=zones.minutes("zone_five_milli"),
        quality=row.remarks,
    )
    yield from row.rejected()


def snake_case(words: str) -> str:
    """``Functional Fitness``, ``functional-fitness`` → ``functional_fitness``."""
    return _NO_WORD.sub("_", words.strip().lower()).strip("_")
