"""Which of the export's files a document is, and which column stands where.

Names are not asked: the language of the account decides them, and archives garble them. The headers are,
whatever their language; a header that is not known takes its meaning from its place, if all the others stand
where the vendor puts them and the cells below it fit. Where no header is known at all, the shape decides: the
number of columns and the sort of every cell, if only one of the vendor's layouts fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.whoop.export.cells import Cells, is_blank
from adapters.whoop.export.columns import LAYOUTS, REQUIRED, Column, Sort, Table
from adapters.whoop.export.folding import Folded, fold
from adapters.whoop.export.headers import HEADERS
from adapters.whoop.export.text import DELIMITERS, cells_of, lines_of, records

__all__ = ["Layout", "Unrecognised", "recognise"]

#: Rows by which the sort of a column is judged.
_SAMPLE: Final = 200
#: The share of broken rows with which a shape is still believed.
_WRONG: Final = 0.2
#: Headers that a reason lists.
_LISTED: Final = 30

_BODY: Final = frozenset(
    {Column.RECOVERY, Column.RESTING_HR, Column.HRV, Column.SKIN_TEMP, Column.SPO2, Column.DAY_STRAIN}
)
_NEVER_BLANK: Final = frozenset(
    {Column.CYCLE_START, Column.CYCLE_ZONE, Column.SLEEP_ONSET, Column.WORKOUT_START, Column.QUESTION}
)
_KNOWN: Final[Mapping[str, Column]] = {
    fold(name).key: column
    for headers in HEADERS.values()
    for column, names in headers.items()
    for name in names.split("; ")
}


class Unrecognised(ValueError):
    """The document is none of the export's files; the message says what was found and what expected."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A document recognised."""

    table: Table
    lines: list[str]
    """The physical lines below the header."""
    delimiter: str
    names: tuple[str, ...]
    """The headers as they came."""
    at: Mapping[Column, int]
    """Where each known column stands."""
    notes: Mapping[Column, str]
    """What a column's header says in parentheses: its unit."""
    cells: Cells

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.names)

    def rows(self) -> Iterator[list[str]]:
        """The cells of one row after the other."""
        for cells in records(self.lines, self.delimiter, self._begins):
            yield _cut(cells, self.width)

    def _begins(self, cells: list[str]) -> bool:
        """Whether these are a whole row by themselves: all cells, and a time where the first time stands."""
        if len(_cut(cells, self.width)) != self.width:
            return False
        first = min((at for column, at in self.at.items() if column.sort is Sort.TIME), default=0)
        return not is_blank(cells[first]) and self.cells.fits(cells[first], Sort.TIME)


def recognise(text: str) -> Layout:
    """The layout of a document. Raises :class:`Unrecognised`."""
    lines = lines_of(text)
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise Unrecognised("the file is empty")
    if lines[first].lower().startswith("sep="):  # a spreadsheet's own note of its delimiter
        first += 1
    if first >= len(lines):
        raise Unrecognised("the file is empty")
    delimiter, names = max(
        ((mark, _trimmed(cells_of(lines[first], mark))) for mark in DELIMITERS),
        key=lambda cut: (sum(fold(name).key in _KNOWN for name in cut[1]), len(cut[1])),
    )
    return _recognise(lines[first + 1 :], delimiter, names)


def _recognise(lines: list[str], delimiter: str, names: list[str]) -> Layout:
    folded = [fold(name) for name in names]
    known = _columns(folded)
    sample = list(_sample(lines, delimiter, len(names)))
    times = [[cell for cell in row if ":" in cell] for row in sample]
    cells = Cells.told_by(times, delimiter=delimiter)
    table = _table(frozenset(known.values()))
    fitting = _fitting(table, known, sample, cells, len(names))
    if table is None:
        if len(fitting) != 1 or not sample:
            raise Unrecognised(_unknown(names))
        table = fitting[0][0]
    for _, layout in fitting[:1]:
        present = frozenset(known.values())
        known |= {
            at: column
            for at, column in enumerate(layout)
            if at not in known and column not in present and _fits(column, at, sample, cells)
        }
    at = {column: place for place, column in sorted(known.items(), reverse=True)}
    for choice in REQUIRED[table]:
        if not any(column in at for column in choice):
            raise Unrecognised(_lacking(table, choice, names))
    notes = {column: " ".join(folded[place].notes) for column, place in at.items()}
    return Layout(table, lines, delimiter, tuple(names), at, notes, cells)


def _trimmed(names: list[str]) -> list[str]:
    """``names`` without the nameless ones at the end, which spreadsheets add."""
    while names and not names[-1].strip():
        names.pop()
    return names


def _columns(folded: Sequence[Folded]) -> dict[int, Column]:
    """The columns whose headers are known, by place; of two of one name the first counts."""
    found: dict[int, Column] = {}
    for at, header in enumerate(folded):
        column = _KNOWN.get(header.key)
        if column is not None and column not in found.values():
            found[at] = column
    return found


def _table(columns: frozenset[Column]) -> Table | None:
    """The file that has these columns, ``None`` where they do not tell."""
    if Column.QUESTION in columns:
        return Table.JOURNAL
    if Column.WORKOUT_START in columns or {Column.ACTIVITY, Column.ACTIVITY_STRAIN} <= columns:
        return Table.WORKOUTS
    if columns & _BODY:
        return Table.CYCLES
    if Column.SLEEP_ONSET in columns or Column.NAP in columns:
        return Table.SLEEPS
    return None


def _fitting(
    table: Table | None, known: Mapping[int, Column], sample: Sequence[list[str]], cells: Cells, width: int
) -> list[tuple[Table, tuple[Column, ...]]]:
    """The vendor's layouts that this may be: as wide, known columns in their places, cells that fit."""
    return [
        (one, layout)
        for one, layouts in LAYOUTS.items()
        if table is None or one is table
        for layout in layouts
        if len(layout) == width
        and all(layout[at] is column for at, column in known.items())
        and (table is not None or _shaped(layout, sample, cells))
    ]


def _shaped(layout: Sequence[Column], sample: Sequence[list[str]], cells: Cells) -> bool:
    """Whether the rows have the shape of ``layout``, but for the few that any file may have wrong.

    Rows without a cycle are not asked: a journal may consist of them.
    """
    begun = layout.index(Column.CYCLE_START)
    placed = [row for row in sample if not is_blank(row[begun])]
    wrong = sum(
        not all(_fits(column, at, [row], cells) for at, column in enumerate(layout)) for row in placed
    )
    return wrong < len(placed) and wrong <= len(placed) * _WRONG


def _fits(column: Column, at: int, sample: Sequence[list[str]], cells: Cells) -> bool:
    """Whether what stands at ``at`` can be this column: nearly all of its sort, and a start never blank."""
    told = [row[at] for row in sample if not is_blank(row[at])]
    if not told:
        return column not in _NEVER_BLANK
    if column.sort is Sort.TEXT:
        # numbers and times are no names
        wrong = sum(cells.fits(cell, Sort.NUMBER) or cells.fits(cell, Sort.TIME) for cell in told)
        return column is Column.NOTES or wrong < len(told)
    return sum(not cells.fits(cell, column.sort) for cell in told) <= len(told) * _WRONG


def _sample(lines: list[str], delimiter: str, width: int) -> Iterator[list[str]]:
    rows = (_cut(cells_of(line, delimiter), width) for line in lines if line.strip())
    return itertools.islice((row for row in rows if len(row) == width), _SAMPLE)


def _cut(cells: list[str], width: int) -> list[str]:
    """``cells`` without empty ones beyond the last column."""
    return cells[:width] if len(cells) > width and not any(cells[width:]) else cells


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name.strip() for name in names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown}, … ({len(names)} columns)"


def _unknown(names: Sequence[str]) -> str:
    return (
        f"none of the files of a WHOOP export ({', '.join(f'{table}.csv' for table in Table)}, in any "
        f"language): its columns are {_listed(names)}"
    )


def _lacking(table: Table, choice: Sequence[Column], names: Sequence[str]) -> str:
    wanted = " or ".join(repr(HEADERS["en"][column].split("; ")[0]) for column in choice)
    return f"it looks like {table}.csv, but has no column {wanted}: its columns are {_listed(names)}"
