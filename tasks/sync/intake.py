"""From a vendor's page to rows, in a child process: archive, translate, store, one document at a time."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence

import msgspec

from adapters.host import Registry, load_registry
from poise_sdk.observations import Recovery, WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item, WearableAdapter
from storage import archive
from storage.connect import is_transient
from storage.observations import AthleteGone, Sourced, delete_record, drop_unowned, store_document
from tasks.connections import kept_connection
from tasks.sync.translate import NORMALIZE_S, normalized

__all__ = ["Order", "Taken", "forget_record", "installed", "sourced", "take_in"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a child needs to know about where its documents belong."""

    database_url: str
    archive_url: str
    vendor: str
    athlete_id: int
    connection_id: int
    data_type: DataType
    normalize_s: float = NORMALIZE_S


class Taken(msgspec.Struct, kw_only=True):
    """What became of some documents."""

    records: int = 0
    """Records and readings that were understood."""
    stored: int = 0
    """Rows that were new or changed something."""
    rejected: list[Rejected] = []
    failure: str | None = None
    """What the adapter did wrong, if it failed: the last of several."""
    seen: set[tuple[str, str]] = set()
    """``(data type, id)`` of what the documents spoke of."""

    def add(self, other: Taken) -> None:
        """Add what became of further documents."""
        self.records += other.records
        self.stored += other.stored
        self.rejected += other.rejected
        self.failure = other.failure or self.failure
        self.seen |= other.seen


@functools.cache
def installed() -> Registry:
    """The adapters of this process; found once, because looking for them costs more than a page."""
    return load_registry()


def take_in(order: Order, documents: Sequence[RawDocument], received_at: dt.datetime) -> Taken:
    """Archive, translate and store documents, one transaction each. Raises the database's errors only."""
    adapter = installed().wearable(order.vendor)
    kept = archive.Archive(order.archive_url)
    kept.put_many(order.vendor, documents)
    taken = Taken()
    with kept_connection(order.database_url) as c:
        archive.index(c, order.vendor, documents)
        c.commit()
        for document in documents:
            items, failure = normalized(adapter, document, within_s=order.normalize_s)
            one = Taken(failure=failure, seen=set(_ids(items)))
            try:
                outcome = store_document(
                    c, sourced(order, adapter, received_at), document, items, data_type=order.data_type
                )
                c.commit()
            except AthleteGone as gone:
                c.rollback()
                drop_unowned(c, kept, documents)
                taken.failure = str(gone)
                break
            except Exception as error:
                if is_transient(error):
                    raise
                # What passed every check and still cannot be stored: this document only is lost to us.
                c.rollback()
                one.failure = f"{document.name} cannot be stored: {type(error).__name__}: {error}"[:500]
            else:
                one.records = sum(outcome.records.values())
                one.stored = outcome.told.stored
                one.rejected = list(outcome.rejected)
            taken.add(one)
    return taken


def forget_record(order: Order, data_types: Sequence[DataType], record_id: str) -> bool:
    """Delete a record that the vendor has taken back; whether there was one."""
    adapter = installed().wearable(order.vendor)
    with kept_connection(order.database_url) as c:
        found = [
            delete_record(c, sourced(order, adapter, dt.datetime.now(dt.UTC)), one, record_id)
            for one in data_types
        ]
        c.commit()
    return any(found)


def sourced(order: Order, adapter: WearableAdapter, received_at: dt.datetime) -> Sourced:
    """The provenance of what this order stores."""
    return Sourced(
        athlete_id=order.athlete_id,
        vendor=order.vendor,
        adapter_version=adapter.version,
        connection_id=order.connection_id,
        received_at=received_at,
    )


def _ids(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """What the items are known by, in a vendor's various words: a recovery by its night or cycle too."""
    for item in items:
        if not isinstance(item, WearableRecord) or not hasattr(item, "data_type"):
            continue
        names = [item.source_id]
        if isinstance(item, Recovery):
            names += [item.night_id, item.cycle_id]
        for name in names:
            if name is not None:
                yield item.data_type.value, name
