"""One game from the tip to the horn, with as many overtimes as it takes."""

from __future__ import annotations

from random import Random

from adapters.nba_stats.simulator.court import REGULATION_PERIODS, pick
from adapters.nba_stats.simulator.flow import Flow
from adapters.nba_stats.simulator.possessions import attempt
from adapters.nba_stats.simulator.rotation import opening_five
from adapters.nba_stats.simulator.scribe import Scribe

__all__ = ["play"]

#: Tenths of a second between periods: the usual break, and half-time.
BREAK, HALF_TIME = 1500, 9000


def play(rng: Random, scribe: Scribe) -> None:
    """Play the game; everything that happens is in ``scribe.actions`` afterwards."""
    flow = Flow(rng, scribe)
    starters = {True: list(scribe.home.on), False: list(scribe.away.on)}
    while scribe.period < REGULATION_PERIODS or scribe.home.score == scribe.away.score:
        scribe.open_period()
        flow.open_period()
        if scribe.period > 1:
            scribe.wait(int((HALF_TIME if scribe.period == 3 else BREAK) * (0.95 + 0.15 * rng.random())))
            for side in (scribe.home, scribe.away):
                opening_five(rng, scribe, side, starters[side.home])
        _begin(flow)
        while scribe.clock > 0:
            attempt(flow)
        scribe.wait(int(rng.triangular(20, 120)))
        scribe.bracket("period", "end", "Period End")
    scribe.wait(int(rng.triangular(100, 300)))
    scribe.bracket("game", "end", "Game End")


def _begin(flow: Flow) -> None:
    """A jump ball opens the game and every overtime; the side that lost the first has two quarters."""
    scribe, rng = flow.scribe, flow.rng
    if 1 < scribe.period <= REGULATION_PERIODS:
        loser = flow.away if flow.tip_winner is flow.home else flow.home
        flow.give(flow.tip_winner if scribe.period == 4 else loser, "start")
        scribe.wait(20)
        scribe.bracket("period", "start", "Period Start")
        return
    scribe.possession = None
    scribe.bracket("period", "start", "Period Start")
    men = {side: max(side.on, key=lambda man: man.person.size) for side in (flow.home, flow.away)}
    winner = flow.home if rng.random() < 0.5 else flow.away
    loser = flow.away if winner is flow.home else flow.home
    takers = [man for man in winner.on if man is not men[winner]]
    taker = pick(rng, takers, [1.0] * len(takers)) if rng.random() < 0.9 else None
    scribe.tick(int(rng.triangular(20, 50)))
    scribe.wait(30)
    scribe.jump_ball("startperiod", men[winner], men[loser], winner, taker)
    if scribe.period == 1:
        flow.tip_winner = winner
    flow.give(winner, "start")
