"""Files of wearables on their way into a child: read some documents at a time, those known left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import WearableAdapter
from storage import archive
from storage.connect import connect
from storage.observations import Told, known_document
from tasks.ingest import LISTED_FILES, REST

__all__ = ["Imported", "Read", "Reader"]

#: What is read ahead and handed to a child at once; memory holds about three of them.
BATCH_DOCUMENTS: Final = 48
BATCH_BYTES: Final = 24 * 2**20
BATCH_REFUSED: Final = 1_000


class Imported(msgspec.Struct, kw_only=True):
    """What became of some documents."""

    files: dict[str, Told] = {}
    rejected: list[Rejected] = []
    records: dict[str, int] = {}
    """How many of each kind the documents hold: ``nights``, ``naps``, ``workouts``, …"""
    days: set[dt.date] = set()
    """Local days of which something changed."""

    def tell(self, name: str, told: Told) -> None:
        """Add to the counts of a file; beyond so many files, to one entry for all the rest."""
        if name not in self.files and len(self.files) >= LISTED_FILES:
            name = REST
        self.files.setdefault(name, Told()).add(told)

    def refuse(self, rejected: Rejected) -> None:
        """A document that could not be read counts as one row."""
        self.tell(rejected.file, Told(rows=1, rejected=1))
        self.rejected.append(rejected)

    def add(self, other: Imported) -> None:
        """Add what became of further documents; their rejections are not kept."""
        for name, told in other.files.items():
            self.tell(name, told)
        for kind, count in other.records.items():
            self.records[kind] = self.records.get(kind, 0) + count
        self.days |= other.days


class Read(NamedTuple):
    """Some documents as they were read."""

    fresh: list[RawDocument]
    """To be stored, in the order in which they came."""
    known: Imported
    """What is said of those that are stored already, and of what could not be read."""
    skipped: int


class Reader:
    """Reads documents, some at a time, and leaves out those that are stored whole already."""

    def __init__(
        self, database_url: str, adapter: WearableAdapter, athlete_id: int, paths: Sequence[Path]
    ) -> None:
        self._c = connect(database_url)
        self._adapter = adapter
        self._athlete_id = athlete_id
        self._items = _apart((path.name, _documents(adapter, path)) for path in paths)

    def next(self) -> Read | None:
        """The next documents, ``None`` after the last."""
        fresh: list[RawDocument] = []
        known = Imported()
        skipped = size = 0
        for item in self._items:
            if isinstance(item, Rejected):
                known.refuse(item)
            elif (rows := self._rows(item)) is not None:
                known.tell(item.name, Told(rows=rows, unchanged=rows))
                skipped += 1
            else:
                fresh.append(item)
                size += len(item.content)
            if (
                len(fresh) >= BATCH_DOCUMENTS
                or size >= BATCH_BYTES
                or len(known.rejected) >= BATCH_REFUSED
                or skipped >= BATCH_REFUSED
            ):
                break
        return Read(fresh, known, skipped) if fresh or known.files else None

    def _rows(self, document: RawDocument) -> int | None:
        """How many rows an earlier import stored of the whole document; ``None`` if it must be done."""
        adapter = self._adapter
        digest = archive.sha256(document)
        rows = known_document(self._c, self._athlete_id, adapter.name, digest, adapter.version)
        self._c.rollback()
        return rows

    def close(self) -> None:
        """Close the database connection."""
        self._c.close()


def _apart(
    sources: Iterable[tuple[str, Iterator[RawDocument | Rejected]]],
) -> Iterator[RawDocument | Rejected]:
    """All that ``sources`` hold; a name that an earlier source has used is put under that of its own."""
    used: set[str] = set()
    for source, items in sources:
        mine: set[str] = set()
        for item in items:
            name = item.name if isinstance(item, RawDocument) else item.file
            mine.add(name)
            if name not in used:
                yield item
            elif isinstance(item, RawDocument):
                yield msgspec.structs.replace(item, name=f"{source}/{name}")
            else:
                yield msgspec.structs.replace(item, file=f"{source}/{name}")
        used |= mine


def _documents(adapter: WearableAdapter, path: Path) -> Iterator[RawDocument | Rejected]:
    """What the adapter reads of ``path``; what it does wrong is told under the path's name."""
    try:
        items: Iterable[object] = adapter.read_file(path)
        for item in items:
            if isinstance(item, RawDocument | Rejected):
                yield item
            else:
                reason = f"the adapter {adapter.name} reads a {type(item).__name__}, which is no document"
                yield Rejected(file=path.name, reason=reason)
    except Fatal as error:
        yield Rejected(file=path.name, reason=str(error))
    except Exception as error:
        reason = f"the adapter {adapter.name} failed to read it: {type(error).__name__}: {error}"
        yield Rejected(file=path.name, reason=reason[:500])
