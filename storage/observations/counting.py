"""Counting a document's rows: each once, whatever number of records it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import polars as pl

from poise_sdk.records import Rejected
from storage.observations.outcome import Told

__all__ = ["REFUSED", "STORED", "UNCHANGED", "RowCount"]

#: What may become of a row's records, from the least to what decides for the row.
REFUSED: Final = 0
UNCHANGED: Final = 1
STORED: Final = 2

#: A number beyond this (an adapter may make up any) is no row's.
_LARGEST_ROW: Final = 2**63 - 1
#: Rows are summed up when so many have gathered. Of a document that large the later part speaks of
#: other rows than the former.
_GATHERED: Final = 2_000_000


class RowCount:
    """Gathers what became of every row of one document."""

    def __init__(self) -> None:
        self.told = Told()
        self._rejected: list[Rejected] = []
        self._rows: list[int] = []
        self._fates: list[int] = []
        self._frames: list[pl.DataFrame] = []
        self._gathered = 0
        self._kept: set[int] = set()

    def add(self, row: int | None, fate: int) -> None:
        """Count one record of ``row``; one without a number is a row of its own."""
        if row is None:
            self._tell(fate, 1)
        else:
            self._rows.append(row)
            self._fates.append(fate)

    def add_readings(self, rows: pl.Series, fates: pl.Series) -> None:
        """Count many readings: their ``row`` (or null) and what became of each, in the same order."""
        frame = pl.DataFrame({"row": rows, "fate": fates.cast(pl.Int8())})
        single = frame.filter(pl.col("row").is_null())
        for fate, n in single.group_by("fate").len().iter_rows():
            self._tell(fate, n)
        if single.height < frame.height:
            self._frames.append(frame.filter(pl.col("row").is_not_null()))
            self._gathered += frame.height
            if self._gathered > _GATHERED:
                self._sum_up()

    def reject(self, rejected: Iterable[Rejected], *, counted: bool = False) -> None:
        """List refusals; ``counted``: their rows have been counted already."""
        for one in rejected:
            if one.row is not None and abs(one.row) > _LARGEST_ROW:
                one = msgspec.structs.replace(one, row=None)
            self._rejected.append(one)
            if not one.kept and not counted:
                self.add(one.row, REFUSED)

    def finish(self) -> tuple[Told, list[Rejected]]:
        """The counts, and the refusals; one of a row that was kept for another record of it says so."""
        self._sum_up()
        rejected = [
            msgspec.structs.replace(one, kept=True) if not one.kept and one.row in self._kept else one
            for one in self._rejected
        ]
        return self.told, rejected

    def _sum_up(self) -> None:
        own = pl.DataFrame(
            {"row": self._rows, "fate": self._fates}, schema={"row": pl.Int64(), "fate": pl.Int8()}
        )
        fates = pl.concat([own, *self._frames]).group_by("row").agg(pl.col("fate").max())
        for fate, n in fates.group_by("fate").len().iter_rows():
            self._tell(fate, n)
        lost = {one.row for one in self._rejected if one.row is not None and not one.kept}
        if lost:
            kept = fates.filter((pl.col("fate") > REFUSED) & pl.col("row").is_in(list(lost)))
            self._kept.update(kept["row"])
        self._rows, self._fates, self._frames, self._gathered = [], [], [], 0

    def _tell(self, fate: int, n: int) -> None:
        self.told.rows += n
        if fate == STORED:
            self.told.stored += n
        elif fate == UNCHANGED:
            self.told.unchanged += n
        else:
            self.told.rejected += n
