"""No N+1: how many statements a document costs does not depend on how many rows it finds."""

from __future__ import annotations

import asyncpg
import pytest

from server.graphql.loaders import Loader
from tests.server import world
from tests.server.clients import Api

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
