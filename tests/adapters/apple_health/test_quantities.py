"""Records of quantities: metrics, units, times and sources."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.observations import BodyMeasurement, Reading
from tests.adapters.apple_health.invented import (
    START,
    at,
    blood_pressure,
    export,
    readings_of,
    record,
    rejected_of,
    told,
    zone,
)


def _one(text: str) -> Reading:
    items = told(export(text))
    assert not rejected_of(items)
    (reading,) = readings_of(items)
    return reading


@pytest.mark.parametrize(
    ("kind", "value", "unit", "metric", "expected"),
    [
        ("HeartRate", "71", "count/min", "hr_bpm", 71.0),
        ("HeartRate", "1.2", "count/s", "hr_bpm", 72.0),
        ("OxygenSaturation", "0.97", "%", "spo2_pct", 97.0),
        ("OxygenSaturation", "97", "%", "spo2_pct", 97.0),
        ("BodyTemperature", "98.6", "degF", "body_temp_c", 37.0),
        ("AppleSleepingWristTemperature", "308.15", "K", "skin_temp_c", 35.0),
        ("BloodGlucose", "5.5", "mmol&lt;180.1558800000541&gt;/L", "glucose_mg_dl", 99.085734),
        ("BloodGlucose", "99", "mg/dL", "glucose_mg_dl", 99.0),
        ("ActiveEnergyBurned", "1", "kcal", "active_energy_kj", 4.184),
        ("ActiveEnergyBurned", "1", "Cal", "active_energy_kj", 4.184),
        ("ActiveEnergyBurned", "1000", "cal", "active_energy_kj", 4.184),
        ("BasalEnergyBurned", "4.5", "kJ", "basal_energy_kj", 4.5),
        ("DistanceWalkingRunning", "1", "mi", "distance_m", 1609.344),
        ("DistanceCycling", "1.5", "km", "cycling_distance_m", 1500.0),
        ("DistanceSwimming", "25", "yd", "swimming_distance_m", 22.86),
        ("AppleExerciseTime", "90", "s", "exercise_min", 1.5),
        ("BloodPressureSystolic", "16", "kPa", "blood_pressure_systolic_mmhg", 120.010),
        ("VO2Max", "48.2", "mL/min·kg", "vo2max_ml_kg_min", 48.2),
    ],
)
def test_the_unit_attribute_decides_the_conversion(
    kind: str, value: str, unit: str, metric: str, expected: float
) -> None:
    reading = _one(record(kind, value, unit))
    assert reading.metric == metric
    assert reading.value == pytest.approx(expected, rel=1e-5)


def test_measures_of_the_body_taken_together_are_one_record() -> None:
    items = told(
        export(
            record("BodyMass", 160, "lb", source="Scale", device=None),
            record("BodyFatPercentage", 0.182, "%", source="Scale", device=None),
            record("Height", "6", "ft", source="Health", device=None),
        )
    )
    scale, health = [item for item in items if isinstance(item, BodyMeasurement)]
    assert scale.weight_kg == pytest.approx(72.5747792)
    assert (scale.body_fat_pct, scale.source, scale.row) == (pytest.approx(18.2), "Scale", 3)
    assert health.height_m == pytest.approx(1.8288)
    assert not readings_of(items)


def test_an_instant_has_no_end_and_a_span_has_one() -> None:
    instant = _one(record("HeartRate", 71, "count/min"))
    assert (instant.start_at, instant.end_at) == (START, None)
    assert instant.utc_offset_s == 3600
    span = _one(record("StepCount", 12, "count", end=at(0.5)))
    assert span.end_at == at(0.5)


def test_a_named_time_zone_is_believed_over_the_offset_of_the_exporting_phone() -> None:
    reading = _one(record("HeartRate", 71, "count/min", inside=zone("America/New_York")))
    assert reading.utc_offset_s == -5 * 3600
    assert reading.start_at == START
    unknown = _one(record("HeartRate", 71, "count/min", inside=zone("Mars/Olympus")))
    assert unknown.utc_offset_s == 3600


@pytest.mark.parametrize(
    ("text", "moment", "offset"),
    [
        ("2024-03-01 22:30:00 -0330", "2024-03-02T02:00:00Z", -12600),
        ("2024-02-29 23:59:59 +1400", "2024-02-29T09:59:59Z", 50400),
        ("2024-03-01 10:30:00 PM +0100", "2024-03-01T21:30:00Z", 3600),
        ("2024-03-01 12:30:00\u202fa.m. +0000", "2024-03-01T00:30:00Z", 0),
        ("2024-03-01 10:30:00 p.\u00a0m. +0000", "2024-03-01T22:30:00Z", 0),
        ("2024-03-01 下午10:30:00 +0800", "2024-03-01T14:30:00Z", 28800),
        ("2024-03-01 오전 10:30:00 +0900", "2024-03-01T01:30:00Z", 32400),
        ("2024-03-01 10:30:00 μ.μ. +0200", "2024-03-01T20:30:00Z", 7200),
        # up to iOS 8
        ("20240301223000-0330", "2024-03-02T02:00:00Z", -12600),
        ("202403012230+0100", "2024-03-01T21:30:00Z", 3600),
        ("2024-03-01T22:30:00.25Z", "2024-03-01T22:30:00.250Z", 0),
    ],
)
def test_times_are_read_as_phones_write_them(text: str, moment: str, offset: int) -> None:
    reading = _one(record("HeartRate", 71, "count/min", start=text))
    assert reading.start_at == dt.datetime.fromisoformat(moment)
    assert reading.utc_offset_s == offset


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29 10:00:00 +0100",
        "2024-13-01 10:00:00 +0100",
        "2024-03-01 24:00:00 +0100",
        "2024-03-01 10:00:00 +1900",
        "2024-03-01 10:00:00 0100",
        "2024-03-01 10:00:00",
        "2024-03-01 10:00:00 Uhr +0100",
        "2024-03-01 13:00:00 下午 +0800",
        "20240301993000+0100",
        "yesterday",
        "",
    ],
)
def test_a_time_that_is_none_costs_its_record_only(text: str) -> None:
    items = told(
        export(record("HeartRate", 70, "count/min", start=text), record("HeartRate", 71, "count/min"))
    )
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field, rejected.file) == (3, "startDate", "export.xml")
    assert [reading.value for reading in readings_of(items)] == [71.0]


@pytest.mark.parametrize(
    ("value", "unit", "field"),
    [("fast", "count/min", "value"), ("nan", "count/min", "value"), ("7,1", "count/min", "value"),
     (None, "count/min", "value"), ("71", "furlongs", "unit"), ("71", None, "unit")],
)  # fmt: skip
def test_a_malformed_record_is_rejected_with_its_row(value: str | None, unit: str | None, field: str) -> None:
    items = told(export(record("HeartRate", value, unit), record("StepCount", 5, "count")))
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field) == (3, field)
    assert [reading.metric for reading in readings_of(items)] == ["steps"]


def test_records_of_unknown_types_are_told_once() -> None:
    unknown = [
        record("DietarySugar", 1, "g"),
        record("DietarySugar", 2, "g"),
        record("UVExposure", 1, "count"),
    ]
    items = told(export(*unknown, record("HeartRate", 71, "count/min")))
    (rejected,) = rejected_of(items)
    assert (rejected.row, rejected.field) == (None, "type")
    assert "3 records" in rejected.reason
    assert "DietarySugar 2, UVExposure 1" in rejected.reason
    assert len(readings_of(items)) == 1


def test_what_a_correlation_repeats_counts_once() -> None:
    items = told(export(blood_pressure()))
    assert [(r.metric, r.value) for r in readings_of(items)] == [("blood_pressure_systolic_mmhg", 121.0)]
    assert not rejected_of(items)


def test_all_sources_of_a_reading_are_kept_by_name_whatever_the_devices_address() -> None:
    items = told(
        export(
            *(record("StepCount", 10, "count", device=f"&lt;&lt;HKDevice: 0x{n:x}&gt;&gt;") for n in (1, 2)),
            record("StepCount", 12, "count", source="Tom &amp; Jerry’s iPhone", device=None),
        )
    )
    assert [r.source for r in readings_of(items)] == [
        "Sam’s Apple Watch",
        "Sam’s Apple Watch",
        "Tom & Jerry’s iPhone",
    ]


def test_control_characters_and_broken_utf_8_cost_nothing() -> None:
    text = export(record("HeartRate", 71, "count/min", source="Sam\x0b’s Watch"))
    broken = text.replace("’s Watch".encode(), b"\xff Watch")
    assert [r.source for r in readings_of(told(text))] == ["Sam’s Watch"]
    assert [r.source for r in readings_of(told(broken))] == ["Sam\ufffd Watch"]


def test_two_weights_of_one_moment_are_both_told() -> None:
    items = told(
        export(
            record("BodyMass", 70, "kg", source="Scale"),
            record("BodyFatPercentage", 0.21, "%", source="Scale"),
            record("BodyMass", 71, "kg", source="Scale"),
            record("BodyMass", 70, "kg", source="Scale"),
        )
    )
    bodies = [item for item in items if isinstance(item, BodyMeasurement)]
    assert [(body.row, body.weight_kg, body.body_fat_pct) for body in bodies] == [(3, 70, 21), (5, 71, None)]
