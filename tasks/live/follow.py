"""``live.poll``: one poller a game, from the scoreboard's word to the last correction.

The job holds its lease while it polls and starts afresh after a while, so that a deployment or a
killed worker costs seconds: whoever takes it up finds everything it needs in the database.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import time
from contextlib import closing
from typing import Any, Final

import msgspec

from adapters.host import load_registry
from poise_sdk.adapter import FeedConfig, Fetched, GameFeed, GameFeedAdapter, Validators
from poise_sdk.errors import Fatal, Retriable, Skippable
from storage import archive, clutch, events, ledger, live
from storage.connect import Connection, connect
from tasks.context import JobContext
from tasks.ingest import archive_url
from tasks.live.pace import Pace
from tasks.live.update import Look, take_in
from tasks.registry import Reschedule, job
from tasks.threads import in_thread

__all__ = ["Terms", "poll"]

logger = logging.getLogger(__name__)

#: How long one run of the job follows its game before it lets another worker have it.
SHIFT_S: Final = 300.0

CHANNELS: Final = {"game": events.LIVE_GAME, "clutch": events.LIVE_CLUTCH}


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of a poller."""

    vendor: str
    game_id: str
    feed_url: str | None = None
    """Another server with the vendor's protocol."""
    speed: float = 1.0
    """How fast that one replays."""
    timeout_s: float | None = None
    """How long one request may take; ``None``: as long as the SDK allows."""
    shift_s: float = SHIFT_S
    give_up_s: float | None = None
    """When to give up a game that does not end, in seconds since the poller was asked for."""


@job("live.poll", timeout_s=int(SHIFT_S) + 120, max_attempts=50)
async def poll(context: JobContext, args: dict[str, Any]) -> dict[str, Any] | Reschedule:
    """Follow a game until it is over and no longer corrected; ``args`` are :class:`Terms`.

    The result is ``{"looks": answers of the feed taken in by the last shift, "ended": why}``.
    """
    try:
        terms = msgspec.convert(args, Terms)
    except msgspec.ValidationError as error:
        raise Fatal(f"no such poller: {error}") from error
    adapter = load_registry().game_feed(terms.vendor)
    config = FeedConfig(base_url=terms.feed_url, urgent=True)
    if terms.timeout_s is not None:
        config = dataclasses.replace(config, timeout_s=terms.timeout_s)
    connection = await in_thread(connect, context.endpoints.database_url)
    with closing(connection) as c:
        async with adapter.connect(config) as feed:
            return await _Shift(context, adapter, feed, c, terms).run()


class _Shift:
    """One run of the poller."""

    def __init__(
        self, context: JobContext, adapter: GameFeedAdapter, feed: GameFeed, c: Connection, terms: Terms
    ) -> None:
        self._context = context
        self._adapter = adapter
        self._feed = feed
        self._c = c
        self._terms = terms
        self._game_id = terms.game_id
        self._pace = Pace(terms.speed)
        self._raw = archive.Archive(archive_url(context))
        self._validators: dict[str, Validators] = {}
        self._complaints: dict[str, str] = {}
        """What is wrong with the last version of a document, by its name."""
        self._looks = 0

    async def run(self) -> dict[str, Any] | Reschedule:
        """Look, tell, wait; until the game is done with or the shift ends."""
        begun = time.monotonic()
        for topic, payload in await in_thread(self._last_told):
            # Told again: the worker before us may have died between its commit and its publication.
            await self._context.publish(CHANNELS[topic], payload)
        while True:
            look, pause = await self._look()
            if look is not None and look.final and look.changed:
                await self._order_scoring(look.sequence)
            if done := self._verdict(look):
                await self._order_scoring(await in_thread(self._sequence))
                return {"looks": self._looks, "ended": done}
            if time.monotonic() - begun + pause > self._terms.shift_s:
                return Reschedule(pause, note=self._note(look) if look else None)
            await asyncio.sleep(pause)

    async def _look(self) -> tuple[Look | None, float]:
        """One look at the feed, and how long to wait for the next."""
        try:
            fetched = await self._feed.fetch_game(self._game_id, validators=self._validators)
        except Retriable as error:
            self._pace = self._pace.after(changed=False)
            pause = max(error.after or 0.0, self._pace.pause_s(clutch=False, final=False))
            logger.warning("game %s: %s; looking again in %.1f s", self._game_id, error, pause)
            self._context.progress(self._looks, 0, f"{error.message}; again in {pause:.0f} s")
            return None, pause
        except Skippable as error:
            self._pace = self._pace.after(changed=False)
            pause = self._pace.pause_s(clutch=False, final=False)
            self._context.progress(self._looks, 0, f"{error.message}; again in {pause:.0f} s")
            return None, pause
        look = await in_thread(self._take_in, fetched)
        self._validators = dict(fetched.validators)
        self._looks += 1
        for topic, payload in look.events:
            await self._context.publish(CHANNELS[topic], payload)
        if look.rejected:
            await self._context.reject(look.rejected)
        for document in fetched.documents:
            self._complaints.pop(document.name, None)
        for row in look.rejected:
            self._complaints.setdefault(row.file, row.reason)
        self._pace = self._pace.after(changed=look.changed)
        self._context.progress(self._looks, 0, self._note(look))
        return look, self._pace.pause_s(clutch=look.clutch, final=look.final)

    def _take_in(self, fetched: Fetched) -> Look:
        sent_at = fetched.sent_at or fetched.received_at
        return take_in(
            self._c,
            self._adapter,
            self._raw,
            self._game_id,
            fetched.documents,
            fetched.received_at,
            clock_offset=fetched.received_at - sent_at,
        )

    async def _order_scoring(self, sequence: int) -> None:
        """Have the other definitions and the season's boards follow what this one game has done to them.

        Asked for at the end once more, because a worker may have died before it asked; a scoring that
        finds nothing due costs nothing.
        """
        for definition in await in_thread(self._definitions):
            key = f"clutch:{definition}:{self._game_id}:{sequence}"
            job = await ledger.enqueue("clutch.score", {"definition_id": definition}, key=key)
            await self._context.dispatch(job)

    def _note(self, look: Look) -> str:
        complaints = (f"{name}: {reason}" for name, reason in self._complaints.items())
        return "; ".join((look.note, *complaints))

    def _definitions(self) -> list[str]:
        found = [str(one["id"]) for one in clutch.definitions(self._c)]
        self._c.rollback()
        return found

    def _sequence(self) -> int:
        state = live.game_state(self._c, self._game_id)
        self._c.rollback()
        return int(state.get("sequence", 0))

    def _last_told(self) -> list[tuple[str, bytes]]:
        told = live.last_events(self._c, self._game_id)
        self._c.rollback()
        return told

    def _verdict(self, look: Look | None) -> str | None:
        """Why to stop following, ``None`` to go on."""
        if look is not None and look.final:
            over = look.unchanged_s >= self._pace.corrections_s()
            return "the game is over and no longer corrected" if over else None
        age = (dt.datetime.now(dt.UTC) - self._context.job.created_at).total_seconds()
        longest = self._pace.endless_s() if self._terms.give_up_s is None else self._terms.give_up_s
        if age > longest:
            return f"given up: the feed has not called the game over in {age / 3600:.1f} hours"
        return None
