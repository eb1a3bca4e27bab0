"""Importing files of wearables: read, archived, translated, stored for one athlete.

The job's own process only reads; a child translates and stores, a batch a transaction, in the order in which
the adapter hands the documents out (a night before the cycle that repeats it). A document that was stored
whole is skipped when the import is begun again, so an import may be killed anywhere and repeated at will.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from adapters.host import load_registry
from poise_sdk.errors import Retriable
from poise_sdk.observations import Night, Origin, ReadingTable, WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item, WearableAdapter
from storage import archive
from storage.connect import Connection, is_transient
from storage.observations import AthleteGone, Sourced, drop_unowned, recompute_days, store_document
from tasks.connections import kept_connection
from tasks.context import JobContext
from tasks.ingest import archive_url
from tasks.registry import job
from tasks.sync.intake import installed
from tasks.sync.translate import normalized
from tasks.threads import in_thread
from tasks.wearable_files import Imported, Reader

__all__ = ["Batch", "import_wearables", "store_documents"]

#: Seconds that an adapter may take for one document of a file: an export of many years in one table.
NORMALIZE_S: Final = 120.0
#: Seconds for the rest of a document's way to the store, before its child is given up.
STORE_S: Final = 600.0


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a child needs to store some documents of one athlete."""

    database_url: str
    archive_url: str
    vendor: str
    athlete_id: int
    received_at: dt.datetime
    documents: list[RawDocument]
    normalize_s: float = NORMALIZE_S


@job("wearables.import", timeout_s=6 * 3600, max_attempts=8)
async def import_wearables(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Import the files, folders and archives ``paths`` with the adapter ``vendor`` for ``athlete_id``.

    The result is ``{"files": {name: {"rows", "stored", "unchanged", "rejected"}}, "records": {kind: count},
    "days": {"first", "last", "count"} or null}``; rejected rows are in the ledger's list.
    """
    vendor, athlete_id = str(args["vendor"]), int(args["athlete_id"])
    paths = [Path(path) for path in args["paths"]]
    adapter = load_registry().wearable(vendor)
    total = Imported()
    done = 0
    reader = Reader(context.endpoints.database_url, adapter, athlete_id, paths)

    async def take(imported: Imported, documents: int) -> None:
        nonlocal done
        total.add(imported)
        await context.reject(imported.rejected)
        done += documents
        context.progress(done, 0, "documents")

    async def store(documents: list[RawDocument], *, again: bool = True) -> None:
        try:
            async with asyncio.timeout(len(documents) * NORMALIZE_S + STORE_S):
                await run(documents)
            return
        except TimeoutError:  # beyond the reach of its own time limit: the child was killed
            reason, again = "does not come back from it", False
        except Retriable:  # the child died, of the adapter or of something else
            reason = "ends its process over it"
        if len(documents) > 1:  # which document does that shows when each is done alone
            for document in documents:
                await store([document])
        elif again:
            await store(documents, again=False)
        else:
            imported = Imported()
            imported.refuse(Rejected(file=documents[0].name, reason=f"the adapter {adapter.name} {reason}"))
            await take(imported, 1)

    async def run(documents: list[RawDocument]) -> None:
        batch = Batch(
            database_url=context.endpoints.database_url,
            archive_url=archive_url(context),
            vendor=vendor,
            athlete_id=athlete_id,
            received_at=dt.datetime.now(dt.UTC),
            documents=documents,
        )
        await take(await context.pool.run(store_documents, batch), len(documents))

    try:
        async with asyncio.TaskGroup() as group:
            storing: asyncio.Task[None] | None = None
            while (read := await in_thread(reader.next)) is not None:
                await take(read.known, read.skipped)
                if storing is not None:  # one athlete has one writer; the next batch is read meanwhile
                    await storing
                storing = group.create_task(store(read.fresh)) if read.fresh else None
    finally:
        await in_thread(reader.close)
    return _result(total)


def store_documents(batch: Batch) -> Imported:
    """Archive, translate and store documents; runs in a child process.

    Raises the database's errors only: what an adapter does wrong is told of the document.
    """
    adapter = installed().wearable(batch.vendor)
    kept = archive.Archive(batch.archive_url)
    kept.put_many(batch.vendor, batch.documents)
    sourced = Sourced(
        athlete_id=batch.athlete_id,
        vendor=batch.vendor,
        adapter_version=adapter.version,
        received_at=batch.received_at,
    )
    with kept_connection(batch.database_url) as c:
        archive.index(c, batch.vendor, batch.documents)
        c.commit()
        try:
            return _store(c, adapter, sourced, batch.documents, batch.normalize_s)
        except AthleteGone:
            c.rollback()
            drop_unowned(c, kept, batch.documents)
            raise
        except Exception as error:
            if is_transient(error):
                raise
            c.rollback()
        # What passed every check and still cannot be stored: that document only is lost to us.
        imported = Imported()
        for document in batch.documents:
            try:
                one = _store(c, adapter, sourced, [document], batch.normalize_s)
            except Exception as error:
                if is_transient(error):
                    raise
                c.rollback()
                reason = f"it cannot be stored: {type(error).__name__}: {error}"[:500]
                imported.refuse(Rejected(file=document.name, reason=reason))
            else:
                imported.add(one)
                imported.rejected += one.rejected
        return imported


def _store(
    c: Connection,
    adapter: WearableAdapter,
    sourced: Sourced,
    documents: Sequence[RawDocument],
    normalize_s: float,
) -> Imported:
    """Store documents in one transaction; their days are computed anew once."""
    imported = Imported()
    for document in documents:
        items, _ = normalized(adapter, document, within_s=normalize_s)
        outcome = store_document(c, sourced, document, items, recompute=False)
        imported.tell(document.name, outcome.told)
        imported.rejected += outcome.rejected
        imported.days |= outcome.days
        imported.records = dict(Counter(imported.records) + _kinds(items))
    recompute_days(c, sourced.athlete_id, imported.days)
    c.commit()
    return imported


def _kinds(items: Sequence[Item]) -> Counter[str]:
    """How many records of what people call a kind; a table of readings counts for as many as it holds."""
    found: Counter[str] = Counter()
    for item in items:
        if isinstance(item, ReadingTable):
            found["readings"] += item.rows
        elif isinstance(item, Night):
            if item.origin is not Origin.DERIVED:
                found["naps" if item.nap else "nights"] += 1
        elif isinstance(item, WearableRecord):
            found[_PLURALS.get(type(item).__name__, type(item).__name__)] += 1
    return found


_PLURALS: Final = {
    "BodyMeasurement": "body measurements",
    "Cycle": "cycles",
    "DailySummary": "daily summaries",
    "HrvNight": "HRV nights",
    "JournalEntry": "journal entries",
    "Reading": "readings",
    "Recovery": "recoveries",
    "Workout": "workouts",
}


def _result(total: Imported) -> dict[str, Any]:
    days = total.days
    return {
        "files": {name: msgspec.to_builtins(total.files[name]) for name in sorted(total.files)},
        "records": dict(sorted(total.records.items())),
        "days": {"first": min(days).isoformat(), "last": max(days).isoformat(), "count": len(days)}
        if days
        else None,
    }
