"""Scoring stored games: every definition, and whatever moved on since."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import pytest

from storage import frames, ledger, scoring
from storage.arrow import execute, query
from storage.connect import connect, rows
from storage.ledger import Job
from tasks.context import Services
from tasks.inline import run_inline
from tasks.score import LEAGUE, score_games
from tests.clutch_tables import fresh, stored
from tests.leagues import VENDOR, Recorded, Season, closest
from tests.tasks.conftest import QUICK, until


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    return closest(tmp_path_factory, 3)


async def done(services: Services, kind: str, **args: Any) -> Job:
    job = await ledger.enqueue(kind, args)
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "succeeded", job.error
    return job


async def imported(services: Services, games: list[Recorded]) -> Job:
    paths = [str(path) for game in games for path in (game.box, game.path)]
    return await done(services, "games.import", vendor=VENDOR, paths=paths)


async def define(key: str, *, last_seconds: int, margin: int, min_period: int) -> None:
    columns = "id, name, last_seconds, margin, min_period"
    await rows(
        f"INSERT INTO clutch_definitions ({columns}) VALUES ($1::text, $1::text, $2, $3, $4)",
        key,
        last_seconds,
        margin,
        min_period,
    )


def assert_fresh(services: Services, definition_id: str) -> None:
    """What is stored is what would be computed now, and the boards are those of it."""
    with closing(connect(services.endpoints.database_url)) as c:
        tables = stored(c, definition_id)
        assert tables == fresh(c, definition_id)
        assert all(tables.values())
        assert scoring.stale_seasons(c, definition_id) == []
        played = frames.clutch_player_games_frame(c, definition_id, "2025-26", "regular")
        assert played.filter(played["score"].is_not_null())["percentile"].null_count() == 0
        board = query(c, "SELECT player_id FROM clutch_leaders WHERE definition_id = $1", definition_id)
        assert set(board["player_id"]) == set(played["player_id"])


async def test_a_definition_is_scored_when_asked_for_and_again_after_every_import(
    services: Services, season: Season
) -> None:
    await imported(services, season.close[0:2])
    await define("last-two", last_seconds=120, margin=3, min_period=4)
    await define("whole", last_seconds=720, margin=100, min_period=1)
    job = await done(services, "clutch.definition", definition_id="whole")
    assert job.result == {"games": 2, "unscorable": [], "seasons": 1}
    assert_fresh(services, "whole")
    job = await imported(services, season.close[2:3])
    assert job.result is not None
    assert job.result["scored"] == {
        "games": 1,
        "unscorable": [],
        "seasons": 1,
        "others": {
            "last-two": {"games": 3, "unscorable": [], "seasons": 1},
            "whole": {"games": 1, "unscorable": [], "seasons": 1},
        },
    }
    for definition_id in (LEAGUE, "last-two", "whole"):
        assert_fresh(services, definition_id)
    assert (await done(services, "clutch.score")).result == {"games": 0, "unscorable": [], "seasons": 0}


async def test_a_definition_that_has_been_deleted_is_no_failure(services: Services, season: Season) -> None:
    await imported(services, season.close[0:1])
    job = await done(services, "clutch.score", definition_id="gone")
    assert job.result == {"skipped": "there is no clutch definition 'gone'"}


async def test_a_game_that_moves_on_while_it_is_scored_stays_due(services: Services, season: Season) -> None:
    await imported(services, season.close[0:1])
    game = season.close[0].id
    url = services.endpoints.database_url
    with closing(connect(url)) as c:
        execute(c, "DELETE FROM clutch_scored")
        c.commit()
        execute(c, "UPDATE games SET sequence = sequence + 1 WHERE id = $1", game)  # somebody is storing
        scored = asyncio.create_task(asyncio.to_thread(score_games, url, LEAGUE, [game]))

        async def waits_for_us() -> bool:
            blocked = "wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE'"
            return bool(await rows(f"SELECT 1 FROM pg_stat_activity WHERE {blocked}"))

        await until(waits_for_us)
        c.commit()
        assert await scored == []
        assert scoring.due_games(c, LEAGUE) == [game]
    assert (await done(services, "clutch.score")).result == {"games": 1, "unscorable": [], "seasons": 1}
    assert_fresh(services, LEAGUE)
