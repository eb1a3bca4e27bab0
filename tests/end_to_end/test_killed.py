"""``kill -9`` in the middle of a season's import and of a live game: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from poise_sdk.replay import ReplayFeed
from storage import ledger
from storage.connect import connect, database
from tasks.live.replay import simulator_of
from tests.end_to_end import tables
from tests.end_to_end.conftest import League
from tests.end_to_end.site import WITHIN_S, Site, poise, run, until
from tests.end_to_end.subscriber import Subscriber
from tests.leagues import VENDOR, Recorded

#: The live game is asked for as often as it may be, and its late corrections are soon over.
SPEED = 2000.0
#: Recorded seconds that pass between two looks.
STEP_S = 15.0
#: What the subscriber must have seen before somebody is killed, and must see afterwards.
EVENTS = 4


class LiveGame:
    """A recorded game on a local feed, from five minutes before its end; its clock moves with the looks."""

    def __init__(self, feed: ReplayFeed) -> None:
        self.feed = feed
        self._limit = self._elapsed_at(150.0)

    def go_on(self) -> None:
        """Until now time stood still before the middle; let it pass to the last seconds."""
        self._limit = self._elapsed_at(15.0)

    def _elapsed_at(self, clock_s: float) -> float:
        clock = self.feed.replay
        now = clock.elapsed()
        clock.advance_to(clock.moment_of(4, clock_s))
        then = clock.elapsed()
        clock.advance(now - then)
        return then

    async def play(self) -> None:
        """Let time pass for ever, but not beyond the limit."""
        clock = self.feed.replay
        looks = 0
        while True:
            if len(self.feed.requests) // 2 > looks:  # box score and play-by-play
                looks = len(self.feed.requests) // 2
                clock.advance(min(STEP_S, max(self._limit - clock.elapsed(), 0.0)))
            await asyncio.sleep(0.02)


@asynccontextmanager
async def live(game: Recorded) -> AsyncIterator[LiveGame]:
    feed = simulator_of(VENDOR)[1].replay([game.path], manual=True, start_at=(4, 300.0))
    async with feed:
        playing = LiveGame(feed)
        task = asyncio.create_task(playing.play())
        try:
            yield playing
        finally:
            task.cancel()


async def follow(site: Site, game: LiveGame) -> None:
    """Have the worker follow the game, as the scoreboard's discovery would."""
    (game_id,) = game.feed.game_ids
    args = {"vendor": VENDOR, "game_id": game_id, "feed_url": game.feed.base_url, "speed": SPEED}
    redis = ledger.connect_redis(site.redis_url)
    async with database(site.database_url):
        job = await ledger.enqueue(
            "live.poll", {**args, "give_up_s": WITHIN_S}, key=f"live:{VENDOR}:{game_id}"
        )
        await ledger.dispatch(redis, job)
    await redis.aclose(close_connection_pool=True)


async def jobs(site: Site, kind: str) -> list[dict[str, Any]]:
    return await site.rows("SELECT state, attempts, progress_done, error FROM jobs WHERE kind = $1", kind)


async def sequences(site: Site, game_id: str, topic: str, after: int) -> list[int]:
    """The numbers of the game's events after one of them."""
    log = "SELECT sequence FROM live_events WHERE game_id = $1 AND topic = $2 AND sequence > $3 ORDER BY 1"
    return [row["sequence"] for row in await site.rows(log, game_id, topic, after)]


@pytest.mark.parametrize("victim", ["worker", "server", "postgres", "redis"])
async def test_a_kill_in_the_middle_of_everything_loses_nothing_and_repeats_nothing(
    site: Site, league: League, to_import: Path, expected: Callable[[], dict[str, pl.DataFrame]], victim: str
) -> None:
    async with live(league.live) as game:
        await follow(site, game)

        async def begun() -> bool:
            return bool(await site.rows("SELECT 1 FROM plays LIMIT 1"))

        await until(begun, "the live game is stored")
        command = poise("import", "nba", to_import, "--data", site.data, "--format", "json")
        importing = asyncio.create_task(run(command))
        async with Subscriber(site.address, league.live.id) as subscriber:

            async def in_the_middle() -> bool:
                subscriber.check()
                order = await jobs(site, "games.import")
                assert not order or order[0]["state"] in ("queued", "running"), "the import was too quick"
                return bool(order and order[0]["progress_done"]) and len(subscriber.seen["game"]) >= EVENTS

            await until(in_the_middle, "the import is under way, the game is followed")
            process = site.process_of(victim)
            assert process is not None
            process.send_signal(signal.SIGKILL)
            before = len(subscriber.seen["game"])
            game.go_on()

            async def recovered() -> bool:
                subscriber.check()
                successor = site.process_of(victim)
                heard = len(subscriber.seen["game"]) - before
                return successor not in (None, process) and heard >= EVENTS

            imported = await importing
            assert imported.returncode == 0, imported.stderr + site.log()
            await until(recovered, "the subscriber hears of the game again")
            game.feed.replay.advance_to_end()

            async def over() -> bool:
                return not await site.rows(
                    "SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND kind <> 'jobs.prune'"
                )

            await until(over, "all jobs have ended")
            told = {
                topic: await sequences(site, league.live.id, topic, began)
                for topic, began in subscriber.began.items()
            }

            async def all_heard() -> bool:
                subscriber.check()
                return all(len(subscriber.seen[topic]) >= len(told[topic]) for topic in told)

            await until(all_heard, "the subscriber has heard all")
        assert subscriber.seen == told
        assert told["game"]
        assert told["clutch"]
        assert bool(subscriber.cuts) == (victim == "server")

    # each order was carried out once
    done = {kind: await jobs(site, kind) for kind in ("games.import", "live.poll")}
    assert {kind: [job["state"] for job in found] for kind, found in done.items()} == {
        "games.import": ["succeeded"],
        "live.poll": ["succeeded"],
    }, site.log()
    assert await site.rows("SELECT kind, error FROM jobs WHERE state <> 'succeeded'") == []
    report = json.loads(imported.stdout)
    assert report["rejected"] == []
    rows = sum(counts["rows"] for counts in report["files"].values())
    assert rows == league.plays + len(league.season.games) - 1

    # and what is stored is what an undisturbed import of everything stores
    with closing(connect(site.database_url)) as c:
        assert tables.differences(tables.read(c), expected()) == {}
    others = "SELECT 1 FROM play_revisions WHERE game_id <> $1 LIMIT 1"
    assert await site.rows(others, league.live.id) == []
