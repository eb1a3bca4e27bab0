"""A page of activities with one athlete's statistics to workouts: pure, total, a row at a time.

An activity's id is the workout's: in one athlete's connection it comes once. A row of another athlete is
refused, whatever the vendor was asked. An activity marked as deleted takes its workout back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from adapters.catapult.payloads import KMH_PER_M_S, band
from poise_sdk.errors import Skippable
from poise_sdk.fields import Fields, Trouble
from poise_sdk.http import parse_json
from poise_sdk.observations import Deleted, Workout
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item

__all__ = ["normalize"]

#: OpenField knows sessions, not kinds of sport; the name that the team gave is the label.
_ACTIVITY: Final = "team_session"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def normalize(document: RawDocument) -> Iterator[Item]:
    """The workouts of one document, and a reason for each row that gives none."""
    try:
        value = parse_json(document)
        page = Fields.of(value)
        athlete = page.text("athlete_id")
        unit = page.text("speed_unit")
        bands = {name: _bands(page, name) for name in ("high_speed_bands", "sprint_bands")}
        if "activities" not in page or "stats" not in page:
            raise Trouble("(document)", "not a page of Catapult's activities with statistics")
        activities, stats = list(page.items("activities")), list(page.items("stats"))
    except Skippable as error:
        yield Rejected(file=document.name, reason=str(error))
        return
    except Trouble as trouble:
        yield trouble.rejected(file=document.name)
        return
    known: dict[str, Fields] = {}
    gone: set[str] = set()
    for raw in activities:
        lost: list[Trouble] = []
        try:
            activity = Fields.of(raw, "activities.", lost)
            key = activity.text("id")
            known[key] = activity
            if _deleted(activity):
                gone.add(key)
                yield Deleted(
                    of=DataType.WORKOUT, source_id=key, vendor_updated_at=_written(activity, "modified_at")
                )
        except Trouble as trouble:
            yield trouble.rejected(file=document.name)
        yield from (trouble.rejected(file=document.name, kept=True) for trouble in lost)
    for number, raw in enumerate(stats, 1):
        lost = []
        try:
            row = Fields.of(raw, "stats.", lost)
            found = row.text("activity_id")
            if found in gone:
                continue
            if found not in known:
                raise Trouble("stats.activity_id", f"{found[:40]!r} is none of the page's activities")
            if row.text("athlete_id") != athlete:
                raise Trouble("stats.athlete_id", "the figures are another athlete's")
            yield _workout(row, known[found], unit, bands, number)
        except Trouble as trouble:
            yield trouble.rejected(file=document.name, row=number)
        else:
            yield from (trouble.rejected(file=document.name, row=number, kept=True) for trouble in lost)


def _workout(
    row: Fields, activity: Fields, unit: str, bands: dict[str, tuple[int, ...]], number: int
) -> Workout:
    # The athlete's own part of the session where the statistics tell it, else the session's times.
    start = _instant(row, "start_time") or _instant(activity, "start_time")
    if start is None:
        raise Trouble("stats.start_time", "neither the figures nor the activity say when it began")
    end = _instant(row, "end_time") or _instant(activity, "end_time")
    seconds = row.number("total_duration", None)
    speed = row.number("max_vel", None)
    return Workout(
        source_id=row.text("activity_id"),
        row=number,
        vendor_updated_at=_written(activity, "modified_at"),
        start_at=start,
        end_at=end,
        activity=_ACTIVITY,
        activity_label=activity.text("name", None) or row.text("activity_name", None),
        duration_min=None if seconds is None else seconds / 60,
        # OpenField writes 0 where no heart rate was worn.
        avg_hr_bpm=row.number("mean_heart_rate", None) or None,
        max_hr_bpm=row.number("max_heart_rate", None) or None,
        distance_m=row.number("total_distance", None),
        player_load=row.number("total_player_load", None),
        high_speed_distance_m=_within(row, bands["high_speed_bands"]),
        sprint_distance_m=_within(row, bands["sprint_bands"]),
        max_speed_m_s=speed if speed is None or unit == "m/s" else speed / KMH_PER_M_S,
    )


def _within(row: Fields, bands: tuple[int, ...]) -> float | None:
    """Metres in all of ``bands``; nothing where one of them is not told: a part is not the sum."""
    metres = [row.number(band(number), None) for number in bands]
    told = [value for value in metres if value is not None]
    return sum(told) if told and len(told) == len(metres) else None


def _bands(page: Fields, name: str) -> tuple[int, ...]:
    numbers = list(page.items(name))
    if not numbers or not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
        raise Trouble(name, "not a list of velocity bands")
    return tuple(n for n in numbers if isinstance(n, int))


def _deleted(activity: Fields) -> bool:
    """``is_deleted`` comes as 0 and 1, and as true and false."""
    value: Any = activity.values.get("is_deleted")
    if value in (None, 0, 1):
        return bool(value)
    raise Trouble("activities.is_deleted", f"{str(value)[:40]!r} is neither 0 nor 1")


def _instant(row: Fields, name: str) -> dt.datetime | None:
    """Unix seconds, or a written time; ``None`` if absent, 0 or (noted) nonsense."""
    seconds: Any = row.values.get(name)
    if isinstance(seconds, str) and not _numeric(seconds):
        return row.moment(name, None)
    value = row.number(name, None)
    if not value:
        return None
    try:
        return _EPOCH + dt.timedelta(seconds=value)
    except OverflowError:
        trouble = Trouble(f"{row.path}{name}", f"{value:g} is no time")
        if row.lost is None:
            raise trouble from None
        row.lost.append(trouble)
        return None


def _written(row: Fields, name: str) -> dt.datetime | None:
    """``2023-11-10 04:32:26``, without a zone: UTC."""
    text = row.text(name, None)
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        trouble = Trouble(f"{row.path}{name}", f"{text[:40]!r} is no time")
        if row.lost is None:
            raise trouble from None
        row.lost.append(trouble)
        return None


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
