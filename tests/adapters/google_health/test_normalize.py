"""What becomes of Google Health's data points."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
from typing import Any

import pytest

from adapters.google_health.adapter import GoogleHealthAdapter
from poise_sdk.observations import (
    BodyMeasurement,
    DailySummary,
    Night,
    QualityFlag,
    Reading,
    SleepStage,
    Workout,
)
from poise_sdk.records import Rejected
from poise_sdk.wearable import Item
from tests.adapters.google_health.invented import PAGES, POINTS, document

AT = dt.datetime(2026, 5, 12, 4, 10, tzinfo=dt.UTC)


def _said(collection: str, value: object | None = None) -> list[Item]:
    return list(GoogleHealthAdapter().normalize(document(collection, value or PAGES[collection])))


def _sleep(**changes: Any) -> Night:
    point = copy.deepcopy(POINTS["sleep"][0])
    point["sleep"] |= changes
    night = _said("sleep", {"dataPoints": [point]})[0]
    assert isinstance(night, Night)
    return night


def test_a_sleep_becomes_a_night_with_its_stages() -> None:
    night = _sleep()
    assert night.source_id == "81001"
    assert night.source == "Charge 6"
    assert night.end_at == dt.datetime(2026, 5, 12, 5, 10, tzinfo=dt.UTC)
    assert night.utc_offset_s == 7200
    assert night.vendor_updated_at == dt.datetime(2026, 5, 12, 5, 41, 0, 500_000, tzinfo=dt.UTC)
    assert (night.asleep_min, night.in_bed_min, night.awake_min, night.latency_min) == (433, 460, 27, 12)
    assert (night.light_min, night.deep_min, night.rem_min) == (88, 75, 270)
    assert night.efficiency_pct == pytest.approx(100 * 433 / 460)
    stages = [stage.stage for stage in night.stages]
    assert stages == [SleepStage.LIGHT, SleepStage.DEEP, SleepStage.AWAKE, SleepStage.REM]
    assert night.quality == ()


def test_a_short_waking_over_a_longer_stage_is_cut_and_nothing_overlaps() -> None:
    told = POINTS["sleep"][0]["sleep"]["stages"]
    waking = {"type": "AWAKE", "startTime": "2026-05-11T23:00:00Z", "endTime": "2026-05-11T23:20:00Z"}
    stages = _sleep(stages=[waking, *told]).stages
    assert all(one.end_at <= two.start_at for one, two in itertools.pairwise(stages))
    assert len(stages) == len(told) + 1


def test_a_sleep_that_is_not_processed_or_has_no_stages_says_so() -> None:
    flags = {
        remark.flag
        for remark in _sleep(metadata={"processed": False, "stagesStatus": "REJECTED_COVERAGE"}).quality
    }
    assert flags == {QualityFlag.PENDING_SCORE, QualityFlag.PARTIAL}


def test_a_night_across_time_zones_is_marked() -> None:
    interval = POINTS["sleep"][0]["sleep"]["interval"] | {"startUtcOffset": "-18000s"}
    [remark] = _sleep(interval=interval).quality
    assert remark.flag is QualityFlag.TIME_ZONE_CHANGE


def test_an_exercise_becomes_a_workout_in_canonical_units() -> None:
    [workout] = _said("exercise")
    assert isinstance(workout, Workout)
    assert (workout.activity, workout.activity_label, workout.gps) == ("running", "Evening run", True)
    assert workout.duration_min == pytest.approx(2880.5 / 60)
    assert workout.energy_kj == pytest.approx(512.5 * 4.184)
    assert (workout.distance_m, workout.altitude_gain_m, workout.avg_hr_bpm) == (9123, 64, 151)


@pytest.mark.parametrize(
    ("collection", "metric", "value"),
    [
        ("heart-rate", "hr_bpm", 54),
        ("heart-rate-variability", "hrv_rmssd_ms", 64.1),
        ("oxygen-saturation", "spo2_pct", 97),
    ],
)
def test_a_sample_becomes_a_reading(collection: str, metric: str, value: float) -> None:
    reading = _said(collection)[0]
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value, reading.start_at) == (metric, value, AT)
    assert (reading.utc_offset_s, reading.source) == (7200, "Charge 6")


def test_steps_are_a_reading_of_an_interval() -> None:
    [reading] = _said("steps")
    assert isinstance(reading, Reading)
    assert reading.end_at is not None
    assert (reading.value, reading.end_at - reading.start_at) == (87, dt.timedelta(minutes=1))


@pytest.mark.parametrize(
    ("collection", "values"),
    [
        ("daily-resting-heart-rate", {"resting_hr_bpm": 52}),
        ("daily-heart-rate-variability", {"hrv_rmssd_ms": 61.25}),
        ("daily-oxygen-saturation", {"spo2_pct": 96.5}),
    ],
)
def test_a_daily_point_becomes_a_summary_of_its_day(collection: str, values: dict[str, float]) -> None:
    [summary] = _said(collection)
    assert isinstance(summary, DailySummary)
    assert (summary.day, summary.values) == (dt.date(2026, 5, 12), values)


def test_a_weighing_is_in_kilograms() -> None:
    [body] = _said("weight")
    assert isinstance(body, BodyMeasurement)
    assert (body.source_id, body.start_at, body.weight_kg) == ("83001", AT, 92.3)


def test_a_point_of_another_kind_is_refused() -> None:
    [refused] = _said("steps", PAGES["weight"])
    assert isinstance(refused, Rejected)
    assert refused.field == "steps"
