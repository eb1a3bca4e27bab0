"""Oura's words: collections, scopes, webhook types, phases of sleep (from its public API description).

Oura calls a sleep of any length a sleep period; the ``long_sleep`` is the night. Durations are seconds,
energy is kilocalories, ``average_hrv`` is rMSSD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from poise_sdk.observations import SleepStage
from poise_sdk.vocabulary import DataType

__all__ = [
    "ANNOUNCED",
    "API",
    "AUTHORIZE",
    "COLLECTIONS",
    "OPERATIONS",
    "PHASES",
    "REVOKE",
    "SCOPES",
    "SCOPE_OF",
    "SUBSCRIPTIONS",
    "TOKEN",
    "WEBHOOKS",
    "kilojoules",
]

API: Final = "https://api.ouraring.com"
#: The consent page lives on another host than the interface.
AUTHORIZE: Final = "https://cloud.ouraring.com/oauth/authorize"
TOKEN: Final = "oauth/token"  # noqa: S105 - a path
REVOKE: Final = "oauth/revoke"

#: What is asked of the athlete; the address of their e-mail is not.
SCOPES: Final = ("personal", "daily", "heartrate", "workout", "session", "spo2Daily")

#: Which collections make up a data type, in the order in which they are fetched.
COLLECTIONS: Final[Mapping[DataType, tuple[str, ...]]] = {
    DataType.SLEEP: ("sleep",),
    DataType.RECOVERY: ("daily_readiness",),
    DataType.WORKOUT: ("workout",),
    DataType.JOURNAL: ("session",),
    DataType.DAILY: ("daily_sleep", "daily_activity", "daily_stress", "daily_spo2", "vO2_max"),
    DataType.READING: ("heartrate",),
    DataType.BODY: ("personal_info",),
    DataType.PROFILE: ("personal_info",),
}

#: Which scope opens a collection. The description names none for the daily estimates; ``daily`` covers days.
SCOPE_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "sleep",
            "daily_readiness",
            "daily_sleep",
            "daily_activity",
            "daily_stress",
            "vO2_max",
        ),
        "daily",
    ),
    "daily_spo2": "spo2Daily",
    "workout": "workout",
    "session": "session",
    "heartrate": "heartrate",
    "personal_info": "personal",
}

#: Where orders for webhooks are kept.
SUBSCRIPTIONS: Final = "v2/webhook/subscription"
#: What a webhook says happened.
OPERATIONS: Final = ("create", "update", "delete")
#: A webhook's word for a collection, and the collection. Heart rate has none: it is polled.
ANNOUNCED: Final[Mapping[str, str]] = {
    "sleep": "sleep",
    "daily_readiness": "daily_readiness",
    "workout": "workout",
    "session": "session",
    "daily_sleep": "daily_sleep",
    "daily_activity": "daily_activity",
    "daily_stress": "daily_stress",
    "daily_spo2": "daily_spo2",
    "vo2_max": "vO2_max",  # the one that Oura writes in two ways
}
#: What a webhook's word makes new.
WEBHOOKS: Final[Mapping[str, DataType]] = {
    word: next(kind for kind, collections in COLLECTIONS.items() if collection in collections)
    for word, collection in ANNOUNCED.items()
}

#: The characters of ``sleep_phase_30_sec`` and ``sleep_phase_5_min``.
PHASES: Final[Mapping[str, SleepStage]] = {
    "1": SleepStage.DEEP,
    "2": SleepStage.LIGHT,
    "3": SleepStage.REM,
    "4": SleepStage.AWAKE,
}

#: The thermochemical calorie's thousand, by which nutrition labels and wearables count.
_KJ_PER_KCAL: Final = 4.184


def kilojoules(kcal: float | None) -> float | None:
    """Oura's kilocalories as the records' unit; more decimals would be noise of the multiplication."""
    return None if kcal is None else round(kcal * _KJ_PER_KCAL, 6)
