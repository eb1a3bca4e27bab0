"""A page of activities and statistics of an invented team."""

from __future__ import annotations

import json
from typing import Any, Final

from adapters.catapult.payloads import STATS
from poise_sdk.records import RawDocument

__all__ = ["ATHLETE", "DELETION", "DOCUMENTS", "document", "page"]

ATHLETE: Final = "7c1c3c1e-0000-4000-8000-00000000a001"
_BANDS: Final = {5: 310.5, 6: 120.25, 7: 31.0, 8: 2.5}


def page(**changes: Any) -> dict[str, Any]:
    """A session; ``changes`` go to its statistics."""
    figures = {
        "activity_id": "act-1",
        "activity_name": "Practice",
        "athlete_id": ATHLETE,
        "athlete_name": "Ada Arnholt",
        "start_time": 1741539600,
        "end_time": 1741545000,
        "total_duration": 5400,
        "total_distance": 4812.5,
        "total_player_load": 431.2,
        "max_vel": 7.43,
        "mean_heart_rate": 141.2,
        "max_heart_rate": 186,
        **{f"velocity_band{number}_total_distance": metres for number, metres in _BANDS.items()},
    }
    listed = {
        "id": "act-1",
        "name": "Practice",
        "start_time": 1741539300,
        "end_time": 1741545300,
        "modified_at": "2025-03-09 20:10:11",
        "is_deleted": 0,
    }
    return {
        "athlete_id": ATHLETE,
        "speed_unit": "m/s",
        "high_speed_bands": [5, 6, 7, 8],
        "sprint_bands": [6, 7, 8],
        "activities": [listed],
        "stats": [figures | changes],
    }


def document(value: object) -> RawDocument:
    """``value`` as the client names it."""
    return RawDocument(name=STATS, content=json.dumps(value).encode())


def _deletion() -> dict[str, Any]:
    """The session of :func:`page`, taken back."""
    told = page()
    listed = told["activities"][0] | {"modified_at": "2025-03-10 08:00:00", "is_deleted": 1}
    return told | {"activities": [listed], "stats": []}


DOCUMENTS: Final = (document(page()),)
DELETION: Final = document(_deletion())
