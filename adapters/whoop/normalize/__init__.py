"""From WHOOP's documents to canonical records. Pure and total.

A document is a page (``{"records": […]}``) or one record; what it holds is told by its name, the path it
was fetched from, else by the fields of each record. A record that lacks what makes
it one (its id, its times) becomes a :class:`~poise_sdk.records.Rejected`; of one with a value that cannot
be read, the value does, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from adapters.whoop.normalize.athletes import body, profile
from adapters.whoop.normalize.cycles import cycle
from adapters.whoop.normalize.recoveries import recovery
from adapters.whoop.normalize.rows import Row
from adapters.whoop.normalize.sleeps import sleep
from adapters.whoop.normalize.workouts import workout
from adapters.whoop.payloads import Kind, kind_of
from poise_sdk.errors import Skippable
from poise_sdk.fields import Fields, Trouble
from poise_sdk.http import parse_json
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["normalize"]

_READERS: Final[Mapping[Kind, Callable[[Row], Iterator[Item]]]] = {
    Kind.SLEEP: sleep,
    Kind.RECOVERY: recovery,
    Kind.CYCLE: cycle,
    Kind.WORKOUT: workout,
    Kind.BODY: body,
    Kind.PROFILE: profile,
}

#: Fields that only one kind of record has, in the order in which they decide.
_SIGNS: Final = (
    ("nap", Kind.SLEEP),
    ("sleep_id", Kind.RECOVERY),
    ("sport_name", Kind.WORKOUT),
    ("sport_id", Kind.WORKOUT),
    ("height_meter", Kind.BODY),
    ("first_name", Kind.PROFILE),
    ("timezone_offset", Kind.CYCLE),
)


def normalize(document: RawDocument) -> Iterator[Item]:
    """The records of one document, in its order, and what could not be read of it."""
    try:
        value = parse_json(document)
    except Skippable as error:
        yield Rejected(file=document.name, reason=str(error))
        return
    rows = _rows(value)
    if rows is None:
        yield Rejected(file=document.name, reason="neither a record of WHOOP's nor a page of them")
        return
    told = kind_of(document.name)
    for number, value in enumerate(rows, 1):
        row = Row(document.name, number, value)
        try:
            fields = Fields.of(value)
            kind = told or _kind(fields)
            yield from _READERS[kind](row)
        except Trouble as trouble:
            yield trouble.rejected(file=document.name, row=number)


def _rows(value: object) -> list[object] | None:
    if not isinstance(value, Mapping):
        return None
    records = value.get("records", [value])
    return records if isinstance(records, list) else None


def _kind(fields: Fields) -> Kind:
    for name, kind in _SIGNS:
        if name in fields:
            return kind
    raise Trouble("(row)", "no record that WHOOP describes")
