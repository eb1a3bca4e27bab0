"""Recorded games lived through again: a local feed that serves them, and pollers that follow it.

The pollers are those of real games; only the address they ask is another. So a replay exercises the
whole live path, late edits included.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

from adapters.host import load_registry
from poise_sdk.errors import Fatal
from poise_sdk.replay import GameSimulator, ReplayFeed, SimulatesGames
from storage import ledger, live
from storage.connect import connect
from storage.embedded.ports import free_port
from tasks.context import JobContext, Services
from tasks.live.discover import follow_game
from tasks.live.pace import LONGEST_S
from tasks.registry import job

__all__ = ["followed_replay", "make_room", "replay", "simulator_of", "until_over"]

#: Pauses of the recording (half-time, reviews) are cut to this much.
MAX_GAP_S: Final = 20.0
#: How often a replay's clock is read for the progress.
TICK_S: Final = 0.5
#: After its last revision a recording is looked at once more, however rarely by then; and that takes time.
AFTERGLOW_S: Final = 3.0

# Ports for the feeds of replay jobs, one for each job however often it is begun again.
_FIRST_PORT, _PORTS = 15_000, 15_000


@job("replay.start", timeout_s=6 * 3600, max_attempts=20)
async def replay(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Replay the recording ``path`` at ``speed`` with the simulator of ``vendor`` (default: the first).

    Begun again by another worker it goes on where it would be by now. Cancelled, it takes its pollers
    with it.
    """
    speed = float(args.get("speed", 1.0))
    vendor, simulator = simulator_of(args.get("vendor"))
    port = free_port(_FIRST_PORT + context.job.id.int % _PORTS)
    path = Path(str(args["path"]))
    try:
        feed = simulator.replay([path], speed=speed, port=port, max_gap_s=MAX_GAP_S)
    except (OSError, ValueError) as error:
        raise Fatal(f"{path.name} cannot be replayed: {error}") from error
    feed.replay.advance((dt.datetime.now(dt.UTC) - context.job.created_at).total_seconds() * speed)
    if context.job.attempts == 1:
        await make_room(context.endpoints.database_url, feed.game_ids, again=bool(args.get("again")))
    async with followed_replay(context.services, vendor, feed, speed=speed):
        async for elapsed in until_over(feed, speed=speed):
            context.progress(int(elapsed), 0, "recorded seconds replayed")
    return {"games": list(feed.game_ids)}


def simulator_of(vendor: str | None) -> tuple[str, GameSimulator]:
    """The name and the simulator of ``vendor``, or of the first adapter that has one."""
    feeds = load_registry().game_feeds
    for name, adapter in feeds.items():
        if vendor in (None, name) and isinstance(adapter, SimulatesGames):
            return name, adapter.simulator()
    raise Fatal(f"{vendor or 'no installed adapter'} cannot replay games")


@asynccontextmanager
async def followed_replay(
    services: Services, vendor: str, feed: ReplayFeed, *, speed: float
) -> AsyncIterator[list[ledger.Job]]:
    """Serve ``feed`` and have its games followed for the body's duration; yields the pollers."""
    async with feed:
        pollers = []
        for game_id in feed.game_ids:
            poller = await follow_game(services.redis, vendor, game_id, feed_url=feed.base_url, speed=speed)
            pollers.append(poller)
        try:
            yield pollers
        finally:
            for poller in pollers:
                await ledger.cancel(poller.id)


async def until_over(feed: ReplayFeed, *, speed: float) -> AsyncIterator[float]:
    """The recorded seconds replayed, now and then, until the last revision is served and seen."""
    while not feed.replay.finished:
        yield feed.replay.elapsed()
        await asyncio.sleep(TICK_S)
    await asyncio.sleep(LONGEST_S / speed + AFTERGLOW_S)
    yield feed.replay.elapsed()


async def make_room(database_url: str, game_ids: Sequence[str], *, again: bool) -> None:
    """See to it that the games begin at their beginning.

    A game that is stored with plays is taken back to before them if ``again`` says so; else raises
    ``Fatal``, because its plays would be retracted by a feed that has not come to them yet.
    """
    stored = await asyncio.to_thread(_stored, database_url, game_ids)
    if stored and not again:
        raise Fatal(
            f"already stored with plays: {', '.join(stored)}",
            hint="ask to replay again (--again): the stored plays are forgotten first",
        )
    await asyncio.to_thread(_forget, database_url, stored)


def _stored(database_url: str, game_ids: Sequence[str]) -> list[str]:
    with closing(connect(database_url)) as c:
        return live.with_plays(c, game_ids)


def _forget(database_url: str, game_ids: Sequence[str]) -> None:
    with closing(connect(database_url)) as c:
        for game_id in game_ids:
            live.forget_plays(c, game_id)
        c.commit()
