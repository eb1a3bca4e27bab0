import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.clutch import leaders, shrunk_poe
from analytics.frames import COUNTS, LEADERS, PLAYER_GAMES, empty
from tests.analytics.invented import row_of


def games_of(player: int, scores: list[float | None], **fields: Any) -> list[dict[str, Any]]:
    poe = fields.pop("poe", [0.0] * len(scores))
    return [
        {
            "definition_id": "league",
            "game_id": f"{number:03}",
            "player_id": player,
            "team_id": 1,
            "season": "2030-31",
            "season_type": "regular",
            "tipoff_at": dt.datetime(2030, 11, 1, tzinfo=dt.UTC) + dt.timedelta(days=number),
            "seconds": 60.0,
            **dict.fromkeys(COUNTS, 1),
            "expected_points": 1.0,
            "poe": poe[number],
            "score": score,
            **fields,
        }
        for number, score in enumerate(scores)
    ]


def frame(*players: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([row for rows in players for row in rows], schema=PLAYER_GAMES)


def test_the_board_ranks_by_the_mean_score() -> None:
    board = leaders(frame(games_of(1, [50.0, 60.0]), games_of(2, [70.0, 80.0]), games_of(3, [10.0, 20.0])))
    assert board.schema == LEADERS
    assert board.select("rank", "player_id", "score_mean").rows() == [
        (1, 2, 75.0),
        (2, 1, 55.0),
        (3, 3, 15.0),
    ]
    assert board["percentile"].to_list() == pytest.approx([200 / 3, 100 / 3, 0.0])


def test_one_lucky_game_gets_no_rank() -> None:
    board = leaders(frame(games_of(1, [50.0] * 8), games_of(2, [99.0]), games_of(3, [40.0] * 2)))
    assert board.select("player_id", "rank").rows() == [(1, 1), (3, 2), (2, None)]
    assert row_of(board, player_id=2)["percentile"] is None


def test_games_without_a_score_count_as_games_but_not_for_the_rank() -> None:
    board = leaders(frame(games_of(1, [50.0] * 8), games_of(2, [None, None, None, 60.0])))
    silent = row_of(board, player_id=2)
    assert (silent["games"], silent["score_mean"], silent["rank"]) == (4, 60.0, None)


def test_a_game_without_a_second_on_the_floor_is_no_game() -> None:
    board = leaders(frame(games_of(1, [50.0]), games_of(1, [50.0], seconds=0.0, game_id="x")))
    assert row_of(board, player_id=1)["games"] == 1


def test_the_team_is_that_of_the_latest_game() -> None:
    late = games_of(1, [50.0], team_id=2, tipoff_at=dt.datetime(2031, 3, 1, tzinfo=dt.UTC), game_id="x")
    assert row_of(leaders(frame(late, games_of(1, [40.0]))), player_id=1)["team_id"] == 2


def test_seasons_parts_and_definitions_have_their_own_boards() -> None:
    board = leaders(
        frame(
            games_of(1, [50.0]),
            games_of(1, [50.0], season="2031-32"),
            games_of(1, [50.0], season_type="playoffs"),
            games_of(1, [50.0], definition_id="mine"),
        )
    )
    assert board["rank"].to_list() == [1, 1, 1, 1]


def test_a_game_whose_season_is_unknown_is_on_no_board() -> None:
    assert leaders(frame(games_of(1, [50.0], season=None))).is_empty()


def test_no_games_make_an_empty_board() -> None:
    assert leaders(empty(PLAYER_GAMES)).schema == LEADERS
    assert shrunk_poe(empty(PLAYER_GAMES)).is_empty()


def test_few_attempts_are_pulled_almost_to_the_mean_and_many_are_not() -> None:
    few = games_of(1, [50.0], poe=[10.0], fga=10, fta=0)
    many = games_of(2, [50.0], poe=[1000.0], fga=10_000, fta=0)
    rest = games_of(3, [50.0], poe=[-1010.0], fga=90_000, fta=0)
    shrunk = shrunk_poe(frame(few, many, rest))
    assert row_of(shrunk, player_id=1)["poe_shrunk"] == pytest.approx(10 * 0.0317, rel=0.01)
    assert row_of(shrunk, player_id=2)["poe_shrunk"] == pytest.approx(970.3, rel=0.001)
    assert (shrunk["poe_low"] < shrunk["poe_shrunk"]).all()
    assert (shrunk["poe_shrunk"] < shrunk["poe_high"]).all()


def test_who_never_tried_has_nothing_to_shrink() -> None:
    assert shrunk_poe(frame(games_of(1, [50.0], fga=0, fta=0))).is_empty()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(-8, 8).map(float), min_size=1, max_size=6),
        min_size=1,
        max_size=6,
    )
)
def test_shrinkage_never_leads_away_from_the_mean_and_never_past_it(poe: list[list[float]]) -> None:
    table = frame(*(games_of(n, [50.0] * len(games), poe=games) for n, games in enumerate(poe)))
    mean = sum(sum(games) for games in poe) / sum(2 * len(games) for games in poe)  # two attempts a game
    for row in shrunk_poe(table).rows(named=True):
        games = poe[row["player_id"]]
        attempts = 2 * len(games)
        raw, centre = sum(games) / attempts - mean, row["poe_shrunk"] / attempts - mean
        assert abs(centre) <= abs(raw) + 1e-9
        assert centre * raw >= -1e-9
