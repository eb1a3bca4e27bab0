"""Days: which local calendar day a record belongs to.

A night belongs to the local day on which it ends, a workout to the day on which it begins. A vendor's
cycle of strain runs from falling asleep to falling asleep; its day is that of the waking in between.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

__all__ = ["LARGEST_OFFSET_S", "TYPICAL_SLEEP", "cycle_day", "local_day", "parse_offset"]

#: Where a cycle's own night is not known, its waking is taken to be this long after its beginning.
TYPICAL_SLEEP: Final = dt.timedelta(hours=8)
#: Local time anywhere, at any date in the tables of time zones, lies within this of UTC.
LARGEST_OFFSET_S: Final = 18 * 3600

_OFFSET: Final = re.compile(r"(?:UTC|GMT)?(?:Z|([+\-\u2212])([0-9]{2})(?::?([0-5][0-9]))?)?")


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
    found = _OFFSET.fullmatch(text.strip().upper())
    if found is None or not text.strip():
        raise ValueError(f"not a UTC offset: {text!r}")
    sign, hours, minutes = found.groups()
    if sign is None:
        return 0
    seconds = int(hours) * 3600 + int(minutes or 0) * 60
    if seconds > LARGEST_OFFSET_S:
        raise ValueError(f"not a UTC offset: {text!r}")
    return seconds if sign == "+" else -seconds
