import polars as pl
import pytest

from analytics.clutch import LEAGUE, adjusted_score, compute, percentiles
from analytics.clutch.score import ACTIONS, SUCCESSES, scored
from analytics.frames import COUNTS, PLAYER_GAMES
from tests.analytics.invented import COIN, HOME, Script, row_of


def score_of(expected: float, **counts: int) -> float | None:
    row = {**dict.fromkeys(COUNTS, 0), **counts, "expected_points": expected}
    result: float | None = scored(pl.DataFrame([row]))["score"].item()
    return result


def test_ten_actions_all_good_and_five_points_over_expectation_are_a_hundred() -> None:
    assert score_of(5.0, fga=5, fgm=5, pts=10, ast=5) == 100.0


def test_ten_actions_all_bad_and_five_points_under_expectation_are_only_the_volume() -> None:
    assert score_of(5.0, fga=10) == 20.0


def test_the_formula_by_hand() -> None:
    # 3 actions, 2 succeed; 2 points of 1.1 expected: 40 * 2/3 + 40 * 5.9/10 + 20 * 3/10
    assert score_of(1.1, fga=1, fgm=1, pts=2, stl=1, tov=1) == pytest.approx(26.6667 + 23.6 + 6.0, abs=1e-4)


def test_points_over_expectation_beyond_five_win_nothing_more() -> None:
    assert score_of(0.0, fga=10, fgm=10, pts=20) == score_of(10.0, fga=10, fgm=10, pts=20) == 100.0


def test_who_did_nothing_has_no_score() -> None:
    assert score_of(0.0, dreb=3, pf=2) is None


def test_what_can_succeed_is_an_action() -> None:
    assert set(SUCCESSES) - {"fgm", "ftm"} <= set(ACTIONS)
    assert set(ACTIONS) <= set(COUNTS)


@pytest.mark.parametrize(
    ("hrv_ratio", "recovery", "expected"),
    [
        (1.0, 80.0, 60.0),
        (0.8, 50.0, 60.0),  # at the bounds nothing is taken off
        (0.79, 80.0, 57.0),
        (1.0, 49.0, 57.0),
        (0.79, 49.0, 54.15),
        (None, 49.0, 57.0),
        (0.79, None, 57.0),
        (None, 90.0, 60.0),
    ],
)
def test_readiness_takes_off_five_percent_for_each_low_signal(
    hrv_ratio: float | None, recovery: float | None, expected: float
) -> None:
    assert adjusted_score(60.0, hrv_ratio, recovery) == pytest.approx(expected)


def test_an_unknown_readiness_adjusts_nothing_and_says_so() -> None:
    assert adjusted_score(60.0, None, None) is None
    assert adjusted_score(None, 1.0, 90.0) is None


def games_with(
    scores: list[float | None], season: str = "2030-31", season_type: str = "regular"
) -> pl.DataFrame:
    row = dict.fromkeys(PLAYER_GAMES)
    rows = [
        {
            **row,
            "definition_id": "league",
            "season": season,
            "season_type": season_type,
            "score": score,
            "player_id": n,
        }
        for n, score in enumerate(scores)
    ]
    return pl.DataFrame(rows, schema=PLAYER_GAMES)


def test_a_percentile_is_the_share_strictly_below() -> None:
    ranked = percentiles(games_with([30.0, 10.0, None, 20.0, 20.0]))
    assert ranked["percentile"].to_list() == [75.0, 0.0, None, 25.0, 25.0]
    assert ranked.schema == PLAYER_GAMES
    assert ranked["player_id"].to_list() == [0, 1, 2, 3, 4]


def test_seasons_and_their_parts_are_ranked_apart() -> None:
    parts = [
        games_with([5.0, 1.0]),
        games_with([9.0, 8.0], "2031-32"),
        games_with([2.0, 3.0], season_type="playoffs"),
    ]
    assert percentiles(pl.concat(parts))["percentile"].to_list() == [50.0, 0.0, 50.0, 0.0, 0.0, 50.0]


def test_a_live_game_is_held_against_its_season() -> None:
    live = games_with([25.0, 5.0, None])
    assert percentiles(live, games_with([10.0, 20.0, 30.0, 40.0]))["percentile"].to_list() == [
        50.0,
        0.0,
        None,
    ]


def test_without_a_season_to_compare_with_there_is_no_percentile() -> None:
    assert percentiles(games_with([25.0]), games_with([])).item(0, "percentile") is None
    assert percentiles(games_with([])).is_empty()


def test_expected_points_are_of_the_attempts_inside_the_window_only() -> None:
    script = Script().shot(310, HOME, 11, made=True).lead(2, 0).shot(300, HOME, 11, made=True)
    script.free_throw(HOME, 11, made=False)
    row = row_of(compute(script.plays, script.games, script.rosters, LEAGUE, COIN).player_games, player_id=11)
    assert row["expected_points"] == pytest.approx(1.75)  # a two at one half, a free throw at three quarters
    assert row["poe"] == pytest.approx(0.25)
    assert (row["actions"], row["successes"], row["adjusted_score"], row["percentile"]) == (2, 1, None, None)
