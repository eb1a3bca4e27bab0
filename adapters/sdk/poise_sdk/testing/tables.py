"""Tables of readings as single readings, so that records can be compared and counted.

A table is anything with the Arrow interface; whoever makes one has polars or pyarrow installed, and that
one reads it here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Final

from poise_sdk.observations import Reading, ReadingTable, WearableRecord
from poise_sdk.wearable import Item

__all__ = ["told"]

#: Library → how its frame is made of an Arrow stream, and how that gives its rows as dictionaries.
_READERS: Final = (("polars", "DataFrame", "to_dicts"), ("pyarrow", "table", "to_pylist"))


def told(items: Iterable[Item]) -> list[Item]:
    """``items`` with every table taken apart; raises :class:`ValueError` for one that is no table."""
    result: list[Item] = []
    for item in items:
        result.extend(_readings(item) if isinstance(item, ReadingTable) else (item,))
    return result


def _readings(table: ReadingTable) -> list[WearableRecord]:
    rows = _rows(table)
    if len(rows) != table.rows:
        raise ValueError(f"a ReadingTable of {len(rows)} rows says that it has {table.rows}")
    try:
        return [Reading(origin=table.origin, **row) for row in rows]
    except TypeError as error:
        raise ValueError(f"a ReadingTable with odd columns {list(rows[0])}: {error}") from None


def _rows(table: ReadingTable) -> list[dict[str, Any]]:
    for library, maker, reader in _READERS:
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        rows: list[dict[str, Any]] = getattr(getattr(module, maker)(table.data), reader)()
        return rows
    raise ValueError("a ReadingTable can be tried only where polars or pyarrow is installed")
