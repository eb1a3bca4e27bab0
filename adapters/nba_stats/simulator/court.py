"""Who is on the floor and what each has done so far: the mutable half of one simulated game.

Time is counted in tenths of a second everywhere in the simulator: integers stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from adapters.nba_stats.simulator.people import Person, Team

__all__ = [
    "FOULS_ALLOWED",
    "OVERTIME",
    "QUARTER",
    "REGULATION_PERIODS",
    "SECOND",
    "TIMEOUTS",
    "Man",
    "Side",
    "make_side",
    "pick",
]

SECOND = 10
QUARTER = 720 * SECOND
OVERTIME = 300 * SECOND
REGULATION_PERIODS = 4
#: A player leaves the game with his sixth personal foul.
FOULS_ALLOWED = 6
TIMEOUTS = 7
#: How often a man of the rotation misses a game.
ABSENCE = 0.05


@dataclass(slots=True, eq=False)
class Man:
    """A player in one game: his running totals, as the vendor writes them into descriptions."""

    person: Person
    goal: float
    """Minutes the coach means to give him today."""
    points: int = 0
    assists: int = 0
    offensive: int = 0
    defensive: int = 0
    turnovers: int = 0
    steals: int = 0
    blocks: int = 0
    fouls: int = 0
    technicals: int = 0
    played: int = 0
    """Tenths of a second, without the stint that runs."""
    since: int = 0
    """Game time at which he came in or went out."""
    gone: bool = False
    """Fouled out or sent off."""
    form: float = 0.0
    """How he shoots today, added to every chance."""


@dataclass(slots=True, eq=False)
class Side:
    """A team in one game."""

    team: Team
    home: bool
    men: list[Man]
    """Those dressed for the game, the coach's order."""
    absent: list[tuple[Person, str, str]]
    """Those who are not, with the vendor's reason and its text."""
    on: list[Man] = field(default_factory=list)
    score: int = 0
    run: int = 0
    """Points since the opponent last scored."""
    fouls: int = 0
    """Team fouls of this period that count towards the penalty."""
    late_fouls: int = 0
    """Those of the period's last two minutes."""
    timeouts: int = TIMEOUTS
    late_timeouts: int = 0
    turnovers: int = 0
    looked_at: int = 0
    """Game time of the coach's last look at his bench."""

    @property
    def tricode(self) -> str:
        """The three letters of the team."""
        return self.team.club.tricode

    def bench(self) -> list[Man]:
        """Those who may come in."""
        return [man for man in self.men if not man.gone and man not in self.on]


def pick(rng: Random, men: Sequence[Man], weights: Sequence[float]) -> Man:
    """One of ``men``, by ``weights``."""
    left = rng.random() * sum(weights)
    for man, weight in zip(men, weights, strict=True):
        left -= weight
        if left <= 0:
            return man
    return men[-1]


def make_side(rng: Random, team: Team, *, home: bool) -> Side:
    """Dress a team: now and then one of the rotation is missing and the others move up."""
    dressed: list[Person] = []
    absent: list[tuple[Person, str, str]] = []
    for person in team.people:
        if len(absent) < 2 and person.minutes and rng.random() < ABSENCE:
            text = rng.choice(
                ("Left Ankle Sprain", "Right Knee Soreness", "Illness", "Back Tightness", "Rest")
            )
            absent.append((person, "INACTIVE_INJURY", text))
        else:
            dressed.append(person)
    while len(dressed) > 13:
        absent.append((dressed.pop(), "INACTIVE_COACH", ""))
    minutes = [person.minutes for person in team.people]
    men = [
        Man(person, minutes[rank], form=(rng.random() + rng.random() - 1.0) * 0.06)
        for rank, person in enumerate(dressed)
    ]
    side = Side(team, home, men, absent)
    side.on = _starters(men)
    return side


def _starters(men: Sequence[Man]) -> list[Man]:
    """The first five of the order that leave nobody without a big man or a guard."""
    five = list(men[:5])
    for sizes in ((1, 2), (4, 5)):
        if not any(man.person.size in sizes for man in five):
            five[-1] = next(man for man in men[5:] if man.person.size in sizes)
    return sorted(five, key=lambda man: -man.person.size)
