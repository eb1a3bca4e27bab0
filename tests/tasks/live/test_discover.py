"""Finding live games on the scoreboard, and replays as a job."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from poise_sdk.simulation import Fault
from storage import ledger
from storage.connect import rows
from tasks.context import Services
from tasks.handlers import load
from tasks.inline import run_inline
from tasks.live.discover import follow_game, watch_vendors
from tasks.live.replay import simulator_of
from tasks.registry import Registry
from tests.leagues import VENDOR, Recorded, Season
from tests.tasks.conftest import QUICK, Working, ended, state_of, until
from tests.tasks.live.conftest import SPEED, assert_the_same_as_an_import


@pytest.fixture
def registry() -> Registry:
    """The handlers of the program itself."""
    return load()


async def pollers() -> list[dict[str, Any]]:
    found = await rows("SELECT key, state, args FROM jobs WHERE kind = 'live.poll' ORDER BY created_at")
    return [{**row, "args": json.loads(row["args"])} for row in found]


async def test_each_live_game_of_the_scoreboard_gets_one_poller(services: Services, season: Season) -> None:
    playing, later = season.games[:2]
    paths = [playing.path, later.path]
    feed = simulator_of(VENDOR)[1].replay(paths, manual=True, start_at=(2, 300.0), stagger_s=20_000.0)
    async with feed:
        feed.faults.add(Fault.status(500), path="*/scoreboard/*")
        args = {"vendor": VENDOR, "feed_url": feed.base_url, "speed": SPEED}
        job = await ledger.enqueue("live.discover", args)
        running = asyncio.create_task(run_inline(job.id, services, options=QUICK))

        async def note() -> str:
            return (await state_of(job.id)).progress_note

        async def in_trouble() -> bool:
            return "HTTP 500" in await note()

        await until(in_trouble)
        feed.faults.clear()

        async def read() -> bool:
            return await note() == "1 live of 2 games"

        await until(read)
        asked = len(feed.requests)

        async def again() -> bool:
            return len(feed.requests) >= asked + 3

        await until(again)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        where = {"vendor": VENDOR, "game_id": playing.id, "feed_url": feed.base_url, "speed": SPEED}
        assert await pollers() == [{"key": f"live:{VENDOR}:{playing.id}", "state": "queued", "args": where}]
    states = {row["id"]: row["status"] for row in await rows("SELECT id, status FROM games")}
    assert states == {playing.id: "live", later.id: "scheduled"}


async def test_a_poller_of_a_feed_that_is_no_longer_right_makes_way(services: Services) -> None:
    first = await follow_game(services.redis, VENDOR, "0022590001", feed_url="http://127.0.0.1:1")
    same = await follow_game(services.redis, VENDOR, "0022590001", feed_url="http://127.0.0.1:1")
    other = await follow_game(services.redis, VENDOR, "0022590001", feed_url="http://127.0.0.1:2")
    assert (same.id, same.existed) == (first.id, True)
    assert other.id != first.id
    assert [one["state"] for one in await pollers()] == ["cancelled", "queued"]


async def test_a_vendor_is_watched_once_however_many_workers_start(services: Services) -> None:
    once, again = await watch_vendors([VENDOR]), await watch_vendors([VENDOR])
    assert [job.id for job in once] == [job.id for job in again]


async def test_a_replay_is_played_to_its_end_and_not_over_a_stored_game(
    services: Services, game: Recorded, working: Working, tmp_path: Path
) -> None:
    async with working():
        args = {"path": str(game.path), "speed": 2000.0}
        job = await ledger.enqueue("replay.start", args)
        await ledger.dispatch(services.redis, job)
        job = await ended(job)
        assert (job.state, job.result) == ("succeeded", {"games": [game.id]})
        assert [one["state"] for one in await pollers()] == ["succeeded"]
        statuses = (
            "SELECT payload ->> 'status' AS status FROM live_events WHERE topic = 'game' ORDER BY sequence"
        )
        told = await rows(statuses)
        assert len(told) > 3
        assert [told[0]["status"], told[-1]["status"]] == ["live", "final"]
        await assert_the_same_as_an_import(services, game)

        again = await ledger.enqueue("replay.start", args)
        await ledger.dispatch(services.redis, again)
        again = await ended(again)
        assert again.state == "dead"
        assert f"already stored with plays: {game.id} (ask to replay again" in (again.error or "")

        (tmp_path / "letter.json").write_text("{}")
        wrong = await ledger.enqueue("replay.start", {"path": str(tmp_path / "letter.json")})
        await ledger.dispatch(services.redis, wrong)
        assert "letter.json cannot be replayed" in ((await ended(wrong)).error or "")
