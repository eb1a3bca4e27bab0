"""Rows of the older formats, JSON ``resultSets`` and CSV alike, as plain values.

A CSV that went through a spreadsheet or a data frame says ``1610612741.0`` and ``4.0`` for integers and
nothing for null; JSON says them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["Row", "getter", "identifier", "number", "text"]

#: Numbers of the vendor's fit into 64 bits, and its ids are positive.
_BOUND: Final = 2**63

Row = Sequence[Any]


def number(value: object) -> int | None:
    """An integer however it is written; ``None`` for nothing and for what is no integer."""
    if type(value) is int:
        found = value
    elif isinstance(value, str | float) and value != "":
        try:
            found = int(value)
        except (ValueError, OverflowError):
            try:
                found = int(float(value))
            except (ValueError, OverflowError):
                return None
    else:
        return None
    return found if -_BOUND < found < _BOUND else None


def identifier(value: object) -> int | None:
    """An id of a team or person; 0 and everything below stand for nobody."""
    found = number(value)
    return found if found is not None and found > 0 else None


def text(value: object) -> str:
    """A text; nothing is empty."""
    return "" if value is None else str(value).strip()


def getter(headers: Sequence[object]) -> Callable[[Row, str], Any]:
    """A function that gives a row's value by its column's name, ``None`` where there is no such cell."""
    index = {str(header): position for position, header in enumerate(headers)}

    def get(row: Row, column: str) -> Any:
        position = index.get(column)
        return row[position] if position is not None and position < len(row) else None

    return get
