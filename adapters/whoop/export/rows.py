"""One row of the export while it is read: cells by column, and what was lost of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from adapters.whoop.export.cells import Cells, is_blank
from adapters.whoop.export.columns import Column, Table
from adapters.whoop.export.layout import Layout
from poise_sdk.fields import Trouble
from poise_sdk.observations import Quality, QualityFlag
from poise_sdk.records import Rejected

__all__ = ["KJ_PER_KCAL", "Moment", "Reader", "Row"]

#: The thermochemical calorie (ISO 80000-5); the export writes ``cal`` and means thousands of them.
KJ_PER_KCAL: Final = 4.184
#: More decimals of a converted value are noise of the multiplication.
_DECIMALS: Final = 6

_CLOCKED: Final = frozenset(
    {Column.ASLEEP, Column.IN_BED, Column.LIGHT, Column.DEEP, Column.REM, Column.AWAKE, Column.NEED}
    | {Column.DEBT, Column.DURATION}
)
_METRES: Final = frozenset({Column.DISTANCE, Column.ALTITUDE_GAIN, Column.ALTITUDE_CHANGE})

#: What other units in a header would mean: factor and what is added before it. The vendor is metric.
_MINUTES: Final = {
    **dict.fromkeys(("h", "hours", "stunden", "std", "horas", "heures"), (60.0, 0.0)),
    **dict.fromkeys(("s", "sec", "seconds", "sekunden"), (1 / 60, 0.0)),
    **dict.fromkeys(("ms", "milliseconds"), (1 / 60_000, 0.0)),
}
_LENGTHS: Final = {
    **dict.fromkeys(("km", "kilometers", "kilometer", "kilometros", "kilometres"), (1000.0, 0.0)),
    **dict.fromkeys(("mi", "miles", "millas", "meilen", "milhas"), (1609.344, 0.0)),
    **dict.fromkeys(("ft", "feet", "fuss", "pies", "pieds", "pes"), (0.3048, 0.0)),
}
_ENERGIES: Final = {"kj": (1.0, 0.0), "kilojoules": (1.0, 0.0), "kilojoule": (1.0, 0.0)}
_FAHRENHEIT: Final = (5 / 9, -32.0)

#: What is said of every record of a file without a time zone.
_NO_ZONE: Final = Quality(
    flag=QualityFlag.PARTIAL,
    field="utc_offset_s",
    detail="the file names no time zone; its times are taken as UTC",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC), and the local offset at it where the row tells."""

    at: dt.datetime
    utc_offset_s: int | None

    @classmethod
    def after(cls, start: Moment, minutes: float) -> Moment:
        """The instant so many minutes after ``start``; :class:`~poise_sdk.fields.Trouble` for nonsense."""
        try:
            return cls(start.at + dt.timedelta(minutes=minutes), start.utc_offset_s)
        except OverflowError:
            raise Trouble(Column.DURATION.value, f"{minutes:g} minutes are no duration") from None

    @property
    def day(self) -> dt.date:
        """The local day."""
        return (self.at + dt.timedelta(seconds=self.utc_offset_s or 0)).date()


@dataclass(slots=True)
class Reader:
    """What the rows of one document have in common."""

    file: str
    layout: Layout
    scales: Mapping[Column, tuple[float, float]] = field(init=False)
    crowds: Mapping[tuple[str, str], frozenset[tuple[str, str]]] = field(init=False)
    """By start and zone the activities (and ends) that begin there, where they are several; as written."""
    _remarks: tuple[Quality, ...] = field(init=False)

    def __post_init__(self) -> None:
        notes = self.layout.notes
        zoned = Column.CYCLE_ZONE in self.layout.at
        self._remarks = () if zoned else (_NO_ZONE,)
        self.scales = {column: scale for column in notes if (scale := _scale(column, notes[column]))}
        self.crowds = self._crowds() if self.layout.table is Table.WORKOUTS else {}

    def _crowds(self) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
        crowds: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for cells in self.layout.rows():
            if len(cells) == self.layout.width:
                row = Row(self, 0, cells)
                crowds.setdefault(row.begun, set()).add((row.cell(Column.ACTIVITY), row.finished))
        return {begun: frozenset(crowd) for begun, crowd in crowds.items() if len(crowd) > 1}

    def rows(self) -> Iterator[Row | Rejected]:
        """Every row under its 1-based number, the header not counted; what is none as a ``Rejected``."""
        width = self.layout.width
        for number, cells in enumerate(self.layout.rows(), 1):
            if len(cells) != width:
                less = "fewer" if len(cells) < width else "more"
                reason = f"it has {len(cells)} cells, {less} than the header's {width}"
                yield Rejected(file=self.file, row=number, reason=reason)
            elif not any(cell.strip() for cell in cells):
                yield Rejected(file=self.file, row=number, reason="all its cells are blank")
            else:
                yield Row(self, number, cells, quality=list(self._remarks))

    @property
    def in_minutes(self) -> bool:
        """Whether the heart rate zones of a workout are minutes, not per cent of it."""
        return "min" in self.layout.notes.get(Column.HR_ZONE_1, "").split()


@dataclass(slots=True)
class Row:
    """One row."""

    reader: Reader
    place: int
    """Its place among the rows, from 1."""
    values: list[str]
    lost: list[Rejected] = field(default_factory=list)
    """The cells that could not be read."""
    quality: list[Quality] = field(default_factory=list)

    def __contains__(self, column: Column) -> bool:
        return not is_blank(self.cell(column))

    def cell(self, column: Column) -> str:
        """The cell, blank where the document has no such column."""
        at = self.reader.layout.at.get(column)
        return "" if at is None else self.values[at]

    def text(self, column: Column) -> str | None:
        """A text without the space around it; ``None`` if there is none."""
        return self.cell(column).strip() or None

    def number(self, column: Column) -> float | None:
        """A number in the record's unit; ``None`` if blank or, reported, none."""
        cell = self.cell(column)
        if is_blank(cell):
            return None
        try:
            value = self.cells.number(cell)
        except ValueError as error:
            self.lose(column, str(error))
            return None
        if scale := self.reader.scales.get(column):
            factor, shift = scale
            return round((value + shift) * factor, _DECIMALS)
        return value

    def flag(self, column: Column) -> bool | None:
        """Yes or no; ``None`` if blank or, reported, neither."""
        cell = self.cell(column)
        if is_blank(cell):
            return None
        try:
            return self.cells.flag(cell)
        except ValueError as error:
            self.lose(column, str(error))
            return None

    def zone(self) -> int | ZoneInfo | None:
        """The row's time zone; ``None`` where the document has no such column.

        Raises :class:`~poise_sdk.fields.Trouble` for a blank or unknown one: a time in it could be anywhere.
        """
        if Column.CYCLE_ZONE not in self.reader.layout.at:
            return None
        cell = self.cell(Column.CYCLE_ZONE)
        if is_blank(cell):
            raise Trouble(
                Column.CYCLE_ZONE.value, f"{self._header(Column.CYCLE_ZONE)} is blank: its times have no zone"
            )
        try:
            return self.cells.zone(cell)
        except ValueError as error:
            raise Trouble(Column.CYCLE_ZONE.value, f"{self._header(Column.CYCLE_ZONE)}: {error}") from None

    def moment(self, column: Column, zone: int | ZoneInfo | None) -> Moment | None:
        """The instant; ``None`` if blank. Raises :class:`~poise_sdk.fields.Trouble` for what is no time."""
        cell = self.cell(column)
        if is_blank(cell):
            return None
        try:
            return Moment(*self.cells.moment(cell, zone))
        except ValueError as error:
            raise Trouble(column.value, f"{self._header(column)}: {error}") from None

    def moment_or_lost(self, column: Column, zone: int | ZoneInfo | None) -> Moment | None:
        """As :meth:`moment`, but what is no time is reported and counts as blank."""
        cell = self.cell(column)
        if is_blank(cell):
            return None
        try:
            return Moment(*self.cells.moment(cell, zone))
        except ValueError as error:
            self.lose(column, str(error))
            return None

    def start(self, zone: int | ZoneInfo | None, *columns: Column) -> Moment:
        """The first of ``columns`` that has an instant; :class:`~poise_sdk.fields.Trouble` if none has."""
        for column in columns:
            if (moment := self.moment(column, zone)) is not None:
                return moment
        raise Trouble(columns[0].value, "it has no start: it cannot be placed in time")

    def remark(self, flag: QualityFlag, field: str | None = None, detail: str = "") -> None:
        """Remark on the row's records."""
        self.quality.append(Quality(flag=flag, field=field, detail=detail))

    @property
    def begun(self) -> tuple[str, str]:
        """When a workout begins, as it is written: the time and its zone."""
        return self.cell(Column.WORKOUT_START), self.cell(Column.CYCLE_ZONE)

    @property
    def finished(self) -> str:
        """When a workout ends, as it is written: the time, else what it lasted."""
        return self.cell(Column.WORKOUT_END) or self.cell(Column.DURATION)

    @property
    def crowd(self) -> frozenset[tuple[str, str]]:
        """The activities that begin when this one does, and their ends; empty where it is alone."""
        return self.reader.crowds.get(self.begun, frozenset())

    @property
    def cells(self) -> Cells:
        """How cells are read."""
        return self.reader.layout.cells

    @property
    def remarks(self) -> tuple[Quality, ...]:
        """What is to be said of the row's records."""
        return tuple(self.quality)

    def lose(self, column: Column, reason: str) -> None:
        """Report that the value of ``column`` was left out; once, however often it is asked for."""
        told = f"{self._header(column)}: {reason}"
        left = Rejected(file=self.reader.file, row=self.place, field=column.value, reason=told, kept=True)
        if left not in self.lost:
            self.lost.append(left)

    def _header(self, column: Column) -> str:
        return repr(self.reader.layout.names[self.reader.layout.at[column]].strip())


def _scale(column: Column, note: str) -> tuple[float, float] | None:
    """What makes a value of the unit ``note`` one of the record's; ``None`` where it is that already."""
    words = note.split()
    if column is Column.SKIN_TEMP:
        return _FAHRENHEIT if "fahrenheit" in words or words == ["f"] else None
    if column is Column.ENERGY:
        return next((_ENERGIES[word] for word in words if word in _ENERGIES), (KJ_PER_KCAL, 0.0))
    units = _MINUTES if column in _CLOCKED else _LENGTHS if column in _METRES else {}
    return next((units[word] for word in words if word in units), None)
