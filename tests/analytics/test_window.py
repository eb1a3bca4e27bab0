import polars as pl
import pytest

from analytics.clutch import LEAGUE, ClutchDefinition
from analytics.clutch.window import flag
from tests.analytics.invented import AWAY, HOME, Script


def flags(script: Script, definition: ClutchDefinition = LEAGUE) -> list[bool]:
    return flag(script.plays, definition)["in_window"].to_list()


def test_five_minutes_flat_is_inside_and_a_tenth_more_is_not() -> None:
    script = Script().play("timeout", 300.1).play("timeout", 300.0)
    assert flags(script) == [False, True]


def test_the_third_period_is_never_inside() -> None:
    assert flags(Script(period=3).play("timeout", 10)) == [False]


def test_an_overtime_is_inside_from_its_first_second() -> None:
    assert flags(Script(period=5).play("period_start", 300)) == [True]


def test_the_margin_before_a_play_decides_and_not_the_one_after() -> None:
    script = Script().lead(100, 95)
    script.shot(200, HOME, 11, made=True, value=3)  # five apart before it, eight after
    script.shot(180, AWAY, 21, made=True, value=3)  # eight apart before it, five after
    script.shot(160, HOME, 11, made=False)
    assert flags(script) == [True, True, False, True]


def test_the_window_is_not_sticky() -> None:
    script = Script().lead(100, 94).play("timeout", 200).lead(100, 95).play("timeout", 100).lead(106, 95)
    assert flags(script.play("timeout", 50)) == [True, False, False, True, True, False]


def test_a_score_that_steps_back_is_taken_as_it_stands() -> None:
    script = Script().lead(100, 90).play("timeout", 250).lead(98, 95).play("timeout", 240)
    assert flags(script) == [True, False, False, True]


def test_elapsed_ends_at_the_play_and_begins_anew_with_each_period() -> None:
    script = (
        Script()
        .play("timeout", 290)
        .play("timeout", 280.5)
        .goto(5, 300)
        .play("period_start")
        .play("timeout", 299)
    )
    assert flag(script.plays, LEAGUE)["elapsed_s"].to_list() == [0.0, 9.5, 0.0, 1.0]


def test_a_clock_that_runs_backwards_adds_no_time() -> None:
    script = Script().play("timeout", 100).play("timeout", 90).play("timeout", 95).play("timeout", 80)
    elapsed = flag(script.plays, LEAGUE)["elapsed_s"]
    assert elapsed.to_list() == [0.0, 10.0, 0.0, 10.0]
    assert elapsed.sum() == 20.0


@pytest.mark.parametrize(("margin", "inside"), [(0, False), (2, False), (3, True)])
def test_a_definition_decides_how_close_is_close(margin: int, inside: bool) -> None:
    script = Script().lead(3, 0).play("timeout", 30)
    definition = ClutchDefinition("mine", last_seconds=60, margin=margin)
    assert flag(script.plays, definition)["in_window"].last() == inside


def test_games_do_not_touch_each_other() -> None:
    first = Script("a").lead(100, 80)
    second = Script("b").play("timeout", 10)
    both = flag(pl.concat([first.plays, second.plays]), LEAGUE)
    assert both["margin_before"].to_list() == [0, 0]
    assert both["elapsed_s"].to_list() == [0.0, 0.0]
