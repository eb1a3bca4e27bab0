"""Who plays: skills drawn once a season, so that a leaderboard of the invented league means something.

Only sums of uniform numbers and arithmetic that IEEE 754 fixes are used (no ``exp``, no ``gauss``),
so a seed gives the same league on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from adapters.nba_stats.simulator.names import (
    CLUBS,
    FAMILY_HEADS,
    FAMILY_TAILS,
    FIRST_NAMES,
    FIRST_OFFICIAL_ID,
    FIRST_PLAYER_ID,
    FIRST_TEAM_ID,
    Club,
)

__all__ = ["ROSTER_SIZE", "Official", "Person", "Team", "make_officials", "make_teams"]

ROSTER_SIZE = 15
#: Minutes a coach means to give his ranked players; they sum to 240.
PLANNED_MINUTES = (35.0, 34.0, 32.5, 31.0, 29.0, 24.0, 20.0, 16.0, 11.0, 7.5, 0.0, 0.0, 0.0, 0.0, 0.0)
#: Size of the ranked players, 1 (point guard) to 5 (centre).
SIZES = (1, 3, 4, 5, 2, 2, 3, 5, 4, 1, 2, 3, 4, 5, 1)
POSITIONS = ("PG", "SG", "SF", "PF", "C")
SUFFIXES = (" Jr.", " II", " III")


@dataclass(frozen=True, slots=True)
class Person:
    """A player: who he is and what he can do.

    Skills with a sign are added to a probability (0.02: two points in a hundred); weights are relative.
    """

    id: int
    first: str
    family: str
    jersey: str
    size: int
    """1 (point guard) to 5 (centre)."""
    rank: int
    """Place in the coach's order, 0 first."""
    minutes: float
    usage: float
    rim: float
    middle: float
    three: float
    """Weights of the places he shoots from."""
    finishing: float
    touch: float
    range: float
    """Added to the chance at the rim, between, and from three."""
    free_throw: float
    """The chance itself."""
    passing: float
    offensive_board: float
    defensive_board: float
    steal: float
    block: float
    hack: float
    careless: float
    nerve: float
    """Added to every chance when the game is close and late."""

    @property
    def name(self) -> str:
        """First and family name."""
        return f"{self.first} {self.family}"

    @property
    def initialed(self) -> str:
        """The vendor's short form: ``T. Corwick``."""
        return f"{self.first[0]}. {self.family}"

    @property
    def position(self) -> str:
        """``PG`` to ``C``."""
        return POSITIONS[self.size - 1]


@dataclass(frozen=True, slots=True)
class Team:
    """A club with its season's players."""

    id: int
    club: Club
    quality: float
    """Added to every shot's chance of this team."""
    pace: float
    """Factor on the time a possession takes."""
    people: tuple[Person, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Official:
    """A referee."""

    id: int
    first: str
    family: str
    jersey: str


def bell(rng: Random) -> float:
    """A number around 0 with deviation about 1, between -3.5 and 3.5 (a sum of four uniforms)."""
    return (rng.random() + rng.random() + rng.random() + rng.random() - 2.0) * 1.7320508


def _weight(value: float) -> float:
    """A positive weight that grows with ``value`` (0 → 1); a rational stand-in for ``exp(value / 3)``."""
    return max(0.15, 1.0 + value / 3.0 + value * value / 18.0)


def _families(rng: Random) -> list[str]:
    every = [head + tail for head in FAMILY_HEADS for tail in FAMILY_TAILS if head[-1] != tail[0]]
    rng.shuffle(every)
    return every


def _person(rng: Random, number: int, rank: int, family: str, jersey: str) -> Person:
    size = SIZES[rank]
    talent = 1.5 - 0.28 * rank + 0.55 * bell(rng)
    big = size - 3  # -2 guards to +2 centres
    return Person(
        id=number,
        first=rng.choice(FIRST_NAMES),
        family=family,
        jersey=jersey,
        size=size,
        rank=rank,
        minutes=PLANNED_MINUTES[rank],
        usage=_weight(talent * 1.1 + 0.4 * bell(rng)),
        rim=_weight(0.75 * big + 0.8 * bell(rng)),
        middle=0.84 * _weight(-0.1 * big + 0.9 * bell(rng)),
        three=1.44 * _weight(-0.85 * big + 0.8 * bell(rng)),
        finishing=0.012 * talent + 0.012 * big + 0.022 * bell(rng) - 0.008,
        touch=0.012 * talent + 0.028 * bell(rng) - 0.005,
        range=0.008 * talent - 0.006 * big + 0.022 * bell(rng) - 0.010,
        free_throw=min(0.94, max(0.52, 0.762 + 0.012 * talent - 0.022 * big + 0.06 * bell(rng))),
        passing=_weight(-1.1 * big + 0.5 * talent + 0.7 * bell(rng)),
        offensive_board=_weight(1.5 * big + 0.7 * bell(rng)),
        defensive_board=_weight(0.9 * big + 0.7 * bell(rng)),
        steal=_weight(-0.4 * big + 1.0 * bell(rng)),
        block=_weight(1.7 * big + 0.8 * bell(rng)),
        hack=_weight(0.5 * big + 0.8 * bell(rng)),
        careless=_weight(0.8 * bell(rng)),
        nerve=0.018 * bell(rng),
    )


def make_teams(rng: Random, count: int) -> list[Team]:
    """``count`` invented teams with their players."""
    families = _families(rng)
    teams = []
    for index, club in enumerate(CLUBS[:count]):
        jerseys = rng.sample(range(0, 56), ROSTER_SIZE)
        people = []
        for rank, jersey in enumerate(jerseys):
            family = families.pop()
            if rng.random() < 0.05:
                family += rng.choice(SUFFIXES)
            elif rng.random() < 0.03:
                family = f"{family}-{families.pop()}"
            number = FIRST_PLAYER_ID + index * 100 + rank
            people.append(_person(rng, number, rank, family, str(jersey)))
        teams.append(
            Team(
                id=FIRST_TEAM_ID + index,
                club=club,
                quality=0.010 * bell(rng),
                pace=1.0 + 0.025 * bell(rng),
                people=tuple(people),
            )
        )
    return teams


def make_officials(rng: Random, count: int = 18) -> list[Official]:
    """``count`` invented referees."""
    families = _families(rng)
    return [
        Official(FIRST_OFFICIAL_ID + n, rng.choice(FIRST_NAMES), families.pop(), str(n + 2))
        for n in range(count)
    ]
