"""The vendor's clocks and times as seconds and aware datetimes."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

__all__ = ["aware", "moment", "seconds"]

#: Seconds of the longest period of any basketball, a college half: more is no clock.
_LONGEST_PERIOD_S: Final = 1200.0
#: The schedule writes a time of day without a day as one of this year.
_FILLER_YEAR: Final = 1900
_CLOCK: Final = re.compile(r"\s*(?:PT)?(\d{1,3})[M:](\d{1,2}(?:\.\d*)?)S?\s*")
_SECONDS: Final = re.compile(r"\s*(?:PT)?(\d{1,2}(?:\.\d*)?)S?\s*")


@lru_cache(maxsize=16384)
def seconds(clock: str | None) -> float | None:
    """Seconds left: ``PT04M58.60S`` → 298.6, ``4:58`` → 298.0, ``0.4`` → 0.4; ``None`` if it is no clock."""
    if not clock:
        return None
    if match := _CLOCK.fullmatch(clock):
        # Rounded because 4 * 60 + 58.6 is not the nearest float to 298.6 for every clock.
        left = round(int(match[1]) * 60 + float(match[2]), 3)
    elif match := _SECONDS.fullmatch(clock):
        left = float(match[1])
    else:
        return None
    return left if left <= _LONGEST_PERIOD_S else None


def aware(time: dt.datetime | None) -> dt.datetime | None:
    """``time`` in UTC; the vendor means UTC even where it does not say so."""
    if time is None or time.tzinfo is dt.UTC:
        return time
    if time.tzinfo is None:
        return time.replace(tzinfo=dt.UTC)
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:
        return None


def moment(text: str | None) -> dt.datetime | None:
    """An ISO 8601 time as an aware datetime; ``None`` for nothing, nonsense, and the year-1900 filler."""
    if not text:
        return None
    try:
        time = aware(dt.datetime.fromisoformat(text))
    except ValueError:
        return None
    return time if time is not None and time.year > _FILLER_YEAR else None
