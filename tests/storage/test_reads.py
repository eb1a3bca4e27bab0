"""What the API and the command line read: pages, batches, the league's tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from analytics.frames import COUNTS, LEADERS, PLAYER_GAMES, SITUATIONS, TEAM_GAMES
from poise_sdk.records import Game, Normalized, RawDocument
from poise_sdk.vocabulary import GameStatus
from storage import archive, clutch
from storage.connect import connect, database, rows
from storage.games import store
from storage.models import Job
from storage.reads import clutch as clutch_reads
from storage.reads import games, jobs
from storage.reads.clutch import SeasonKey
from storage.reads.games import GameFilter
from tests.storage.invented import AWAY, HOME, RECEIVED, TIPOFF, box_score, play_by_play, plays

SEASON = SeasonKey("2031-32")


@pytest.fixture
async def stored(database_url: str) -> AsyncIterator[None]:
    """Seven games, two of them without a tip-off, one of another season; clutch of three."""
    day = dt.timedelta(days=1)
    batch = [box_score(f"g{n}", tipoff_at=TIPOFF + (n // 2) * day) for n in range(4)]
    batch += [box_score("live", status=GameStatus.LIVE, home_team_id=77, tipoff_at=TIPOFF + 9 * day)]
    batch += [Normalized(games=(Game(id="bare1", season="2030-31"), Game(id="bare2")))]
    batch += [play_by_play("g0"), play_by_play("g1", plays("g1", 3))]
    with closing(connect(database_url)) as c:
        store(c, "nba_stats", batch, received_at=RECEIVED)
        store(c, "nba_stats", [play_by_play("g1", plays("g1", 2))], received_at=RECEIVED)
        clutch.replace_clutch(
            c,
            "league",
            game_ids=["g0", "g1", "g2"],
            situations=_lines(SITUATIONS, [{"game_id": "g0", "number": n} for n in (1, 2)]),
            player_games=_lines(
                PLAYER_GAMES,
                [
                    {"game_id": g, "player_id": p, "seconds": s, "tipoff_at": t, "pts": 5, "score": 10.0 * p}
                    for g, p, s, t in [
                        ("g0", 1, 60.0, TIPOFF),
                        ("g1", 1, 0.0, TIPOFF + day),
                        ("g2", 1, 30.0, None),
                        ("g0", 2, 90.0, TIPOFF),
                    ]
                ],
            ),
            team_games=_lines(
                TEAM_GAMES,
                [{"game_id": g, "team_id": t, "seconds": 60.0} for g in ("g0", "g1") for t in (HOME, AWAY)],
            ),
        )
        board = [{"player_id": p, "rank": rank} for p, rank in ((1, 2), (2, 1), (3, None), (4, None), (5, 3))]
        clutch.replace_leaders(c, *("league", "2031-32", "regular"), _lines(LEADERS, board))
        c.commit()
    async with database(database_url):
        yield


def _lines(schema: pl.Schema, given: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a contract whose every count is 1."""
    known = {"definition_id": "league", "season": "2031-32", "season_type": "regular", "team_id": HOME}
    plain = {pl.Float64(): 1.0, pl.Int32(): 1, pl.Boolean(): True, pl.Datetime("us", "UTC"): TIPOFF}
    usual = {name: known.get(name, plain.get(dtype)) for name, dtype in schema.items()}
    return pl.DataFrame([usual | one for one in given], schema=schema)


Page = Callable[[Any, int], Awaitable[list[dict[str, Any]]]]


async def walk(page: Page, cursor: Callable[[dict[str, Any]], Any], size: int = 2) -> list[dict[str, Any]]:
    """Everything, page after page."""
    seen: list[dict[str, Any]] = []
    while found := await page(cursor(seen[-1]) if seen else None, size):
        assert len(found) <= size
        seen += found
    return seen


@pytest.mark.usefixtures("stored")
async def test_pages_of_games_meet_without_gap_or_overlap_in_both_directions() -> None:
    def cursor(row: dict[str, Any]) -> tuple[dt.datetime | None, str]:
        return row["tipoff_at"], row["id"]

    newest = await walk(lambda after, n: games.games_page(after=after, limit=n), cursor)
    assert [row["id"] for row in newest] == ["live", "g3", "g2", "g1", "g0", "bare2", "bare1"]
    oldest = await walk(lambda after, n: games.games_page(after=after, limit=n, newest_first=False), cursor)
    assert oldest == newest[::-1]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (GameFilter(season="2030-31"), ["bare1"]),
        (GameFilter(season="2031-32", season_type="playoffs"), []),
        (GameFilter(team_id=77), ["live"]),
        (GameFilter(team_id=AWAY, status="final"), ["g3", "g2", "g1", "g0"]),
        (GameFilter(since=TIPOFF + dt.timedelta(days=1), until=TIPOFF + dt.timedelta(days=9)), ["g3", "g2"]),
    ],
)
async def test_games_are_found_by_what_is_asked_for(where: GameFilter, expected: list[str]) -> None:
    assert [row["id"] for row in await games.games_page(where)] == expected
    assert await games.count_games(where) == len(expected)


@pytest.mark.usefixtures("stored")
async def test_batches_answer_every_id_at_once() -> None:
    assert set(await games.games_by_ids(["g0", "live", "absent"])) == {"g0", "live"}
    assert (await games.teams_by_ids([HOME, 999]))[HOME]["name"] == "Hosts"
    assert (await games.players_by_ids([101]))[101]["name"] == "Player Number0"
    rosters = await games.rosters_by_games(["g0", "absent"])
    assert (len(rosters["g0"]), rosters["absent"]) == (12, [])
    assert [row["starter"] for row in rosters["g0"][:6]] == [True] * 5 + [False]
    assert await games.seasons() == [
        {"season": "2031-32", "season_type": "regular", "games": 5},
    ]


@pytest.mark.usefixtures("stored")
async def test_plays_come_by_game_and_page() -> None:
    first = await games.plays_by_games(["g0", "g1", "absent"], limit=4)
    assert {game_id: [row["number"] for row in of] for game_id, of in first.items()} == {
        "g0": [1, 2, 3, 4],
        "g1": [1, 2],
        "absent": [],
    }
    rest = await games.plays_by_games(["g0"], after=(4, 4))
    assert [row["number"] for row in rest["g0"]] == [5, 6, 7, 8, 9, 10]
    [revision] = await games.revisions_page("g1")
    assert (revision["kind"], revision["number"], revision["after"]) == ("retracted", 3, None)
    assert await games.revisions_page("g1", after=(revision["sequence"], 3)) == []


@pytest.mark.usefixtures("stored")
async def test_clutch_of_games_comes_in_batches() -> None:
    situations = await clutch_reads.situations_by_games(["g0", "g1"])
    assert [row["number"] for row in situations["g0"]] == [1, 2]
    assert situations["g1"] == []
    lines = await clutch_reads.player_games_by_games(["g0", "g1"])
    assert [(row["player_id"], row["reb"]) for row in lines["g0"]] == [(2, 2), (1, 2)]
    assert {row["team_id"] for row in (await clutch_reads.team_games_by_games(["g0"]))["g0"]} == {HOME, AWAY}
    assert (await clutch_reads.player_games_by_games(["g0"], "other"))["g0"] == []


@pytest.mark.usefixtures("stored")
async def test_a_timeline_runs_from_the_newest_game_to_those_without_a_date() -> None:
    found = await walk(
        lambda after, n: clutch_reads.player_timeline(1, after=after, limit=n),
        lambda row: (row["tipoff_at"], row["game_id"]),
        size=1,
    )
    assert [row["game_id"] for row in found] == ["g1", "g0", "g2"]
    assert await clutch_reads.player_timeline(1, season="2030-31") == []


@pytest.mark.usefixtures("stored")
async def test_a_leaderboard_lists_the_ranked_and_then_the_others() -> None:
    found = await walk(
        lambda after, n: clutch_reads.leaders_page(SEASON, after=after, limit=n),
        lambda row: (row["rank"], row["player_id"]),
    )
    assert [(row["rank"], row["player_id"]) for row in found] == [
        (1, 2),
        (2, 1),
        (3, 5),
        (None, 3),
        (None, 4),
    ]
    assert set(await clutch_reads.leaders_by_players(SEASON, [1, 4, 9])) == {1, 4}


@pytest.mark.usefixtures("stored")
async def test_the_tables_have_the_leagues_columns() -> None:
    columns = ["GP", "MIN", "FGM", "FGA", "FG3M", "FG3A", "FTM", "FTA", "OREB", "DREB", "REB", "AST", "TOV"]
    columns += ["STL", "BLK", "PF", "PTS", "PLUS_MINUS"]
    teams = await clutch_reads.team_table(SEASON)
    assert [list(row) for row in teams] == [["TEAM_ID", *columns]] * 2
    assert [(row["TEAM_ID"], row["GP"], row["MIN"], row["REB"]) for row in teams] == [
        (HOME, 2, 2.0, 4),
        (AWAY, 2, 2.0, 4),
    ]
    first, second = await clutch_reads.player_table(SEASON)
    assert list(first) == ["PLAYER_ID", *columns]
    # in one of his three games he never was on the floor: what he did counts, the game does not
    assert (first["PLAYER_ID"], first["GP"], first["MIN"], first["PTS"]) == (1, 2, 1.5, 15)
    assert (second["PLAYER_ID"], second["GP"], second["PTS"]) == (2, 1, 5)
    assert await clutch_reads.team_table(SeasonKey("2031-32", "playoffs")) == []


def test_the_leagues_columns_cover_every_count() -> None:
    assert {name for value in clutch_reads.LEAGUE_COLUMNS.values() for name in value.split(" + ")} == set(
        COUNTS
    )


@pytest.mark.usefixtures("stored")
async def test_definitions_are_listed_and_found() -> None:
    assert [row["id"] for row in await clutch_reads.definitions()] == ["league"]
    found = await clutch_reads.definition("league")
    assert found is not None
    assert found["margin"] == 5
    assert await clutch_reads.definition("absent") is None


async def test_jobs_are_listed_newest_first_and_decoded(database_url: str) -> None:
    async with database(database_url):
        made = [
            await Job.create(id=uuid4(), kind=kind, args={"n": n}, max_attempts=3, timeout_s=60)
            for n, kind in enumerate(["games.import", "clutch.score", "games.import"])
        ]
        made[0].state, made[0].result = "succeeded", {"stored": 7}
        await made[0].save()
        found = await walk(
            lambda after, n: jobs.jobs_page(after=after, limit=n), lambda row: (row["created_at"], row["id"])
        )
        assert [row["args"]["n"] for row in found] == [2, 1, 0]
        assert [row["id"] for row in await jobs.jobs_page(kind="clutch.score")] == [made[1].id]
        assert [row["result"] for row in await jobs.jobs_page(state="succeeded")] == [{"stored": 7}]
        assert set(await jobs.jobs_by_ids([made[0].id, uuid4()])) == {made[0].id}

        for n in range(3):
            await rows(
                "INSERT INTO job_rejections (job_id, n, file, reason) VALUES ($1, $2, 'a.json', 'truncated')",
                made[0].id,
                n,
            )
        refused = await walk(
            lambda after, n: jobs.rejections_page(made[0].id, after=-1 if after is None else after, limit=n),
            lambda row: row["n"],
        )
        assert [(row["n"], row["reason"]) for row in refused] == [(n, "truncated") for n in range(3)]


async def test_the_archives_index_is_listed_newest_first(database_url: str) -> None:
    documents = [RawDocument(name=f"{n}.json", content=str(n).encode()) for n in range(5)]
    with closing(connect(database_url)) as c:
        for document in documents:
            archive.index(c, "nba_stats", [document])
        c.commit()
    async with database(database_url):
        found = await walk(
            lambda after, n: jobs.documents_page(after=after, limit=n),
            lambda row: (row["stored_at"], row["sha256"]),
        )
        assert [row["name"] for row in found] == [f"{n}.json" for n in (4, 3, 2, 1, 0)]
        assert await jobs.documents_page(vendor="other") == []
