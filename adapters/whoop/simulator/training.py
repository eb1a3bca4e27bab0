"""The workouts of one day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from adapters.whoop.payloads import ScoreState
from adapters.whoop.simulator.facts import Workout
from adapters.whoop.simulator.people import Person

__all__ = ["SPORTS", "Sport", "train"]

_MS: Final = dt.timedelta(milliseconds=1)
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sport:
    """How a sport shows: metres a second where the way is recorded, metres climbed a kilometre."""

    pace_m_s: float | None = None
    climb_m_km: float | None = None
    effort: float = 0.6


#: By the names that WHOOP gives them.
SPORTS: Final = {
    "running": Sport(3.1, 9.0, 0.75),
    "cycling": Sport(7.4, 11.0, 0.65),
    "swimming": Sport(0.9, None, 0.6),
    "rowing": Sport(3.6, None, 0.7),
    "basketball": Sport(effort=0.8),
    "weightlifting": Sport(effort=0.45),
    "functional-fitness": Sport(effort=0.6),
    "hiking/rucking": Sport(1.2, 60.0, 0.4),
    "yoga": Sport(effort=0.2),
    "activity": Sport(effort=0.3),
}
_OTHERS: Final = tuple(SPORTS)
#: Hours after waking at which the first and the second workout of a day begin.
_SLOTS: Final = ((1.5, 3.5), (8.0, 10.0))
#: How often there is one.
_CHANCES: Final = (0.55, 0.35)


def train(
    rng: Random, person: Person, woke: dt.datetime, offset_s: int, *, late: float, unscorable: float
) -> tuple[Workout, ...]:
    """The workouts after waking at ``woke``; ``late`` and ``unscorable`` are the chances of either."""
    found: list[Workout] = []
    for (first, last), chance in zip(_SLOTS, _CHANCES, strict=True):
        if rng.random() >= chance:
            continue
        start = woke + round(rng.uniform(first, last) * 3_600_000) * _MS
        found.append(_workout(rng, person, start, offset_s, late, unscorable))
    return tuple(found)


def _workout(
    rng: Random, person: Person, start: dt.datetime, offset_s: int, late: float, unscorable: float
) -> Workout:
    key = str(UUID(int=rng.getrandbits(128), version=4))
    name = person.sport if rng.random() < 0.6 else rng.choice(_OTHERS)
    sport = SPORTS[name]
    length_ms = rng.randint(25 * 60, 110 * 60) * 1000
    hours = length_ms / 3_600_000
    end = start + length_ms * _MS
    recorded_at = end + rng.randint(3, 12) * _MINUTE
    slow = rng.random() < late
    effort = min(1.0, max(0.05, sport.effort + rng.uniform(-0.2, 0.2)))
    average = round(person.resting_hr + (person.max_hr - person.resting_hr) * (0.3 + 0.5 * effort))
    metres = None if sport.pace_m_s is None else sport.pace_m_s * rng.uniform(0.85, 1.15) * length_ms / 1000
    climb = None if sport.climb_m_km is None or metres is None else sport.climb_m_km * metres / 1000
    return Workout(
        id=key,
        start=start,
        end=end,
        offset_s=offset_s,
        recorded_at=recorded_at,
        scored_at=recorded_at + (rng.randint(20, 180) * _MINUTE if slow else dt.timedelta()),
        outcome=ScoreState.UNSCORABLE if rng.random() < unscorable else ScoreState.SCORED,
        sport=name,
        strain=round(min(20.5, 3 + 15 * effort * min(1.0, 0.4 + hours / 2)), 6),
        average_hr=average,
        max_hr=min(person.max_hr, average + rng.randint(12, 35)),
        kilojoule=round(length_ms / 1000 * (0.25 + 0.6 * effort), 5),
        recorded_pct=100.0 if rng.random() < 0.9 else round(rng.uniform(70.0, 99.9), 2),
        distance_m=None if metres is None else round(metres, 4),
        gain_m=None if climb is None else round(climb * rng.uniform(0.7, 1.3), 4),
        change_m=None if climb is None else round(rng.uniform(-5.0, 5.0), 4),
        zones_ms=_zones(rng, length_ms, effort),
    )


def _zones(rng: Random, length_ms: int, effort: float) -> tuple[int, ...]:
    """Zones 0 to 5; together the whole length."""
    weights = [rng.random() * max(0.02, 1 - abs(zone / 5 - effort) * 1.8) for zone in range(6)]
    total = sum(weights)
    zones = [int(length_ms * weight / total) for weight in weights]
    zones[zones.index(max(zones))] += length_ms - sum(zones)
    return tuple(zones)
