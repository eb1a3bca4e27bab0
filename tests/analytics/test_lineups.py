from collections.abc import Set as AbstractSet

import polars as pl
import pytest

from analytics.clutch import LEAGUE, compute
from analytics.clutch.lineups import PeriodEvidence, Substitution, follow, period_start
from tests.analytics.invented import AWAY, AWAY_FIVE, COIN, HOME, HOME_FIVE, Script, row_of

FIVE = (1, 2, 3, 4, 5)


def evidence(
    required: AbstractSet[int] = frozenset(), entered: AbstractSet[int] = frozenset()
) -> PeriodEvidence:
    return PeriodEvidence(frozenset(required), frozenset(entered))


def test_who_ended_the_last_period_starts_the_next_unless_it_shows_otherwise() -> None:
    assert period_start(FIVE, evidence({2, 5}, {8})) == (FIVE, True)


def test_one_silent_change_between_periods_is_found_when_nobody_else_may_have_left() -> None:
    assert period_start(FIVE, evidence({1, 2, 3, 9}, {5})) == ((1, 2, 3, 9, 4), True)


def test_a_place_two_may_have_kept_stays_open() -> None:
    start, complete = period_start(FIVE, evidence({1, 2, 3, 9}))
    assert (set(start), complete) == ({1, 2, 3, 9}, False)


def test_a_place_is_open_when_the_one_who_had_it_comes_in_later() -> None:
    start, complete = period_start(FIVE, evidence({1, 2, 3, 4}, {5}))
    assert (set(start), complete) == ({1, 2, 3, 4}, False)


def test_an_unsure_past_is_only_mended_by_five_who_must_have_been_there() -> None:
    assert period_start(FIVE, evidence({1, 2}), sure=False) == (FIVE, False)
    assert period_start(FIVE, evidence({1, 2, 3, 4, 5}), sure=False) == (FIVE, True)


def test_five_who_must_have_been_there_need_no_past() -> None:
    assert period_start((), evidence({9, 8, 7, 6, 5})) == ((5, 6, 7, 8, 9), True)


def test_who_comes_in_was_not_there_even_if_he_ended_the_last_period() -> None:
    start, complete = period_start(FIVE, evidence({1, 2, 3, 4, 6}, {5}))
    assert (set(start), complete) == ({1, 2, 3, 4, 6}, True)


def test_more_than_five_who_must_have_been_there_is_no_knowledge() -> None:
    assert period_start(FIVE, evidence({1, 2, 3, 4, 6, 7})) == (FIVE, False)


def test_a_change_holds_from_the_next_play_on() -> None:
    before, after = follow(10, FIVE, True, [Substitution(20, 3, 7)])
    assert (before.row, before.players) == (10, FIVE)
    assert (after.row, after.players, after.complete) == (21, (1, 2, 4, 5, 7), True)


@pytest.mark.parametrize(
    "change",
    [Substitution(20, 9, 7), Substitution(20, 3, 4), Substitution(20, None, 7), Substitution(20, 3, None)],
    ids=["leaves without being there", "enters twice", "nobody leaves", "nobody enters"],
)
def test_a_change_that_cannot_be_makes_the_rest_of_the_period_incomplete(change: Substitution) -> None:
    *_, last = follow(10, FIVE, True, [change, Substitution(30, 1, 8)])
    assert not last.complete
    assert len(last.players) <= 5


def test_the_unknown_fifth_place_is_taken_by_who_comes_in_for_him() -> None:
    *_, last = follow(10, (1, 2, 3, 4), False, [Substitution(20, 9, 7)])
    assert set(last.players) == {1, 2, 3, 4, 7}


def seconds(script: Script, rosters: pl.DataFrame | None = None) -> dict[int, float]:
    rosters = script.rosters if rosters is None else rosters
    table = compute(script.plays, script.games, rosters, LEAGUE, COIN).player_games
    return {row["player_id"]: row["seconds"] for row in table.rows(named=True)}


def test_starters_are_followed_through_every_period() -> None:
    script = Script(period=1).play("period_start", 720).sub(300, HOME, 11, 16).goto(4, 300)
    script.play("timeout", 300).sub(200, HOME, 16, 17).play("timeout", 150)
    played = seconds(script)
    assert (played.get(11), played[16], played[17], played[12]) == (None, 100.0, 50.0, 150.0)


def test_without_starters_the_five_are_who_act_before_they_come_in() -> None:
    script = Script().play("timeout", 300)
    script.starters_known = False
    for player in HOME_FIVE[:4]:
        script.play("foul", 290, HOME, by=player, foul_drawn_id=21)
    script.sub(280, HOME, 15, 16)  # 15 did nothing else
    script.shot(270, AWAY, 22, made=False, block_id=16)
    for player in AWAY_FIVE[2:]:
        script.shot(260, AWAY, player, made=False)
    script.play("timeout", 250)
    table = compute(script.plays, script.games, script.rosters, LEAGUE, COIN).player_games
    assert table["lineups_complete"].all()
    assert dict(table.select("player_id", "seconds").rows()) == {
        **dict.fromkeys((*HOME_FIVE[:4], *AWAY_FIVE), 50.0), 15: 20.0, 16: 30.0,
    }  # fmt: skip


def test_who_leaves_before_he_comes_in_was_there() -> None:
    script = Script().play("timeout", 300)
    script.starters_known = False
    for player in (*HOME_FIVE[1:], *AWAY_FIVE):
        script.play("turnover", 290, HOME if player in HOME_FIVE else AWAY, by=player)
    script.sub(280, HOME, 11, 16).sub(270, HOME, 16, 11).play("timeout", 250)
    table = compute(script.plays, script.games, script.rosters, LEAGUE, COIN).player_games
    assert table["lineups_complete"].all()
    assert row_of(table, player_id=11)["seconds"] == 40.0


def test_an_open_place_that_no_time_passes_with_spoils_nothing() -> None:
    script = Script().play("timeout", 300).sub(280, HOME, 11, None).sub(280, HOME, None, 16)
    script.goto(5, 300).play("period_start")
    for player in (16, 12, 13, 14, 15):
        script.play("turnover", 290, HOME, by=player)
    table = compute(script.plays, script.games, script.rosters, LEAGUE, COIN).player_games
    assert table["lineups_complete"].all()


def test_without_rosters_the_plays_say_who_belongs_where() -> None:
    script = Script().play("timeout", 300)
    for player, opponent in zip(HOME_FIVE, AWAY_FIVE, strict=True):
        script.play("turnover", 290, HOME, by=player, steal_id=opponent)
    script.play("timeout", 280)
    table = compute(script.plays, script.games, script.rosters.clear(), LEAGUE, COIN).player_games
    assert dict(table.select("player_id", "team_id").rows()) == {
        **dict.fromkeys(HOME_FIVE, HOME),
        **dict.fromkeys(AWAY_FIVE, AWAY),
    }


def test_a_place_nobody_can_be_told_for_is_credited_to_nobody_and_said_so() -> None:
    script = Script().play("timeout", 300)
    script.starters_known = False
    script.shot(290, HOME, 11, made=True)
    table = compute(script.plays, script.games, script.rosters, LEAGUE, COIN).player_games
    assert dict(table.select("player_id", "seconds").rows()) == {11: 10.0}
    assert not row_of(table, player_id=11)["lineups_complete"]


def test_a_technical_foul_on_the_bench_puts_nobody_on_the_floor() -> None:
    script = (
        Script().play("timeout", 300).play("foul", 290, HOME, by=17, subtype="technical").play("timeout", 280)
    )
    assert 17 not in seconds(script)


def test_acting_at_the_very_clock_of_coming_in_is_no_proof_of_having_been_there() -> None:
    script = Script().play("timeout", 300)
    script.play("foul", 200, HOME, by=16)  # logged before his entry at the same dead ball
    script.sub(200, HOME, 11, 16).play("timeout", 150)
    played = seconds(script)
    assert (played[11], played[16]) == (100.0, 50.0)


def test_a_lost_substitution_is_noticed_at_the_next_periods_start() -> None:
    script = Script().play("timeout", 300).play("period_end", 0).goto(5, 300).play("period_start")
    for player in (16, 12, 13, 14, 15):  # 16 for 11 was never logged
        script.shot(290, HOME, player, made=False)
    script.play("period_end", 0)
    played = seconds(script)
    assert (played[11], played[16], played[12]) == (300.0, 300.0, 600.0)
