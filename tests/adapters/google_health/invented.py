"""Data points of an invented account, in the words of Google's public reference."""

from __future__ import annotations

import json
from typing import Any, Final

from adapters.google_health.payloads import ROOT
from poise_sdk.records import RawDocument

__all__ = ["DOCUMENTS", "PAGES", "POINTS", "document"]

_SOURCE: Final = {
    "platform": "FITBIT",
    "recordingMethod": "PASSIVELY_MEASURED",
    "device": {"displayName": "Charge 6", "formFactor": "FITNESS_BAND"},
}
_DATE: Final = {"year": 2026, "month": 5, "day": 12}
_TIME: Final = {"physicalTime": "2026-05-12T04:10:00Z", "utcOffset": "7200s"}
_STAGES: Final = (
    ("LIGHT", "2026-05-11T21:42:00Z", "2026-05-11T23:10:00Z"),
    ("DEEP", "2026-05-11T23:10:00Z", "2026-05-12T00:25:00Z"),
    ("AWAKE", "2026-05-12T00:25:00Z", "2026-05-12T00:40:00Z"),
    ("REM", "2026-05-12T00:40:00Z", "2026-05-12T05:10:00Z"),
)


def _interval(start: str, end: str) -> dict[str, str]:
    return {"startTime": start, "startUtcOffset": "7200s", "endTime": end, "endUtcOffset": "7200s"}


def _point(name: str, value: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    named = {"name": f"users/4711/dataTypes/{name}/dataPoints/{key}"} if key else {}
    first, *rest = name.split("-")
    return {**named, "dataSource": _SOURCE, first + "".join(word.title() for word in rest): value}


POINTS: Final[dict[str, list[dict[str, Any]]]] = {
    "sleep": [
        _point(
            "sleep",
            {
                "interval": _interval("2026-05-11T21:30:00Z", "2026-05-12T05:10:00Z"),
                "type": "STAGES",
                "stages": [
                    {"type": kind, "startTime": start, "endTime": end} for kind, start, end in _STAGES
                ],
                "metadata": {"stagesStatus": "SUCCEEDED", "processed": True, "nap": False},
                "summary": {
                    "minutesInSleepPeriod": "460",
                    "minutesAsleep": "433",
                    "minutesAwake": "27",
                    "minutesToFallAsleep": "12",
                    "stagesSummary": [
                        {"type": "LIGHT", "minutes": "88", "count": "1"},
                        {"type": "DEEP", "minutes": "75", "count": "1"},
                        {"type": "REM", "minutes": "270", "count": "1"},
                    ],
                },
                "createTime": "2026-05-12T05:30:00Z",
                "updateTime": "2026-05-12T05:41:00.5Z",
            },
            "81001",
        )
    ],
    "exercise": [
        _point(
            "exercise",
            {
                "interval": _interval("2026-05-12T15:00:00Z", "2026-05-12T15:50:00Z"),
                "exerciseType": "RUNNING",
                "displayName": "Evening run",
                "activeDuration": "2880.5s",
                "metricsSummary": {
                    "caloriesKcal": 512.5,
                    "distanceMillimeters": 9123000.0,
                    "averageHeartRateBeatsPerMinute": "151",
                    "elevationGainMillimeters": 64000.0,
                },
                "exerciseMetadata": {"hasGps": True},
                "updateTime": "2026-05-12T16:00:00Z",
            },
            "82001",
        )
    ],
    "daily-resting-heart-rate": [
        _point("daily-resting-heart-rate", {"date": _DATE, "beatsPerMinute": "52"}),
    ],
    "daily-heart-rate-variability": [
        _point(
            "daily-heart-rate-variability",
            {"date": _DATE, "averageHeartRateVariabilityMilliseconds": 61.25, "entropy": 2.8},
        ),
    ],
    "daily-oxygen-saturation": [
        _point("daily-oxygen-saturation", {"date": _DATE, "averagePercentage": 96.5}),
    ],
    "heart-rate": [
        _point("heart-rate", {"sampleTime": _TIME, "beatsPerMinute": "54"}),
        _point(
            "heart-rate",
            {"sampleTime": _TIME | {"physicalTime": "2026-05-12T04:10:05Z"}, "beatsPerMinute": "55"},
        ),
    ],
    "heart-rate-variability": [
        _point(
            "heart-rate-variability",
            {"sampleTime": _TIME, "rootMeanSquareOfSuccessiveDifferencesMilliseconds": 64.1},
        ),
    ],
    "oxygen-saturation": [
        _point("oxygen-saturation", {"sampleTime": _TIME, "percentage": 97.0}),
    ],
    "steps": [
        _point(
            "steps",
            {"interval": _interval("2026-05-12T08:00:00Z", "2026-05-12T08:01:00Z"), "count": "87"},
        ),
    ],
    "weight": [
        _point("weight", {"sampleTime": _TIME, "weightGrams": 92300.0}, "83001"),
    ],
}
"""By collection."""


def document(collection: str, value: object) -> RawDocument:
    """``value`` as the client names it."""
    return RawDocument(name=f"{ROOT}/{collection}/dataPoints", content=json.dumps(value).encode())


PAGES: Final = {name: {"dataPoints": points} for name, points in POINTS.items()}
DOCUMENTS: Final = tuple(document(name, page) for name, page in PAGES.items())
