"""The metrics of the body: one table of names, units and plausible ranges for every room and vendor.

A name carries its unit (``hr_bpm``, ``skin_temp_c``), and two ways to measure are two metrics: Apple's SDNN
and everybody's rMSSD never share a name, a column or a baseline. The range is what a living body can
show and a sensor can err within, not what is healthy: a value outside is a wrong unit or a broken row.

A name that is not in the table is an author's own metric: it is stored as it came, without a range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["METRICS", "Metric", "Span", "metric_range"]


class Span(StrEnum):
    """How values of a metric that fall on one day become the day's value."""

    MEAN = "mean"
    SUM = "sum"
    """Counts and amounts; overlapping reports of several sources are not added up."""
    MIN = "min"
    MAX = "max"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, unit, plausible range (both ends inclusive) and how a day sums it up."""

    name: str
    unit: str
    low: float
    high: float
    title: str
    span: Span = Span.MEAN


_ALL: Final = (
    # heart
    Metric("hr_bpm", "bpm", 20, 260, "Heart rate"),
    Metric("avg_hr_bpm", "bpm", 20, 260, "Average heart rate"),
    Metric("min_hr_bpm", "bpm", 20, 260, "Lowest heart rate", Span.MIN),
    Metric("max_hr_bpm", "bpm", 20, 260, "Highest heart rate", Span.MAX),
    Metric("resting_hr_bpm", "bpm", 20, 150, "Resting heart rate"),
    Metric("walking_hr_bpm", "bpm", 30, 220, "Walking heart rate average"),
    Metric("hr_recovery_bpm", "bpm", -50, 150, "Heart rate recovery in one minute"),
    Metric("hrv_rmssd_ms", "ms", 1, 400, "Heart rate variability, rMSSD"),
    Metric("hrv_sdnn_ms", "ms", 1, 500, "Heart rate variability, SDNN"),
    # breath, blood, temperature
    Metric("respiratory_rate_rpm", "breaths/min", 4, 60, "Respiratory rate"),
    Metric("spo2_pct", "%", 50, 100, "Blood oxygen saturation"),
    Metric("skin_temp_c", "°C", 15, 45, "Skin temperature"),
    Metric("body_temp_c", "°C", 30, 45, "Body temperature"),
    Metric("temp_deviation_c", "°C", -15, 15, "Temperature against one's own baseline"),
    Metric("glucose_mg_dl", "mg/dL", 10, 1000, "Blood glucose"),
    Metric("blood_pressure_systolic_mmhg", "mmHg", 40, 300, "Systolic blood pressure"),
    Metric("blood_pressure_diastolic_mmhg", "mmHg", 20, 200, "Diastolic blood pressure"),
    Metric("vo2max_ml_kg_min", "mL/(kg·min)", 5, 100, "Maximal oxygen uptake", Span.LAST),
    # sleep (minutes of one night; a night of more than a day is refused whole)
    Metric("asleep_min", "min", 0, 1440, "Time asleep", Span.SUM),
    Metric("in_bed_min", "min", 0, 1440, "Time in bed", Span.SUM),
    Metric("awake_min", "min", 0, 1440, "Time awake in bed", Span.SUM),
    Metric("light_min", "min", 0, 1440, "Light sleep", Span.SUM),
    Metric("deep_min", "min", 0, 1440, "Deep (slow-wave) sleep", Span.SUM),
    Metric("rem_min", "min", 0, 1440, "REM sleep", Span.SUM),
    Metric("no_data_min", "min", 0, 1440, "Time in bed without data", Span.SUM),
    Metric("latency_min", "min", 0, 1440, "Time to fall asleep"),
    Metric("nap_min", "min", 0, 1440, "Time asleep in naps", Span.SUM),
    Metric("naps", "count", 0, 50, "Naps", Span.SUM),
    Metric("sleep_avg_hr_bpm", "bpm", 20, 260, "Average heart rate asleep"),
    Metric("sleep_min_hr_bpm", "bpm", 20, 260, "Lowest heart rate asleep", Span.MIN),
    Metric("need_min", "min", 0, 2880, "Sleep needed, by the vendor's model"),
    Metric("debt_min", "min", 0, 2880, "Sleep debt, by the vendor's model"),
    Metric("efficiency_pct", "%", 0, 100, "Sleep efficiency: asleep of in bed"),
    Metric("performance_pct", "%", 0, 100, "Sleep performance: asleep of needed"),
    Metric("consistency_pct", "%", 0, 100, "Sleep consistency"),
    Metric("disturbances", "count", 0, 1000, "Disturbances of sleep", Span.SUM),
    Metric("sleep_cycles", "count", 0, 100, "Sleep cycles", Span.SUM),
    # scores of vendors, each by a formula of its own
    Metric("recovery_pct", "%", 0, 100, "Recovery or readiness, by the vendor's model"),
    Metric("sleep_score", "0–100", 0, 100, "Sleep score, by the vendor's model"),
    Metric("activity_score", "0–100", 0, 100, "Activity score, by the vendor's model"),
    Metric("strain", "0–21", 0, 21, "Strain, on WHOOP's scale", Span.MAX),
    # load and movement
    Metric("energy_kj", "kJ", 0, 80_000, "Energy burned", Span.SUM),
    Metric("active_energy_kj", "kJ", 0, 80_000, "Energy burned by activity", Span.SUM),
    Metric("basal_energy_kj", "kJ", 0, 30_000, "Energy burned at rest", Span.SUM),
    Metric("steps", "count", 0, 250_000, "Steps", Span.SUM),
    Metric("distance_m", "m", 0, 1_000_000, "Distance", Span.SUM),
    Metric("cycling_distance_m", "m", 0, 1_000_000, "Distance by bicycle", Span.SUM),
    Metric("swimming_distance_m", "m", 0, 200_000, "Distance swum", Span.SUM),
    Metric("altitude_gain_m", "m", 0, 20_000, "Altitude gained", Span.SUM),
    Metric("altitude_change_m", "m", -20_000, 20_000, "Altitude at the end against the beginning"),
    Metric("floors", "count", 0, 5_000, "Floors climbed", Span.SUM),
    Metric("exercise_min", "min", 0, 1440, "Exercise", Span.SUM),
    Metric("stand_min", "min", 0, 1440, "Standing", Span.SUM),
    Metric("stand_hours", "count", 0, 24, "Hours of the day with some standing", Span.SUM),
    Metric("active_min", "min", 0, 1440, "Time active", Span.SUM),
    Metric("sedentary_min", "min", 0, 1440, "Time sedentary", Span.SUM),
    Metric("stress_min", "min", 0, 1440, "Time under high stress, by the vendor's model", Span.SUM),
    Metric("restored_min", "min", 0, 1440, "Time of high recovery, by the vendor's model", Span.SUM),
    Metric("workouts", "count", 0, 100, "Workouts", Span.SUM),
    Metric("workout_min", "min", 0, 2880, "Time in workouts", Span.SUM),
    Metric("workout_energy_kj", "kJ", 0, 80_000, "Energy burned in workouts", Span.SUM),
    Metric("workout_distance_m", "m", 0, 1_000_000, "Distance in workouts", Span.SUM),
    Metric("duration_min", "min", 0, 2880, "Duration", Span.SUM),
    Metric("player_load", "au", 0, 5_000, "Player load (Catapult)", Span.SUM),
    Metric("high_speed_distance_m", "m", 0, 100_000, "Distance at high speed", Span.SUM),
    Metric("sprint_distance_m", "m", 0, 100_000, "Distance at sprint speed", Span.SUM),
    Metric("max_speed_m_s", "m/s", 0, 60, "Highest speed", Span.MAX),
    Metric("training_load", "au", 0, 5_000, "Training load, by the vendor's model", Span.SUM),
    *(
        Metric(f"zone_{zone}_min", "min", 0, 2880, f"Time in heart rate zone {zone}", Span.SUM)
        for zone in range(6)
    ),
    Metric("recorded_pct", "%", 0, 100, "Share of a workout that was recorded"),
    # body
    Metric("weight_kg", "kg", 20, 350, "Weight", Span.LAST),
    Metric("height_m", "m", 0.8, 2.6, "Height", Span.LAST),
    Metric("body_fat_pct", "%", 1, 75, "Body fat", Span.LAST),
    Metric("bmi", "kg/m²", 8, 100, "Body mass index", Span.LAST),
    Metric("lean_mass_kg", "kg", 10, 200, "Lean body mass", Span.LAST),
)

#: Every known metric by name.
METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _ALL}


def metric_range(name: str) -> tuple[float, float] | None:
    """The plausible range of the metric or record field ``name``; ``None`` where none is known."""
    metric = METRICS.get(name)
    return None if metric is None else (metric.low, metric.high)
