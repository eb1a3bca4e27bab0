"""``live.discover``: reads a vendor's scoreboard and starts a poller for every game that is on.

Switched on by ``POISE_LIVE`` (names of game feeds); one open job a vendor, which reschedules itself.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

from arq.connections import ArqRedis

from adapters.host import load_registry
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Retriable
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import GameStatus
from storage import ledger
from storage.connect import connect
from storage.games import store
from tasks.context import JobContext
from tasks.registry import Reschedule, job

__all__ = ["discover", "follow_game", "watch_vendors"]

logger = logging.getLogger(__name__)

#: The vendor's scoreboard itself is renewed about twice a minute.
EVERY_S: Final = 30.0


@job("live.discover", timeout_s=60, max_attempts=50)
async def discover(context: JobContext, args: dict[str, Any]) -> Reschedule:
    """Store the scoreboard of ``vendor`` and follow its live games."""
    vendor = str(args["vendor"])
    adapter = load_registry().game_feed(vendor)
    speed = float(args.get("speed", 1.0))
    async with adapter.connect(FeedConfig(base_url=args.get("feed_url"))) as feed:
        try:
            board = await feed.live_games()
        except Retriable as error:
            pause = max(error.after or 0.0, EVERY_S / speed)
            logger.warning("scoreboard of %s: %s; looking again in %.0f s", vendor, error, pause)
            return Reschedule(pause, note=error.message)
    await asyncio.to_thread(_store, context.endpoints.database_url, vendor, board)
    live = [game.id for game in board.games if game.status is GameStatus.LIVE]
    for game_id in live:
        await follow_game(context.redis, vendor, game_id, feed_url=args.get("feed_url"), speed=speed)
    return Reschedule(EVERY_S / speed, note=f"{len(live)} live of {len(board.games)} games")


async def follow_game(
    redis: ArqRedis, vendor: str, game_id: str, *, feed_url: str | None = None, speed: float = 1.0
) -> ledger.Job:
    """Start a poller for a game unless it has one."""
    args = {"vendor": vendor, "game_id": game_id, "feed_url": feed_url, "speed": speed}
    key = f"live:{vendor}:{game_id}"
    poller = await ledger.enqueue("live.poll", args, key=key)
    if poller.existed and poller.args != args:
        # It asks an address that is no longer right: a replay that was killed and begun again.
        await ledger.cancel(poller.id)
        poller = await ledger.enqueue("live.poll", args, key=key)
    if not poller.existed:
        logger.info("following game %s", game_id)
        await ledger.dispatch(redis, poller)
    return poller


async def watch_vendors(vendors: Sequence[str]) -> list[ledger.Job]:
    """Enqueue the discovery of each vendor; call it when a worker starts. Unknown names raise ``Fatal``."""
    registry = load_registry()
    names = [registry.game_feed(vendor).name for vendor in vendors]
    return [await ledger.enqueue("live.discover", {"vendor": n}, key=f"live.discover:{n}") for n in names]


def _store(database_url: str, vendor: str, board: Normalized) -> None:
    with closing(connect(database_url)) as c:
        store(c, vendor, [board], received_at=dt.datetime.now(dt.UTC))
        c.commit()
