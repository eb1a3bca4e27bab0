"""Typed reading of a vendor's JSON objects, with errors that name the field.

::

    try:
        start = row.moment("start")            # required: Trouble if absent or no time
        strain = row.get("score").number("strain", None)   # optional: None if absent
    except Trouble as trouble:
        yield trouble.rejected(file=document.name, row=3)

An absent field and a JSON null are the same. A value of another type is trouble, never a guess; a number
written as text is a number, because vendors do that. With a list ``lost``, an optional field in trouble is
noted there and counts as absent, so that the rest of its row is kept::

    lost: list[Trouble] = []
    row = Fields.of(value, lost=lost)
    strain = row.number("strain", None)
    for trouble in lost:
        yield trouble.rejected(file=document.name, row=3, kept=True)
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from poise_sdk.days import parse_offset
from poise_sdk.records import Rejected

__all__ = ["Fields", "Trouble"]

_D = TypeVar("_D")


class _Required:
    """The mark of an argument that was not given."""


_REQUIRED: Final = _Required()
#: Characters of a value that a reason quotes: enough to recognise it, too few for a book.
_QUOTED: Final = 40


class Trouble(ValueError):
    """A field that cannot be understood: ``field`` and ``reason``."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def rejected(self, *, file: str, row: int | None = None, kept: bool = False) -> Rejected:
        """The report of it."""
        return Rejected(file=file, row=row, field=self.field, reason=self.reason, kept=kept)


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a document; ``path`` names it in errors (``score.``)."""

    values: Mapping[str, Any]
    path: str = ""
    lost: list[Trouble] | None = None

    @classmethod
    def of(cls, value: object, path: str = "", lost: list[Trouble] | None = None) -> Fields:
        """The fields of a JSON value; :class:`Trouble` if it is no object."""
        if not isinstance(value, Mapping):
            raise Trouble(path.rstrip(".") or "(row)", f"{_quoted(value)} is no object")
        return cls(value, path, lost)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def get(self, name: str) -> Fields:
        """The object ``name``; empty if absent."""
        path = f"{self.path}{name}."
        try:
            return Fields.of({} if (value := self.values.get(name)) is None else value, path, self.lost)
        except Trouble as trouble:
            if self.lost is None:
                raise
            self.lost.append(trouble)
            return Fields({}, path, self.lost)

    def items(self, name: str) -> Iterator[object]:
        """The items of the list ``name``; none if absent."""
        value = self.values.get(name)
        if value is None:
            return iter(())
        if not isinstance(value, list):
            raise Trouble(f"{self.path}{name}", f"{_quoted(value)} is no list")
        return iter(value)

    @overload
    def number(self, name: str) -> float: ...
    @overload
    def number(self, name: str, default: _D) -> float | _D: ...
    def number(self, name: str, default: object = _REQUIRED) -> object:
        """A finite number."""
        return self._read(name, default, _number)

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: _D) -> str | _D: ...
    def text(self, name: str, default: object = _REQUIRED) -> object:
        """A text that is not empty; a whole number (an id) counts as one."""
        return self._read(name, default, _text)

    @overload
    def flag(self, name: str) -> bool: ...
    @overload
    def flag(self, name: str, default: _D) -> bool | _D: ...
    def flag(self, name: str, default: object = _REQUIRED) -> object:
        """True or false."""
        return self._read(name, default, _flag)

    @overload
    def moment(self, name: str) -> dt.datetime: ...
    @overload
    def moment(self, name: str, default: _D) -> dt.datetime | _D: ...
    def moment(self, name: str, default: object = _REQUIRED) -> object:
        """An instant with a zone (RFC 3339), as UTC."""
        return self._read(name, default, lambda value: _moment(value).astimezone(dt.UTC))

    @overload
    def offset_of(self, name: str) -> int: ...
    @overload
    def offset_of(self, name: str, default: _D) -> int | _D: ...
    def offset_of(self, name: str, default: object = _REQUIRED) -> object:
        """Seconds of the UTC offset that the time ``name`` is written with."""
        return self._read(name, default, lambda value: _seconds(_moment(value)))

    @overload
    def offset(self, name: str) -> int: ...
    @overload
    def offset(self, name: str, default: _D) -> int | _D: ...
    def offset(self, name: str, default: object = _REQUIRED) -> object:
        """A UTC offset (``-05:00``, ``Z``) in seconds."""
        return self._read(name, default, lambda value: parse_offset(str(value)))

    @overload
    def day(self, name: str) -> dt.date: ...
    @overload
    def day(self, name: str, default: _D) -> dt.date | _D: ...
    def day(self, name: str, default: object = _REQUIRED) -> object:
        """A calendar day (``2025-03-09``)."""
        return self._read(name, default, _day)

    def _read(self, name: str, default: object, convert: Callable[[object], object]) -> object:
        value = self.values.get(name)
        optional = default is not _REQUIRED
        if value is None:
            if optional:
                return default
            raise Trouble(f"{self.path}{name}", "it is missing")
        try:
            return convert(value)
        except (ValueError, OverflowError) as error:
            trouble = Trouble(f"{self.path}{name}", str(error))
        if not optional or self.lost is None:
            raise trouble
        self.lost.append(trouble)
        return default


def _number(value: object) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise ValueError(f"{_quoted(value)} is no number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{_quoted(value)} is no number")
    return float(value)


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{_quoted(value)} is no text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{_quoted(value)} is neither true nor false")
    return value


def _moment(value: object) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is not None:
            moment.astimezone(dt.UTC)  # a year at either end of the calendar overflows here
    except (ValueError, OverflowError):
        raise ValueError(f"{_quoted(value)} is no time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{_quoted(value)} is a time without a zone")
    return moment


def _seconds(moment: dt.datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None, "_moment refuses times without a zone"
    return int(offset.total_seconds())


def _day(value: object) -> dt.date:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{_quoted(value)} is no day") from None


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"
