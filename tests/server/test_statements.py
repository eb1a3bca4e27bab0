"""No N+1: how many statements a document costs does not depend on how many rows it finds."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from server.graphql.loaders import Loader
from tests.server import bodies, stranger, world
from tests.server.clients import Api
from tests.server.conftest import Settings, serving

DEEP = """
query($n: Int!) {
  games(first: $n) {
    nodes {
      homeTeam { name } awayTeam { name }
      roster { player { name } team { name } }
      plays(first: 3) { edges { node { player { name } team { name } } } }
      clutchSituations { number definition { name } game { key homeTeam { name } } }
      clutchScores { score player { name } team { name } game { key } }
    }
  }
}
"""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def counted(self: asyncpg.Connection, query: str, *args: object, **options: object) -> object:
        seen.append(query)
        return await fetch(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "fetch", counted)
    return seen


async def test_a_deep_document_costs_a_statement_for_each_kind_of_thing_in_it(
    api: Api, statements: list[str]
):
    found = await api.data(DEEP, n=3)
    assert len(found["games"]["nodes"]) == 3
    # Games, teams, rosters, players, plays, situations, definitions and scores; where two fields lead
    # to the same kind at different times there may be a second one. One for each row would be fifty.
    assert 8 <= len(statements) <= 13


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ('{ clutchLeaderboard(season: "%s", first: 10) { nodes { pts player { name } team { name } } } }', 3),
        ('{ clutchLeaderboard(season: "%s", first: 10) { nodes { pts } } }', 1),
        ('{ clutchTable(season: "%s", by: PLAYER) { rows { pts player { name } } } }', 2),
        ('{ clutchScores(season: "%s") { nodes { score player { name } game { key } } } }', 3),
        ('{ playerTimeline(playerId: "101", season: "%s") { player { name } columns { scores } } }', 2),
    ],
)
async def test_a_list_costs_one_statement_and_one_for_each_kind_it_refers_to(
    api: Api, statements: list[str], query: str, limit: int
):
    await api.data(query % world.SEASON)
    assert len(statements) == limit


BODIES = """
query($n: Int!) {
  athletes(first: $n) {
    nodes {
      name player { name }
      connections { vendor syncStates { status } athlete { name } }
      sources { vendor kinds { kind } }
      sourceOrders { metric }
      syncStatus { status }
      sleep(first: 3) { nodes { asleepMin document { name } stages { stage } } }
      hrv(first: 3) { nodes { hrvRmssdMs } }
      recovery(first: 3) { nodes { recoveryPct } }
      strain(first: 3) { nodes { strain } }
      workouts(first: 3) { nodes { activity } }
      readings(metric: "hr_bpm", first: 3) { nodes { value } }
      readingColumns(metric: "hr_bpm", since: "2031-01-01T00:00:00Z", until: "2031-01-02T00:00:00Z") {
        values
      }
      dailySeries(metrics: ["strain"]) { days columns { values } freshness { state } }
      dailySummary { metrics { value candidates { value } } nights { stages { stage } } freshness { state } }
    }
  }
}
"""


async def test_a_document_about_bodies_costs_the_same_for_one_athlete_and_for_two(
    settings: Settings, clinic: str, house: Path, statements: list[str]
):
    async with serving(settings(database_url=clinic), stranger.registry()) as api:
        counts = []
        for n in (1, 2):
            statements.clear()
            found = await api.data(BODIES, n=n)
            assert len(found["athletes"]["nodes"]) == n
            counts.append(len(statements))
    assert counts[0] == counts[1], "not one statement more for one athlete more"
    # athletes twice (the page, and those that connections refer to), one for every other kind of thing
    assert counts[0] <= 18


@pytest.mark.parametrize(("declared", "given"), [("", ""), ("($day: Date)", "(day: $day)")])
async def test_a_day_is_two_statements(
    settings: Settings, clinic: str, house: Path, statements: list[str], declared: str, given: str
):
    query = (
        f'query Day{declared} {{ athlete(id: "1") {{ dailySummary{given} {{'
        " metrics { candidates { value } } nights { stages { stage } }"
        " freshness { state } missing { reason } } } }"
    )
    async with serving(settings(database_url=clinic), stranger.registry()) as api:
        statements.clear()
        await api.data(query, day=bodies.TODAY.isoformat())
    assert len(statements) == 2, "the athlete, and the day"


async def test_a_loader_asks_once_for_all_that_is_asked_within_one_tick():
    asked: list[list[int]] = []

    async def fetch(keys: list[int]) -> dict[int, str]:
        asked.append(list(keys))
        return {key: str(key) for key in keys if key != 9}

    loader: Loader[int, str | None] = Loader(fetch, None)
    waiting = [loader.get(key) for key in (1, 2, 1, 9)]
    assert [await one for one in waiting] == ["1", "2", "1", None]
    assert loader.get(2) == "2"
    await loader.prefetch([2, 3, None, 3])
    assert loader.get(3) == "3"
    assert asked == [[1, 2, 9], [3]]


async def test_a_loaders_failure_reaches_everybody_who_asked():
    async def fetch(_keys: list[int]) -> dict[int, str]:
        raise RuntimeError("away")

    loader: Loader[int, str | None] = Loader(fetch, None)
    waiting = [loader.get(key) for key in (1, 2)]
    for one in waiting:
        with pytest.raises(RuntimeError, match="away"):
            await one
