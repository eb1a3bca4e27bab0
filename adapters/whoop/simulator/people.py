"""Whose straps these are: bodies, habits and journeys, drawn once from a seed.

Only sums and products of uniform numbers are used, so that a seed gives the same athletes everywhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Person", "make_people"]

#: Eleven and eight have no divisor in common: eighty-eight names before one comes again, with a number.
_FIRST: Final = ("Ada", "Bela", "Caro", "Dario", "Edda", "Falk", "Gia", "Hanno", "Ines", "Jost", "Kaya")
_FAMILY: Final = ("Arnholt", "Brisk", "Cordes", "Dunmore", "Ekelund", "Farris", "Gentner", "Holloway")
#: Where athletes live, and where they travel to from there: never so far east that a night begins before
#: the last one ended.
_HOMES: Final = (
    ("America/New_York", ("Europe/Paris", "America/Los_Angeles")),
    ("America/Los_Angeles", ("America/Denver", "America/New_York")),
    ("Europe/London", ("Europe/Athens", "America/Chicago")),
    ("America/Chicago", ("Europe/London", "America/Phoenix")),
    ("Europe/Berlin", ("Asia/Dubai", "America/New_York")),
)
_SPORTS: Final = ("running", "cycling", "basketball", "rowing", "swimming")
_FIRST_USER: Final = 10_129
#: A journey of some days in every four weeks, for every other athlete.
_ROUND: Final = 28
_AWAY: Final = range(10, 15)


@dataclass(frozen=True, slots=True)
class Person:
    """One athlete."""

    user_id: int
    first_name: str
    last_name: str
    home: str
    journeys: tuple[str, ...]
    """Time zones they travel to; empty for who stays at home."""
    phase: int
    """Days by which their four weeks are shifted."""
    bedtime_h: float
    """Hours after midnight of the evening's day."""
    need_ms: int
    hrv_ms: float
    resting_hr: float
    max_hr: int
    height_m: float
    weight_kg: float
    sport: str
    old_strap: bool
    """A strap of the third generation: neither blood oxygen nor skin temperature."""

    @property
    def name(self) -> str:
        """First and family name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """An address that leads nowhere (RFC 2606)."""
        return f"{self.first_name}.{self.last_name}.{self.user_id}@example.com".lower().replace(" ", "-")

    def zone(self, day: dt.date) -> ZoneInfo:
        """Where they wake up on ``day``."""
        turn, position = divmod(day.toordinal() + self.phase, _ROUND)
        if self.journeys and position in _AWAY:
            return ZoneInfo(self.journeys[turn % len(self.journeys)])
        return ZoneInfo(self.home)


def make_people(seed: int, count: int) -> tuple[Person, ...]:
    """``count`` athletes; more of them do not change the first ones."""
    return tuple(_person(seed, index) for index in range(count))


def _person(seed: int, index: int) -> Person:
    rng = Random(f"{seed}/{index}")  # noqa: S311 — invented people, not secrets
    home, journeys = _HOMES[(index + rng.randrange(len(_HOMES))) % len(_HOMES)]
    again, names = divmod(index, len(_FIRST) * len(_FAMILY))
    family = _FAMILY[names % len(_FAMILY)]
    return Person(
        user_id=_FIRST_USER + 17 * index,
        first_name=_FIRST[names % len(_FIRST)],
        last_name=f"{family} {again + 1}" if again else family,
        home=home,
        journeys=journeys if index % 2 else (),
        phase=rng.randrange(_ROUND),
        bedtime_h=rng.uniform(22.2, 23.8),
        need_ms=round(rng.uniform(7.2, 8.3) * 3_600_000),
        hrv_ms=rng.uniform(45.0, 110.0),
        resting_hr=rng.uniform(41.0, 58.0),
        max_hr=rng.randint(182, 204),
        height_m=round(rng.uniform(1.62, 2.08), 4),
        weight_kg=round(rng.uniform(55.0, 110.0), 4),
        sport=rng.choice(_SPORTS),
        old_strap=index % 5 == 4,
    )
