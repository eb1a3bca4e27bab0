"""``sync.run``: what is new of one type of one connection, from a little before the last sync to now.

Each page is stored, and written down with the cursor to the next, before that is asked for: whatever
happens in between, the next attempt goes on there. Only a span fetched to its end moves ``synced_until``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final, Literal

import msgspec

from poise_sdk.errors import Fatal, PoiseError, Skippable
from poise_sdk.vocabulary import DataType
from storage.people import circuits, sync_states
from storage.people.sync_states import SyncState
from tasks.context import JobContext
from tasks.registry import Outcome, Reschedule, job
from tasks.sync.intake import Taken
from tasks.sync.session import Session, open_session
from tasks.sync.spans import Span, spans_of_sync
from tasks.sync.turns import BusyError, turn
from tasks.sync.work import BUSY_S, Work, begin_work, circuit_pause, settle

__all__ = ["Terms", "interrupted_span", "run", "terms_of"]


#: A span without a cursor is not kept, whatever its times.
_NO_TIME: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a sync."""

    connection_id: int
    data_type: DataType
    reason: str = "asked for"
    since: dt.datetime | None = None
    """Asked for on purpose: this span only, and the state of the rest is left as it is."""
    until: dt.datetime | None = None
    urgent: bool = False


def terms_of(args: dict[str, Any]) -> Terms:
    """The arguments, checked. Raises ``Fatal`` for what is none of ours."""
    try:
        return msgspec.convert(args, Terms)
    except msgspec.ValidationError as error:
        raise Fatal(f"no such sync: {error}") from error


@job("sync.run", timeout_s=3600, max_attempts=50)
async def run(context: JobContext, args: dict[str, Any]) -> Outcome:
    """Fetch and store what is new; ``args`` are :class:`Terms`.

    The result is ``{"status", "records", "stored", "rejected", "pages"}``, and ``error`` where there was one.
    """
    terms = terms_of(args)
    work = await begin_work(context, terms.connection_id, terms.data_type)
    if isinstance(work, str):
        return {"skipped": work}
    try:
        async with turn(terms.connection_id, terms.data_type):
            if (pause := await circuit_pause(work)) is not None:
                return pause
            return await _Sync(work, terms).run()
    except BusyError:
        return Reschedule(BUSY_S, note="this type is being fetched already")


def interrupted_span(state: SyncState) -> Span | None:
    """The span that an earlier attempt, of a sync or of a backfill, left unfinished."""
    if state.cursor is None or state.cursor_since is None or state.cursor_until is None:
        return None
    return Span(since=state.cursor_since, until=state.cursor_until, cursor=state.cursor)


class _Sync:
    """One run of the job."""

    def __init__(self, work: Work, terms: Terms) -> None:
        self._work = work
        self._terms = terms
        self._data_type = terms.data_type
        self._connection_id = terms.connection_id
        self._taken = Taken()
        self._pages = 0
        self._left = Span(since=_NO_TIME, until=_NO_TIME)
        """The unfinished span of somebody else, to be left as it is; without a cursor there is none."""

    async def run(self) -> Outcome:
        """Fetch all spans, as far as it goes."""
        state = await sync_states.begin(self._connection_id, self._data_type)
        await self._work.teller.tell("syncing", note=self._terms.reason)
        try:
            async with open_session(
                self._work.context.services,
                self._work.adapter,
                self._connection_id,
                priority="urgent" if self._terms.urgent else "routine",
            ) as session:
                for span in self._spans(state, dt.datetime.now(dt.UTC)):
                    await self._fetch(session, span)
        except PoiseError as error:
            failures = state.failures if self._pages == 0 else 0
            return await settle(self._work, self._data_type, error, kept=self._pages > 0, failures=failures)
        return await self._finish()

    def _spans(self, state: SyncState, now: dt.datetime) -> list[Span]:
        interrupted = interrupted_span(state)
        if self._terms.since is not None:
            self._left = interrupted or self._left
            return [Span(since=self._terms.since, until=self._terms.until or now)]
        if interrupted is not None and interrupted.until == state.backfill_from:
            self._left, interrupted = interrupted, None  # a backfill's
        capabilities = self._work.adapter.capabilities
        return spans_of_sync(
            now,
            synced_until=state.synced_until,
            interrupted=interrupted,
            overlap=capabilities.overlap,
            window=capabilities.window,
        )

    async def _fetch(self, session: Session, span: Span) -> None:
        before = self._pages
        try:
            await self._fetch_pages(session, span)
        except (Skippable, Fatal):
            if span.cursor is None or self._pages > before:
                raise
            # The vendor's own cursor may have died of age: the span is asked for anew.
            await self._fetch_pages(session, replace(span, cursor=None))

    async def _fetch_pages(self, session: Session, span: Span) -> None:
        on_purpose = self._terms.since is not None
        async for page in session.pages(self._data_type, span):
            taken = await self._work.take(self._data_type, page.documents, page.received_at)
            self._taken.add(taken)
            if self._pages == 0:
                await circuits.succeeded(self._work.adapter.name)
            self._pages += 1
            # After a page that could not be read the span is begun anew, or that page would stay lost.
            here = replace(span, cursor=None if self._taken.failure else page.next_cursor)
            place = here if here.cursor is not None and not on_purpose else self._left
            await sync_states.page_done(
                self._connection_id,
                self._data_type,
                cursor=place.cursor,
                since=place.since,
                until=place.until,
                records=taken.records,
                rejected=len(taken.rejected),
            )
            await self._work.teller.tell("syncing", done=self._taken.records)
        if not on_purpose and self._taken.failure is None:
            await sync_states.span_done(self._connection_id, self._data_type, synced_until=span.until)
            if self._left.cursor is not None:
                await self._put_back()

    async def _put_back(self) -> None:
        """The end of a span clears the place in it; that of a backfill, which waits meanwhile, stays."""
        left = self._left
        await sync_states.page_done(
            self._connection_id, self._data_type, cursor=left.cursor, since=left.since, until=left.until
        )

    async def _finish(self) -> dict[str, Any]:
        failure = self._taken.failure
        status: Literal["ok", "partial", "error"] = "ok"
        if failure is None:
            await sync_states.finish(self._connection_id, self._data_type)
        else:
            # Synced-until stays where it was: when the adapter is mended, the same is asked for again.
            status = "partial" if self._taken.records else "error"
            await sync_states.fail(self._connection_id, self._data_type, failure, status=status)
        await self._work.teller.tell(status, done=self._taken.records, note=failure or "")
        result = {
            "status": status,
            "records": self._taken.records,
            "stored": self._taken.stored,
            "rejected": len(self._taken.rejected),
            "pages": self._pages,
        }
        return result | ({"error": failure} if failure else {})
