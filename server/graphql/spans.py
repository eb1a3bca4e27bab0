"""Spans of days and of instants: what may be asked for at once, and what is meant by saying nothing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

import strawberry

from server.graphql.errors import Refused

__all__ = ["Moments", "Since", "Span", "Until", "days_of", "moments_of", "today", "zone_of"]

#: Days of one read: three years and their leap day.
MAX_DAYS: Final = 1_096
#: Days of readings of one read.
MAX_READING_DAYS: Final = 366
DEFAULT_DAYS: Final = 30

Since = Annotated[
    dt.date | None,
    strawberry.argument(
        description=f"The first local day; null: {DEFAULT_DAYS} days before `until`."
        f" At most {MAX_DAYS:,} days at once."
    ),
]
Until = Annotated[
    dt.date | None,
    strawberry.argument(
        description="The last local day, included; null: tomorrow, which has begun further east."
    ),
]


class Span(NamedTuple):
    """Local days, both ends included."""

    since: dt.date
    until: dt.date

    @property
    def days(self) -> list[dt.date]:
        """Each of them."""
        return [self.since + dt.timedelta(days=n) for n in range((self.until - self.since).days + 1)]


class Moments(NamedTuple):
    """Instants from ``since`` to before ``until``."""

    since: dt.datetime
    until: dt.datetime


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC for one that this system does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def today(time_zone: str, now: dt.datetime) -> dt.date:
    """The day it is in a time zone."""
    return now.astimezone(zone_of(time_zone)).date()


def days_of(since: dt.date | None, until: dt.date | None, time_zone: str, now: dt.datetime) -> Span:
    """The days that are meant; raises `Refused` for too many or none."""
    # A record of the day that has begun further east is the athlete's, wherever they are now.
    last = until or today(time_zone, now) + dt.timedelta(days=1)
    try:
        first = since or last - dt.timedelta(days=DEFAULT_DAYS)
    except OverflowError:
        first = dt.date.min
    if first > last:
        raise Refused("`since` lies after `until`")
    if (last - first).days >= MAX_DAYS:
        raise Refused(f"at most {MAX_DAYS:,} days can be asked for at once, not {(last - first).days + 1:,}")
    return Span(first, last)


def moments_of(since: dt.datetime | None, until: dt.datetime | None, now: dt.datetime) -> Moments:
    """The instants that are meant; raises `Refused` for too long a span or none. Without a zone: UTC."""
    last = _aware(until) if until else now
    try:
        first = _aware(since) if since else last - dt.timedelta(days=1)
    except OverflowError:
        first = last
    if first > last:
        raise Refused("`since` lies after `until`")
    if (last - first) > dt.timedelta(days=MAX_READING_DAYS):
        raise Refused(f"at most {MAX_READING_DAYS} days of readings can be asked for at once")
    return Moments(first, last)


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
