"""Workouts of both styles, and the summaries of days."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.observations import DailySummary, Workout
from tests.adapters.apple_health.invented import (
    at,
    export,
    new_workout,
    old_workout,
    rejected_of,
    stamp,
    summary,
    told,
)


def _workout(text: str) -> Workout:
    items = told(export(text))
    assert not rejected_of(items)
    (workout,) = [item for item in items if isinstance(item, Workout)]
    return workout


def test_a_workout_with_statistics() -> None:
    one = _workout(new_workout())
    assert (one.activity, one.activity_label) == (
        "high_intensity_interval_training",
        "HKWorkoutActivityTypeHighIntensityIntervalTraining",
    )
    assert (one.start_at, one.end_at, one.duration_min) == (at(12), at(13), 52.5)
    assert (one.avg_hr_bpm, one.min_hr_bpm, one.max_hr_bpm) == (151.5, 99, 182)
    assert one.energy_kj == pytest.approx(2092)
    assert one.distance_m == pytest.approx(8046.72)
    assert (one.altitude_gain_m, one.max_speed_m_s, one.gps) == (pytest.approx(23.56), 4.5, True)
    assert one.utc_offset_s == -5 * 3600
    assert one.source == "Sam’s Apple Watch"


def test_a_workout_of_attributes() -> None:
    one = _workout(old_workout())
    assert (one.activity, one.duration_min, one.energy_kj, one.distance_m) == ("running", 58, 2510, 10_500)
    assert (one.avg_hr_bpm, one.gps) == (None, None)


def test_a_workout_without_a_duration_is_as_long_as_it_was_not_paused() -> None:
    events = "".join(
        f'  <WorkoutEvent type="HKWorkoutEventType{kind}" date="{stamp(at(hours))}"/>\n'
        for kind, hours in (("Pause", 1), ("Resume", 1.25), ("Pause", 1.75))
    )
    one = _workout(
        f' <Workout workoutActivityType="HKWorkoutActivityTypeYoga" sourceName="App" '
        f'startDate="{stamp(at(0.5))}" endDate="{stamp(at(2))}">\n{events} </Workout>\n'
    )
    assert one.duration_min == 60


def test_the_distances_of_a_triathlon_add_up() -> None:
    parts = "".join(
        f'  <WorkoutStatistics type="HKQuantityTypeIdentifier{kind}" sum="{value}" unit="{unit}"/>\n'
        for kind, value, unit in (
            ("DistanceSwimming", 1500, "m"),
            ("DistanceCycling", 40, "km"),
            ("DistanceWalkingRunning", 10, "km"),
        )
    )
    text = old_workout().replace("/>\n", f">\n{parts} </Workout>\n")
    assert _workout(text).distance_m == pytest.approx(51_500)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('workoutActivityType="HKWorkoutActivityTypeRunning"', "", "workoutActivityType"),
        ('duration="58"', 'duration="long"', "duration"),
        ('totalDistanceUnit="km"', 'totalDistanceUnit="parsec"', "totalDistanceUnit"),
        ("startDate=", "beginDate=", "startDate"),
    ],
)
def test_a_malformed_workout_is_rejected_with_its_row(old: str, new: str, field: str) -> None:
    items = told(export(old_workout().replace(old, new), new_workout()))
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field) == (3, field)
    assert sum(isinstance(item, Workout) for item in items) == 1


def test_the_summary_of_a_day_has_the_rings() -> None:
    (one,) = [item for item in told(export(summary())) if isinstance(item, DailySummary)]
    assert (one.day, one.part) == (dt.date(2024, 3, 2), "activity")
    assert one.values == {"active_energy_kj": pytest.approx(2092), "exercise_min": 41, "stand_hours": 11}


def test_a_summary_of_no_day_is_rejected() -> None:
    (rejected,) = rejected_of(told(export(summary("2024-02-30"))))
    assert (rejected.field, rejected.row) == ("dateComponents", 3)


def test_a_workout_of_no_distance_has_none_in_either_style() -> None:
    assert _workout(old_workout().replace('totalDistance="10.5"', 'totalDistance="0"')).distance_m is None
    assert _workout(new_workout().replace('sum="5" unit="mi"', 'sum="0" unit="mi"')).distance_m is None


def test_a_summary_dated_at_the_beginning_of_time_is_of_no_day() -> None:
    (rejected,) = told(export(summary("1969-12-31")))
    assert rejected.field == "dateComponents"
    assert "stands for no day" in rejected.reason
