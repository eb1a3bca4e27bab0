"""GraphQL against a JSON endpoint written by hand, on the same rows, over real HTTP.

Both are served by one process and read through asyncpg pools of the same size; requests take turns
on one kept connection each. The hand-written endpoint does what one would write without GraphQL:
one statement with its joins, orjson, done.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import statistics
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.fanout import databases, serve, served
from benchmarks.harness import Row, show
from server.serving import configuration
from server.settings import ServerSettings

__all__ = ["run"]

ROUNDS = 300
WARM_UP = 30
GOAL = 3.0
SEASON = "2031-32"
PLAYER = 7
PLAYERS, GAMES = 400, 90
COUNTS = (
    "fgm",
    "fga",
    "fg3m",
    "fg3a",
    "ftm",
    "fta",
    "oreb",
    "dreb",
    "ast",
    "tov",
    "stl",
    "blk",
    "pf",
    "pts",
    "plus_minus",
)
FIGURES = "seconds fgm fga fg3m fg3a ftm fta oreb dreb reb ast tov stl blk pf pts plusMinus"

LEADERBOARD = f"""
query Leaderboard($season: String!, $first: Int!) {{
  clutchLeaderboard(season: $season, first: $first) {{
    nodes {{ rank games {FIGURES} expectedPoints poe scoreMean percentile player {{ name }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
TIMELINE = f"""
query Timeline($player: ID!, $season: String!) {{
  playerTimeline(playerId: $player, season: $season) {{
    player {{ name }}
    games(first: 100) {{ nodes {{ {FIGURES} tipoffAt poe actions successes score percentile }} }}
  }}
}}
"""
COLUMNS = """
query Columns($player: ID!, $season: String!) {
  playerTimeline(playerId: $player, season: $season) {
    player { name }
    columns { tipoffs minutes points plusMinus poe actions scores adjustedScores percentiles }
  }
}
"""

_LEADERS = """
SELECT l.*, oreb + dreb AS reb, p.name FROM clutch_leaders AS l JOIN players AS p ON p.id = l.player_id
WHERE definition_id = 'league' AND season = $1 AND season_type = 'regular' ORDER BY rank, player_id LIMIT $2
"""
_GAMES = """
SELECT g.*, oreb + dreb AS reb, p.name FROM clutch_player_games AS g JOIN players AS p ON p.id = g.player_id
WHERE definition_id = 'league' AND player_id = $1 AND season = $2 ORDER BY tipoff_at DESC LIMIT 100
"""


def run() -> list[Row]:
    """Measure the leaderboard and the timeline, as objects and as columns."""
    with databases() as (database_url, redis_url):
        asyncio.run(_fill(database_url))
        with served(serve_both, database_url, redis_url) as (port, _process):
            return _measured(port)


def serve_both(pipe: Connection, database_url: str, redis_url: str) -> None:
    """Our application with two routes more."""
    config = configuration(ServerSettings(database_url=database_url, redis_url=redis_url, port=0))
    app: Any = config.app
    ours = app.router.lifespan_context
    pools: list[asyncpg.Pool[Any]] = []

    @asynccontextmanager
    async def lifespan(inner: Any) -> Any:
        async with ours(inner), asyncpg.create_pool(database_url, min_size=1, max_size=10) as pool:
            pools.append(pool)
            yield

    async def leaders(request: Request) -> Response:
        first = int(request.query_params["first"])
        return _json(await pools[0].fetch(_LEADERS, request.query_params["season"], first))

    async def games(request: Request) -> Response:
        player = int(request.query_params["player"])
        return _json(await pools[0].fetch(_GAMES, player, request.query_params["season"]))

    app.router.lifespan_context = lifespan
    app.router.routes += [Route("/json/leaders", leaders), Route("/json/games", games)]
    serve(pipe, config)


def _json(rows: list[Any]) -> Response:
    return Response(orjson.dumps([dict(row) for row in rows]), media_type="application/json")


def _measured(port: int) -> list[Row]:
    ours, theirs = (http.client.HTTPConnection("127.0.0.1", port) for _ in range(2))

    def graphql(query: str, **variables: Any) -> Callable[[], bytes]:
        body = json.dumps({"query": query, "variables": variables})

        def ask() -> bytes:
            ours.request("POST", "/graphql", body, {"content-type": "application/json"})
            return ours.getresponse().read()

        return ask

    def endpoint(path: str) -> Callable[[], bytes]:
        def ask() -> bytes:
            theirs.request("GET", path)
            return theirs.getresponse().read()

        return ask

    games = endpoint(f"/json/games?player={PLAYER}&season={SEASON}")
    cases = [
        (
            f"leaderboard, {first} players × 25 fields",
            graphql(LEADERBOARD, season=SEASON, first=first),
            endpoint(f"/json/leaders?season={SEASON}&first={first}"),
        )
        for first in (25, 100)
    ]
    cases.append(
        (f"timeline, {GAMES} games × 23 fields", graphql(TIMELINE, player=str(PLAYER), season=SEASON), games)
    )
    cases.append(
        (f"timeline, {GAMES} games as 9 columns", graphql(COLUMNS, player=str(PLAYER), season=SEASON), games)
    )
    return [_row(*case) for case in cases]


def _row(what: str, ours: Callable[[], bytes], theirs: Callable[[], bytes]) -> Row:
    answer = json.loads(ours())
    assert "errors" not in answer, answer
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + WARM_UP):
        for side, ask in zip(times, (ours, theirs), strict=True):
            begun = time.perf_counter()
            ask()
            if turn >= WARM_UP:
                side.append(time.perf_counter() - begun)
    mine, other = map(statistics.median, times)
    return Row(
        group="GraphQL",
        what=what,
        ours=f"{mine * 1e3:.2f} ms",
        against=f"{other * 1e3:.2f} ms (hand-written JSON endpoint)",
        ratio=mine / other,
        at_most=GOAL,
    )


async def _fill(database_url: str) -> None:
    figures = dict.fromkeys(COUNTS, 3)
    tipoff = dt.datetime(2031, 11, 1, tzinfo=dt.UTC)
    season = {"definition_id": "league", "season": SEASON, "season_type": "regular", "team_id": 1}
    tables: dict[str, list[dict[str, Any]]] = {
        "players": [{"id": id_, "name": f"Player {id_}"} for id_ in range(1, PLAYERS + 1)],
        "clutch_leaders": [
            {
                **season, **figures, "player_id": id_, "games": 40, "seconds": 5_000.5,
                "expected_points": 90.25, "poe": 4.75, "score_mean": 61.5,
                "percentile": 100 * id_ / PLAYERS, "rank": id_,
            }
            for id_ in range(1, PLAYERS + 1)
        ],
        "clutch_player_games": [
            {
                **season, **figures, "game_id": f"g{game}", "player_id": id_, "seconds": 120.5,
                "tipoff_at": tipoff + dt.timedelta(days=game), "expected_points": 2.25, "poe": 0.75,
                "actions": 6, "successes": 4, "score": 61.25, "adjusted_score": None,
                "percentile": 55.5, "lineups_complete": True,
            }
            for game in range(GAMES)
            for id_ in range(1, 31)
        ],
    }  # fmt: skip
    connection = await asyncpg.connect(database_url)
    for table, rows in tables.items():
        await connection.copy_records_to_table(
            table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows]
        )
    await connection.execute("ANALYZE")
    await connection.close()


if __name__ == "__main__":
    show(run())
