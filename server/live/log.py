"""Logs: what happened in one topic, in order, as far as this process knows.

A log keeps the latest events in memory and reads older ones from the database. It is told *that*
something is new (by Redis, by a timer) and always reads *what* from the database, so that a lost,
doubled or reordered message changes nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from storage import ledger
from storage.reads import streams as reads

__all__ = ["EventLog", "JobLog", "LiveEvent", "Log"]

#: Events of a topic kept in memory: more than a client misses while it reconnects.
REMEMBERED = 256
#: Events read by one statement.
PAGE = 200


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event, or the whole state in place of all events up to ``sequence``."""

    key: str
    sequence: int
    payload: Any
    received_at: dt.datetime | None
    """When the document that caused it arrived from its source."""
    published_at: dt.datetime
    """When it was ready to be sent: live the instant before it is, for a resumed one when it was stored."""
    snapshot: bool = False


class Log(ABC):
    """What happened in one topic."""

    def __init__(self, topic: str, key: str) -> None:
        self.topic = topic
        self.key = key
        self.latest = 0
        """The last sequence known here."""
        self.ended = False
        """Whether nothing will follow."""
        self.users = 0
        """Who reads it; nobody: the hub forgets it."""
        self._changed = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None
        self._again = False

    async def after(self, sequence: int) -> list[LiveEvent]:
        """Wait until there is more than ``sequence``, then return it: events in order, or one snapshot.

        An empty list says that the log has ended.
        """
        while self.latest <= sequence:
            if self.ended:
                return []
            await self._changed.wait()
        return await self.read(sequence)

    @abstractmethod
    async def open(self) -> None:
        """Begin at the present; called once, before anything else."""

    @abstractmethod
    async def read(self, sequence: int) -> list[LiveEvent]:
        """Return what follows ``sequence`` (a page at most), or one snapshot if part of it is gone."""

    @abstractmethod
    async def snapshot(self) -> LiveEvent | None:
        """Return the present state as an event; ``None`` if there is nothing to speak of."""

    async def refresh(self) -> None:
        """Read what is new, if anything is. Calls while one is under way are served by one more round."""
        self._again = True
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh(), name=f"log {self.topic} {self.key}")
        await asyncio.shield(self._refreshing)

    async def _refresh(self) -> None:
        try:
            while self._again:
                self._again = False
                await self._advance()
        finally:
            self._refreshing = None

    @abstractmethod
    async def _advance(self) -> None:
        """Bring ``latest`` up to date, announcing it by `_announce`."""

    def _announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class EventLog(Log):
    """A topic of ``live_events``; `snapshot` is given by its kind."""

    def __init__(
        self, topic: reads.Topic, game_id: str, state: Callable[[str], Awaitable[LiveEvent | None]]
    ) -> None:
        super().__init__(topic, game_id)
        self.stored: tuple[reads.Topic, str] = (topic, game_id)
        """What the database calls it."""
        self._state = state
        self._recent: deque[LiveEvent] = deque(maxlen=REMEMBERED)
        self._floor = 0
        """All events above it are in memory."""

    async def open(self) -> None:
        """Begin at the present."""
        _, self.latest = await reads.kept(*self.stored)
        self._floor = self.latest

    async def _advance(self) -> None:
        while page := await reads.events_after(*self.stored, self.latest, PAGE):
            now = dt.datetime.now(dt.UTC)
            for row in page:
                if len(self._recent) == REMEMBERED:
                    self._floor = self._recent[0].sequence
                self._recent.append(LiveEvent(self.key, row.sequence, row.payload, row.received_at, now))
            self.latest = page[-1].sequence
            self._announce()

    async def read(self, sequence: int) -> list[LiveEvent]:
        """Return what follows ``sequence``."""
        if self._floor <= sequence <= self.latest:
            return [event for event in self._recent if event.sequence > sequence]
        first, last = await reads.kept(*self.stored)
        # A cursor before the first event kept may have had successors that are gone; one after the
        # last was not given out by this database. In both cases only the whole state is certain.
        if not first - 1 <= sequence <= max(last, self.latest):
            state = await self.snapshot()
            return [state] if state else []
        page = await reads.events_after(*self.stored, sequence, PAGE)
        return [
            LiveEvent(self.key, row.sequence, row.payload, row.received_at, row.created_at) for row in page
        ]

    async def snapshot(self) -> LiveEvent | None:
        """Return the present state."""
        return await self._state(self.key)


class JobLog(Log):
    """The states of one job. Only the present one matters, so a slow reader skips those between."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__("job", str(job_id))
        self._id = job_id
        self._job: ledger.Job | None = None

    async def open(self) -> None:
        """Begin at the present."""
        await self._advance()

    async def _advance(self) -> None:
        job = await ledger.get(self._id)
        if job is None or not job.open:
            self.ended = True
        if job is not None and job != self._job:
            self._job = job
            self.latest += 1
        self._announce()

    async def read(self, sequence: int) -> list[LiveEvent]:
        """Return the present state, if it is news."""
        state = await self.snapshot()
        return [state] if state and state.sequence > sequence else []

    async def snapshot(self) -> LiveEvent | None:
        """Return the present state."""
        if self._job is None:
            return None
        return LiveEvent(self.key, self.latest, self._job, None, dt.datetime.now(dt.UTC), snapshot=True)
