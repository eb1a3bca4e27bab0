import polars as pl
import pytest

from analytics.clutch.actions import COUNTED, player_counts, team_counts
from analytics.frames import COUNTS
from tests.analytics.invented import AWAY, HOME, Script, row_of


def players(script: Script) -> pl.DataFrame:
    return player_counts(script.plays)


def teams(script: Script) -> pl.DataFrame:
    opponent = pl.col("team_id").replace_strict({HOME: AWAY, AWAY: HOME}, default=None, return_dtype=pl.Int64)
    return team_counts(script.plays.with_columns(opponent_id=opponent))


def test_a_made_three_counts_in_every_column_it_belongs_to() -> None:
    script = Script().shot(200, HOME, 11, made=True, value=3, assist_id=12)
    shooter, passer = row_of(players(script), player_id=11), row_of(players(script), player_id=12)
    assert {k: v for k, v in shooter.items() if v == 1} == {"fgm": 1, "fga": 1, "fg3m": 1, "fg3a": 1}
    assert (shooter["pts"], passer["ast"], passer["pts"]) == (3, 1, 0)
    assert row_of(teams(script), team_id=HOME)["ast"] == 1


def test_a_blocked_miss_is_an_attempt_here_and_a_block_there() -> None:
    script = Script().shot(200, HOME, 11, made=False, block_id=21)
    assert row_of(players(script), player_id=21)["blk"] == 1
    assert row_of(teams(script), team_id=AWAY)["blk"] == 1
    assert row_of(teams(script), team_id=HOME)["fga"] == 1


def test_a_rebound_of_nobody_counts_for_nobody_nor_for_the_team() -> None:
    script = (
        Script()
        .play("rebound", 200, HOME, subtype="offensive")
        .play("rebound", 190, HOME, by=11, subtype="defensive")
    )
    team = row_of(teams(script), team_id=HOME)
    assert (team["oreb"], team["dreb"]) == (0, 1)
    assert players(script)["player_id"].to_list() == [11]


def test_a_turnover_of_nobody_counts_for_the_team() -> None:
    script = (
        Script()
        .play("turnover", 200, HOME, subtype="shot_clock")
        .play("turnover", 190, HOME, by=11, steal_id=21)
    )
    assert row_of(teams(script), team_id=HOME)["tov"] == 2
    assert row_of(teams(script), team_id=AWAY)["stl"] == 1
    assert row_of(players(script), player_id=11)["tov"] == 1


@pytest.mark.parametrize("subtype", ["technical", "double_technical", "defensive_3_seconds"])
def test_a_technical_foul_counts_for_nobody(subtype: str) -> None:
    script = Script().play("foul", 200, HOME, by=11, subtype=subtype)
    assert players(script).is_empty()
    assert row_of(teams(script), team_id=HOME)["pf"] == 0


def test_every_other_foul_counts_and_one_of_unknown_sort_too() -> None:
    script = (
        Script()
        .play("foul", 200, HOME, by=11, subtype="flagrant_1")
        .play("foul", 190, HOME, by=11, subtype=None)
    )
    assert row_of(players(script), player_id=11)["pf"] == 2


def test_free_throws_are_points_but_no_field_goals() -> None:
    script = Script().free_throw(HOME, 11, made=True).free_throw(HOME, 11, made=False)
    shooter = row_of(players(script), player_id=11)
    assert (shooter["ftm"], shooter["fta"], shooter["pts"], shooter["fga"]) == (1, 2, 1, 0)


def test_every_counting_column_but_plus_minus_is_counted_once() -> None:
    assert [counted.column for counted in COUNTED] == [name for name in COUNTS if name != "plus_minus"]
