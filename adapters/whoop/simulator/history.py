"""The days of one athlete, each drawn from the seed, the athlete and its date alone.

So a day is the same whatever was asked before, and histories of any length agree. What must be known of
the day before (did they nap, how hard did they train) is told by its own draws.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Final
from uuid import UUID

from adapters.whoop.payloads import ScoreState
from adapters.whoop.simulator.facts import Cycle, Day, Recovery, Sleep, Workout
from adapters.whoop.simulator.people import Person
from adapters.whoop.simulator.training import train

__all__ = ["CALIBRATION_DAYS", "History"]

#: Mornings for which WHOOP does not know a new body well enough.
CALIBRATION_DAYS: Final = 4
_HOUR: Final = dt.timedelta(hours=1)
_MINUTE: Final = dt.timedelta(minutes=1)
_MS: Final = dt.timedelta(milliseconds=1)
#: How often the strap is left at home, a night cannot be scored, a score comes late, they nap.
_NOT_WORN: Final = 0.04
_UNSCORABLE: Final = 0.03
_LATE: Final = 0.25
_NAPS: Final = 0.15
#: A cycle that no sleep begins is known when its night would be over.
_UNSLEPT: Final = 10 * _HOUR
_EPOCH: Final = dt.date(2020, 1, 1).toordinal()


class History:
    """``day(date)`` gives the day on which the athlete woke up; ``first`` is the strap's first one."""

    def __init__(self, seed: int, person: Person, first: dt.date) -> None:
        self.person = person
        self.first = first
        self._seed = seed
        self._days: dict[dt.date, Day] = {}

    def day(self, day: dt.date) -> Day:
        """All of one day."""
        if day not in self._days:
            self._days[day] = self._draw(day)
        return self._days[day]

    def onset(self, day: dt.date) -> dt.datetime:
        """When the night that ends on ``day`` begins (UTC): where its cycle begins."""
        rng = self._rng("onset", day)
        hours = self.person.bedtime_h + rng.uniform(-0.6, 1.1)
        evening = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(), self.person.zone(day))
        # Added on the clock of the place: a night over a change of the clocks stays at its hour.
        local = evening + dt.timedelta(milliseconds=round(hours * 3_600_000))
        return local.astimezone(dt.UTC)

    def _draw(self, day: dt.date) -> Day:
        rng = self._rng("day", day)
        cycle_id = self.person.user_id * 100_000 + day.toordinal() - _EPOCH
        start, end = self.onset(day), self.onset(day + dt.timedelta(days=1))
        worn = rng.random() >= _NOT_WORN or day < self.first + dt.timedelta(days=2)
        if not worn:
            return Day(cycle=self._cycle(rng, day, cycle_id, start, end, None, ()), sleeps=(), workouts=())
        night = self._night(self._rng("night", day), day, cycle_id, start)
        workouts = train(
            self._rng("workouts", day),
            self.person,
            night.end,
            night.offset_s,
            late=_LATE,
            unscorable=_UNSCORABLE,
        )
        naps = self._naps(day, cycle_id, night)
        cycle = self._cycle(rng, day, cycle_id, start, end, night, workouts)
        return Day(cycle=cycle, sleeps=(night, *naps), workouts=workouts)

    def _night(self, rng: Random, day: dt.date, cycle_id: int, start: dt.datetime) -> Sleep:
        key = _uuid(rng)
        in_bed_ms = round(rng.triangular(6.0, 9.4, 7.8) * 3_600_000)
        before = day - dt.timedelta(days=1)
        tired = self._load(before)
        end = start + in_bed_ms * _MS
        recorded_at, scored_at = _known(rng, end, late=_LATE)
        new = day < self.first + dt.timedelta(days=CALIBRATION_DAYS)
        hrv = self.person.hrv_ms * (1 + rng.triangular(-0.3, 0.3, 0.02) - 0.12 * tired)
        return self._sleep(
            rng,
            key=key,
            cycle_id=cycle_id,
            nap=False,
            start=start,
            end=end,
            offset_s=_offset(end, day, self.person),
            recorded_at=recorded_at,
            scored_at=scored_at,
            nap_ms=-self._nap_ms(before) // 2,
            strain_ms=round(tired * 2_400_000),
            consistency=None if new else round(rng.uniform(52.0, 96.0), 1),
            recovery=self._recovery(rng, hrv, tired, calibrating=new),
        )

    def _naps(self, day: dt.date, cycle_id: int, night: Sleep) -> tuple[Sleep, ...]:
        length = self._nap_ms(day)
        if not length:
            return ()
        rng = self._rng("nap's stages", day)
        key = _uuid(rng)
        start = night.end + round(rng.uniform(5.2, 6.5) * 3_600_000) * _MS
        end = start + length * _MS
        recorded_at, scored_at = _known(rng, end, late=0.0)
        nap = self._sleep(
            rng,
            key=key,
            cycle_id=cycle_id,
            nap=True,
            start=start,
            end=end,
            offset_s=night.offset_s,
            recorded_at=recorded_at,
            scored_at=scored_at,
            nap_ms=0,
            strain_ms=0,
            consistency=None,
            recovery=None,
        )
        return (nap,)

    def _sleep(
        self,
        rng: Random,
        *,
        key: str,
        cycle_id: int,
        nap: bool,
        start: dt.datetime,
        end: dt.datetime,
        offset_s: int,
        recorded_at: dt.datetime,
        scored_at: dt.datetime,
        nap_ms: int,
        strain_ms: int,
        consistency: float | None,
        recovery: Recovery | None,
    ) -> Sleep:
        in_bed = (end - start) // _MS
        awake = round(in_bed * rng.uniform(0.03, 0.12))
        no_data = round(in_bed * rng.uniform(0.0, 0.05)) if rng.random() < 0.1 else 0
        asleep = in_bed - awake - no_data
        deep, rem = round(asleep * rng.uniform(0.12, 0.26)), round(asleep * rng.uniform(0.16, 0.28))
        return Sleep(
            id=key,
            cycle_id=cycle_id,
            nap=nap,
            start=start,
            end=end,
            offset_s=offset_s,
            recorded_at=recorded_at,
            scored_at=scored_at,
            outcome=ScoreState.UNSCORABLE if rng.random() < _UNSCORABLE else ScoreState.SCORED,
            awake_ms=awake,
            no_data_ms=no_data,
            light_ms=asleep - deep - rem,
            deep_ms=deep,
            rem_ms=rem,
            sleep_cycles=max(1, asleep // 5_400_000),
            disturbances=rng.randint(0, 3) if nap else rng.randint(3, 19),
            baseline_ms=self.person.need_ms,
            debt_ms=round(rng.uniform(0.0, 2_700_000)),
            strain_ms=strain_ms,
            nap_ms=nap_ms,
            respiratory_rate=round(rng.uniform(13.2, 17.4), 8),
            consistency=consistency,
            recovery=recovery,
        )

    def _recovery(self, rng: Random, hrv: float, tired: float, *, calibrating: bool) -> Recovery:
        balance = hrv / self.person.hrv_ms
        score = min(99, max(1, round(58 + 120 * (balance - 1) + rng.uniform(-9.0, 9.0))))
        old = self.person.old_strap
        return Recovery(
            score=score,
            resting_hr=float(round(self.person.resting_hr + 4 * tired + rng.uniform(-2.5, 2.5))),
            hrv_ms=round(hrv, 6),
            spo2=None if old else round(rng.uniform(94.2, 98.6), 6),
            skin_temp_c=None if old else round(rng.uniform(32.4, 35.1), 6),
            calibrating=calibrating,
        )

    def _cycle(
        self,
        rng: Random,
        day: dt.date,
        cycle_id: int,
        start: dt.datetime,
        end: dt.datetime,
        night: Sleep | None,
        workouts: tuple[Workout, ...],
    ) -> Cycle:
        strain = min(20.6, rng.uniform(3.0, 7.5) + sum(w.strain for w in workouts) * 0.62)
        known = start + _UNSLEPT if night is None else night.recorded_at
        return Cycle(
            id=str(cycle_id),
            start=start,
            end=end,
            offset_s=_offset(start, day, self.person) if night is None else night.offset_s,
            recorded_at=known,
            scored_at=known,
            outcome=ScoreState.UNSCORABLE if night is None else ScoreState.SCORED,
            strain=round(strain, 6),
            kilojoule=round(rng.uniform(6_800, 9_500) + sum(w.kilojoule for w in workouts), 4),
            average_hr=rng.randint(56, 74),
            max_hr=max((w.max_hr for w in workouts), default=rng.randint(118, 149)),
        )

    def _load(self, day: dt.date) -> float:
        """How hard the day was, 0 to 1."""
        return self._rng("load", day).random()

    def _nap_ms(self, day: dt.date) -> int:
        rng = self._rng("nap", day)
        return rng.randint(18, 80) * 60_000 if rng.random() < _NAPS else 0

    def _rng(self, what: str, day: dt.date) -> Random:
        return Random(f"{self._seed}/{self.person.user_id}/{what}/{day}")  # noqa: S311 — invented figures


def _known(rng: Random, end: dt.datetime, *, late: float) -> tuple[dt.datetime, dt.datetime]:
    """When something that ended is recorded and scored."""
    recorded_at = end + rng.randint(4, 20) * _MINUTE
    slow = rng.random() < late
    return recorded_at, recorded_at + (rng.randint(30, 360) * _MINUTE if slow else dt.timedelta())


def _offset(moment: dt.datetime, day: dt.date, person: Person) -> int:
    offset = moment.astimezone(person.zone(day)).utcoffset()
    assert offset is not None, "a zone has an offset"
    return int(offset.total_seconds())


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
