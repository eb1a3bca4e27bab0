"""An export as people have it: the ZIP, its folder, one of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.whoop.export.columns import Table
from adapters.whoop.export.normalize import table_of
from poise_sdk.files import DEFAULT_LIMITS, Limits, read_documents
from poise_sdk.records import RawDocument, Rejected

__all__ = ["accepts", "read_export"]

#: Bytes that are held back to bring documents into order. A lifetime's export is below 20 MB.
_HELD: Final = 128 * 1024 * 1024
_ORDER: Final = {table: place for place, table in enumerate(Table)}


def accepts(name: str) -> bool:
    """Whether a member of an archive or folder may be of an export; copies of attributes are not."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return base.endswith(".csv") and not base.startswith("._")


def read_export(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[RawDocument | Rejected]:
    """The documents of an export: sleeps, cycles, workouts, journal, then what is none of them.

    What cannot be read comes first. An archive or folder without any CSV is rejected under its own name.
    Raises :class:`~poise_sdk.errors.Fatal` as :func:`poise_sdk.files.read_documents` does.
    """
    return _ordered(path, read_documents(path, accepts=accepts, limits=limits))


def _ordered(path: Path, items: Iterator[RawDocument | Rejected]) -> Iterator[RawDocument | Rejected]:
    held: list[tuple[int, RawDocument]] = []
    size = 0
    anything = False
    for item in items:
        anything = True
        if isinstance(item, Rejected):
            yield item
            continue
        table = table_of(item.content)
        held.append((len(_ORDER) if table is None else _ORDER[table], item))
        size += len(item.content)
        if size > _HELD:
            yield from _sorted(held)
            held, size = [], 0
    yield from _sorted(held)
    if not anything:
        files = ", ".join(f"{table}.csv" for table in Table)
        yield Rejected(
            file=path.name, reason=f"no CSV in it: an export of WHOOP has {files}, in any language"
        )


def _sorted(held: list[tuple[int, RawDocument]]) -> Iterator[RawDocument]:
    return (document for _, document in sorted(held, key=lambda pair: pair[0]))
