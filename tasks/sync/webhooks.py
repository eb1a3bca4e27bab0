"""``sync.webhooks`` and ``sync.one``: what vendors announced is fetched, deleted, or ends a connection.

A webhook is written down by whoever received it and answered at once; here it is acted on. ``sync.webhooks``
sorts what is new by connection; ``sync.one`` answers all that is pending of one. An event is done with
only when what it speaks of is stored, so a job may die anywhere. Order and repetition do not matter: what
counts is what the vendor says *now* of the record, not what the event said.

Where requests are scarce (``plan.is_scarce``), one request for the last days of a type answers all of its
recent events at once, and finds by the way what no webhook told; else each record is asked for by its id,
which reaches any age.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from poise_sdk.errors import Fatal, PoiseError, Skippable
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WebhookKind
from storage import ledger
from storage.people import circuits, connections, sync_states, webhooks
from storage.people.webhooks import PendingEvent
from tasks.context import JobContext
from tasks.registry import Outcome, Reschedule, job
from tasks.sync.due import connected
from tasks.sync.intake import Taken, forget_record, installed
from tasks.sync.plan import is_scarce
from tasks.sync.session import NotSharedError, Session, open_session
from tasks.sync.spans import Span
from tasks.sync.turns import BusyError, turn
from tasks.sync.work import BUSY_S, Work, begin_work, circuit_pause, settle

__all__ = ["answer_connection", "sort_webhooks"]

logger = logging.getLogger(__name__)

#: Announcements come in flocks (a night, then its recovery): so long is waited for the rest of one.
_GATHER_S: Final = 2.0
_GATHER_SCARCE_S: Final = 30.0
#: The last days, where a type is asked for rather than a record.
_RECENT: Final = dt.timedelta(days=2)
#: More events of one type than this are cheaper asked for together.
_FLOCK: Final = 3
#: A recovery is asked for before the sleep it was measured in: its documents may hold that too.
_FIRST: Final = (DataType.RECOVERY,)


class _Connection(msgspec.Struct, frozen=True, kw_only=True):
    connection_id: int


@job("sync.webhooks", timeout_s=300, max_attempts=50)
async def sort_webhooks(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Order an answer for each connection of ``vendor`` that something was announced about."""
    vendor = str(args["vendor"])
    found: set[int] = set()
    strangers = 0
    for event in await webhooks.pending(vendor):
        connection_id = event.connection_id
        if connection_id is None:
            connection = await connections.by_vendor_user(vendor, event.vendor_user_id)
            if connection is None:
                strangers += 1
                await webhooks.done(vendor, event.event_id, "nobody here is connected to this account")
                continue
            connection_id = connection.id
        found.add(connection_id)
    if found:
        gather = await _gather_s(vendor)
        for connection_id in sorted(found):
            await order_answer(context, connection_id, gather)
    return {"connections": len(found), "strangers": strangers}


async def order_answer(context: JobContext, connection_id: int, gather_s: float) -> None:
    """Have what is pending of a connection answered, a moment from now."""
    order = await ledger.enqueue(
        "sync.one",
        {"connection_id": connection_id},
        key=f"one:{connection_id}",
        run_after=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=gather_s),
    )
    if not order.existed:
        await context.dispatch(order)


@job("sync.one", timeout_s=1800, max_attempts=50)
async def answer_connection(context: JobContext, args: dict[str, Any]) -> Outcome:
    """Answer everything announced about one connection; ``args``: ``connection_id``.

    The result is ``{"answered": {outcome: events}}``.
    """
    try:
        terms = msgspec.convert(args, _Connection)
    except msgspec.ValidationError as error:
        raise Fatal(f"no such connection: {error}") from error
    outcomes: dict[str, int] = defaultdict(int)
    while events := await webhooks.pending_of(terms.connection_id):
        work = await begin_work(context, terms.connection_id, None)
        if isinstance(work, str):
            for event in events:
                await webhooks.done(event.vendor, event.event_id, work)
            return {"answered": {work: len(events)}}
        if (pause := await circuit_pause(work)) is not None:
            return pause
        answer = _Answer(work, events, outcomes)
        if (put_off := await answer.give()) is not None:
            return put_off
    return {"answered": dict(outcomes)}


class _Answer:
    """The answer to what was pending of one connection at one instant."""

    def __init__(self, work: Work, events: Sequence[PendingEvent], outcomes: dict[str, int]) -> None:
        self._work = work
        self._events = events
        self._outcomes = outcomes
        self._seen: set[tuple[str, str]] = set()

    async def give(self) -> Reschedule | None:
        """Answer all; or say when to come back for the rest."""
        revoked = [event for event in self._events if event.kind == WebhookKind.REVOKED]
        if revoked:
            note = "the athlete ended it at the vendor"
            await connections.mark(self._work.connection.id, "revoked", note)
            await self._work.teller.tell("revoked", note=note)
            await self._done(self._events, "the connection was ended at the vendor")
            return None
        by_type: dict[DataType | None, list[PendingEvent]] = defaultdict(list)
        for event in self._events:
            by_type[event.data_type].append(event)
        await self._done(by_type.pop(None, []), "it names no type of data")
        async with open_session(
            self._work.context.services, self._work.adapter, self._work.connection.id, priority="routine"
        ) as session:
            for data_type in sorted(by_type, key=lambda one: (one not in _FIRST, one)):
                assert data_type is not None
                if (put_off := await self._answer_type(session, data_type, by_type[data_type])) is not None:
                    return put_off
        return None

    async def _answer_type(
        self, session: Session, data_type: DataType, events: Sequence[PendingEvent]
    ) -> Reschedule | None:
        try:
            async with turn(self._work.connection.id, data_type):
                await self._answer_records(session, data_type, events)
        except BusyError:
            return Reschedule(BUSY_S, note=f"{data_type.value} is being fetched already")
        except PoiseError as error:
            outcome = await settle(self._work, data_type, error, kept=False, failures=0)
            if isinstance(outcome, Reschedule):
                return outcome
            await self._done(events, f"failed: {error}")
        return None

    async def _answer_records(
        self, session: Session, data_type: DataType, events: Sequence[PendingEvent]
    ) -> None:
        """Events of one type, record by record: of a record all events are one question."""
        records: dict[str | None, list[PendingEvent]] = defaultdict(list)
        for event in events:
            records[event.record_id].append(event)
        await self._delete(data_type, records)
        if not records:
            return
        if None in records or len(records) > _FLOCK or await self._scarce():
            await self._fetch_recent(session, data_type)
        for record_id, about in records.items():
            if record_id is None or (data_type.value, record_id) in self._seen:
                await self._done(about, "stored")
            else:
                await self._done(about, await self._fetch_one(session, data_type, record_id, about))

    async def _delete(self, data_type: DataType, records: dict[str | None, list[PendingEvent]]) -> None:
        """Delete what is only said to be deleted; what is said to be changed as well, the vendor is asked."""
        for record_id in list(records):
            if record_id is None or any(one.kind != WebhookKind.DELETED for one in records[record_id]):
                continue
            found = await self._forget(data_type, record_id)
            await self._done(records.pop(record_id), "deleted" if found else "deleted: it was not here")

    async def _fetch_one(
        self, session: Session, data_type: DataType, record_id: str, about: Sequence[PendingEvent]
    ) -> str:
        try:
            documents = await session.call(lambda client: client.fetch_one(data_type, record_id))
        except NotSharedError:
            raise
        except Skippable as error:
            if any(one.kind == WebhookKind.DELETED for one in about):
                await self._forget(data_type, record_id)
                return "deleted"
            return f"gone: {error.message}"
        except Fatal:
            await self._fetch_recent(session, data_type)
            return "stored with the last days"
        await self._store(data_type, documents, dt.datetime.now(dt.UTC))
        return "stored"

    async def _fetch_recent(self, session: Session, data_type: DataType) -> None:
        now = dt.datetime.now(dt.UTC)
        recent = max(_RECENT, self._work.adapter.capabilities.overlap)
        async for page in session.pages(data_type, Span(since=now - recent, until=now)):
            await self._store(data_type, page.documents, page.received_at)

    async def _store(self, data_type: DataType, documents: Sequence[Any], received_at: dt.datetime) -> Taken:
        taken = await self._work.take(data_type, documents, received_at)
        self._seen |= taken.seen
        await circuits.succeeded(self._work.adapter.name)
        connection_id = self._work.connection.id
        if taken.failure is not None:
            await sync_states.fail(connection_id, data_type, taken.failure, status="partial")
        elif (await sync_states.get(connection_id, data_type)).status == "ok":
            await sync_states.finish(connection_id, data_type)  # what was fresh is fresh again, as of now
        await self._work.teller.tell("ok" if taken.failure is None else "partial", done=taken.records)
        return taken

    async def _forget(self, data_type: DataType, record_id: str) -> bool:
        order = self._work.order(data_type)
        return await self._work.context.pool.run(forget_record, order, [data_type], record_id)

    async def _scarce(self) -> bool:
        vendor = self._work.adapter
        return is_scarce(vendor.capabilities.limits, await connected(vendor.name))

    async def _done(self, events: Sequence[PendingEvent], outcome: str) -> None:
        for event in events:
            await webhooks.done(event.vendor, event.event_id, outcome)
        if events:
            self._outcomes[outcome] += len(events)


async def _gather_s(vendor: str) -> float:
    adapter = installed().wearables.get(vendor)
    if adapter is None:
        return 0.0
    scarce = is_scarce(adapter.capabilities.limits, await connected(vendor))
    return _GATHER_SCARCE_S if scarce else _GATHER_S
