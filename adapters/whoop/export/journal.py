"""``journal_entries.csv``: questions the athlete answered, once a cycle."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.whoop.export.columns import Column
from adapters.whoop.export.rows import Row
from poise_sdk.fields import Trouble
from poise_sdk.observations import JournalEntry, Origin
from poise_sdk.wearable import Item

__all__ = ["entry"]


def entry(row: Row) -> Iterator[Item]:
    """The entry of one row. An answer that is neither yes nor no is kept as it is written.

    The host takes its day from the cycle that begins with it; no cycle needs to be in the export. But where
    WHOOP had none (the strap was not worn), the row does not say which day was meant.
    """
    if Column.CYCLE_START not in row:
        raise Trouble(Column.CYCLE_START.value, "WHOOP exports it without a cycle: its day is told nowhere")
    zone = row.zone()
    start = row.start(zone, Column.CYCLE_START)
    question = row.text(Column.QUESTION)
    if question is None:
        raise Trouble(Column.QUESTION.value, "it has no question")
    written = row.text(Column.ANSWER)
    answer, value = None, None
    if written is not None:
        try:
            answer = row.cells.flag(written)
        except ValueError:
            value = written
    yield JournalEntry(
        origin=Origin.FILE,
        row=row.place,
        start_at=start.at,
        utc_offset_s=start.utc_offset_s,
        question=question,
        answer=answer,
        value=value,
        notes=row.text(Column.NOTES),
        quality=row.remarks,
    )
