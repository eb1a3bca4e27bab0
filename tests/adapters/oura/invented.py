"""Invented documents of Oura's interface, one of each collection with every field that it may have."""

from __future__ import annotations

from typing import Any

import msgspec

from poise_sdk.records import RawDocument

__all__ = [
    "ACTIVITY",
    "DAILY_SLEEP",
    "DOCUMENTS",
    "HEART_RATE",
    "PERSON",
    "READINESS",
    "SESSION",
    "SLEEP",
    "SPO2",
    "STRESS",
    "VO2_MAX",
    "WORKOUT",
    "document",
    "page",
    "without",
]

_READINESS = {
    "activity_balance": 81,
    "body_temperature": 97,
    "hrv_balance": 74,
    "previous_day_activity": None,
    "previous_night": 68,
    "recovery_index": 90,
    "resting_heart_rate": 88,
    "sleep_balance": 72,
    "sleep_regularity": 79,
}

#: Two hours in bed, written as at +02:00: awake 10 min, light 40, deep 30, REM 40.
SLEEP: dict[str, Any] = {
    "id": "2d0c4f31-74a5-4e0e-9f5c-7f4a3b1d9c10",
    "average_breath": 14.25,
    "average_heart_rate": 51.5,
    "average_hrv": 64,
    "awake_time": 600,
    "bedtime_end": "2025-06-02T01:30:00+02:00",
    "bedtime_start": "2025-06-01T23:30:00+02:00",
    "day": "2025-06-02",
    "deep_sleep_duration": 1800,
    "efficiency": 92,
    "heart_rate": {
        "interval": 300.0,
        "items": [None, 54.0, 52.0, 0, 51.0],
        "timestamp": "2025-06-01T23:30:00+02:00",
    },
    "hrv": {"interval": 300.0, "items": [None, 61, None, 66], "timestamp": "2025-06-01T23:30:00+02:00"},
    "latency": 300,
    "light_sleep_duration": 2400,
    "low_battery_alert": False,
    "lowest_heart_rate": 47,
    "movement_30_sec": "1" * 240,
    "period": 0,
    "readiness": {
        "contributors": _READINESS,
        "score": 78,
        "temperature_deviation": -0.12,
        "temperature_trend_deviation": 0.05,
    },
    "readiness_score_delta": 0.0,
    "rem_sleep_duration": 2400,
    "restless_periods": 21,
    "sleep_algorithm_version": "v2",
    "sleep_analysis_reason": "foreground_sleep_analysis",
    "sleep_phase_30_sec": None,
    "sleep_phase_5_min": "422221111113333333322224",
    "sleep_score_delta": 0.0,
    "time_in_bed": 7200,
    "total_sleep_duration": 6600,
    "type": "long_sleep",
    "ring_id": "ring-1",
    "app_sleep_phase_5_min": None,
}

READINESS: dict[str, Any] = {
    "id": "0f4c7a52-1c1d-4b73-8f39-b6f3bb53c2a1",
    "contributors": _READINESS,
    "day": "2025-06-02",
    "score": 78,
    "temperature_deviation": -0.12,
    "temperature_trend_deviation": 0.05,
    "timestamp": "2025-06-02T00:00:00+02:00",
}

DAILY_SLEEP: dict[str, Any] = {
    "id": "7e3f2f90-4bd5-4e3c-a9c4-6f2f0d1f5a77",
    "contributors": {"deep_sleep": 88, "efficiency": 91, "latency": 70, "rem_sleep": 95},
    "day": "2025-06-02",
    "score": 81,
    "timestamp": "2025-06-02T00:00:00+02:00",
}

ACTIVITY: dict[str, Any] = {
    "id": "c5f7f2d5-8d0f-4d4a-8d61-3b8b4a0de3f2",
    "active_calories": 500,
    "average_met_minutes": 1.6,
    "class_5_min": None,
    "contributors": {"meet_daily_targets": 80, "training_volume": 91},
    "day": "2025-06-02",
    "equivalent_walking_distance": 9_500,
    "high_activity_met_minutes": 120,
    "high_activity_time": 1_200,
    "inactivity_alerts": 1,
    "low_activity_met_minutes": 140,
    "low_activity_time": 9_000,
    "medium_activity_met_minutes": 100,
    "medium_activity_time": 1_800,
    "met": {"interval": 60.0, "items": [1.1, 1.4], "timestamp": "2025-06-02T04:00:00+02:00"},
    "meters_to_target": -300,
    "non_wear_time": 18_000,
    "resting_time": 27_000,
    "score": 84,
    "sedentary_met_minutes": 12,
    "sedentary_time": 30_000,
    "steps": 11_234,
    "target_calories": 450,
    "target_meters": 9_000,
    "timestamp": "2025-06-02T04:00:00+02:00",
    "total_calories": 2_500,
}

STRESS: dict[str, Any] = {
    "id": "a0b1c2d3-0000-4000-8000-000000000001",
    "day": "2025-06-02",
    "day_summary": "normal",
    "recovery_high": 4_500,
    "stress_high": 2_700,
}

SPO2: dict[str, Any] = {
    "id": "a0b1c2d3-0000-4000-8000-000000000002",
    "breathing_disturbance_index": 4,
    "day": "2025-06-02",
    "spo2_percentage": {"average": 97.25},
}

VO2_MAX: dict[str, Any] = {
    "id": "a0b1c2d3-0000-4000-8000-000000000003",
    "day": "2025-06-02",
    "timestamp": "2025-06-02T20:00:00+02:00",
    "vo2_max": 52,
}

WORKOUT: dict[str, Any] = {
    "id": "a0b1c2d3-0000-4000-8000-000000000004",
    "activity": "strengthTraining",
    "calories": 250.0,
    "day": "2025-06-02",
    "distance": 120.5,
    "end_datetime": "2025-06-02T18:45:00+02:00",
    "intensity": "moderate",
    "label": "Legs",
    "source": "manual",
    "start_datetime": "2025-06-02T18:00:00+02:00",
}

SESSION: dict[str, Any] = {
    "id": "a0b1c2d3-0000-4000-8000-000000000005",
    "day": "2025-06-02",
    "end_datetime": "2025-06-02T21:10:00+02:00",
    "heart_rate": {"interval": 60.0, "items": [58, 57], "timestamp": "2025-06-02T21:00:00+02:00"},
    "heart_rate_variability": {"interval": 60.0, "items": [70], "timestamp": "2025-06-02T21:00:00+02:00"},
    "mood": "good",
    "motion_count": None,
    "start_datetime": "2025-06-02T21:00:00+02:00",
    "type": "meditation",
}

HEART_RATE: dict[str, Any] = {
    "timestamp": "2025-06-02T10:00:00.000Z",
    "timestamp_unix": 1_748_858_400_000,
    "bpm": 66,
    "source": "awake",
}

PERSON: dict[str, Any] = {
    "id": "8c5b1b0e-4a53-4c9a-9d50-aa5c1a3f4f11",
    "age": 27,
    "weight": 92.5,
    "height": 1.98,
    "biological_sex": "male",
    "email": None,
}


def document(collection: str, value: object) -> RawDocument:
    """The answer to a request for ``collection``."""
    return RawDocument(name=f"v2/usercollection/{collection}", content=msgspec.json.encode(value))


def page(collection: str, *rows: object) -> RawDocument:
    """A page of ``collection``."""
    return document(collection, {"data": list(rows), "next_token": None})


def without(row: dict[str, Any], *names: str, **changed: object) -> dict[str, Any]:
    """``row`` without fields, and with others changed."""
    return {name: value for name, value in (row | changed).items() if name not in names}


DOCUMENTS = (
    page("sleep", SLEEP),
    page("daily_readiness", READINESS),
    page("daily_sleep", DAILY_SLEEP),
    page("daily_activity", ACTIVITY),
    page("daily_stress", STRESS),
    page("daily_spo2", SPO2),
    page("vO2_max", VO2_MAX),
    page("workout", WORKOUT),
    page("session", SESSION),
    page("heartrate", HEART_RATE),
    document("personal_info", PERSON),
)
