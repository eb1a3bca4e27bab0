"""JSON of Health Auto Export."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.apple_health.adapter import AppleHealth
from poise_sdk.observations import BodyMeasurement, Night, Reading, SleepStage, Workout
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item
from tests.adapters.apple_health.invented import auto_metrics, auto_workouts, told

WHEN = dt.datetime(2024, 2, 6, 22, 30, tzinfo=dt.UTC)


def _metric(name: str, units: str, *data: Any) -> list[Item]:
    return told(json.dumps({"data": {"metrics": [{"name": name, "units": units, "data": list(data)}]}}))


def test_metrics_become_readings_in_our_units() -> None:
    readings = {item.metric: item for item in told(auto_metrics()) if isinstance(item, Reading)}
    assert {name: reading.value for name, reading in readings.items()} == {
        "steps": 20,
        "hr_bpm": 72.5,
        "min_hr_bpm": 65,
        "max_hr_bpm": 85,
        "hrv_sdnn_ms": 48.1,
        "spo2_pct": 97,
        "active_energy_kj": pytest.approx(41.84),
        "distance_m": pytest.approx(3218.688),
        "blood_pressure_systolic_mmhg": 120,
        "blood_pressure_diastolic_mmhg": 80,
        "skin_temp_c": pytest.approx(35),
    }
    hrv = readings["hrv_sdnn_ms"]
    assert (hrv.start_at, hrv.utc_offset_s, hrv.source) == (WHEN, -8 * 3600, "Sam’s Apple Watch")
    (body,) = [item for item in told(auto_metrics()) if isinstance(item, BodyMeasurement)]
    assert body.weight_kg == pytest.approx(72.5747792)


def test_a_night_told_in_hours() -> None:
    (night,) = [item for item in told(auto_metrics()) if isinstance(item, Night)]
    assert night.start_at == dt.datetime(2024, 2, 6, 6, 50, tzinfo=dt.UTC)
    assert night.end_at == dt.datetime(2024, 2, 6, 14, 50, tzinfo=dt.UTC)
    assert (night.asleep_min, night.in_bed_min, night.awake_min) == (450, 480, 15)
    assert (night.light_min, night.deep_min, night.rem_min, night.nap) == (270, 75, 105, False)
    assert night.efficiency_pct == pytest.approx(93.75)


def test_a_night_told_by_stages_is_built_like_that_of_an_export() -> None:
    def stage(value: str, start: str, end: str) -> dict[str, Any]:
        day = "2024-02-06 "
        return {"startDate": f"{day}{start} +0100", "endDate": f"{day}{end} +0100", "qty": 1, "value": value}

    items = _metric(
        "sleep_analysis",
        "hr",
        stage("In Bed", "00:00:00", "08:00:00"),
        stage("Core", "00:30:00", "03:30:00"),
        stage("REM", "03:30:00", "04:30:00"),
        stage("Awake", "04:30:00", "05:00:00"),
        stage("Asleep", "05:00:00", "07:30:00"),
        stage("Dreaming", "07:30:00", "07:40:00"),
    )
    (night,) = [item for item in items if isinstance(item, Night)]
    assert (night.asleep_min, night.light_min, night.rem_min, night.awake_min) == (390, 180, 60, 30)
    assert night.stages[0].stage is SleepStage.IN_BED
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert (rejected.row, rejected.field) == (6, "sleep_analysis.value")


def test_workouts_of_both_versions() -> None:
    second, first = [item for item in told(auto_workouts()) if isinstance(item, Workout)]
    assert second.source_id == "550E8400-E29B-41D4-A716-446655440000"
    assert (second.activity, second.duration_min, second.gps) == ("outdoor_run", 30, True)
    assert second.energy_kj == pytest.approx(1464.4)
    assert second.distance_m == pytest.approx(5632.704)
    assert (second.min_hr_bpm, second.avg_hr_bpm, second.max_hr_bpm) == (90, 150, 181)
    assert second.altitude_gain_m == pytest.approx(30.48)
    assert second.max_speed_m_s == pytest.approx(4.02336)
    assert (first.source_id, first.activity, first.duration_min) == (None, "cycling", 30)
    assert (first.energy_kj, first.avg_hr_bpm, first.max_hr_bpm) == (800, 140, 170)
    assert first.altitude_gain_m == 12


def test_rows_count_through_the_document_and_one_bad_row_costs_itself() -> None:
    items = told(
        json.dumps(
            {
                "data": {
                    "metrics": [
                        {
                            "name": "step_count",
                            "units": "count",
                            "data": [{"date": "2024-02-06 14:30:00 -0800"}],
                        },
                        {
                            "name": "heart_rate_variability",
                            "units": "ms",
                            "data": [3, {"date": "2024-02-06 14:30:00 -0800", "qty": 40}],
                        },
                    ]
                }
            }
        )
    )
    assert [(item.row, item.field) for item in items if isinstance(item, Rejected)] == [
        (1, "step_count.qty"),
        (2, "heart_rate_variability"),
    ]
    assert [item.row for item in items if isinstance(item, Reading)] == [3]


def test_metrics_of_unknown_names_are_told_once() -> None:
    (rejected,) = _metric("dietary_sugar", "g", {"qty": 1}, {"qty": 2})
    assert isinstance(rejected, Rejected)
    assert rejected.row is None
    assert "dietary_sugar 2" in rejected.reason


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {}}',
        '{"data": []}',
        '{"data": {"metrics": 3}}',
        '{"data": {"metrics": [7]}}',
        '{"data": {"metr',
    ],
)
def test_what_is_no_document_of_the_app_is_rejected(text: str) -> None:
    (rejected,) = told(text)
    assert isinstance(rejected, Rejected)


def test_a_document_without_anything_that_is_read_is_no_error() -> None:
    assert told('{"data": {"metrics": [], "symptoms": [{"name": "cough"}]}}') == []


def test_a_saved_document_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "HealthAutoExport-2024-02-06.json"
    path.write_bytes(b"\xef\xbb\xbf" + auto_metrics())
    (document,) = AppleHealth().read_file(path)
    assert isinstance(document, RawDocument)
    assert document.name == path.name
    assert told(document.content, path.name) == told(auto_metrics(), path.name)


def test_what_the_app_leaves_empty_costs_nothing() -> None:
    one = {"date": "2024-02-06 2:30:00\u202fpm -0800", "source": ""}
    (steps,) = _metric("step_count", "count", one | {"qty": 8})
    assert isinstance(steps, Reading)
    assert (steps.value, steps.source, steps.start_at) == (8, None, WHEN)
    (index,) = _metric("body_mass_index", "", one | {"qty": 21})
    assert isinstance(index, Reading)
    (night,) = _metric(
        "sleep_analysis",
        "hr",
        {
            "source": "",
            "sleepStart": "2024-02-05 23:00:00 -0800",
            "sleepEnd": "2024-02-06 06:00:00 -0800",
            "inBedStart": "",
            "inBedEnd": None,
            "totalSleep": 6.5,
        },
    )
    assert isinstance(night, Night)
    assert (night.asleep_min, night.source, night.in_bed_min) == (390, None, None)
    assert told('{"data": {"metrics": [{"name": "body_temperature", "units": "degC", "data": null}]}}') == []


def test_asleep_is_the_whole_of_a_night_where_it_cannot_be_a_rest() -> None:
    span = {"sleepStart": "2024-02-05 23:00:00 -0800", "sleepEnd": "2024-02-06 06:30:00 -0800"}
    (sum_of_all,) = _metric("sleep_analysis", "hr", span | {"asleep": 7, "core": 4, "deep": 1, "rem": 2})
    (rest,) = _metric("sleep_analysis", "hr", span | {"asleep": 0.5, "core": 4, "deep": 1, "rem": 1})
    assert isinstance(sum_of_all, Night)
    assert isinstance(rest, Night)
    assert (sum_of_all.asleep_min, rest.asleep_min) == (420, 390)


@pytest.mark.parametrize(
    ("name", "units", "told_as", "metric", "value"),
    [
        ("vo2max", "ml/(kg·min)", {"qty": 44.5}, "vo2max_ml_kg_min", 44.5),
        ("vo2_max", "ml/kg/min", {"qty": 44.5}, "vo2max_ml_kg_min", 44.5),
        ("blood_oxygen_saturation", "%", {"qty": 0.97}, "spo2_pct", 97),
        ("blood_oxygen_saturation", "%", {"Min": 93, "Avg": 96.5, "Max": 99}, "spo2_pct", 96.5),
    ],
)
def test_one_metric_has_several_names_units_and_shapes(
    name: str, units: str, told_as: dict[str, float], metric: str, value: float
) -> None:
    (reading,) = _metric(name, units, {"date": "2024-02-06 14:30:00 -0800"} | told_as)
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value) == (metric, value)


@pytest.mark.parametrize(
    ("name", "activity"),
    [
        ("Course à pied extérieure", "course_à_pied_extérieure"),
        ("Уличный бег", "уличный_бег"),
        ("户外跑步", "户外跑步"),
    ],
)
def test_a_workouts_name_is_in_the_language_of_the_phone(name: str, activity: str) -> None:
    when = {"start": "2024-02-06 07:00:00 -0800", "end": "2024-02-06 07:35:00 -0800"}
    empty = {"id": "", "distance": {"qty": 0, "units": "km"}, "route": None, "heartRateRecovery": None}
    (workout,) = told(json.dumps({"data": {"workouts": [{"name": name} | when | empty]}}))
    assert isinstance(workout, Workout)
    assert (workout.activity, workout.activity_label) == (activity, name)
    assert (workout.source_id, workout.distance_m) == (None, None)
