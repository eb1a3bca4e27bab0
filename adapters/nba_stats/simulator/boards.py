"""Rebounds: who gets a miss, of a shot or of a last free throw."""

from __future__ import annotations

from adapters.nba_stats.simulator.court import Side, pick
from adapters.nba_stats.simulator.flow import Flow
from adapters.nba_stats.simulator.whistle import loose_ball_foul

__all__ = ["rebound", "settle"]

#: The offence's share of the rebounds between even line-ups, by what was missed.
OFFENSIVE_REBOUND = {"shot": 0.262, "throw": 0.10, "block": 0.38}
TEAM_REBOUND = 0.085
LOOSE_BALL_FOUL = 0.022


def settle(flow: Flow, in_air: bool) -> None:
    """After a whistle: fight for a missed last throw (``in_air``), and for that of the next whistle."""
    while in_air:
        in_air = rebound(flow, "throw")


def rebound(flow: Flow, after: str) -> bool:
    """Who gets the miss; whether it ended in another missed throw."""
    rng, scribe = flow.rng, flow.scribe
    off, defence = flow.off, flow.defence
    if scribe.clock <= 2:
        scribe.tick(scribe.clock)
        scribe.rebound(off, None, offensive=True)
        return False
    scribe.tick(min(int(rng.triangular(5, 50, 28)), scribe.clock - 1))
    if rng.random() < LOOSE_BALL_FOUL:
        return loose_ball_foul(flow, off if rng.random() < 0.6 else defence)
    strength = sum(man.person.offensive_board for man in off.on)
    against = sum(man.person.defensive_board for man in defence.on)
    chance = OFFENSIVE_REBOUND[after] * (0.6 + 0.4 * strength / against)
    offensive = rng.random() < chance
    side = off if offensive else defence
    if rng.random() < TEAM_REBOUND * (1.6 if offensive else 0.7):
        scribe.rebound(side, None, offensive=offensive)
        scribe.wait(60)
        scribe.stoppage("out-of-bounds")
        _take(flow, side, offensive=offensive)
        flow.dead_ball()
        return False
    men = side.on
    board = [man.person.offensive_board if offensive else man.person.defensive_board for man in men]
    scribe.rebound(side, pick(rng, men, board), offensive=offensive)
    _take(flow, side, offensive=offensive)
    return False


def _take(flow: Flow, side: Side, *, offensive: bool) -> None:
    if offensive:
        flow.keep("second")
    else:
        flow.give(side, "rebound")
