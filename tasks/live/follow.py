"""``live.poll``: one poller a game, from the scoreboard's word to the last correction.

The job holds its lease while it polls and starts afresh after a while, so that a deployment or a
killed worker costs seconds: whoever takes it up finds everything it needs in the database.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from contextlib import closing
from typing import Any, Final

from adapters.host import load_registry
from poise_sdk.adapter import FeedConfig, Fetched, GameFeed, GameFeedAdapter, Validators
from poise_sdk.errors import Retriable, Skippable
from storage import archive, events, live
from storage.connect import Connection, connect
from tasks.context import JobContext
from tasks.ingest import archive_url
from tasks.live.pace import Pace
from tasks.live.update import Look, take_in
from tasks.registry import Reschedule, job

__all__ = ["poll"]

logger = logging.getLogger(__name__)

#: How long one run of the job follows its game before it lets another worker have it.
SHIFT_S: Final = 300.0

CHANNELS: Final = {"game": events.LIVE_GAME, "clutch": events.LIVE_CLUTCH}


@job("live.poll", timeout_s=int(SHIFT_S) + 120, max_attempts=50)
async def poll(context: JobContext, args: dict[str, Any]) -> dict[str, Any] | Reschedule:
    """Follow ``game_id`` of ``vendor`` until it is over and no longer corrected.

    ``feed_url`` points to another server with the vendor's protocol and ``speed`` says how fast that
    one replays.
    """
    adapter = load_registry().game_feed(str(args["vendor"]))
    config = FeedConfig(base_url=args.get("feed_url"), urgent=True)
    connection = await asyncio.to_thread(connect, context.endpoints.database_url)
    with closing(connection) as c:
        async with adapter.connect(config) as feed:
            shift = _Shift(context, adapter, feed, c, str(args["game_id"]), float(args.get("speed", 1.0)))
            return await shift.run()


class _Shift:
    """One run of the poller."""

    def __init__(
        self,
        context: JobContext,
        adapter: GameFeedAdapter,
        feed: GameFeed,
        c: Connection,
        game_id: str,
        speed: float,
    ) -> None:
        self._context = context
        self._adapter = adapter
        self._feed = feed
        self._c = c
        self._game_id = game_id
        self._pace = Pace(speed)
        self._raw = archive.Archive(archive_url(context))
        self._validators: dict[str, Validators] = {}
        self._looks = 0

    async def run(self) -> dict[str, Any] | Reschedule:
        """Look, tell, wait; until the game is done with or the shift ends."""
        begun = time.monotonic()
        for topic, payload in await asyncio.to_thread(self._last_told):
            # Told again: the worker before us may have died between its commit and its publication.
            await self._context.publish(CHANNELS[topic], payload)
        while True:
            look, pause = await self._look()
            if done := self._verdict(look):
                return {"looks": self._looks, "ended": done}
            if time.monotonic() - begun + pause > SHIFT_S:
                return Reschedule(pause, note=look.note if look else None)
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
            self._context.progress(self._looks, 0, error.message)
            return None, self._pace.pause_s(clutch=False, final=False)
        look = await asyncio.to_thread(self._take_in, fetched)
        self._validators = dict(fetched.validators)
        self._looks += 1
        for topic, payload in look.events:
            await self._context.publish(CHANNELS[topic], payload)
        if look.rejected:
            await self._context.reject(look.rejected)
        self._pace = self._pace.after(changed=look.changed)
        self._context.progress(self._looks, 0, look.note)
        return look, self._pace.pause_s(clutch=look.clutch, final=look.final)

    def _take_in(self, fetched: Fetched) -> Look:
        return take_in(
            self._c, self._adapter, self._raw, self._game_id, fetched.documents, fetched.received_at
        )

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
        if age > self._pace.endless_s():
            return f"given up: the feed has not called the game over in {age / 3600:.1f} hours"
        return None
