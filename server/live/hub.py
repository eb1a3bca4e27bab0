"""The hub: this process's ear on Redis, its logs, and the groups that read them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import orjson
from arq.connections import ArqRedis

from server.live.log import EventLog, JobLog, Log
from server.live.states import clutch_snapshot, game_snapshot
from server.live.syncs import TOPIC as SYNCS
from server.live.syncs import SyncLog
from storage import events
from storage.connect import is_transient
from storage.events import LIVE_CLUTCH, LIVE_GAME, Gap, Message, Subscription, subscribe
from storage.reads import streams as reads

if TYPE_CHECKING:
    from server.live.group import Group

__all__ = ["Hub", "hub"]

T = TypeVar("T")

_log = logging.getLogger("poise.live")

#: How often all logs are held against the database, in case Redis lost the last word of a topic.
RECONCILE_S = 5.0
#: Pause after a failed look at the database.
PAUSE_S = 0.5

_TOPICS = {LIVE_GAME: reads.GAME, LIVE_CLUTCH: reads.CLUTCH}
_STATES = {reads.GAME: game_snapshot, reads.CLUTCH: clutch_snapshot}


class Hub:
    """Logs by topic and key; made by `hub`."""

    def __init__(self) -> None:
        self.groups: dict[Hashable, Group] = {}
        """Who reads what together; kept here by `server.live.group`."""
        self._logs: dict[tuple[str, str], Log] = {}
        self._opening: dict[tuple[str, str], asyncio.Task[Log]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def events(self, topic: reads.Topic, game_id: str) -> Log:
        """Return the log of a game's ``topic``, open and up to date."""
        return await self._opened((topic, game_id), EventLog(topic, game_id, _STATES[topic]))

    async def job(self, job_id: UUID) -> Log:
        """Return the log of a job; its snapshot is ``None`` if there is no such job."""
        return await self._opened(("job", str(job_id)), JobLog(job_id))

    async def syncs(self, athlete_id: int) -> Log:
        """Return the log of an athlete's syncs; its snapshot is ``None`` if there is no such athlete."""
        return await self._opened((SYNCS, str(athlete_id)), SyncLog(athlete_id))

    def hold(self, log: Log) -> Log:
        """Count a reader of ``log``; returns the log to read, which another reader may have opened."""
        held = self._logs.setdefault((log.topic, log.key), log)
        held.users += 1
        if held.users == 1:  # it may have been forgotten, and deaf, between its opening and now
            self.spawn(self._refreshed(held))
        return held

    def release(self, log: Log) -> None:
        """Undo `hold`."""
        log.users -= 1
        if log.users == 0:
            self._logs.pop((log.topic, log.key), None)

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine until it ends or the hub does."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End everything the hub runs."""
        while self._tasks:
            tasks = set(self._tasks)
            for task in tasks:
                task.cancel()
            # Python 3.11's wait_for can swallow a cancellation; such a task is simply asked again.
            await asyncio.wait(tasks, timeout=PAUSE_S)

    async def listen(self, subscription: Subscription) -> None:
        """Turn what Redis says into looks at the database, until cancelled."""
        async for event in subscription:
            if isinstance(event, Gap):
                self.spawn(self.reconcile())
            elif (said := _said(event)) and (log := self._logs.get(said[0])):
                if isinstance(log, SyncLog):
                    log.hear(said[1])
                self.spawn(self._refreshed(log))

    async def watch(self) -> None:
        """Reconcile now and then, until cancelled."""
        while True:
            await asyncio.sleep(RECONCILE_S)
            await self.reconcile()

    async def reconcile(self) -> None:
        """Refresh every log that is behind the database."""
        stored = [log for log in self._logs.values() if isinstance(log, EventLog)]
        behind: list[Log] = [log for log in self._logs.values() if isinstance(log, JobLog | SyncLog)]
        try:
            if stored:
                latest = await reads.latest_sequences(log.stored for log in stored)
                behind += [log for log in stored if latest.get(log.stored, 0) > log.latest]
        except Exception as error:
            # Whatever it is, the next time may be better; nobody else would start this again.
            unforeseen = None if is_transient(error) else error
            _log.warning("cannot reconcile live topics", exc_info=unforeseen)
            return
        for log in behind:
            await self._refreshed(log)

    async def _opened(self, key: tuple[str, str], log: Log) -> Log:
        if (known := self._logs.get(key)) is not None:
            return known
        if key not in self._opening:
            self._opening[key] = self.spawn(self._open(key, log))
        return await asyncio.shield(self._opening[key])

    async def _open(self, key: tuple[str, str], log: Log) -> Log:
        try:
            await log.open()
            return self._logs.setdefault(key, log)
        finally:
            del self._opening[key]

    async def insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do ``attempt`` until the database is there to answer it."""
        while True:
            try:
                return await attempt()
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("the database is away (%s), trying again", type(error).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _refreshed(self, log: Log) -> None:
        try:
            await self.insist(log.refresh)
        except Exception:
            _log.exception("cannot read %s %s", log.topic, log.key)


def _said(message: Message) -> tuple[tuple[str, str], dict[str, Any]] | None:
    """Which log a message is about, and what it says."""
    try:
        said = orjson.loads(message.payload)
        match message.channel:
            case events.JOBS:
                key = ("job", str(said["job_id"]))
            case events.SYNC:
                key = (SYNCS, str(said["athlete_id"]))
            case _:
                key = (_TOPICS[message.channel], str(said["game_id"]))
        return key, said
    except (orjson.JSONDecodeError, KeyError, TypeError):
        _log.warning("cannot read a message on %s", message.channel)
        return None


@asynccontextmanager
async def hub(redis: ArqRedis) -> AsyncIterator[Hub]:
    """Run a hub for the body's duration; the database must be open."""
    made = Hub()
    async with subscribe(redis, events.JOBS, LIVE_GAME, LIVE_CLUTCH, events.SYNC) as subscription:
        made.spawn(made.listen(subscription))
        made.spawn(made.watch())
        try:
            yield made
        finally:
            await made.close()
