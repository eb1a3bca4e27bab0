"""Google Health's data points to canonical records: pure, total, a point at a time.

A document is a page of a collection (``{"dataPoints": […]}``); its name is the path it was asked for, which
tells the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from adapters.google_health import points, sessions
from adapters.google_health.payloads import member
from poise_sdk.errors import Skippable
from poise_sdk.fields import Fields, Trouble
from poise_sdk.http import parse_json
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["normalize"]

_READERS: Final[Mapping[str, Callable[[Fields, Fields, int], Item]]] = {
    "sleep": sessions.night,
    "exercise": sessions.workout,
    "daily-resting-heart-rate": points.resting_heart_rate,
    "daily-heart-rate-variability": points.daily_variability,
    "daily-oxygen-saturation": points.daily_saturation,
    "heart-rate": points.heart_rate,
    "heart-rate-variability": points.variability,
    "oxygen-saturation": points.saturation,
    "steps": points.steps,
    "weight": points.weight,
}
_BEFORE: Final = "dataTypes"
_LIST: Final = "dataPoints"


def normalize(document: RawDocument) -> Iterator[Item]:
    """The records of one document, and a reason for each data point that gives none."""
    collection = _collection(document.name)
    read = _READERS.get(collection)
    if read is None:
        yield Rejected(file=document.name, reason="not a data type of Google Health's that is read")
        return
    try:
        rows = _rows(parse_json(document))
    except Skippable as error:
        yield Rejected(file=document.name, reason=str(error))
        return
    for number, row in enumerate(rows, 1):
        lost: list[Trouble] = []
        try:
            point = Fields.of(row, lost=lost)
            if member(collection) not in point:
                raise Trouble(member(collection), "it is missing")
            yield read(point, point.get(member(collection)), number)
        except Trouble as trouble:
            yield trouble.rejected(file=document.name, row=number)
        else:
            yield from (trouble.rejected(file=document.name, row=number, kept=True) for trouble in lost)


def _collection(name: str) -> str:
    parts = name.split("?", 1)[0].strip("/").split("/")
    return parts[parts.index(_BEFORE) + 1] if _BEFORE in parts[:-1] else parts[0].removesuffix(".json")


def _rows(value: Any) -> list[object]:
    if isinstance(value, dict) and isinstance(value.get(_LIST), list):
        return list(value[_LIST])
    raise Skippable("not a page of Google Health's data points", hint="is it another vendor's file?")
