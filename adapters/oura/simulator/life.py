"""The invented life of one simulated athlete: each local day follows from the seed, the account and the date.

Nothing is kept: a day asked for twice is the same twice, whatever was asked in between.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["GRAIN_MIN", "Day", "Exercise", "Life", "Moment", "Sleep"]

#: Minutes of one character of a night's phases.
GRAIN_MIN: Final = 5
#: How long after waking the ring has delivered and analysed the night.
ANALYSIS: Final = dt.timedelta(minutes=20)

_ZONES: Final = (
    "America/New_York",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Sydney",
)
_AWAY: Final = "Asia/Tokyo"
#: Every so many days an athlete with an odd number spends some of them in another zone.
_TRIP_EVERY: Final = 17
_TRIP_DAYS: Final = 3
#: Sunday: the day of the week whose walk gives an estimate of VO2 max.
_VO2_MAX_DAY: Final = 6

_SPORTS: Final = ("running", "cycling", "strengthTraining", "basketball", "yoga", "walking")
_FIRST: Final = ("Ada", "Bram", "Cleo", "Dario", "Edda", "Falk", "Gemma", "Hugo", "Iris", "Jaro")
_LAST: Final = ("Almgren", "Birkett", "Corvo", "Dunleavy", "Estrada", "Fenwick", "Grauer", "Holt")


@dataclass(frozen=True, slots=True)
class Sleep:
    """A sleep period: a night or a nap."""

    start: dt.datetime
    end: dt.datetime
    nap: bool
    phases: str
    """One character a grain: 1 deep, 2 light, 3 REM, 4 awake."""
    hrv: tuple[float | None, ...]
    hr: tuple[float | None, ...]
    breath: float

    @property
    def known_at(self) -> dt.datetime:
        """When the vendor knows of it."""
        return self.end + ANALYSIS

    def longer(self, grains: int) -> Sleep:
        """It, with its end moved by ``grains``: more of them in light sleep, or the last ones cut off."""
        kept = max(len(self.phases) + min(grains, 0), 1)
        more = max(grains, 0)
        return replace(
            self,
            end=self.start + dt.timedelta(minutes=(kept + more) * GRAIN_MIN),
            phases=self.phases[:kept] + "2" * more,
            hrv=self.hrv[:kept] + (None,) * more,
            hr=self.hr[:kept] + (None,) * more,
        )

    def seconds(self, phases: str) -> int:
        """How long it spent in any of ``phases``."""
        return sum(self.phases.count(phase) for phase in phases) * GRAIN_MIN * 60


@dataclass(frozen=True, slots=True)
class Exercise:
    """A workout."""

    start: dt.datetime
    end: dt.datetime
    sport: str
    kcal: float
    distance_m: float | None
    intensity: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A session with the app: breathing, meditation, rest."""

    start: dt.datetime
    end: dt.datetime
    kind: str
    mood: str | None
    hr: tuple[float | None, ...]
    """One a minute."""
    hrv: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """All of one local day. ``night`` is ``None`` where the ring was not worn."""

    date: dt.date
    zone: ZoneInfo
    night: Sleep | None
    nap: Sleep | None
    exercise: Exercise | None
    moment: Moment | None
    vo2max: int | None
    """Estimated now and then."""
    readiness: int
    steps: int
    kcal_active: int
    kcal_total: int
    stress_s: int
    restored_s: int
    spo2: float

    def at(self, hour: float) -> dt.datetime:
        """The instant of a local hour."""
        midnight = dt.datetime.combine(self.date, dt.time(), self.zone)
        return (midnight + dt.timedelta(hours=hour)).astimezone(dt.UTC)


class Life:
    """One athlete of a simulated vendor."""

    def __init__(self, seed: int, number: int) -> None:
        self.number = number
        self._seed = f"{seed}/{number}"
        dice = random.Random(self._seed)  # noqa: S311 - an invented life, not a secret
        self.name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}"
        self.time_zone = _ZONES[number % len(_ZONES)]
        self.rmssd = dice.uniform(35, 95)
        self.resting = dice.uniform(42, 58)
        self.weight_kg = round(dice.uniform(62, 104), 1)
        self.height_m = round(dice.uniform(1.68, 2.08), 2)
        self.age = dice.randint(19, 37)
        self.bedtime = dice.uniform(22.2, 24.2)
        self.day = lru_cache(maxsize=1024)(self._day)

    def zone_on(self, date: dt.date) -> ZoneInfo:
        """Where the athlete is on that day."""
        travels = self.number % 2 == 1 and date.toordinal() % _TRIP_EVERY < _TRIP_DAYS
        return ZoneInfo(_AWAY if travels else self.time_zone)

    def _day(self, date: dt.date) -> Day:
        dice = random.Random(f"{self._seed}/{date.isoformat()}")  # noqa: S311 - as above
        zone = self.zone_on(date)
        midnight = dt.datetime.combine(date, dt.time(), zone)
        form = dice.gauss(0, 1)
        bed = midnight + dt.timedelta(hours=self.bedtime - 24 + dice.gauss(0, 0.5))
        night = self._sleep(dice, bed, dice.gauss(7.9, 0.6), form, nap=False)
        nap = None
        if dice.random() < 0.15:
            start = midnight + dt.timedelta(hours=13 + 0.8 * dice.random())  # before any exercise
            nap = self._sleep(dice, start, dice.uniform(0.4, 1.1), form, nap=True)
        exercise = self._exercise(dice, midnight) if dice.random() < 0.55 else None
        active = round(dice.uniform(250, 520) + (exercise.kcal if exercise else 0))
        return Day(
            date=date,
            zone=zone,
            night=None if dice.random() < 0.04 or self._departs(date) else night,
            nap=nap,
            exercise=exercise,
            moment=self._moment(dice, midnight) if dice.random() < 0.3 else None,
            vo2max=round(dice.uniform(44, 58)) if date.weekday() == _VO2_MAX_DAY else None,
            readiness=round(min(max(76 + 8 * form + dice.gauss(0, 4), 25), 99)),
            steps=round(dice.uniform(4_000, 11_000) + (6_000 if exercise else 0)),
            kcal_active=active,
            kcal_total=active + round(22 * self.weight_kg),
            stress_s=round(dice.uniform(600, 9_000) / 60) * 60,
            restored_s=round(dice.uniform(600, 9_000) / 60) * 60,
            spo2=round(dice.uniform(95.2, 98.9), 1),
        )

    def _departs(self, date: dt.date) -> bool:
        """Whether the night before is spent in the air, without the ring."""
        here, there = self.zone_on(date - dt.timedelta(days=1)), self.zone_on(date)
        return here != there and there.key == _AWAY

    def _moment(self, dice: random.Random, midnight: dt.datetime) -> Moment:
        start = (midnight + dt.timedelta(hours=dice.uniform(20, 21))).replace(second=0, microsecond=0)
        begin, minutes = start.astimezone(dt.UTC), dice.randint(4, 20)
        return Moment(
            start=begin,
            end=begin + dt.timedelta(minutes=minutes),
            kind=dice.choice(("breathing", "meditation", "relaxation")),
            mood=dice.choice((None, "same", "good", "great")),
            hr=tuple(round(self.resting + 12 + dice.gauss(0, 2)) for _ in range(minutes)),
            hrv=tuple(None if m % 4 == 3 else round(max(self.rmssd, 12)) for m in range(minutes)),
        )

    def _sleep(
        self, dice: random.Random, start: dt.datetime, hours: float, form: float, *, nap: bool
    ) -> Sleep:
        grains = max(round(max(hours, 0.3) * 60 / GRAIN_MIN), 2)
        begin = start.replace(second=0, microsecond=0).astimezone(dt.UTC)
        phases = "".join(_phase(dice, grain, grains, nap) for grain in range(grains))
        rmssd = max(self.rmssd * (1 + 0.12 * form), 12)
        return Sleep(
            start=begin,
            end=begin + dt.timedelta(minutes=grains * GRAIN_MIN),
            nap=nap,
            phases=phases,
            hrv=tuple(None if p == "4" else round(max(rmssd + dice.gauss(0, 9), 6)) for p in phases),
            hr=tuple(None if p == "4" else round(self.resting + 6 + dice.gauss(0, 2.5)) for p in phases),
            breath=round(dice.uniform(12.5, 16.5), 2),
        )

    def _exercise(self, dice: random.Random, midnight: dt.datetime) -> Exercise:
        start = (midnight + dt.timedelta(hours=dice.uniform(15, 18))).replace(second=0, microsecond=0)
        minutes = dice.randint(25, 95)
        sport = dice.choice(_SPORTS)
        moves = {"running": 190, "cycling": 420, "walking": 90}.get(sport)
        return Exercise(
            start=start.astimezone(dt.UTC),
            end=(start + dt.timedelta(minutes=minutes)).astimezone(dt.UTC),
            sport=sport,
            kcal=round(minutes * dice.uniform(5, 12), 1),
            distance_m=None if moves is None else round(minutes * moves * dice.uniform(0.8, 1.2), 1),
            intensity=dice.choice(("easy", "moderate", "hard")),
        )


def _phase(dice: random.Random, grain: int, grains: int, nap: bool) -> str:
    """Deep sleep comes early, REM late; a cycle takes about ninety minutes."""
    if grain == 0 or dice.random() < 0.06:
        return "4"
    if nap:
        return "2"
    place = grain % 18
    early = grain < grains / 2
    if place in range(4, 9) and (early or dice.random() < 0.25):
        return "1"
    if place >= 14 and (not early or dice.random() < 0.4):
        return "3"
    return "2"
