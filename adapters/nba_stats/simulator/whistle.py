"""Fouls and free throws.

What may end with a missed last throw returns whether the ball is in the air: then a rebound follows.
"""

from __future__ import annotations

from adapters.nba_stats.simulator.court import FOULS_ALLOWED, Man, Side, pick
from adapters.nba_stats.simulator.endgame import MINUTE
from adapters.nba_stats.simulator.flow import Flow
from adapters.nba_stats.simulator.rotation import foul_out, rotate
from adapters.nba_stats.simulator.shots import Shot

__all__ = [
    "defensive_three_seconds",
    "double_technical",
    "floor_foul",
    "free_throws",
    "hard_foul",
    "loose_ball_foul",
    "offensive_foul",
    "shooting_foul",
    "technical",
]

#: Team fouls of a period from which the penalty applies, in a quarter and in an overtime; and of its
#: last two minutes.
PENALTY, OVERTIME_PENALTY, LATE_PENALTY = 5, 4, 2


def _fouler(flow: Flow, side: Side) -> Man:
    """Who fouls: the rough ones, those in trouble less."""
    men = side.on
    return pick(flow.rng, men, [man.person.hack * (0.45 if man.fouls >= 4 else 1.0) for man in men])


def _drawer(flow: Flow, side: Side) -> Man:
    return pick(flow.rng, side.on, [man.person.usage for man in side.on])


def _team_foul(flow: Flow, side: Side) -> bool:
    """Count a foul; whether the other side shoots for it."""
    side.fouls += 1
    if flow.scribe.clock <= 2 * MINUTE:
        side.late_fouls += 1
    limit = PENALTY if flow.scribe.period <= 4 else OVERTIME_PENALTY
    return side.fouls >= limit or side.late_fouls >= LATE_PENALTY


def _whistle(flow: Flow) -> None:
    flow.scribe.wait(int(flow.rng.triangular(30, 140, 60)))


def _check_out(flow: Flow, side: Side, man: Man) -> None:
    if man.fouls >= FOULS_ALLOWED and not man.gone:
        flow.scribe.wait(200)
        foul_out(flow.scribe, side, man)


def shooting_foul(flow: Flow, shooter: Man, shot: Shot, *, made: bool) -> bool:
    """A foul on a shot, the throws for it and what follows."""
    side = flow.defence
    fouler = _fouler(flow, side)
    penalty = _team_foul(flow, side)
    throws = 1 if made else (3 if shot.three else 2)
    _whistle(flow)
    flow.scribe.foul(
        side, fouler, "personal", descriptor="shooting", drawn=shooter, throws=throws, penalty=penalty
    )
    _check_out(flow, side, fouler)
    if not made:
        flow.dead_ball(stays=shooter)
    return free_throws(flow, shooter, throws)


def floor_foul(flow: Flow, *, deliberate: bool = False) -> bool:
    """A foul away from a shot: two throws in the penalty, else the ball again."""
    side = flow.defence
    fouler = _fouler(flow, side)
    if deliberate:
        # the ball goes to a good shooter, so he is the one who is fouled
        drawn = pick(flow.rng, flow.off.on, [man.person.free_throw**6 for man in flow.off.on])
    else:
        drawn = _drawer(flow, flow.off)
    penalty = _team_foul(flow, side)
    descriptor = "take" if deliberate and flow.rng.random() < 0.6 else None
    _whistle(flow)
    flow.scribe.foul(
        side,
        fouler,
        "personal",
        descriptor=descriptor,
        drawn=drawn,
        throws=2 if penalty else 0,
        penalty=penalty,
    )
    _check_out(flow, side, fouler)
    flow.dead_ball(stays=drawn)
    if penalty:
        return free_throws(flow, drawn, 2)
    flow.keep("retained")
    return False


def offensive_foul(flow: Flow) -> None:
    """A foul of the offence and the turnover that it is."""
    man = pick(flow.rng, flow.off.on, [man.person.usage * man.person.hack for man in flow.off.on])
    drawn = _fouler(flow, flow.defence)
    descriptor = flow.rng.choice((None, None, None, "charge", "charge", "off-the-ball"))
    _whistle(flow)
    flow.scribe.foul(flow.off, man, "offensive", descriptor=descriptor, drawn=drawn)
    flow.scribe.turnover(flow.off, man, "offensive foul")
    _check_out(flow, flow.off, man)
    flow.give(flow.defence, "dead", turnover=True)
    flow.dead_ball()


def loose_ball_foul(flow: Flow, by: Side) -> bool:
    """A foul in the fight for a rebound: the ball, or two throws, for the other side."""
    other = flow.away if by is flow.home else flow.home
    flow.scribe.rebound(other, None, offensive=other is flow.off)
    fouler = _fouler(flow, by)
    drawn = pick(flow.rng, other.on, [man.person.defensive_board for man in other.on])
    penalty = _team_foul(flow, by)
    _whistle(flow)
    flow.scribe.foul(
        by,
        fouler,
        "personal",
        descriptor="loose ball",
        drawn=drawn,
        throws=2 if penalty else 0,
        penalty=penalty,
    )
    _check_out(flow, by, fouler)
    if other is flow.off:
        flow.keep("second")
    else:
        flow.give(other, "dead")
    flow.dead_ball(stays=drawn)
    return penalty and free_throws(flow, drawn, 2)


def technical(flow: Flow, side: Side) -> None:
    """One throw for the other side's best shooter; the second of a player sends him off."""
    man = pick(flow.rng, side.on, [man.person.hack for man in side.on])
    flow.scribe.wait(100)
    flow.scribe.foul(side, man, "technical", throws=1)
    _single(flow, side)
    if man.technicals >= 2:
        flow.scribe.ejection(side, man)
        foul_out(flow.scribe, side, man)


def defensive_three_seconds(flow: Flow) -> None:
    """Too long in the lane: a technical foul of the defence that does not count towards an ejection."""
    man = pick(flow.rng, flow.defence.on, [man.person.block for man in flow.defence.on])
    flow.scribe.wait(60)
    flow.scribe.foul(flow.defence, man, "technical", descriptor="defensive-3-second", throws=1)
    man.technicals -= 1
    _single(flow, flow.defence)


def double_technical(flow: Flow) -> None:
    """Two who cannot let each other be; nobody shoots."""
    flow.scribe.wait(300)
    for side in (flow.off, flow.defence):
        calm = [man for man in side.on if not man.technicals]
        if calm:
            flow.scribe.foul(side, flow.rng.choice(calm), "technical", descriptor="double")
    flow.dead_ball()


def _single(flow: Flow, guilty: Side) -> None:
    """The throw for a technical foul; play goes on where it stopped."""
    side = flow.away if guilty is flow.home else flow.home
    shooter = max(side.on, key=lambda man: man.person.free_throw)
    holder = flow.scribe.possession
    _throw(flow, side, shooter, 1, 1, "technical", [])
    flow.scribe.possession = holder
    flow.keep("retained")


def hard_foul(flow: Flow, descriptor: str) -> None:
    """A flagrant, clear-path or transition take foul: throws, and the ball again."""
    side = flow.defence
    fouler, drawn = _fouler(flow, side), _drawer(flow, flow.off)
    penalty = _team_foul(flow, side)
    throws = 1 if descriptor == "transition take" else 2
    _whistle(flow)
    flow.scribe.foul(
        side, fouler, "personal", descriptor=descriptor, drawn=drawn, throws=throws, penalty=penalty
    )
    if descriptor.startswith("flagrant"):
        flow.scribe.wait(900)  # the officials look at it again
    _check_out(flow, side, fouler)
    word = "flagrant" if descriptor.startswith("flagrant") else descriptor
    free_throws(flow, drawn, throws, descriptor=word, again=True)


def _throw(
    flow: Flow, side: Side, shooter: Man, number: int, of: int, descriptor: str | None, words: list[str]
) -> bool:
    flow.scribe.wait(int(flow.rng.triangular(90, 220, 130)))
    nerve = shooter.person.nerve if flow.close_and_late else 0.0
    made = flow.rng.random() < shooter.person.free_throw + nerve
    flow.scribe.free_throw(side, shooter, number, of, words, made=made, descriptor=descriptor)
    return made


def free_throws(
    flow: Flow, shooter: Man, count: int, *, descriptor: str | None = None, again: bool = False
) -> bool:
    """``count`` throws by ``shooter``; ``again``: his side has the ball afterwards in any case."""
    side = flow.off
    flow.scribe.possession = side
    flow.scribe.wait(int(flow.rng.triangular(80, 200)))
    made = False
    for number in range(1, count + 1):
        if number == count and count > 1:
            for each in (flow.off, flow.defence):
                rotate(flow.rng, flow.scribe, each, stays=shooter)
        words = flow.qualifiers(fast=flow.fast())
        made = _throw(flow, side, shooter, number, count, descriptor, words)
        if not made and (number < count or again):
            flow.scribe.rebound(side, None, offensive=True, dead=True)
    if again:
        flow.keep("retained")
    elif made:
        flow.give(flow.defence, "made")
        flow.after_basket()
    else:
        return True
    return False
