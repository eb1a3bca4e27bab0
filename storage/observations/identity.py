"""What tells that two records speak of one fact.

By id, where the source gives one. Else by time: a night, a workout, a cycle by its beginning, what hangs
on a night or cycle by theirs, within :data:`TOLERANCE`. A summary is known by its day and part, an answer
by its question.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from poise_sdk.observations import DailySummary, HrvNight, JournalEntry, Recovery, WearableRecord
from storage.observations.tables import Table, text_of

__all__ = ["TOLERANCE", "Landmarks", "anchors", "bucket", "made_id", "references"]

#: A file tells whole seconds or minutes, the interface milliseconds; two facts never begin so close.
TOLERANCE: Final = dt.timedelta(seconds=90)

#: Characters of a question's hash in a made id: 48 bits tell the questions of a life apart.
_QUESTION_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Landmarks:
    """When the nights and cycles begin and end that other records refer to, by id."""

    nights: Mapping[str, tuple[dt.datetime, dt.datetime]] = field(default_factory=dict)
    cycles: Mapping[str, dt.datetime] = field(default_factory=dict)


def made_id(record: WearableRecord) -> str:
    """The id of a record whose source gives none. Ids made of times begin with ``@``."""
    if isinstance(record, DailySummary):
        return f"@{record.day.isoformat()}/{record.part}"
    if isinstance(record, Recovery):
        if record.night_id is not None:
            return f"@night:{record.night_id}"
        if record.cycle_id is not None:
            return f"@cycle:{record.cycle_id}"
    start, day = getattr(record, "start_at", None), getattr(record, "day", None)
    when = "@" if start is None and day is None else f"@{text_of(start)}" if start else f"@{day}"
    if isinstance(record, JournalEntry):
        digest = hashlib.sha256(record.question.encode()).hexdigest()[:_QUESTION_DIGITS]
        return f"{when}#{digest}"
    if isinstance(record, HrvNight) and not record.in_sleep:
        return f"{when}/awake"
    return when


def references(table: Table, values: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """What a record names that only one record of its table can: its night, its cycle, its day's part."""
    match table.name:
        case "recoveries":
            named = (("night", values.get("night_id")), ("cycle", values.get("cycle_id")))
            return tuple(one for one in named if one[1] is not None)
        case "hrv_nights" if values.get("night_id") is not None:
            return (("night", values["night_id"], values["in_sleep"]),)
        case "daily_summaries":
            return (("day", values["day"], values["part"]),)
        case _:
            return ()


def bucket(table: Table, values: Mapping[str, Any]) -> Hashable:
    """Records of different buckets are never the same fact, however close they are."""
    match table.name:
        case "journal_entries":
            return str(values["question"])
        case "hrv_nights":
            return bool(values["in_sleep"])
        case _:
            return None


def anchors(
    table: Table, values: Mapping[str, Any], starts: Iterable[dt.datetime], landmarks: Landmarks
) -> set[dt.datetime]:
    """The moments by which a record is recognised: its beginnings, and those of what it hangs on."""
    found = set(starts)
    if table.name in ("recoveries", "hrv_nights"):
        found.update(landmarks.nights.get(values.get("night_id") or "", ()))
        cycle = landmarks.cycles.get(values.get("cycle_id") or "")
        if cycle is not None:
            found.add(cycle)
    return found
