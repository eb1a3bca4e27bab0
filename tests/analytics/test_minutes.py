import polars as pl

from analytics.clutch import LEAGUE, ClutchTables, compute
from tests.analytics.invented import AWAY, COIN, HOME, Script, row_of


def tables(script: Script) -> ClutchTables:
    return compute(script.plays, script.games, script.rosters, LEAGUE, COIN)


def plus_minus(script: Script) -> dict[int, int]:
    return dict(tables(script).player_games.select("player_id", "plus_minus").rows())


def test_the_interval_that_ends_inside_counts_with_its_part_before_five_minutes() -> None:
    script = Script().play("timeout", 320).play("timeout", 290)
    assert row_of(tables(script).team_games, team_id=HOME)["seconds"] == 30.0


def test_the_interval_that_ends_outside_does_not_count() -> None:
    script = Script().play("timeout", 300).lead(10, 0).play("timeout", 200).lead(10, 6).play("timeout", 100)
    assert row_of(tables(script).team_games, team_id=HOME)["seconds"] == 100.0


def test_the_interval_before_a_substitution_belongs_to_who_leaves() -> None:
    script = Script().play("timeout", 300).sub(260, HOME, 11, 16).play("timeout", 250)
    table = tables(script).player_games
    assert row_of(table, player_id=11)["seconds"] == 40.0
    assert row_of(table, player_id=16)["seconds"] == 10.0


def test_a_free_throw_counts_for_the_ten_at_the_foul() -> None:
    script = Script().play("timeout", 300)
    script.play("foul", 200, AWAY, by=21, subtype="shooting", foul_drawn_id=11)
    script.free_throw(HOME, 11, made=True, subtype="1_of_2").sub(200, AWAY, 21, 26)
    script.free_throw(HOME, 11, made=True, subtype="2_of_2").play("timeout", 190)
    counted = plus_minus(script)
    assert (counted[11], counted[21], counted[26]) == (2, -2, 0)


def test_a_technical_free_throw_goes_with_the_technical_foul() -> None:
    script = Script().play("timeout", 300)
    script.play("foul", 200, AWAY, by=21, subtype="shooting").sub(200, AWAY, 21, 26)
    script.play("foul", 200, AWAY, by=22, subtype="technical")
    script.free_throw(HOME, 11, made=True, subtype="technical").free_throw(HOME, 12, made=True).play(
        "timeout", 190
    )
    counted = plus_minus(script)
    assert (counted[21], counted[26], counted[22]) == (-1, -1, -2)


def test_a_foul_of_the_shooters_own_team_is_not_what_he_shoots_for() -> None:
    script = Script().play("timeout", 300)
    script.play("foul", 200, AWAY, by=21, subtype="shooting").sub(200, HOME, 12, 16)
    script.play("foul", 200, HOME, by=13, subtype="loose_ball")
    script.free_throw(HOME, 11, made=True).play("timeout", 190)
    counted = plus_minus(script)
    assert (counted[12], counted[16]) == (1, 0)


def test_a_free_throw_without_a_foul_counts_for_the_ten_at_the_throw() -> None:
    script = (
        Script()
        .play("timeout", 300)
        .sub(200, HOME, 12, 16)
        .free_throw(HOME, 11, made=True)
        .play("timeout", 190)
    )
    counted = plus_minus(script)
    assert (counted[12], counted[16]) == (0, 1)


def test_a_foul_at_another_clock_is_another_foul() -> None:
    script = Script().play("timeout", 300).play("foul", 210, AWAY, by=21).sub(200, AWAY, 21, 26)
    script.free_throw(HOME, 11, made=True).play("timeout", 190)
    counted = plus_minus(script)
    assert (counted[21], counted[26]) == (0, -1)


def test_what_is_scored_outside_the_window_counts_for_nobody() -> None:
    script = (
        Script()
        .play("timeout", 300)
        .lead(20, 10)
        .shot(200, HOME, 11, made=True)
        .lead(20, 18)
        .play("timeout", 100)
    )
    assert plus_minus(script)[11] == 0
    assert row_of(tables(script).team_games, team_id=HOME)["plus_minus"] == 0


def test_games_in_any_order_keep_their_own_lineups() -> None:
    first = Script("z").play("timeout", 300).sub(250, HOME, 11, 16)  # its last play is a substitution
    second = Script("a").play("timeout", 300).play("timeout", 240).sub(240, AWAY, 21, 26)
    for one, two in ((first, second), (second, first)):
        both = compute(
            pl.concat([one.plays, two.plays]),
            pl.concat([one.games, two.games]),
            pl.concat([one.rosters, two.rosters]),
            LEAGUE,
            COIN,
        ).player_games
        assert both.equals(pl.concat([tables(second).player_games, tables(first).player_games]))
