"""One attempt of the side with the ball, from getting or keeping it to the next thing that decides.

Chances are per attempt and were set so that the league's averages come out: about 99 possessions a
team and 48 minutes, 114 points for 100 of them, 14 turnovers, 22 free throws, a quarter of the misses
rebounded by the offence.
"""

from __future__ import annotations

from adapters.nba_stats.simulator.boards import rebound, settle
from adapters.nba_stats.simulator.court import SECOND, Man, pick
from adapters.nba_stats.simulator.endgame import MINUTE, Plan, make_plan
from adapters.nba_stats.simulator.flow import Flow
from adapters.nba_stats.simulator.shots import Shot, choose_shot, long_heave, putback
from adapters.nba_stats.simulator.stops import held_ball, kicked_ball, knocked_out, take_foul, turnover
from adapters.nba_stats.simulator.whistle import (
    defensive_three_seconds,
    double_technical,
    floor_foul,
    hard_foul,
    offensive_foul,
    shooting_foul,
    technical,
)

__all__ = ["attempt"]

#: What may happen before a shot, and how often per attempt.
TURNOVER = 0.114
OFFENSIVE_FOUL = 0.0150
FLOOR_FOUL = 0.050
TECHNICAL, THREE_SECONDS, DOUBLE, FLAGRANT, TAKE = 0.0020, 0.0011, 0.0003, 0.0005, 0.0022
HELD_BALL, KICKED, KNOCKED_OUT = 0.0032, 0.0045, 0.008

ALL_STOPS = (
    TURNOVER + OFFENSIVE_FOUL + FLOOR_FOUL + TECHNICAL + THREE_SECONDS + DOUBLE + FLAGRANT + TAKE
    + HELD_BALL + KICKED + KNOCKED_OUT
)  # fmt: skip

#: The shortest, the longest and the most usual time of an attempt, by how the ball was got.
TIMES = {
    "start": (65, 230, 135),
    "made": (65, 235, 140),
    "rebound": (65, 235, 135),
    "steal": (55, 230, 110),
    "dead": (50, 235, 135),
    "second": (15, 140, 50),
    "retained": (25, 170, 75),
}
#: With less than this on the clock (tenths of a second) nobody runs a play.
LAST_LOOK = 2 * SECOND
FAST_TIMES = (18, 66, 42)
RUNS = {"rebound": 0.25, "steal": 0.58}
PUTBACK = 0.42
GOALTENDING = 0.012
#: Even a shot straight from the catch may follow a deflection, or a loose ball.
MOST_ASSISTED = 0.98
HOME_COURT = 0.009
#: Defences are tighter inside than the tables of shots, which were counted shot by shot, say.
TIGHT = 0.02
#: What a point of lead costs the leader and gives the other: leaders relax, trailers press.
RUBBER_BAND = 0.0020


def attempt(flow: Flow) -> None:
    """Play on until something decides: a shot, a turnover, a foul, a stoppage or the horn."""
    scribe, rng = flow.scribe, flow.rng
    plan = make_plan(rng, scribe.period, scribe.clock, flow.lead, flow.shot_clock)
    if plan.give_foul is not None and plan.give_foul < scribe.clock:
        scribe.tick(plan.give_foul)
        settle(flow, floor_foul(flow, deliberate=True))
        return
    if plan.run_out:
        scribe.tick(scribe.clock)
        return
    if scribe.clock <= LAST_LOOK and plan.give_foul is None:
        _beat_the_horn(flow)
        return
    up = flow.origin == "second" and plan.leave is None and rng.random() < PUTBACK
    used = int(rng.triangular(0, 14, 3)) if up else _time(flow, plan)
    if used >= scribe.clock:
        _beat_the_horn(flow)
        return
    if not up and _before_shot(flow, used):
        return
    scribe.tick(used)
    if up:
        man = _last_rebounder(flow)
        _shoot(flow, man, putback(rng, man))
        return
    fast = flow.fast()
    man = _shooter(flow)
    _shoot(flow, man, choose_shot(rng, man, fast=fast, threes=plan.threes), hurried=plan.within is not None)


def _time(flow: Flow, plan: Plan) -> int:
    """How long the offence takes, in tenths of a second."""
    rng, scribe = flow.rng, flow.scribe
    if plan.leave is not None:
        return max(scribe.clock - plan.leave, min(10, scribe.clock - 1))
    if plan.within is not None:
        return min(plan.within, max(scribe.clock - 3, 1))
    run = rng.random() < RUNS.get(flow.origin, 0.0)
    low, high, usual = FAST_TIMES if run else TIMES[flow.origin]
    used = rng.triangular(low, high, usual) * plan.haste * (1.0 if run else flow.off.team.pace)
    return max(3, min(int(used), flow.shot_clock - 2))


def _before_shot(flow: Flow, used: int) -> bool:
    """Fouls, turnovers and stoppages that come before a shot; whether one came."""
    rng, scribe = flow.rng, flow.scribe
    draw = rng.random()
    if draw >= ALL_STOPS:
        return False
    rough = 1.0 if scribe.clock > MINUTE or scribe.period < 4 else 0.5
    chances = (
        (TURNOVER, turnover),
        (OFFENSIVE_FOUL, offensive_foul),
        (FLOOR_FOUL * rough, lambda flow: settle(flow, floor_foul(flow))),
        (TECHNICAL, lambda flow: technical(flow, rng.choice((flow.off, flow.defence)))),
        (THREE_SECONDS, defensive_three_seconds),
        (DOUBLE, double_technical),
        (FLAGRANT, lambda flow: hard_foul(flow, "flagrant-type-1")),
        (TAKE, take_foul),
        (HELD_BALL, held_ball),
        (KICKED, kicked_ball),
        (KNOCKED_OUT, knocked_out),
    )
    for chance, happen in chances:
        if draw < chance:
            scribe.tick(max(2, int(used * (0.25 + 0.7 * rng.random()))))
            happen(flow)
            return True
        draw -= chance
    return False


def _shooter(flow: Flow) -> Man:
    men = flow.off.on
    power = 1.5 if flow.close_and_late else 1.0  # the ball goes to the best when it counts
    return pick(flow.rng, men, [man.person.usage**power for man in men])


def _last_rebounder(flow: Flow) -> Man:
    last = flow.scribe.actions[-1]
    for man in flow.off.on:
        if man.person.id == last["personId"]:
            return man
    return flow.rng.choice(flow.off.on)


def _beat_the_horn(flow: Flow) -> None:
    """Time is nearly up: a last look, a heave, or nothing."""
    scribe, rng = flow.scribe, flow.rng
    left = scribe.clock
    set_up = flow.origin in ("dead", "retained")
    nothing = 0.08 if left > LAST_LOOK else (0.25 if set_up else 0.5)
    if left < (4 if set_up else 8) or rng.random() < nothing:
        scribe.tick(left)
        return
    man = _shooter(flow)
    scribe.tick(left if rng.random() < 0.6 else left - int(rng.triangular(0, min(left - 3, 12), 2)))
    if left >= 4 * SECOND or (set_up and left >= 12):
        _shoot(flow, man, choose_shot(rng, man, fast=False, threes=1.6), hurried=True)
    else:
        _shoot(flow, man, long_heave(rng, man))


def _chance(flow: Flow, man: Man, shot: Shot, *, hurried: bool) -> float:
    chance = shot.chance - TIGHT * (not shot.three) + flow.off.team.quality - flow.defence.team.quality
    chance += HOME_COURT if flow.off.home else -HOME_COURT
    chance -= RUBBER_BAND * max(-24, min(24, flow.lead))
    if flow.close_and_late:
        chance += man.person.nerve
    if hurried:
        chance -= 0.05
    return chance


def _shoot(flow: Flow, man: Man, shot: Shot, *, hurried: bool = False) -> None:
    """Decide a shot and all that hangs on it."""
    rng, scribe = flow.rng, flow.scribe
    side, fast = flow.off, flow.fast()
    chance = _chance(flow, man, shot, hurried=hurried)
    words = flow.qualifiers(paint=shot.in_paint, fast=fast)
    fouled = rng.random() < shot.foul
    made = rng.random() < (chance * 0.40 if fouled else chance)
    if made:
        others = [one for one in side.on if one is not man]
        passer = None
        if rng.random() < min(shot.assist * 1.02, MOST_ASSISTED):
            passer = pick(rng, others, [one.person.passing for one in others])
        tended = shot.in_paint and shot.sub == "Layup" and not fouled and rng.random() < GOALTENDING
        if tended:
            words = [*words, "defensivegoaltending"]
        scribe.shot(side, man, shot, words, made=True, assist=passer)
        if tended:
            tender = pick(rng, flow.defence.on, [one.person.block for one in flow.defence.on])
            scribe.wait(50)
            scribe.violation(flow.defence, tender, "defensive goaltending")
    if fouled:
        settle(flow, shooting_foul(flow, man, shot, made=made))
    elif made:
        flow.give(flow.defence, "made")
        flow.after_basket()
    else:
        blocker = None
        if rng.random() < shot.block:
            blocker = pick(rng, flow.defence.on, [one.person.block for one in flow.defence.on])
        scribe.shot(side, man, shot, words, made=False, block=blocker)
        settle(flow, rebound(flow, "block" if blocker else "shot"))
