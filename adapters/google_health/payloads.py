"""Google Health's words: hosts, scopes, collections and how each is filtered (from its public reference, v4).

A collection is called ``heart-rate`` in a path, ``heart_rate`` in a filter and ``heartRate`` in a data point.
64-bit numbers come as text, durations and UTC offsets as seconds with an ``s`` (``7200s``), days as
``{"year": …, "month": …, "day": …}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from poise_sdk.vocabulary import DataType

__all__ = [
    "API",
    "AUTHORIZE",
    "COLLECTIONS",
    "IDENTITY",
    "OAUTH",
    "REVOKE",
    "ROOT",
    "SCOPES",
    "TOKEN",
    "Collection",
    "Span",
    "member",
]

API: Final = "https://health.googleapis.com"
OAUTH: Final = "https://oauth2.googleapis.com"
AUTHORIZE: Final = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN: Final = "token"  # noqa: S105 - a path
REVOKE: Final = "revoke"
ROOT: Final = "v4/users/me/dataTypes"
IDENTITY: Final = "v4/users/me/identity"

#: Only reading is asked for.
_ACTIVITY, _METRICS, _SLEEP = (
    f"https://www.googleapis.com/auth/googlehealth.{name}.readonly"
    for name in ("activity_and_fitness", "health_metrics_and_measurements", "sleep")
)
SCOPES: Final = (_ACTIVITY, _METRICS, _SLEEP)

#: The largest pages that the reference allows: sessions, and everything else.
_SESSIONS: Final = 25
_SAMPLES: Final = 10_000


class Span(Enum):
    """By which member of its points a collection is filtered."""

    END = "interval.end_time"
    """Sleep alone."""
    CIVIL_START = "interval.civil_start_time"
    """Other sessions: local time, without a zone."""
    START = "interval.start_time"
    SAMPLE = "sample_time.physical_time"
    DAY = "date"
    """Days, without a time."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One of Google's data types."""

    name: str
    span: Span
    scope: str = _METRICS
    page_size: int = _SAMPLES

    @property
    def in_filter(self) -> str:
        """``heart_rate.sample_time.physical_time``."""
        return f"{self.name.replace('-', '_')}.{self.span.value}"


#: Which collections make up a data type, in the order in which they are fetched.
COLLECTIONS: Final[Mapping[DataType, tuple[Collection, ...]]] = {
    DataType.SLEEP: (Collection("sleep", Span.END, _SLEEP, _SESSIONS),),
    DataType.WORKOUT: (Collection("exercise", Span.CIVIL_START, _ACTIVITY, _SESSIONS),),
    DataType.DAILY: (
        Collection("daily-resting-heart-rate", Span.DAY),
        Collection("daily-heart-rate-variability", Span.DAY),
        Collection("daily-oxygen-saturation", Span.DAY),
    ),
    DataType.READING: (
        Collection("heart-rate", Span.SAMPLE),
        Collection("heart-rate-variability", Span.SAMPLE),
        Collection("oxygen-saturation", Span.SAMPLE),
        Collection("steps", Span.START, _ACTIVITY),
    ),
    DataType.BODY: (Collection("weight", Span.SAMPLE),),
}


def member(collection: str) -> str:
    """The collection's name in a data point: ``heartRate``."""
    return re.sub(r"-(\w)", lambda match: match.group(1).upper(), collection)
