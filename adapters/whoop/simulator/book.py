"""One account's book: what WHOOP knows of an athlete at an instant, with what was edited and deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from adapters.whoop.payloads import Kind, ScoreState
from adapters.whoop.simulator import rendering
from adapters.whoop.simulator.facts import Cycle, Fact, Sleep, Workout
from adapters.whoop.simulator.history import History
from adapters.whoop.simulator.people import Person
from adapters.whoop.simulator.rendering import Payload

__all__ = ["Book", "Change", "Listed"]

_DAY: Final = dt.timedelta(days=1)

_F = TypeVar("_F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Listed:
    """A record with its place in a collection: newest first by ``start``, then by ``key``."""

    start: dt.datetime
    end: dt.datetime | None
    """``None``: it lasts."""
    key: str
    render: Callable[[], Payload]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that WHOOP announces: ``kind`` of the record ``id``, at ``at``."""

    at: dt.datetime
    kind: Kind
    id: str
    deleted: bool = False


class Book:
    """The account of one athlete."""

    def __init__(self, seed: int, person: Person, first: dt.date) -> None:
        self.person = person
        self._history = History(seed, person, first)
        self._edited: dict[str, Sleep | Workout] = {}
        self._deleted: set[str] = set()
        self._edits = 0

    def sleeps(self, now: dt.datetime) -> list[Sleep]:
        """Nights and naps that are known at ``now``, oldest first."""
        found = [sleep for day in self._days(now) for sleep in self._history.day(day).sleeps]
        return self._standing(found, now)

    def nights(self, now: dt.datetime) -> list[Sleep]:
        """Sleeps that have a recovery."""
        return [sleep for sleep in self.sleeps(now) if sleep.recovery is not None]

    def workouts(self, now: dt.datetime) -> list[Workout]:
        """Workouts that are known at ``now``, oldest first."""
        return self._standing([w for day in self._days(now) for w in self._history.day(day).workouts], now)

    def cycles(self, now: dt.datetime) -> list[tuple[Cycle, dt.datetime | None]]:
        """Cycles, oldest first, and when their end became known: the newest has none."""
        known = [c for day in self._days(now) if (c := self._history.day(day).cycle).recorded_at <= now]
        ends = [following.recorded_at for following in known[1:]]
        return list(zip(known, [*ends, None], strict=True)) if known else []

    def listing(self, kind: Kind, now: dt.datetime) -> list[Listed]:
        """A collection of the interface, newest first."""
        return sorted(self._listed(kind, now), key=lambda one: (one.start, one.key), reverse=True)

    def changes(self, after: dt.datetime, until: dt.datetime) -> list[Change]:
        """What became known in ``(after, until]`` by itself: recorded, or scored later than recorded."""
        found: list[Change] = []
        facts: list[tuple[Kind, Fact]] = [(Kind.SLEEP, sleep) for sleep in self.sleeps(until)]
        facts += [(Kind.RECOVERY, night) for night in self.nights(until)]
        facts += [(Kind.WORKOUT, workout) for workout in self.workouts(until)]
        for kind, fact in facts:
            moments = {fact.recorded_at, fact.scored_at}
            found += [Change(at, kind, fact.id) for at in moments if after < at <= until]
        return sorted(found, key=lambda change: (change.at, change.kind, change.id))

    def edit_sleep(self, sleep_id: str | None, now: dt.datetime, later: dt.timedelta) -> list[Change]:
        """The athlete moves the end of a night by ``later``: longer in light sleep, scored anew."""
        night = self._find(self.nights(now), sleep_id, now)
        known = night.recovery
        assert known is not None, "nights have recoveries"
        better = 1 if later > dt.timedelta() else -1
        changed = replace(
            night,
            end=night.end + later,
            light_ms=max(0, night.light_ms + later // dt.timedelta(milliseconds=1)),
            recovery=replace(known, score=min(99, max(1, known.score + 3 * better))),
            edited_at=self._edit_time(now),
        )
        self._edited[night.id] = changed
        return [Change(now, Kind.SLEEP, night.id), Change(now, Kind.RECOVERY, night.id)]

    def edit_workout(self, workout_id: str | None, now: dt.datetime, sport: str) -> list[Change]:
        """The athlete says that it was another sport."""
        workout = self._find(self.workouts(now), workout_id, now)
        self._edited[workout.id] = replace(workout, sport=sport, edited_at=self._edit_time(now))
        return [Change(now, Kind.WORKOUT, workout.id)]

    def delete_sleep(self, sleep_id: str | None, now: dt.datetime) -> list[Change]:
        """A night goes, and its recovery with it, which is announced by the *night's* id."""
        known = self.sleeps(now) if sleep_id else self.nights(now)
        sleep = self._find(known, sleep_id, now)
        self._deleted.add(sleep.id)
        gone = [Change(now, Kind.SLEEP, sleep.id, deleted=True)]
        if sleep.recovery is not None:
            gone.append(Change(now, Kind.RECOVERY, sleep.id, deleted=True))
        return gone

    def delete_workout(self, workout_id: str | None, now: dt.datetime) -> list[Change]:
        """A workout goes."""
        workout = self._find(self.workouts(now), workout_id, now)
        self._deleted.add(workout.id)
        return [Change(now, Kind.WORKOUT, workout.id, deleted=True)]

    def _days(self, now: dt.datetime) -> Iterator[dt.date]:
        """Days of which something may be known at ``now``; a day has begun elsewhere before it has here."""
        day, last = self._history.first, now.date() + _DAY
        while day <= last:
            yield day
            day += _DAY

    def _standing(self, facts: list[_F], now: dt.datetime) -> list[_F]:
        known = [fact for fact in facts if fact.recorded_at <= now and fact.id not in self._deleted]
        edited = [self._edited.get(fact.id, fact) for fact in known]
        return [one for one, fact in zip(edited, known, strict=True) if isinstance(one, type(fact))]

    def _listed(self, kind: Kind, now: dt.datetime) -> Iterator[Listed]:
        person = self.person
        if kind is Kind.SLEEP:
            for sleep in self.sleeps(now):
                yield Listed(sleep.start, sleep.end, sleep.id, _render(rendering.sleep, person, sleep, now))
        elif kind is Kind.RECOVERY:
            for night in self.nights(now):
                yield Listed(
                    night.start, night.end, night.id, _render(rendering.recovery, person, night, now)
                )
        elif kind is Kind.WORKOUT:
            for workout in self.workouts(now):
                render = _render(rendering.workout, person, workout, now)
                yield Listed(workout.start, workout.end, workout.id, render)
        elif kind is Kind.CYCLE:
            for cycle, ended_at in self.cycles(now):
                render = _render(rendering.cycle, person, cycle, now, ended_at)
                yield Listed(cycle.start, cycle.end if ended_at else None, cycle.id, render)

    def _find(self, facts: list[_F], key: str | None, now: dt.datetime) -> _F:
        """The fact ``key``; the newest scored one where it is ``None``."""
        for fact in reversed(facts):
            if fact.id == key or (key is None and fact.state(now) is ScoreState.SCORED):
                return fact
        raise LookupError(f"{self.person.name} has no such record: {key or 'none is scored yet'}")

    def _edit_time(self, now: dt.datetime) -> dt.datetime:
        """An edit is newer than what it changes, also while the simulated clock stands still."""
        self._edits += 1
        return now + dt.timedelta(milliseconds=self._edits)


def _render(render: Callable[..., Payload], *arguments: object) -> Callable[[], Payload]:
    """Deferred: of a long history one page is rendered."""
    return lambda: render(*arguments)
