"""A recorded game on a local feed whose clock the test moves, and a poller that follows it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeAlias

import pytest

from poise_sdk.replay import ReplayFeed
from storage import ledger
from storage.connect import rows
from storage.ledger import Job
from tasks.context import Services
from tasks.inline import run_inline
from tasks.live.replay import simulator_of
from tests.leagues import VENDOR, Recorded, Season, closest
from tests.tasks.conftest import QUICK, WITHIN_S, state_of, until

#: So fast that every pause is the shortest, and corrections are waited for a fraction of a second.
SPEED = 20_000.0


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    return closest(tmp_path_factory, 3)


@pytest.fixture
def game(season: Season) -> Recorded:
    """The closest: one of its fouls is taken back, one of its baskets overrated for a while."""
    return season.close[0]


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


class Following:
    """One game, its feed, and (once begun) its poller."""

    def __init__(self, services: Services, feed: ReplayFeed) -> None:
        self.services = services
        self.feed = feed
        (self.game_id,) = feed.game_ids
        self.job: Job | None = None
        self._running: asyncio.Task[Job] | None = None

    async def order(self, **terms: Any) -> Job:
        """Enqueue the poller for whoever will do it."""
        where = {"vendor": VENDOR, "game_id": self.game_id, "feed_url": self.feed.base_url}
        args = {**where, "speed": SPEED, "give_up_s": WITHIN_S, **terms}
        self.job = await ledger.enqueue("live.poll", args, key=f"live:{VENDOR}:{self.game_id}")
        return self.job

    async def begin(self, **terms: Any) -> Job:
        """Follow the game in this process."""
        job = await self.order(**terms)
        self._running = asyncio.create_task(run_inline(job.id, self.services, options=QUICK))
        return job

    async def looked(self) -> None:
        """Wait until what the clock shows now has been taken in."""
        asked = self.asked()

        async def twice() -> bool:
            # the next look begins after now, and the one after that when it is done with
            return self.asked() >= asked + 2 or self.over()

        await until(twice)

    async def looked_at(self, *moments: dt.datetime) -> None:
        """Move the clock to each of the moments, and let the poller see each."""
        for one in moments:
            self.feed.replay.advance_to(one)
            await self.looked()

    def asked(self) -> int:
        """How often the play-by-play was asked for."""
        return sum("/playbyplay/" in request.path for request in self.feed.requests)

    def over(self) -> bool:
        return self._running is not None and self._running.done()

    async def note(self) -> str:
        """What the poller says of itself."""
        assert self.job is not None
        return (await state_of(self.job.id)).progress_note

    async def says(self, words: str) -> None:
        async def said() -> bool:
            return words in await self.note()

        await until(said)

    async def ended(self) -> Job:
        """Wait for the poller to stop by itself."""
        assert self._running is not None
        async with asyncio.timeout(WITHIN_S):
            job = await self._running
        assert job.state == "succeeded", job.error
        return job

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """The payloads of the game's log, in order, each with the sequence it is filed under."""
        found = await rows(
            "SELECT sequence, payload FROM live_events WHERE game_id = $1 AND topic = $2 ORDER BY sequence",
            self.game_id,
            topic,
        )
        return [{**json.loads(row["payload"]), "filed": row["sequence"]} for row in found]

    async def sequence(self) -> int:
        found = await rows("SELECT sequence FROM games WHERE id = $1", self.game_id)
        return int(found[0]["sequence"]) if found else 0

    async def leave(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running


Follow: TypeAlias = Callable[..., AbstractAsyncContextManager[Following]]


@pytest.fixture
def follow(services: Services) -> Follow:
    """``async with follow(game, start_at=(4, 300.0)) as following``."""

    @asynccontextmanager
    async def follow(game: Recorded, **options: Any) -> AsyncIterator[Following]:
        feed = simulator_of(VENDOR)[1].replay([game.path], manual=True, **options)
        async with feed:
            following = Following(services, feed)
            try:
                yield following
            finally:
                await following.leave()

    return follow


async def assert_the_same_as_an_import(services: Services, game: Recorded) -> None:
    """Importing the finished documents finds nothing to change."""
    args = {"vendor": VENDOR, "paths": [str(game.box), str(game.path)]}
    job = await ledger.enqueue("games.import", args)
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert job.result["files"] == {
        game.name: {"rows": game.plays, "stored": 0, "unchanged": game.plays, "rejected": 0},
        game.box.name: {"rows": 1, "stored": 0, "unchanged": 1, "rejected": 0},
    }
