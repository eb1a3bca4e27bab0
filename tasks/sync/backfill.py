"""``sync.backfill``: history of one type of one connection, from the newest to the oldest, in slices.

A slice is some requests; then the job goes to the end of the queue, so that a hundred athletes who connect
at once all see last month before one of them sees 2019. It uses only what routine work leaves of the
vendor's budget. How far back it has come is written down page by page, so it may be killed anywhere.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any, Final

import msgspec

from poise_sdk.errors import Fatal, PoiseError, Skippable
from poise_sdk.vocabulary import DataType
from storage import archive
from storage.people import circuits, sync_states
from tasks.context import JobContext
from tasks.registry import Outcome, Reschedule, job
from tasks.sync.contained import AdapterDefectError
from tasks.sync.intake import Taken
from tasks.sync.run import interrupted_span
from tasks.sync.session import Session, open_session
from tasks.sync.spans import History, Span, has_history, window_before
from tasks.sync.turns import BusyError, turn
from tasks.sync.work import BUSY_S, Work, begin_work, circuit_pause, settle

__all__ = ["SLICE_REQUESTS", "backfill"]

#: Requests of one slice: half a year of most types.
SLICE_REQUESTS: Final = 8
#: Between two slices: others come first, and nobody waits for nothing.
_NEXT_S: Final = 0.2


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    connection_id: int
    data_type: DataType


@job("sync.backfill", timeout_s=3600, max_attempts=50)
async def backfill(context: JobContext, args: dict[str, Any]) -> Outcome:
    """Fetch one slice of history, and come again for the next; ``args``: ``connection_id``, ``data_type``.

    The result, once all is fetched, is ``{"status": "done", "since"}``.
    """
    try:
        terms = msgspec.convert(args, _Terms)
    except msgspec.ValidationError as error:
        raise Fatal(f"no such backfill: {error}") from error
    work = await begin_work(context, terms.connection_id, terms.data_type)
    if isinstance(work, str):
        return {"skipped": work}
    try:
        async with turn(terms.connection_id, terms.data_type):
            if (pause := await circuit_pause(work)) is not None:
                return pause
            return await _Slice(work, terms.data_type).run()
    except BusyError:
        return Reschedule(BUSY_S, note="this type is being fetched already")


class _Slice:
    """One slice."""

    def __init__(self, work: Work, data_type: DataType) -> None:
        self._work = work
        self._data_type = data_type
        self._connection_id = work.connection.id
        self._pages = 0
        self._answered = False
        self._documents: list[str] = []
        """Hashes of what the last window held."""
        self._left: Span | None = None
        """The span that an interrupted sync left: the state has room for one, and that one is worth more."""

    async def run(self) -> Outcome:
        """Fetch some windows; come again, or say that this is all."""
        now = dt.datetime.now(dt.UTC)
        state = await sync_states.get(self._connection_id, self._data_type)
        history = History(
            asked_to=state.backfill_from or now, found_to=state.backfill_until or state.backfill_from or now
        )
        if state.backfill_done or not has_history(self._data_type):
            return await self._all(history)
        if state.backfill_from is None:
            await self._write_down(history)  # where it began: an interrupted window is known by that
        left = interrupted_span(state)
        if left is not None and left.until != history.asked_to:
            self._left = left
            left = None
        window = left or self._window(history, now)
        try:
            async with open_session(
                self._work.context.services, self._work.adapter, self._connection_id, priority="backfill"
            ) as session:
                while window is not None:
                    before, self._documents = self._documents, []
                    taken = await self._fetch(session, window)
                    if taken.records and self._documents == before:
                        break  # the same to the byte, whatever time is asked for: it tells of now only
                    history = history.after(window, empty=not taken.records)
                    await self._write_down(history)
                    await self._tell(history, now)
                    if max(self._pages, session.requests) >= SLICE_REQUESTS:
                        return Reschedule(_NEXT_S, note=f"fetched back to {history.asked_to:%Y-%m-%d}")
                    window = self._window(history, now)
        except PoiseError as error:
            failures = 0 if self._pages else state.failures
            return await settle(self._work, self._data_type, error, kept=True, failures=failures)
        return await self._all(history)

    def _window(self, history: History, now: dt.datetime) -> Span | None:
        capabilities = self._work.adapter.capabilities
        return window_before(
            history, now=now, backfill_days=capabilities.backfill_days, window=capabilities.window
        )

    async def _fetch(self, session: Session, window: Span) -> Taken:
        before = self._pages
        try:
            return await self._fetch_pages(session, window)
        except (Skippable, Fatal):
            if window.cursor is None or self._pages > before:
                raise
            # The vendor's own cursor may have died of age: the window is asked for anew.
            anew = replace(window, cursor=None)
            return await self._fetch_pages(session, anew)

    async def _fetch_pages(self, session: Session, window: Span) -> Taken:
        # Of a window that is resumed the first pages are not seen again: they were not empty.
        taken = Taken(records=1 if window.cursor is not None else 0)
        async for page in session.pages(self._data_type, window, lead=False):
            one = await self._work.take(self._data_type, page.documents, page.received_at)
            taken.add(one)
            self._documents += [archive.sha256(document) for document in page.documents]
            self._pages += 1
            if not self._answered:
                await circuits.succeeded(self._work.adapter.name)
                self._answered = True
            if one.failure is not None:
                raise AdapterDefectError(one.failure)
            place = self._left or replace(window, cursor=page.next_cursor)
            await sync_states.page_done(
                self._connection_id,
                self._data_type,
                cursor=place.cursor,
                since=place.since,
                until=place.until,
                records=one.records,
                rejected=len(one.rejected),
            )
        return taken

    async def _write_down(self, history: History) -> None:
        await sync_states.backfill_page(
            self._connection_id, self._data_type, asked_to=history.asked_to, found_to=history.found_to
        )

    async def _tell(self, history: History, now: dt.datetime) -> None:
        """How far back it is, and of how much, where the vendor says how much there can be."""
        capabilities = self._work.adapter.capabilities
        done = math.ceil((now - history.asked_to) / capabilities.window)
        days = capabilities.backfill_days
        total = math.ceil(dt.timedelta(days=days) / capabilities.window) if days is not None else 0
        note = f"fetched back to {history.asked_to:%Y-%m-%d}"
        await self._work.teller.tell("backfilling", done=done, total=total, note=note)

    async def _all(self, history: History) -> dict[str, Any]:
        await sync_states.backfill_done(self._connection_id, self._data_type)
        since = history.found_to.date().isoformat()
        await self._work.teller.tell("backfilled", note=f"there is nothing before {since}")
        return {"status": "done", "since": since}
