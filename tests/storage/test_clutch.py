"""Frames for analytics, and the writing of what it computed from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing

import polars as pl
import pytest

from analytics.frames import (
    GAMES,
    LEADERS,
    PLAYER_GAMES,
    PLAYS,
    ROSTERS,
    SITUATIONS,
    TEAM_GAMES,
    conform,
    empty,
)
from storage import clutch, frames
from storage.arrow import execute, query
from storage.connect import Connection, connect
from storage.games import store
from tests.storage.invented import RECEIVED, TIPOFF, box_score, play, play_by_play, plays


@pytest.fixture
def c(database_url: str) -> Iterator[Connection]:
    with closing(connect(database_url)) as connection:
        yield connection


def rows(schema: pl.Schema, *given: Mapping[str, object]) -> pl.DataFrame:
    """Rows of a contract, with plain values for whatever is not given."""
    plain: dict[object, object] = {pl.String(): "x", pl.Boolean(): True, pl.Float64(): 1.5, pl.Int32(): 1}
    usual = {
        name: plain.get(dtype, TIPOFF if dtype == pl.Datetime("us", "UTC") else 7)
        for name, dtype in schema.items()
    }
    usual |= (
        {"definition_id": "league", "season": "2031-32", "season_type": "regular"}
        if "season" in schema
        else {}
    )
    return pl.DataFrame([usual | {"definition_id": "league"} | dict(one) for one in given], schema=schema)


def test_frames_keep_the_contracts_of_analytics(c: Connection) -> None:
    moved = [play("g2", 1, position=3), play("g2", 2, position=1), play("g2", 3, position=2)]
    batch = [play_by_play("g1"), box_score("g1"), play_by_play("g2", moved), play_by_play("g3")]
    store(c, "nba_stats", batch, received_at=RECEIVED)

    of_plays = frames.plays_frame(c, ["g2", "g1"])
    assert of_plays.select("game_id", "number").rows() == [
        *(("g1", one.number) for one in plays("g1")),
        ("g2", 2),
        ("g2", 3),
        ("g2", 1),
    ]
    assert conform(of_plays, PLAYS, "plays").height == 13
    games = conform(frames.games_frame(c, ["g1", "g2", "absent"]), GAMES, "games")
    assert games["game_id"].to_list() == ["g1", "g2"]
    rosters = conform(frames.rosters_frame(c, ["g1", "g2"]), ROSTERS, "rosters")
    assert rosters.height == 12
    for read in (frames.plays_frame, frames.games_frame, frames.rosters_frame):
        assert read(c, []).schema == read(c, ["g1"]).schema


def replace(c: Connection, games: list[str], players: pl.DataFrame) -> None:
    situations = rows(SITUATIONS, *({"game_id": game_id} for game_id in players["game_id"].unique()))
    teams = rows(TEAM_GAMES, *({"game_id": game_id} for game_id in players["game_id"].unique()))
    clutch.replace_clutch(
        c, "league", game_ids=games, situations=situations, player_games=players, team_games=teams
    )


def test_results_take_the_place_of_former_ones_game_by_game(c: Connection) -> None:
    first = rows(PLAYER_GAMES, *({"game_id": g, "player_id": n} for g in ("g1", "g2") for n in range(3)))
    replace(c, ["g1", "g2"], first)
    replace(c, ["g1", "g2"], first)
    assert frames.clutch_player_games_frame(c, "league", "2031-32", "regular").equals(
        first.sort("game_id", "player_id").select(
            frames.clutch_player_games_frame(c, "league", "2031-32", "regular").columns
        )
    )
    replace(c, ["g1"], first.clear())  # no longer close
    assert query(c, "SELECT DISTINCT game_id FROM clutch_player_games").rows() == [("g2",)]
    assert query(c, "SELECT game_id FROM clutch_situations").rows() == [("g2",)]
    assert query(c, "SELECT game_id FROM clutch_team_games").rows() == [("g2",)]


def test_percentiles_are_written_where_they_differ_and_only_there(c: Connection) -> None:
    players = rows(PLAYER_GAMES, *({"game_id": "g1", "player_id": n, "percentile": None} for n in range(3)))
    replace(c, ["g1"], players)
    c.commit()
    ranked = players.with_columns(percentile=pl.Series([None, 0.25, 0.5]))
    gone = ranked.with_columns(game_id=pl.lit("gone"))
    clutch.replace_percentiles(c, pl.concat([ranked, gone]))
    c.commit()
    found = query(c, "SELECT percentile, xmin::text AS x FROM clutch_player_games ORDER BY player_id")
    assert found["percentile"].to_list() == [None, 0.25, 0.5]
    assert found["x"].n_unique() == 2
    clutch.replace_percentiles(c, empty(PLAYER_GAMES))


def test_a_leaderboard_takes_the_place_of_the_former_one(c: Connection) -> None:
    board = rows(LEADERS, {"player_id": 1, "rank": 1}, {"player_id": 2, "rank": None, "score_mean": None})
    clutch.replace_leaders(c, "league", "2031-32", "regular", board)
    clutch.replace_leaders(c, "league", "2031-32", "regular", board.head(1))
    other = board.with_columns(season_type=pl.lit("playoffs"))
    clutch.replace_leaders(c, "league", "2031-32", "playoffs", other)
    found = query(c, "SELECT season_type, player_id, rank FROM clutch_leaders ORDER BY 1, 2")
    assert found.rows() == [("playoffs", 1, 1), ("playoffs", 2, None), ("regular", 1, 1)]


def test_a_definition_goes_with_all_that_was_computed_under_it(c: Connection) -> None:
    execute(c, "INSERT INTO clutch_definitions VALUES ('late', 'Late', 60, 3, 4, false, now())")
    assert [one["id"] for one in clutch.definitions(c)] == ["league", "late"]
    assert clutch.definition(c, "late") == {
        "id": "late",
        "name": "Late",
        "last_seconds": 60,
        "margin": 3,
        "min_period": 4,
        "built_in": False,
    }
    players = rows(PLAYER_GAMES, {"game_id": "g1"}).with_columns(definition_id=pl.lit("late"))
    clutch.replace_clutch(
        c,
        "late",
        game_ids=["g1"],
        situations=empty(SITUATIONS),
        player_games=players,
        team_games=empty(TEAM_GAMES),
    )
    execute(c, "DELETE FROM clutch_definitions WHERE id = 'late'")
    assert query(c, "SELECT count(*) AS n FROM clutch_player_games").item() == 0
    with pytest.raises(LookupError, match="'late'"):
        clutch.definition(c, "late")
