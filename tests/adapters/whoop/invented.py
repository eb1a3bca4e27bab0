"""Invented documents of WHOOP's interface, one record of each kind with every field that it may have."""

from __future__ import annotations

from typing import Any

import msgspec

from poise_sdk.records import RawDocument

__all__ = [
    "BODY",
    "CYCLE",
    "DOCUMENTS",
    "PROFILE",
    "RECOVERY",
    "SLEEP",
    "WORKOUT",
    "document",
    "page",
    "without",
]

_TIMES = {"created_at": "2025-03-10T06:55:02.310Z", "updated_at": "2025-03-10T07:14:01.137Z"}

SLEEP: dict[str, Any] = {
    "id": "5f0c6c1e-91cf-4a93-8b1d-0a54a0f7a0b1",
    "cycle_id": 93_845,
    "v1_id": 1_043,
    "user_id": 10_129,
    **_TIMES,
    "start": "2025-03-09T22:18:00.000Z",
    "end": "2025-03-10T06:48:00.000Z",
    "timezone_offset": "-04:00",
    "nap": False,
    "score_state": "SCORED",
    "score": {
        "stage_summary": {
            "total_in_bed_time_milli": 30_600_000,
            "total_awake_time_milli": 1_800_000,
            "total_no_data_time_milli": 600_000,
            "total_light_sleep_time_milli": 15_000_000,
            "total_slow_wave_sleep_time_milli": 6_600_000,
            "total_rem_sleep_time_milli": 6_600_000,
            "sleep_cycle_count": 5,
            "disturbance_count": 9,
        },
        "sleep_needed": {
            "baseline_milli": 27_000_000,
            "need_from_sleep_debt_milli": 1_200_000,
            "need_from_recent_strain_milli": 900_000,
            "need_from_recent_nap_milli": -300_000,
        },
        "respiratory_rate": 15.86,
        "sleep_performance_percentage": 97.0,
        "sleep_consistency_percentage": 78.0,
        "sleep_efficiency_percentage": 92.15,
    },
}

RECOVERY: dict[str, Any] = {
    "cycle_id": 93_845,
    "sleep_id": SLEEP["id"],
    "user_id": 10_129,
    **_TIMES,
    "score_state": "SCORED",
    "score": {
        "user_calibrating": False,
        "recovery_score": 72.0,
        "resting_heart_rate": 51.0,
        "hrv_rmssd_milli": 68.4,
        "spo2_percentage": 96.7,
        "skin_temp_celsius": 33.4,
    },
}

CYCLE: dict[str, Any] = {
    "id": 93_845,
    "user_id": 10_129,
    **_TIMES,
    "start": "2025-03-09T22:18:00.000Z",
    "end": "2025-03-10T21:50:00.000Z",
    "timezone_offset": "-04:00",
    "score_state": "SCORED",
    "score": {
        "strain": 12.25,
        "kilojoule": 9_288.297,
        "average_heart_rate": 68,
        "max_heart_rate": 171,
    },
}

WORKOUT: dict[str, Any] = {
    "id": "0b9d8a52-1d70-45cf-8d8e-8f14a7a6f5c2",
    "v1_id": 1_044,
    "user_id": 10_129,
    **_TIMES,
    "start": "2025-03-10T09:30:00.000Z",
    "end": "2025-03-10T10:30:00.000Z",
    "timezone_offset": "-04:00",
    "sport_name": "functional-fitness",
    "sport_id": 48,
    "score_state": "SCORED",
    "score": {
        "strain": 12.4163,
        "average_heart_rate": 152,
        "max_heart_rate": 178,
        "kilojoule": 1_832.74,
        "percent_recorded": 99.5,
        "distance_meter": 8_123.4,
        "altitude_gain_meter": 64.2,
        "altitude_change_meter": -1.8,
        "zone_durations": {
            "zone_zero_milli": 60_000,
            "zone_one_milli": 240_000,
            "zone_two_milli": 540_000,
            "zone_three_milli": 1_320_000,
            "zone_four_milli": 1_380_000,
            "zone_five_milli": 60_000,
        },
    },
}

BODY: dict[str, Any] = {"height_meter": 1.8288, "weight_kilogram": 90.7185, "max_heart_rate": 200}

PROFILE: dict[str, Any] = {
    "user_id": 10_129,
    "email": "ada.arnholt@example.com",
    "first_name": "Ada",
    "last_name": "Arnholt",
}


def document(name: str, value: object) -> RawDocument:
    """``value`` as JSON under the path ``name``."""
    return RawDocument(name=name, content=msgspec.json.encode(value))


def page(name: str, *records: object) -> RawDocument:
    """A page of a collection."""
    return document(name, {"records": list(records), "next_token": "MTIzOjEyMzEyMw"})


def without(record: dict[str, Any], *names: str, **changes: Any) -> dict[str, Any]:
    """``record`` without the fields ``names``, and with ``changes``."""
    return {name: value for name, value in record.items() if name not in names} | changes


DOCUMENTS = (
    page("v2/activity/sleep", SLEEP),
    page("v2/recovery", RECOVERY),
    page("v2/cycle", CYCLE),
    page("v2/activity/workout", WORKOUT),
    document("v2/user/measurement/body", BODY),
    document("v2/user/profile/basic", PROFILE),
)
