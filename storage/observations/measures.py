"""Which figure of a day is told by which record: the one table of it.

Two figures that mean different things have two names: the average heart rate of a night
(``sleep_avg_hr_bpm``) and of a day (``avg_hr_bpm``), the energy of a day and of its workouts, rMSSD and
SDNN. A day's main sleep is all of its sleeps that are no naps: what adds up (minutes, disturbances) is
added up, everything else is the longest one's. Naps are summed apart (``nap_min``, ``naps``).

Where several kinds of record of one vendor tell one figure, :data:`BASES` decides: what was measured in
sleep, then what a record of the day says, then single readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from poise_sdk.metrics import METRICS, Span

__all__ = [
    "ASLEEP",
    "AWAKE_HRV",
    "BASES",
    "HOW",
    "MEASURES",
    "READINGS",
    "SLEEP_SUMMARIES",
    "Measure",
    "rank_of",
    "span_of",
]

#: Readings awake are no night's: the basis of an ``hrv_nights`` row with ``in_sleep`` false.
AWAKE_HRV: Final = "hrv_awake"
READINGS: Final = "readings"
#: What a day's summary tells of the night: the basis of those of its metrics that are :data:`ASLEEP`.
SLEEP_SUMMARIES: Final = "sleep_summaries"

#: What a day's figure may be told from, what counts most first: of one vendor, and by default between
#: vendors too. So a wearable worn in sleep comes before a phone's app that samples the day.
BASES: Final = (
    "nights", "hrv_nights", "recoveries", SLEEP_SUMMARIES, "cycles", "workouts", "daily_summaries",
    "body_measurements", AWAKE_HRV, READINGS,
)  # fmt: skip

#: The order between vendors looks at no more than this, and says so in these words.
HOW: Final[Mapping[str, tuple[int, str]]] = {
    "nights": (0, "measured in sleep"),
    "hrv_nights": (0, "measured in sleep"),
    "recoveries": (0, "measured in sleep"),
    SLEEP_SUMMARIES: (0, "measured in sleep"),
    "cycles": (1, "told for the day as a whole"),
    "workouts": (1, "told for the day as a whole"),
    "daily_summaries": (1, "told for the day as a whole"),
    "body_measurements": (1, "told for the day as a whole"),
    AWAKE_HRV: (2, "made of single readings"),
    READINGS: (2, "made of single readings"),
}


class Measure(NamedTuple):
    """A column of a record that is a figure of the day."""

    metric: str
    column: str
    expected: bool = False
    """A record without it lacks something: the day then says why."""


def _same(*names: str, expected: tuple[str, ...] = ()) -> tuple[Measure, ...]:
    return tuple(Measure(name, name, name in expected) for name in names)


MEASURES: Final[Mapping[str, tuple[Measure, ...]]] = {
    "nights": (
        *_same(
            "asleep_min", "in_bed_min", "awake_min", "light_min", "deep_min", "rem_min", "no_data_min",
            "latency_min", "need_min", "debt_min", "efficiency_pct", "performance_pct", "consistency_pct",
            "sleep_score", "disturbances", "sleep_cycles", "respiratory_rate_rpm", "temp_deviation_c",
            expected=("asleep_min",),
        ),
        Measure("sleep_avg_hr_bpm", "avg_hr_bpm"),
        Measure("sleep_min_hr_bpm", "min_hr_bpm"),
    ),
    "hrv_nights": _same("hrv_rmssd_ms", "hrv_sdnn_ms"),
    "recoveries": _same(
        "recovery_pct", "resting_hr_bpm", "hrv_rmssd_ms", "hrv_sdnn_ms", "spo2_pct", "skin_temp_c",
        "temp_deviation_c", "respiratory_rate_rpm",
        expected=("recovery_pct", "resting_hr_bpm", "hrv_rmssd_ms"),
    ),
    "cycles": _same("strain", "energy_kj", "avg_hr_bpm", "max_hr_bpm", expected=("strain", "energy_kj")),
    "workouts": (
        Measure("workout_min", "duration_min"),
        Measure("workout_energy_kj", "energy_kj"),
        Measure("workout_distance_m", "distance_m"),
        *_same(
            "zone_0_min", "zone_1_min", "zone_2_min", "zone_3_min", "zone_4_min", "zone_5_min",
            "player_load", "training_load", "high_speed_distance_m", "sprint_distance_m", "max_speed_m_s",
        ),
    ),
    "body_measurements": _same("height_m", "weight_kg", "body_fat_pct", "lean_mass_kg"),
    # a daily summary names its metrics itself
    "daily_summaries": (),
}  # fmt: skip


#: Metrics that are measured in sleep also where a day's summary tells them: all that a night has, and the
#: oxygen of the blood, whose figure of a day wearables take from the night.
ASLEEP: Final = frozenset({"spo2_pct", *(measure.metric for measure in MEASURES["nights"])})


def span_of(metric: str) -> Span:
    """How a day sums up the metric; an author's own metric: by its mean."""
    known = METRICS.get(metric)
    return Span.MEAN if known is None else known.span


def rank_of(basis: str) -> int:
    """The place of a basis in :data:`BASES`."""
    return BASES.index(basis)
