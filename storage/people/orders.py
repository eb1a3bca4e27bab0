"""Jobs about connections, as whoever asks writes them down: the server, the command line, a schedule.

They are enqueued in the caller's transaction and done by ``tasks.sync``; of one connection and type only one
sync and one backfill are open at a time. Dispatch them (:func:`storage.ledger.dispatch`) after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from poise_sdk.vocabulary import DataType
from storage import ledger
from storage.ledger import Job

__all__ = ["order_backfill", "order_first", "order_import", "order_revoke", "order_sync", "order_webhooks"]


async def order_sync(
    connection_id: int, data_type: DataType, reason: str = "asked for", urgent: bool = False
) -> Job:
    """Fetch what is new of one type; ``urgent`` if somebody waits for it."""
    args = {"connection_id": connection_id, "data_type": data_type.value, "reason": reason, "urgent": urgent}
    return await ledger.enqueue("sync.run", args, key=f"sync:{connection_id}:{data_type.value}")


async def order_backfill(connection_id: int, data_type: DataType) -> Job:
    """Fetch the history of one type, newest first, in slices."""
    args = {"connection_id": connection_id, "data_type": data_type.value}
    return await ledger.enqueue("sync.backfill", args, key=f"backfill:{connection_id}:{data_type.value}")


async def order_first(connection_id: int, data_types: Iterable[DataType]) -> list[Job]:
    """All that a new connection needs: the last days of every type, then their history."""
    types = sorted(data_types)
    jobs = [await order_sync(connection_id, one, reason="connected", urgent=True) for one in types]
    return jobs + [await order_backfill(connection_id, one) for one in types]


async def order_webhooks(vendor: str) -> Job:
    """Act on the webhook events that wait."""
    return await ledger.enqueue("sync.webhooks", {"vendor": vendor}, key=f"webhooks:{vendor}")


async def order_import(vendor: str, paths: Sequence[Path | str], athlete_id: int) -> Job:
    """Import an athlete's files; the paths must mean the same to whichever worker takes the job."""
    absolute = [str(path) for path in paths]
    args = {"vendor": vendor, "paths": absolute, "athlete_id": athlete_id}
    key = f"import:{vendor}:{athlete_id}:{'|'.join(absolute)}"
    return await ledger.enqueue("wearables.import", args, key=key)


async def order_revoke(connection_id: int) -> Job:
    """End a removed connection at the vendor, then forget its credentials."""
    return await ledger.enqueue(
        "sync.revoke", {"connection_id": connection_id}, key=f"revoke:{connection_id}"
    )
