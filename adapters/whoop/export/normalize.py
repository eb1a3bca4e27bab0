"""From a table of WHOOP's export to canonical records. Pure and total.

A row is counted from 1, the header not counted: row 3 is the third of the data. A row that cannot be placed
in time, or has another number of cells than the header, becomes a
:class:`~poise_sdk.records.Rejected`; of one with a value that cannot be read the value does, and the rest is
kept. A document that is none of the export's files is rejected as a whole, with the columns it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from adapters.whoop.export.columns import Table
from adapters.whoop.export.cycles import cycle
from adapters.whoop.export.journal import entry
from adapters.whoop.export.layout import Unrecognised, recognise
from adapters.whoop.export.rows import Reader, Row
from adapters.whoop.export.sleeps import sleep
from adapters.whoop.export.text import NotText, decode
from adapters.whoop.export.workouts import workout
from poise_sdk.fields import Trouble
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["normalize_csv", "table_of"]

_READERS: Final[Mapping[Table, Callable[[Row], Iterator[Item]]]] = {
    Table.SLEEPS: sleep,
    Table.CYCLES: cycle,
    Table.WORKOUTS: workout,
    Table.JOURNAL: entry,
}

#: Bytes that are enough to tell which table a document is.
_BEGINNING: Final = 65_536


def normalize_csv(document: RawDocument) -> Iterator[Item]:
    """The records of one document, in its order, and what could not be read of it."""
    try:
        layout = recognise(decode(document.content))
    except (NotText, Unrecognised) as error:
        yield Rejected(file=document.name, reason=str(error))
        return
    read = _READERS[layout.table]
    for row in Reader(document.name, layout).rows():
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            yield from read(row)
        except Trouble as trouble:
            yield trouble.rejected(file=document.name, row=row.place)
        else:
            yield from row.lost


def table_of(content: bytes) -> Table | None:
    """Which of the tables a document is, by its beginning; ``None`` for none of them."""
    beginning = content[:_BEGINNING]
    if len(content) > _BEGINNING and b"\0" not in beginning:  # no letter of UTF-8 is to be cut in two
        beginning = beginning[: beginning.rfind(b"\n") + 1] or beginning
    try:
        return recognise(decode(beginning)).table
    except (NotText, Unrecognised):
        return None
