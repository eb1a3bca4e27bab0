"""Hypothesis strategy: whole invented games with every kind of play, starters and logged changes."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.analytics.invented import AWAY, AWAY_BENCH, AWAY_FIVE, HOME, HOME_BENCH, HOME_FIVE, Script

_ACTIONS = ("two", "three", "miss", "turnover", "foul", "technical", "substitution", "timeout")

_step = st.tuples(
    st.integers(0, 30),  # seconds since the step before
    st.sampled_from(_ACTIONS),
    st.sampled_from((HOME, AWAY)),
    st.integers(0, 4),  # who, by his place among the five
    st.integers(0, 4),  # who else
    st.booleans(),
)


@st.composite
def games(draw: st.DrawFn, game_id: str = "g1") -> Script:
    """A game from the fourth period's start to its end, and an overtime if there is time for one."""
    script = Script(game_id, period=3, clock_s=0)
    floor = {HOME: list(HOME_FIVE), AWAY: list(AWAY_FIVE)}
    bench = {HOME: list(HOME_BENCH), AWAY: list(AWAY_BENCH)}
    script.lead(draw(st.integers(0, 8)), draw(st.integers(0, 8)))  # before any window that is drawn
    script.goto(4, draw(st.sampled_from((720.0, 330.0, 300.0)))).play("period_start")
    for gap, action, team, who, other, coin in draw(st.lists(_step, max_size=60)):
        clock = script.clock_s - gap
        if clock < 0:
            script.play("period_end", 0).goto(script.period + 1, 300).play("period_start")
            clock = 300.0
        them = AWAY if team == HOME else HOME
        player, mate, opponent = floor[team][who], floor[team][other], floor[them][other]
        assist = mate if coin and mate != player else None
        if action == "two":
            script.shot(clock, team, player, made=True, assist_id=assist)
        elif action == "three":
            script.shot(clock, team, player, made=True, value=3, assist_id=assist)
        elif action == "miss":
            script.shot(clock, team, player, made=False, block_id=opponent if coin else None)
            subtype = "offensive" if coin else "defensive"
            script.play(
                "rebound", None, team if coin else them, by=mate if coin else opponent, subtype=subtype
            )
        elif action == "turnover":
            script.play("turnover", clock, team, by=player, steal_id=opponent if coin else None)
        elif action == "foul":
            script.play("foul", clock, them, by=opponent, subtype="shooting", foul_drawn_id=player)
            script.free_throw(team, player, made=coin, subtype="1_of_2")
            if bench[them]:
                _change(script, them, other, floor, bench)
            script.free_throw(team, player, made=True, subtype="2_of_2")
        elif action == "technical":
            script.play("foul", clock, them, by=bench[them][0] if coin else None, subtype="technical")
            script.free_throw(team, player, made=coin, subtype="technical")
        elif action == "substitution":
            script.play("timeout", clock)
            _change(script, team, who, floor, bench)
        else:
            script.play("timeout", clock, team)
    return script.play("period_end", 0)


def _change(
    script: Script, team: int, place: int, floor: dict[int, list[int]], bench: dict[int, list[int]]
) -> None:
    leaves, enters = floor[team][place], bench[team].pop(0)
    script.sub(None, team, leaves, enters)
    floor[team][place] = enters
    bench[team].append(leaves)
