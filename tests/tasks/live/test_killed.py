"""The worker that follows a game is killed; the next one goes on without a gap and without an echo."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from storage.connect import rows
from storage.embedded.runtime import Endpoints
from tasks.context import Services
from tests.leagues import Recorded
from tests.tasks.conftest import ended, until
from tests.tasks.live.conftest import Follow, Following, assert_the_same_as_an_import

PROJECT = Path(__file__).parents[3]

Worker: TypeAlias = "subprocess.Popen[bytes]"


@pytest.fixture
def start_worker(endpoints_here: Endpoints, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start worker processes; they are gone when the test is."""
    started: list[Worker] = []
    where = {"TEST_DATABASE": endpoints_here.database_url, "TEST_REDIS": endpoints_here.redis_url}

    def start() -> Worker:
        command = [sys.executable, "-m", "tests.tasks.live.worker_process", str(tmp_path / "data")]
        started.append(subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **where}))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


async def has_told(following: Following, events: int) -> None:
    """Let the game go on, a little with every question of the poller, until there are so many events."""
    asked = following.asked()

    async def told() -> bool:
        nonlocal asked
        if following.asked() > asked:
            asked = following.asked()
            following.feed.replay.advance(15.0)
        return len(await following.events("game")) >= events

    await until(told)


async def test_a_game_goes_on_where_a_killed_worker_left_it(
    follow: Follow, services: Services, game: Recorded, start_worker: Callable[[], Worker]
) -> None:
    async with follow(game, start_at=(4, 300.0)) as following:
        job = await following.order()
        first = start_worker()
        await has_told(following, 4)
        first.kill()
        start_worker()
        await asyncio.to_thread(first.wait)
        before = len(await following.events("game"))
        await has_told(following, before + 3)
        following.feed.replay.advance_to_end()
        job = await ended(job)
        assert (job.state, job.attempts) == ("succeeded", 2)
        told, clutch = await following.events("game"), await following.events("clutch")
        assert [one["sequence"] for one in told] == list(range(1, len(told) + 1))
        assert await following.sequence() == len(told)
        # a play that is new is new once, unless it was taken back between
        inserted = [
            one["play"]["number"] for event in told for one in event["plays"] if one["kind"] == "inserted"
        ]
        assert len(inserted) == len(set(inserted))
        assert {one["active"] for one in clutch} == {True, False}
        assert not clutch[-1]["active"]
    assert await rows("SELECT kind FROM jobs WHERE kind = 'live.poll'") == [{"kind": "live.poll"}]
    await assert_the_same_as_an_import(services, game)
