"""Workouts, sessions (breathing, meditation, naps begun by hand), heart rate, and the athlete's measures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.oura.normalize.sleep import samples
from adapters.oura.payloads import kilojoules
from poise_sdk.fields import Fields
from poise_sdk.observations import BodyMeasurement, JournalEntry, Profile, Reading, Workout
from poise_sdk.wearable import Item

__all__ = ["heart_rate", "personal", "session", "workout"]


def workout(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``workout``."""
    start, end = row.moment("start_datetime"), row.moment("end_datetime")
    kcal, activity = row.number("calories", None), row.text("activity")
    yield Workout(
        source_id=row.text("id"),
        row=number,
        source=row.text("source", None),
        start_at=start,
        end_at=end,
        utc_offset_s=row.offset_of("start_datetime"),
        activity=_snake(activity),
        activity_label=row.text("label", None) or activity,
        duration_min=(end - start).total_seconds() / 60,
        energy_kj=kilojoules(kcal),
        distance_m=row.number("distance", None),
        intensity=row.text("intensity", None),
    )


def session(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``session``: an entry of the journal, and what the ring measured meanwhile."""
    start = row.moment("start_datetime")
    end = row.moment("end_datetime")
    yield JournalEntry(
        source_id=row.text("id"),
        row=number,
        start_at=start,
        utc_offset_s=row.offset_of("start_datetime"),
        day=row.day("day"),
        question="session",
        value=row.text("type"),
        notes=", ".join(
            filter(None, [f"{(end - start).total_seconds() / 60:g} min", row.text("mood", None)])
        ),
    )
    yield from samples(row, "heart_rate", "hr_bpm", "session", number)
    yield from samples(row, "heart_rate_variability", "hrv_rmssd_ms", "session", number)


def heart_rate(row: Fields, number: int) -> Iterator[Item]:
    """One row of ``heartrate``."""
    yield Reading(
        row=number,
        source=row.text("source", None),
        metric="hr_bpm",
        value=row.number("bpm"),
        start_at=row.moment("timestamp"),
    )


def personal(row: Fields, number: int) -> Iterator[Item]:
    """``personal_info``: height and weight; who it is, by Oura's id alone."""
    key = row.text("id")
    yield Profile(source_id=key, row=number, vendor_user_id=key)
    height, weight = row.number("height", None), row.number("weight", None)
    if height is not None or weight is not None:
        # Without an id of its own: it holds as of its receipt, and another weight is another measurement.
        yield BodyMeasurement(row=number, height_m=height, weight_kg=weight)


def _snake(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "other"
