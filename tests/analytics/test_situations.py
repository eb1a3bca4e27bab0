from analytics.clutch import LEAGUE
from analytics.clutch.situations import situations
from analytics.clutch.window import flag
from analytics.frames import SITUATIONS
from tests.analytics.invented import AWAY, HOME, Script


def found(script: Script) -> list[dict[str, object]]:
    frame = situations(flag(script.plays, LEAGUE), script.games, "league")
    assert frame.schema == SITUATIONS
    return frame.rows(named=True)


def test_a_stretch_ends_when_a_lead_grows_and_another_begins_when_it_shrinks() -> None:
    script = Script().play("period_start", 720).lead(90, 86)
    script.rows[-1]["clock_s"] = 400.0
    script.shot(280, HOME, 11, made=True)  # 4 -> 6
    script.shot(260, AWAY, 21, made=True)  # outside: 6 before it
    script.shot(240, AWAY, 22, made=True, value=3)
    script.play("period_end", 0)
    first, second = found(script)
    assert (first["number"], first["plays"], first["start_margin"], first["end_margin"]) == (1, 1, 4, 6)
    assert (first["home_points"], first["away_points"]) == (2, 0)
    assert (second["number"], second["plays"]) == (2, 2)
    assert (second["start_clock_s"], second["end_clock_s"]) == (240.0, 0.0)
    assert (second["start_margin"], second["end_margin"]) == (4, 1)
    assert (second["home_points"], second["away_points"]) == (0, 3)


def test_a_stretch_goes_on_into_overtime() -> None:
    script = (
        Script()
        .play("timeout", 20)
        .play("period_end", 0)
        .goto(5, 300)
        .play("period_start")
        .play("timeout", 250)
    )
    (only,) = found(script)
    assert (only["start_period"], only["end_period"], only["plays"]) == (4, 5, 4)


def test_a_game_that_was_never_close_has_no_situation() -> None:
    script = Script().lead(100, 50)
    script.rows[-1]["clock_s"] = 600.0
    assert found(script.play("timeout", 100)) == []
