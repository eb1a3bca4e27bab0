"""What the side with the ball and the side without it want, given the clock and the score."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from adapters.nba_stats.simulator.court import REGULATION_PERIODS, SECOND

__all__ = ["Plan", "make_plan"]

SHOT_CLOCK = 24 * SECOND
MINUTE = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Plan:
    """How a possession is meant to go."""

    leave: int | None = None
    """Shoot when this much is left on the clock (tenths of a second)."""
    within: int | None = None
    """Or: shoot after about this long."""
    haste: float = 1.0
    """Factor on the usual time."""
    threes: float = 1.0
    """Factor on the taste for three."""
    run_out: bool = False
    """Hold the ball until the horn."""
    give_foul: int | None = None
    """The defence fouls on purpose after this long."""


USUAL = Plan()


def _last_shot(rng: Random, latest: int) -> int:
    """A last shot leaves the hand with a few seconds left, now and then with none."""
    return 0 if rng.random() < 0.15 else int(rng.triangular(4, latest, 15))


def make_plan(rng: Random, period: int, clock: int, lead: int, shot_clock: int) -> Plan:
    """The plan for a possession that begins with ``clock`` left; ``lead`` is the offence's."""
    if period < REGULATION_PERIODS:
        if clock <= shot_clock + 2 * SECOND:
            return Plan(leave=_last_shot(rng, 60))
        if 31 * SECOND <= clock <= 43 * SECOND and rng.random() < 0.6:
            return Plan(within=int(rng.triangular(30, 90, 60)))  # two for one
        return USUAL
    if lead > 0 and _must_foul(rng, clock, lead):
        return Plan(give_foul=int(rng.triangular(8, 50, 22)), run_out=clock <= shot_clock)
    if clock <= shot_clock:
        if lead > 0:
            return Plan(run_out=True)
        if lead == 0:
            return Plan(leave=_last_shot(rng, 45))
        if lead >= -2:
            return Plan(leave=min(_last_shot(rng, 90), max(clock - 20, 0)))
        return Plan(within=int(rng.triangular(15, 75, 40)), threes=6.0 if lead >= -5 else 3.5)
    if clock <= 2 * MINUTE:
        if lead <= -7:
            return Plan(haste=0.5, threes=2.0)
        if lead <= -3:
            return Plan(haste=0.7, threes=1.5)
        if lead >= 3:
            return Plan(haste=1.35, threes=0.8)
    elif clock <= 5 * MINUTE and abs(lead) >= 10:
        return Plan(haste=0.75, threes=1.4) if lead < 0 else Plan(haste=1.2)
    return USUAL


def _must_foul(rng: Random, clock: int, lead: int) -> bool:
    """Whether a defence behind by ``lead`` stops the clock with a foul."""
    if lead <= 2:
        return clock <= SHOT_CLOCK + 2 * SECOND and rng.random() < 0.9
    if lead <= 8:
        return clock <= 38 * SECOND and rng.random() < 0.9
    return lead <= 12 and clock <= 60 * SECOND and rng.random() < 0.5
