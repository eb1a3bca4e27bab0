"""What a cell says: a number, yes or no, a time, a time zone. What is none raises ``ValueError``, quoted.

The vendor writes ``2024-03-09 23:41:07``, ``95.40``, ``true``, ``UTC-07:00`` and ``UTCZ`` in every language.
The rest is for exports that a spreadsheet has saved again: other orders of the date, decimal commas,
``WAHR``, per cent signs, ``NaN`` for nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.whoop.export.columns import Sort
from adapters.whoop.export.folding import words_of
from poise_sdk.days import parse_offset

__all__ = ["Cells", "is_blank", "quoted"]

_BLANK: Final = frozenset({"", "-", "--", "–", "—", "nan", "nat", "none", "null", "n/a", "na", "#n/a"})
_YES: Final = frozenset(
    {"true", "1", "yes", "y", "ja", "si", "oui", "sim", "wahr", "verdadero", "vrai", "vero"}
)
_YES_TOO: Final = frozenset({"verdadeiro", "x", "t"})
_NO: Final = frozenset({"false", "0", "no", "n", "nein", "non", "nao", "falsch", "falso", "faux", "f"})

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*([+\-−–])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
#: ``9.3.2024 23:41``, ``3/9/24 11:41:07 PM``: the order of day and month is told by the other cells.
_OTHER_DATE: Final = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?",
    re.IGNORECASE,
)
_QUOTED: Final = 40


def is_blank(cell: str) -> bool:
    """Whether a cell of a number, a time or a yes or no says nothing."""
    return not cell or cell.strip().lower() in _BLANK


def quoted(cell: str) -> str:
    """``cell`` as a reason quotes it."""
    text = repr(cell)
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"


@dataclass(slots=True)
class Cells:
    """How the cells of one document are to be read."""

    decimal_comma: bool = False
    """A single comma parts the decimals, whatever stands after it."""
    day_first: bool | None = None
    """In ``3/9/2024``; ``None`` where nothing in the document tells."""
    _times: dict[str, dt.datetime] = field(default_factory=dict)
    _zones: dict[str, int | ZoneInfo] = field(default_factory=dict)

    @classmethod
    def told_by(cls, times: Sequence[Sequence[str]], *, delimiter: str) -> Cells:
        """For a document with this delimiter; ``times`` are those of some of its rows, row by row."""
        day_first = _day_first(itertools.chain.from_iterable(times))
        if day_first is None:
            day_first = _turning_first(times)
        # Where the comma parts decimals, spreadsheets part cells by semicolons.
        return cls(decimal_comma=delimiter == ";", day_first=day_first)

    def fits(self, cell: str, sort: Sort) -> bool:
        """Whether a cell can be of this sort; a blank one can be of any."""
        if is_blank(cell) or sort is Sort.TEXT:
            return True
        try:
            if sort is Sort.NUMBER:
                self.number(cell)
            elif sort is Sort.TIME:
                self.time(cell)
            elif sort is Sort.FLAG:
                self.flag(cell)
            else:
                self.zone(cell)
        except ValueError:
            return False
        return True

    def number(self, cell: str) -> float:
        """A finite number."""
        text = cell.strip()
        try:  # the common case, quickly
            value = float(text)
        except ValueError:
            value = self._other_number(text)
        if not math.isfinite(value) or "_" in text:
            raise ValueError(f"{quoted(cell)} is no number")
        return value

    def _other_number(self, text: str) -> float:
        plain = text.removesuffix("%").replace("\u00a0", "").replace(" ", "").replace("−", "-")
        if "," in plain:
            if plain.rfind(",") > plain.rfind(".") and (
                "." in plain or self.decimal_comma or not _THOUSANDS.fullmatch(plain)
            ):
                plain = plain.replace(".", "").replace(",", ".")
            else:
                plain = plain.replace(",", "")
        if not _NUMBER.fullmatch(plain):
            raise ValueError(f"{quoted(text)} is no number")
        return float(plain)

    def flag(self, cell: str) -> bool:
        """Yes or no, in the languages of the export."""
        word = " ".join(words_of(cell))
        if word in _YES or word in _YES_TOO:
            return True
        if word in _NO:
            return False
        raise ValueError(f"{quoted(cell)} is neither yes nor no")

    def time(self, cell: str) -> dt.datetime:
        """A time of day on a date: without a zone as the vendor writes it, with one where the cell has it."""
        known = self._times.get(cell)
        if known is None:
            known = self._times[cell] = self._time(cell)
        return known

    def _time(self, cell: str) -> dt.datetime:
        text = cell.strip()
        if ":" in text:  # a date alone does not say when
            try:
                return dt.datetime.fromisoformat(text)
            except ValueError:
                pass
        if match := _OTHER_DATE.fullmatch(text):
            return self._other_time(cell, match)
        raise ValueError(f"{quoted(cell)} is no time")

    def _other_time(self, cell: str, match: re.Match[str]) -> dt.datetime:
        first, mark, second, third, hour, minute, seconds, half = match.groups()
        if len(first) == 4:
            year, month, day = int(first), int(second), int(third)
        else:
            day_first = True if mark == "." else self.day_first
            if day_first is None:
                raise ValueError(f"{quoted(cell)} does not say which number is the month")
            day, month = (int(first), int(second)) if day_first else (int(second), int(first))
            year = int(third) + (2000 if len(third) <= 2 else 0)
        hours = int(hour)
        if half:
            hours = hours % 12 + (12 if half[0] in "pP" else 0)
        try:
            return dt.datetime(year, month, day, hours, int(minute), int(seconds or 0))  # noqa: DTZ001  # local
        except ValueError:
            raise ValueError(f"{quoted(cell)} is no time") from None

    def zone(self, cell: str) -> int | ZoneInfo:
        """Seconds from UTC, or a zone by name."""
        known = self._zones.get(cell)
        if known is None:
            known = self._zones[cell] = _zone(cell)
        return known

    def moment(self, cell: str, zone: int | ZoneInfo | None) -> tuple[dt.datetime, int | None]:
        """The instant (UTC) that ``cell`` names in ``zone``, and its offset; no zone counts as UTC."""
        local = self.time(cell)
        try:
            if isinstance(zone, ZoneInfo):
                aware = local if local.tzinfo else local.replace(tzinfo=zone)
                offset = aware.astimezone(zone).utcoffset()
                return aware.astimezone(dt.UTC), int(offset.total_seconds()) if offset is not None else None
            if local.tzinfo is not None:
                told = local.utcoffset()
                own = int(told.total_seconds()) if told is not None else None
                return local.astimezone(dt.UTC), own if zone is None else zone
            utc = local.replace(tzinfo=dt.UTC)
            return (utc, None) if zone is None else (utc - dt.timedelta(seconds=zone), zone)
        except OverflowError:
            raise ValueError(f"{quoted(cell)} is no time") from None


def _day_first(times: Iterable[str]) -> bool | None:
    told: bool | None = None
    for cell in times:
        match = _OTHER_DATE.fullmatch(cell.strip())
        if match is None or len(match[1]) == 4:
            continue
        if int(match[1]) > 12:
            return True
        if int(match[3]) > 12:
            return False
        if match[8]:  # the clock of those who write the month first
            told = False
    return told


def _turning_first(rows: Iterable[Sequence[str]]) -> bool | None:
    """Whether the first number is the day, told by rows of which it is the only one that changes.

    The times of a row lie within days of one another, and where no number is above 12 no month ends.
    """
    turning: set[bool] = set()
    for cells in rows:
        matches = [match for cell in cells if (match := _OTHER_DATE.fullmatch(cell.strip()))]
        dates = [match for match in matches if len(match[1]) < 4]
        first, second = (len({int(match[at]) for match in dates}) > 1 for at in (1, 3))
        if first is not second:
            turning.add(first)
    return turning.pop() if len(turning) == 1 else None


def _zone(cell: str) -> int | ZoneInfo:
    text = cell.strip()
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups()
        return parse_offset(f"{'+' if sign == '+' else '-'}{int(hours):02}:{minutes or '00'}")
    if "/" in text:
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{quoted(cell)} is no time zone") from None
    try:
        return parse_offset(text)
    except ValueError:
        raise ValueError(f"{quoted(cell)} is no time zone") from None
