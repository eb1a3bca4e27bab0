"""Oura's documents to canonical records: pure, total, a row at a time.

A document is a page of a collection (``{"data": […]}``) or one object of it; its name is the path it was
asked for, which tells the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from adapters.oura.normalize import activity, daily, sleep
from poise_sdk.errors import Skippable
from poise_sdk.fields import Fields, Trouble
from poise_sdk.http import parse_json
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["normalize"]

_ROWS: Final[Mapping[str, Callable[[Fields, int], Iterator[Item]]]] = {
    "sleep": sleep.period,
    "daily_readiness": daily.readiness,
    "daily_sleep": daily.sleep,
    "daily_activity": daily.activity,
    "daily_stress": daily.stress,
    "daily_spo2": daily.spo2,
    "vO2_max": daily.vo2max,
    "workout": activity.workout,
    "session": activity.session,
    "heartrate": activity.heart_rate,
    "personal_info": activity.personal,
}
#: What stands before a collection's name in a path.
_BEFORE: Final = "usercollection"


def normalize(document: RawDocument) -> Iterator[Item]:
    """The records of one document, and a reason for each row that gives none."""
    read = _ROWS.get(_collection(document.name))
    if read is None:
        yield Rejected(file=document.name, reason="not a collection of Oura's that is read")
        return
    try:
        value = parse_json(document)
        rows = _rows(value)
    except Skippable as error:
        yield Rejected(file=document.name, reason=str(error))
        return
    for number, row in enumerate(rows, 1):
        lost: list[Trouble] = []
        try:
            # Whole or not at all: a row that fails halfway gives its reason and no record.
            items = list(read(Fields.of(row, lost=lost), number))
        except Trouble as trouble:
            yield trouble.rejected(file=document.name, row=number)
        else:
            yield from items
            yield from (trouble.rejected(file=document.name, row=number, kept=True) for trouble in lost)


def _collection(name: str) -> str:
    parts = name.split("?", 1)[0].strip("/").split("/")
    return parts[parts.index(_BEFORE) + 1] if _BEFORE in parts[:-1] else parts[0].removesuffix(".json")


def _rows(value: Any) -> list[object]:
    if isinstance(value, dict) and "data" not in value and "id" in value:
        return [value]
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return list(value["data"])
    raise Skippable("neither a page nor an object of Oura's", hint="is it another vendor's file?")
