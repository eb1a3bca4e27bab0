"""What holds for every game, whatever happens in it."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.clutch import LEAGUE, ClutchDefinition, ClutchTables, compute
from analytics.clutch.window import flag
from analytics.frames import COUNTS, GAMES, PLAYER_GAMES, PLAYS, ROSTERS, SITUATIONS, TEAM_GAMES, empty
from tests.analytics.invented import AWAY, COIN, HOME, Script
from tests.analytics.random_games import games

pytestmark = pytest.mark.filterwarnings("error")

some = settings(max_examples=30, deadline=None)
definitions = st.builds(
    ClutchDefinition,
    st.just("any"),
    last_seconds=st.integers(1, 720),
    margin=st.integers(0, 12),
    min_period=st.integers(4, 5),
)
#: Summed over a team's players, these are the team's; turnovers of nobody are left out of the games.
ADDITIVE = [name for name in COUNTS if name != "plus_minus"]


def tables(*scripts: Script, definition: ClutchDefinition = LEAGUE, known: bool = True) -> ClutchTables:
    rosters = pl.concat([script.rosters for script in scripts])
    return compute(
        pl.concat([script.plays for script in scripts]),
        pl.concat([script.games for script in scripts]),
        rosters if known else rosters.with_columns(starter=pl.lit(None, pl.Boolean)),
        definition,
        COIN,
    )


@some
@given(games(), definitions)
def test_a_teams_counts_are_the_sums_of_its_players(script: Script, definition: ClutchDefinition) -> None:
    found = tables(script, definition=definition)
    players = found.player_games.group_by("team_id").agg(pl.col(ADDITIVE).sum()).sort("team_id")
    teams = found.team_games.select("team_id", *ADDITIVE).sort("team_id")
    both = teams.join(players, on="team_id", how="left", suffix="_players").fill_null(0)
    for name in ADDITIVE:
        assert both[name].to_list() == both[f"{name}_players"].to_list(), name


@some
@given(games(), definitions)
def test_plus_minus_of_both_teams_is_zero_and_of_five_players_five_times_their_teams(
    script: Script, definition: ClutchDefinition
) -> None:
    found = tables(script, definition=definition)
    assert found.team_games["plus_minus"].sum() == 0
    for team in found.team_games.rows(named=True):
        five = found.player_games.filter(pl.col("team_id") == team["team_id"])
        assert five["plus_minus"].sum() == 5 * team["plus_minus"]


@some
@given(games(), definitions)
def test_five_players_share_five_times_the_windows_length(
    script: Script, definition: ClutchDefinition
) -> None:
    found = tables(script, definition=definition)
    assert found.player_games["lineups_complete"].all()
    for team in found.team_games.rows(named=True):
        five = found.player_games.filter(pl.col("team_id") == team["team_id"])
        assert five["seconds"].sum() == pytest.approx(5 * team["seconds"])


@some
@given(games())
def test_without_starters_nobody_is_credited_more_than_with_them(script: Script) -> None:
    known, inferred = tables(script).player_games, tables(script, known=False).player_games
    seconds = known.select("player_id", "seconds")
    both = inferred.select("player_id", guessed="seconds").join(seconds, on="player_id", how="left")
    assert (both["guessed"] <= both["seconds"].fill_null(0.0) + 1e-9).all()
    for team in (HOME, AWAY):
        of_team = pl.col("team_id") == team
        if inferred.filter(of_team).height and inferred.filter(of_team)["lineups_complete"].all():
            assert inferred.filter(of_team)["seconds"].sum() == pytest.approx(
                known.filter(of_team)["seconds"].sum()
            )


@some
@given(games())
def test_a_play_outside_the_window_changes_nothing(script: Script) -> None:
    before = tables(script)
    early = script.plays.head(1).with_columns(
        position=pl.lit(0, pl.Int32),
        period=pl.lit(3, pl.Int32),
        clock_s=pl.lit(600.0),
        kind=pl.lit("field_goal"),
        team_id=pl.lit(HOME, pl.Int64),
        player_id=pl.lit(11, pl.Int64),
        made=pl.lit(False),
        shot_value=pl.lit(2, pl.Int32),
        score_home=pl.lit(0, pl.Int32),
        score_away=pl.lit(0, pl.Int32),
    )
    after = compute(pl.concat([early, script.plays]), script.games, script.rosters, LEAGUE, COIN)
    assert after.player_games.equals(before.player_games)
    assert after.team_games.equals(before.team_games)
    assert after.situations.equals(before.situations)


@some
@given(games(), definitions, st.integers(0, 60), st.integers(0, 4), st.integers(0, 2))
def test_a_wider_window_never_loses_a_play(
    script: Script, narrow: ClutchDefinition, seconds: int, margin: int, periods: int
) -> None:
    wide = ClutchDefinition(
        "wide", narrow.last_seconds + seconds, narrow.margin + margin, narrow.min_period - periods
    )
    inside, wider = (flag(script.plays, definition)["in_window"] for definition in (narrow, wide))
    assert (wider | ~inside).all()
    total = [
        tables(script, definition=definition).team_games["seconds"].sum() for definition in (narrow, wide)
    ]
    assert total[0] <= total[1] + 1e-9


@some
@given(games("a"), games("b"), st.randoms(use_true_random=False))
def test_neither_the_order_of_games_nor_of_rows_matters(
    first: Script, second: Script, random: object
) -> None:
    whole = tables(first, second)
    turned = tables(second, first)
    plays = pl.concat([first.plays, second.plays]).sample(fraction=1, shuffle=True, seed=hash(random) % 1000)
    mixed = compute(
        plays,
        pl.concat([second.games, first.games]),
        pl.concat([first.rosters, second.rosters]).reverse(),
        LEAGUE,
        COIN,
    )
    for other in (turned, mixed):
        assert other.player_games.equals(whole.player_games)
        assert other.team_games.equals(whole.team_games)
        assert other.situations.equals(whole.situations)


@some
@given(games("a"), games("b"))
def test_a_game_computed_alone_is_the_same_as_among_others(first: Script, second: Script) -> None:
    together = tables(first, second)
    alone = [tables(script) for script in (first, second)]
    assert together.player_games.equals(pl.concat([one.player_games for one in alone]))
    assert together.team_games.equals(pl.concat([one.team_games for one in alone]))
    assert together.situations.equals(pl.concat([one.situations for one in alone]))


@some
@given(games(), definitions)
def test_situations_hold_every_play_and_every_point_of_the_window(
    script: Script, definition: ClutchDefinition
) -> None:
    found = tables(script, definition=definition)
    flagged = flag(script.plays, definition)
    assert found.situations["plays"].sum() == flagged["in_window"].sum()
    points = found.situations["home_points"].sum() + found.situations["away_points"].sum()
    assert points == found.team_games["pts"].sum()
    moved = (found.situations["end_margin"] - found.situations["start_margin"]).to_list()
    scored = found.situations["home_points"] - found.situations["away_points"]
    assert moved == scored.to_list()


@some
@given(games(), definitions)
def test_scores_stay_in_their_range_and_belong_to_who_acted(
    script: Script, definition: ClutchDefinition
) -> None:
    table = tables(script, definition=definition).player_games
    assert table.filter(pl.col("score").is_null() != (pl.col("actions") == 0)).is_empty()
    assert table["score"].drop_nulls().is_between(0, 100).all()
    assert (table["successes"] <= table["actions"]).all()
    assert table["poe"].to_list() == pytest.approx((table["pts"] - table["expected_points"]).to_list())


def test_nothing_in_gives_typed_nothing_out() -> None:
    found = compute(empty(PLAYS), empty(GAMES), empty(ROSTERS), LEAGUE, COIN)
    assert found.situations.schema == SITUATIONS
    assert found.player_games.schema == PLAYER_GAMES
    assert found.team_games.schema == TEAM_GAMES
    assert found.situations.is_empty()
    assert found.player_games.is_empty()
    assert found.team_games.is_empty()


def test_a_game_that_was_never_close_gives_no_row() -> None:
    script = Script(period=1).lead(60, 20).goto(4, 100).play("timeout")
    assert tables(script).team_games.is_empty()


def test_every_table_keeps_its_contract() -> None:
    found = tables(Script().play("timeout").shot(200, HOME, 11, made=True))
    assert found.situations.schema == SITUATIONS
    assert found.player_games.schema == PLAYER_GAMES
    assert found.team_games.schema == TEAM_GAMES
    assert found.team_games["season"].to_list() == ["2030-31", "2030-31"]


def test_a_game_whose_teams_are_unknown_is_named_and_the_rest_is_computed() -> None:
    good, bad = Script("good").play("timeout").play("timeout", 200), Script("bad").play("timeout")
    found = compute(
        pl.concat([good.plays, bad.plays]),
        pl.concat([good.games, bad.games.with_columns(home_team_id=pl.lit(None, pl.Int64))]),
        good.rosters,
        LEAGUE,
        COIN,
    )
    assert found.skipped == ("bad",)
    assert found.team_games["game_id"].unique().to_list() == ["good"]
