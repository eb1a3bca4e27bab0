"""Turns on athletes' clocks: when a round comes to a connection, and who comes how long after whom."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Round", "next_due", "offset_of", "retry_after", "zone_of"]

#: Those who wait for the same thing come back spread over as long as they waited, at most so many seconds.
_LONGEST_STAGGER_S: Final = 20.0

#: Multiples of the golden ratio's fraction fall most evenly into an interval, however many there are
#: (D. Knuth, The Art of Computer Programming, vol. 3, §6.4, "Fibonacci hashing").
_GOLDEN: Final = (math.sqrt(5) - 1) / 2

_DAY: Final = dt.timedelta(days=1)
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Round:
    """At ``hour`` local time, on every ``every_days``-th day (which one depends on the connection)."""

    hour: int
    every_days: int = 1


def offset_of(connection_id: int, spread: dt.timedelta) -> dt.timedelta:
    """How long after the hour this connection's turn is."""
    return spread * ((connection_id * _GOLDEN) % 1.0)


def next_due(
    rounds: Sequence[Round],
    *,
    zone: ZoneInfo,
    connection_id: int,
    spread: dt.timedelta,
    after: dt.datetime,
) -> dt.datetime | None:
    """The first turn (UTC) later than ``after``, the last attempt; ``None`` if there are no rounds.

    Turns missed meanwhile are one turn: whoever compares with now asks once.
    """
    offset = offset_of(connection_id, spread)
    # The turn of yesterday's last hour may lie after today's midnight.
    first = (after - offset).astimezone(zone).date() - _DAY
    turns = (_turn(one, first, zone, connection_id, offset, after) for one in rounds)
    return min(turns, default=None)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC for one that this system does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return _UTC


def _turn(
    one: Round, first: dt.date, zone: ZoneInfo, connection_id: int, offset: dt.timedelta, after: dt.datetime
) -> dt.datetime:
    """The first turn of one round later than ``after``."""
    day = first + _DAY * (-(first.toordinal() + connection_id) % one.every_days)
    while True:
        # An hour that the clocks leave out or repeat is still one instant: the zone decides which.
        local = dt.datetime(day.year, day.month, day.day, one.hour, tzinfo=zone)
        turn = local.astimezone(dt.UTC) + offset
        if turn > after:
            return turn
        day += _DAY * one.every_days


def retry_after(asked_s: float, connection_id: int) -> float:
    """When to try again what the vendor, or its budget, put off for ``asked_s`` seconds.

    A little later each, so that all who were put off do not come back at the same instant.
    """
    return asked_s + min(asked_s, _LONGEST_STAGGER_S) * ((connection_id * _GOLDEN) % 1.0)
