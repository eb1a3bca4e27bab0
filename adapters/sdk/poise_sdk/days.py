"""Days: which local calendar day a record belongs to.

A night belongs to the local day on which it ends, a workout to the day on which it begins. A vendor's
cycle of strain runs from falling asleep to falling asleep; its day is that of the waking in between.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

__all__ = ["TYPICAL_SLEEP", "cycle_day", "local_day", "parse_offset"]

#: Where a cycle's own night is not known, its waking is taken to be this long after its beginning.
TYPICAL_SLEEP: Final = dt.timedelta(hours=8)


def local_day(moment: dt.datetime, utc_offset_s: int | None) -> dt.date:
    """The calendar day of ``moment`` (aware) at the offset; an unknown offset counts as UTC."""
    return (moment.astimezone(dt.UTC) + dt.timedelta(seconds=utc_offset_s or 0)).date()


def cycle_day(start_at: dt.datetime, utc_offset_s: int | None) -> dt.date:
    """The day of a cycle of which only the beginning is known: that of its likely waking."""
    return local_day(start_at + TYPICAL_SLEEP, utc_offset_s)


def parse_offset(text: str) -> int:
    """Seconds of a UTC offset as vendors write it: ``+02:00``, ``-0730``, ``UTC-07:00``, ``Z``, ``UTCZ``.

    Raises :class:`ValueError`, which quotes the text, for anything else and for more than 18 hours.
    """
    plain = text.strip().upper().removeprefix("UTC").removeprefix("GMT")
    if plain in ("", "Z") and text.strip():
        return 0
    digits = plain[1:].replace(":", "")
    if plain[:1] not in ("+", "-", "\u2212") or not digits.isdecimal() or len(digits) not in (2, 4):
        raise ValueError(f"not a UTC offset: {text!r}")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 18 or minutes > 59:
        raise ValueError(f"not a UTC offset: {text!r}")
    return (hours * 3600 + minutes * 60) * (1 if plain[0] == "+" else -1)
