"""What the jobs of syncing share: whom it is about, pages into rows, what a failure means.

========================  =========================================================================
``Retriable(after=…)``    the vendor, or its budget, asks us to wait: the same job later
``Retriable``             the vendor is in trouble: its circuit counts it, the same job later
``NotSharedError``        this type only: not shared; asked again in a week
``NeedsReauth``           the connection needs its owner's consent again; its jobs end
anything else expected    this type's state shows the error; the next round tries again
========================  =========================================================================

Nothing of that makes the job a dead letter: it has done what it could, and the state says so. What does
is our own trouble (the database away for long), which the ledger's retries are for.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from poise_sdk.errors import NeedsReauth, PoiseError, Retriable
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WearableAdapter
from storage.people import circuits, connections, sync_states
from storage.people.connections import Connection
from storage.people.sync_states import SyncStatus
from tasks.context import JobContext
from tasks.failure import redact
from tasks.ingest import archive_url
from tasks.registry import Reschedule
from tasks.sync import translate
from tasks.sync.clocks import retry_after
from tasks.sync.contained import AdapterDefectError
from tasks.sync.intake import Order, Taken, installed, take_in
from tasks.sync.session import NotSharedError
from tasks.sync.telling import Teller

__all__ = ["BUSY_S", "Work", "begin_work", "circuit_pause", "put_off", "settle"]

logger = logging.getLogger(__name__)

#: How soon to look again whether the other's turn is over.
BUSY_S: Final = 2.0
#: Waiting for a vendor in trouble: twice as long each time, up to half an hour.
_OUTAGE_S: Final = 5.0
_LONGEST_OUTAGE_S: Final = 1800.0
#: The longest a page may be in a child, its time in the queue behind long imports included: what neither
#: ends by itself nor by its own time limit is killed.
_CHILD_S: Final = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One type (or, of webhooks, several) of one connection, in one attempt of one job."""

    context: JobContext
    connection: Connection
    adapter: WearableAdapter
    teller: Teller

    async def take(
        self, data_type: DataType, documents: Sequence[RawDocument], received_at: dt.datetime
    ) -> Taken:
        """Store documents in a child; what was refused is listed with the job."""
        what = f"the adapter {self.adapter.name} on {', '.join(one.name for one in documents)}"
        try:
            async with asyncio.timeout(_CHILD_S):
                taken = await self.context.pool.run(
                    take_in, self.order(data_type), list(documents), received_at
                )
        except TimeoutError as error:
            raise AdapterDefectError(f"{what} does not end") from error
        except Retriable as error:
            # The child died, not the vendor: an adapter may have taken all memory, or ended the process.
            raise AdapterDefectError(f"{what}: {error}") from error
        await self.context.reject(taken.rejected)
        return taken

    def order(self, data_type: DataType) -> Order:
        """Where this connection's documents belong."""
        return Order(
            database_url=self.context.endpoints.database_url,
            archive_url=archive_url(self.context),
            vendor=self.adapter.name,
            athlete_id=self.connection.athlete_id,
            connection_id=self.connection.id,
            data_type=data_type,
            normalize_s=translate.NORMALIZE_S,
        )


async def begin_work(context: JobContext, connection_id: int, data_type: DataType | None) -> Work | str:
    """What to work on, or why there is nothing to do."""
    connection = await connections.get(connection_id)
    if connection is None or connection.status == "removed":
        return "the connection was removed"
    if connection.status != "connected":
        return f"the connection is {connection.status}: {connection.status_reason or 'no reason is known'}"
    try:
        adapter = installed().wearable(connection.vendor)
    except PoiseError as error:
        return str(error)
    if data_type is not None and data_type not in adapter.capabilities.data_types:
        return f"{adapter.title} has no {data_type.value}"
    teller = Teller(
        context,
        athlete_id=connection.athlete_id,
        connection_id=connection.id,
        vendor=connection.vendor,
        data_type=data_type,
    )
    return Work(context=context, connection=connection, adapter=adapter, teller=teller)


def put_off(seconds: float, connection_id: int, note: str) -> Reschedule:
    """The same job later."""
    return Reschedule(retry_after(max(seconds, 0.5), connection_id), note=note[:300])


async def settle(
    work: Work, data_type: DataType, error: PoiseError, *, kept: bool, failures: int
) -> dict[str, object] | Reschedule:
    """Write a failure down where it belongs, and say how the job goes on.

    ``kept``: something was fetched before it; ``failures``: how many came before this one in a row.
    """
    connection = work.connection
    text = redact(str(error))
    status: SyncStatus
    match error:
        case Retriable(after=float() | int() as after):
            await work.teller.tell("syncing", note=text)
            return put_off(after, connection.id, text)
        case Retriable():
            retry_at = await circuits.failed(work.adapter.name, text)
            await sync_states.fail(connection.id, data_type, text, status="partial" if kept else "error")
            await work.teller.tell("error", note=text)
            pause = min(_OUTAGE_S * 2.0 ** min(failures, 16), _LONGEST_OUTAGE_S)
            if retry_at is not None:
                pause = max(pause, (retry_at - dt.datetime.now(dt.UTC)).total_seconds())
            return put_off(pause, connection.id, text)
        case NotSharedError():
            status = "not_shared"
        case NeedsReauth():
            status = "error"
            await connections.mark(connection.id, "needs_reauth", text)
            logger.warning(
                "connection %d to %s needs its owner's consent again", connection.id, connection.vendor
            )
        case _:
            logger.warning(
                "connection %d, %s %s: %s", connection.id, connection.vendor, data_type.value, text
            )
            status = "partial" if kept else "error"
    await circuits.succeeded(work.adapter.name)  # whatever is wrong, it is not that the vendor is away
    await sync_states.fail(connection.id, data_type, text, status=status)
    await work.teller.tell(status, note=text)
    return {"status": status, "error": text}


async def circuit_pause(work: Work) -> Reschedule | None:
    """When to come back to a vendor in trouble; ``None``: go on, and tell the circuit how it went."""
    retry_at = await circuits.allowed(work.adapter.name)
    if retry_at is None:
        return None
    seconds = (retry_at - dt.datetime.now(dt.UTC)).total_seconds()
    return put_off(seconds, work.connection.id, f"{work.adapter.title} is in trouble")
