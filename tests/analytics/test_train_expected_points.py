import datetime as dt
import json
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from analytics.clutch.expected_points import loads
from analytics.frames import GAMES, PLAYS
from analytics.models.evaluation import calibration, quality
from analytics.models.train_expected_points import Report, TrainConfig, features, fit, train

Distance = Callable[[np.random.Generator, bool], float | None]


def anywhere(random: np.random.Generator, made: bool) -> float | None:
    return float(random.integers(6, 22))


def only_misses(random: np.random.Generator, made: bool) -> float | None:
    return None if made else float(random.integers(6, 22))


def league(
    seasons: tuple[str, ...] = ("2030-31", "2031-32"),
    *,
    games: int = 20,
    distance: Distance = anywhere,
    seed: int = 7,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Invented seasons: dunks fall nine times in ten, jump shots four, free throws eight."""
    random = np.random.default_rng(seed)
    plays, rows = [], []
    for season in seasons:
        for number in range(games):
            game = f"{season}/{number:03}"
            start = dt.datetime(int(season[:4]), 11, 1, tzinfo=dt.UTC)
            rows.append((game, season, "regular", start + dt.timedelta(days=number), 1, 2))
            for position in range(1, 101):
                dunk, free = position % 4 == 0, position % 5 == 0
                made = bool(random.random() < (0.8 if free else 0.9 if dunk else 0.4))
                play = dict.fromkeys(PLAYS) | {
                    "game_id": game, "position": position, "period": 1 + position // 26, "points": 0,
                    "clock_s": 700.0 - 7 * (position % 26), "kind": "free_throw" if free else "field_goal",
                    "subtype": "1_of_1" if free else "dunk" if dunk else "jump_shot", "made": made,
                    "team_id": 1 + position % 2, "player_id": 11, "shot_value": 1 if free else 2,
                    "score_home": 0, "score_away": 0,
                    "distance_ft": None if free or dunk else distance(random, made),
                }  # fmt: skip
                plays.append(play)
    return pl.DataFrame(plays, schema=PLAYS), pl.DataFrame(rows, schema=GAMES, orient="row")


def test_a_fit_finds_what_the_data_was_made_with() -> None:
    plays, games = league(games=60)
    model, report = train(plays, games)
    chance = model.probability(features(plays, games).filter(pl.col("subtype") == "dunk")).mean()
    assert chance == pytest.approx(0.9, abs=0.02)
    scores = report.quality["field_goal"]
    assert scores["model"].brier < scores["by_value"].brier
    assert scores["model"].ece < 0.05
    assert report.distance_used


def test_the_latest_season_is_held_out() -> None:
    _, report = train(*league(("2031-32", "2029-30", "2030-31"), games=8))
    assert report.trained_on == ("2029-30", "2030-31")
    assert report.tested_on == ("2031-32",)
    assert (report.train_games, report.test_games) == (16, 8)


def test_the_held_out_season_changes_no_weight() -> None:
    plays, games = league(games=8)
    model, _ = train(plays, games)
    late = pl.col("game_id").str.starts_with("2031")
    flipped = plays.with_columns(made=pl.when(late).then(~pl.col("made")).otherwise("made"))
    other, _ = train(flipped, games)
    assert (other.field_goal, other.free_throw) == (model.field_goal, model.free_throw)


def test_of_a_single_season_the_last_fifth_of_games_is_held_out() -> None:
    plays, games = league(("2030-31",), games=20)
    _, report = train(plays, games)
    assert (report.train_games, report.test_games) == (16, 4)
    assert report.trained_on == report.tested_on == ("2030-31",)


def test_a_fit_depends_on_nothing_but_its_data() -> None:
    plays, games = league(games=8)
    shuffled = plays.sample(fraction=1, shuffle=True, seed=1), games.reverse()
    assert train(*shuffled)[0].dumps() == train(plays, games)[0].dumps()
    assert train(*league(games=8, seed=8))[1].data_sha256 != train(plays, games)[1].data_sha256


def test_distances_that_only_misses_have_are_not_used() -> None:
    plays, games = league(games=40, distance=only_misses)
    model, report = train(plays, games)
    assert not report.distance_used
    assert all(gap == pytest.approx(-1.0) for gap in report.distance_gap.values())
    jumps = features(plays, games).filter(pl.col("subtype") == "jump_shot")
    unprinted = model.probability(jumps.with_columns(distance_ft=pl.lit(None, pl.Float32)))
    assert model.probability(jumps).mean() == pytest.approx(0.4, abs=0.03)
    assert unprinted.to_list() == pytest.approx(model.probability(jumps).to_list(), abs=1e-9)
    assert report.known_gain > 0.2  # the bare flag would have given the outcome away


def test_distances_that_say_nothing_of_the_outcome_win_nothing_by_being_known() -> None:
    def sometimes(random: np.random.Generator, made: bool) -> float | None:
        return float(random.integers(6, 22)) if random.random() < 0.5 else None

    _, report = train(*league(games=60, distance=sometimes))
    assert report.distance_used
    assert abs(report.known_gain) < 2e-3


def test_the_artefact_carries_its_report() -> None:
    model, report = train(*league(games=8))
    again = loads(model.dumps())
    assert again.provenance["data_sha256"] == report.data_sha256
    assert again.provenance["quality"]["field_goal"]["model"]["n"] == report.quality["field_goal"]["model"].n
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()


def test_seasons_prepared_one_by_one_give_the_same_fit() -> None:
    plays, games = league(games=8)
    parts = [
        features(plays.filter(pl.col("game_id").str.starts_with(year)), games) for year in ("2031", "2030")
    ]
    assert fit(pl.concat(parts))[0].dumps() == train(plays, games)[0].dumps()


def test_a_game_without_a_season_cannot_be_ordered_in_time() -> None:
    plays, games = league(games=2)
    with pytest.raises(ValueError, match="every game needs its season"):
        train(plays, games.with_columns(season=pl.lit(None, pl.String)))


def test_too_little_data_is_refused_by_what_is_lacking() -> None:
    plays, games = league(("2030-31",), games=1)
    with pytest.raises(ValueError, match="the training games lack made or missed field goals"):
        train(plays, games)
    plays, games = league(games=4)
    with pytest.raises(ValueError, match="the training games lack made or missed free throws"):
        train(plays.filter(pl.col("kind") == "field_goal"), games)


@pytest.mark.parametrize("wrong", [{"test_share": 0.0}, {"inverse_ridge": 0.0}, {"distance_tolerance": -0.1}])
def test_an_impossible_configuration_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="impossible training configuration"):
        TrainConfig(**wrong)


def test_scores_by_hand() -> None:
    found = quality(np.array([0.5, 1.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    assert found.brier == pytest.approx(0.25 / 3)
    assert found.log_loss == pytest.approx(np.log(2) / 3, abs=1e-6)
    assert found.bias == pytest.approx(0.5 / 3)


def test_calibration_keeps_equal_forecasts_together() -> None:
    bins = calibration(np.array([0.3] * 50 + [0.7] * 50), np.array([0.0, 1.0] * 50))
    assert [b.n for b in bins] == [50, 50]
    assert [b.forecast for b in bins] == pytest.approx([0.3, 0.7])
    assert [b.made for b in bins] == pytest.approx([0.5, 0.5])


def test_nothing_to_score_is_no_number() -> None:
    assert quality(np.array([]), np.array([])).n == 0
    assert calibration(np.array([]), np.array([])) == ()


def test_a_report_names_the_sets_it_scores() -> None:
    _, report = train(*league(games=8))
    assert isinstance(report, Report)
    assert set(report.quality) == set(report.calibration) == {"field_goal", "field_goal_clutch", "free_throw"}
