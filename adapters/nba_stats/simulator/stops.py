"""What ends or stops an attempt without a shot: turnovers, held balls, kicked balls, balls out of bounds."""

from __future__ import annotations

from adapters.nba_stats.simulator.boards import settle
from adapters.nba_stats.simulator.court import pick
from adapters.nba_stats.simulator.endgame import MINUTE
from adapters.nba_stats.simulator.flow import Flow
from adapters.nba_stats.simulator.whistle import floor_foul, hard_foul

__all__ = ["held_ball", "kicked_ball", "knocked_out", "take_foul", "turnover"]

#: (share, subType, descriptor, steal, called by an official)
TURNOVERS: tuple[tuple[float, str, str | None, bool, bool], ...] = (
    (10.5, "bad pass", None, True, False),
    (6.6, "lost ball", None, True, False),
    (3.2, "out-of-bounds", "bad pass", False, False),
    (1.8, "out-of-bounds", "lost ball", False, False),
    (1.4, "traveling", None, False, True),
    (0.8, "out-of-bounds", "step", False, True),
    (0.9, "shot clock", None, False, False),
    (0.2, "backcourt", None, False, True),
    (0.1, "3-second-violation", None, False, True),
    (0.1, "offensive goaltending", None, False, True),
    (0.07, "palming", None, False, True),
    (0.06, "double dribble", None, False, True),
)


def take_foul(flow: Flow) -> None:
    """A foul that stops a break; without a break a common one."""
    if flow.origin in ("rebound", "steal") and flow.scribe.clock > 2 * MINUTE:
        clear = flow.rng.random() < 0.1
        hard_foul(flow, "clear-path" if clear else "transition take")
    else:
        settle(flow, floor_foul(flow))


def turnover(flow: Flow) -> None:
    """The ball is lost: to a thief, or to a whistle."""
    rng, scribe = flow.rng, flow.scribe
    left = rng.random() * sum(kind[0] for kind in TURNOVERS)
    for kind in TURNOVERS:
        left -= kind[0]
        if left <= 0:
            break
    _, sub, descriptor, stolen, called = kind
    side = flow.off
    if sub == "shot clock":
        scribe.tick(min(flow.shot_left(), scribe.clock - 1))
        man = None
    else:
        man = pick(rng, side.on, [one.person.careless * (0.5 + one.person.usage) for one in side.on])
    thief = None
    if stolen:
        thief = pick(rng, flow.defence.on, [one.person.steal for one in flow.defence.on])
    scribe.turnover(side, man, sub, descriptor=descriptor, thief=thief, called=called)
    flow.give(flow.defence, "steal" if stolen else "dead", turnover=True)
    if not stolen:
        scribe.wait(int(rng.triangular(30, 130, 60)))
        flow.dead_ball()


def held_ball(flow: Flow) -> None:
    """Two hold on to the ball and jump for it; each side wins half of them."""
    rng = flow.rng
    one, other = rng.choice(flow.off.on), rng.choice(flow.defence.on)
    flow.scribe.wait(250)
    if rng.random() < 0.5:
        taker = rng.choice([man for man in flow.off.on if man is not one])
        flow.scribe.jump_ball("heldball", one, other, flow.off, taker)
        flow.keep("retained")
    else:
        taker = rng.choice([man for man in flow.defence.on if man is not other])
        flow.scribe.jump_ball("heldball", other, one, flow.defence, taker)
        flow.give(flow.defence, "rebound")


def kicked_ball(flow: Flow) -> None:
    """A defender's foot: the offence starts again from the side."""
    man = flow.rng.choice(flow.defence.on)
    flow.scribe.wait(60)
    flow.scribe.violation(flow.defence, man, "kicked ball")
    flow.keep("retained")
    flow.dead_ball()


def knocked_out(flow: Flow) -> None:
    """The defence touches the ball last on its way out."""
    flow.scribe.wait(50)
    flow.scribe.stoppage("out-of-bounds")
    flow.keep("retained")
    flow.dead_ball()
