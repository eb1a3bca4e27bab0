"""One account's book: what Oura knows of an athlete at an instant, with what was edited and deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.oura.payloads import ANNOUNCED
from adapters.oura.simulator import documents
from adapters.oura.simulator.documents import Document
from adapters.oura.simulator.life import GRAIN_MIN, Life

__all__ = ["Book", "Change"]

_DAY: Final = dt.timedelta(days=1)
#: A day's documents settle on the day after; zones reach half a day further.
_SETTLES: Final = dt.timedelta(days=3)
_WORDS: Final = {collection: word for word, collection in ANNOUNCED.items()}
#: What Oura tells of a day from its night.
_OF_NIGHT: Final = ("daily_readiness", "daily_sleep", "daily_spo2")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that Oura announces: ``operation`` on the document ``id``, at ``at``."""

    at: dt.datetime
    word: str
    """The collection, as webhooks call it."""
    id: str
    operation: str
    """``create``, ``update`` or ``delete``."""


class Book:
    """The account of one athlete, with a history from the day ``first``."""

    def __init__(self, account: str, life: Life, first: dt.date) -> None:
        self.account = account
        self.life = life
        self._first = first
        self._longer: dict[str, int] = {}
        self._said: dict[str, dict[str, Any]] = {}
        self._deleted: set[str] = set()
        self._edits = 0
        self._settled: dict[dt.date, tuple[Document, ...]] = {}

    def listing(self, collection: str, now: dt.datetime, since: dt.date, until: dt.date) -> list[Document]:
        """A collection's documents of the days ``[since, until]``, oldest first."""
        found = [d for d in self._documents(since, until, now) if d.collection == collection]
        return sorted(found, key=lambda document: (document.day, document.id))

    def everything(self, collection: str, now: dt.datetime) -> list[Document]:
        """All documents of a collection, oldest first."""
        return self.listing(collection, now, self._first, now.date() + _DAY)

    def heart_rate(self, since: dt.datetime, until: dt.datetime) -> Iterator[dict[str, Any]]:
        """Samples in ``[since, until)``."""
        first = dt.datetime.combine(self._first, dt.time(), dt.UTC)
        return documents.heart_rate(self.life, max(since, first), until)

    def changes(self, after: dt.datetime, until: dt.datetime) -> list[Change]:
        """What became known, or settled, in ``(after, until]`` by itself."""
        found = []
        for document in self._documents(after.date() - _SETTLES, until.date() + _DAY, until):
            word = _WORDS[document.collection]
            moments = {document.settled_at: "update", document.known_at: "create"}
            found += [
                Change(at, word, document.id, operation)
                for at, operation in moments.items()
                if after < at <= until and document.body.get("type") != "deleted"
            ]
        return sorted(found, key=lambda change: (change.at, change.word, change.id))

    def edit_sleep(self, sleep_id: str | None, now: dt.datetime, minutes: float) -> list[Change]:
        """The athlete moves the end of a night by ``minutes`` (in steps of five); it is scored anew."""
        night = self._find("sleep", sleep_id, now, "long_sleep")
        self._longer[night.id] = self._longer.get(night.id, 0) + round(minutes / GRAIN_MIN)
        self._settled.pop(night.day, None)
        at = self._edit_time(now)
        told = [Change(at, "sleep", night.id, "update")]
        return told + [
            Change(at, _WORDS[document.collection], document.id, "update")
            for document in self._documents(night.day, night.day, now)
            if document.collection in ("daily_readiness", "daily_sleep")
        ]

    def edit_workout(self, workout_id: str | None, now: dt.datetime, sport: str) -> list[Change]:
        """The athlete says that it was another sport."""
        workout = self._find("workout", workout_id, now)
        self._said[workout.id] = {"activity": sport}
        return [Change(self._edit_time(now), "workout", workout.id, "update")]

    def delete_sleep(self, sleep_id: str | None, now: dt.datetime) -> list[Change]:
        """A sleep stays in its collection as a deleted one; what was told from a night goes with it."""
        sleep = self._find("sleep", sleep_id, now, *(() if sleep_id else ("long_sleep",)))
        at = self._edit_time(now)
        gone = [Change(at, "sleep", sleep.id, "delete")]
        if sleep.body["type"] == "long_sleep":
            told = [d for d in self._documents(sleep.day, sleep.day, now) if d.collection in _OF_NIGHT]
            gone += [Change(at, _WORDS[document.collection], document.id, "delete") for document in told]
            self._deleted |= {document.id for document in told}
        self._said[sleep.id] = {"type": "deleted"}
        return gone

    def delete_workout(self, workout_id: str | None, now: dt.datetime) -> list[Change]:
        """A workout goes."""
        workout = self._find("workout", workout_id, now)
        self._deleted.add(workout.id)
        return [Change(self._edit_time(now), "workout", workout.id, "delete")]

    def _documents(self, since: dt.date, until: dt.date, now: dt.datetime) -> Iterator[Document]:
        day, last = max(since, self._first), min(until, now.date() + _DAY)
        while day <= last:
            for document in self._of_day(day, now):
                if document.id not in self._deleted:
                    said = self._said.get(document.id)
                    yield replace(document, body=document.body | said) if said else document
            day += _DAY

    def _of_day(self, day: dt.date, now: dt.datetime) -> tuple[Document, ...]:
        """A day's documents; those of a day that has settled are rendered once."""
        if day + _SETTLES > now.date():
            return tuple(documents.documents_of(self.life, day, now, self._longer))
        if day not in self._settled:
            self._settled[day] = tuple(documents.documents_of(self.life, day, now, self._longer))
        return self._settled[day]

    def _find(self, collection: str, key: str | None, now: dt.datetime, *types: str) -> Document:
        """The document ``key``; the newest where it is ``None``. Of ``types``, where any are given."""
        for document in reversed(self.everything(collection, now)):
            kind = document.body.get("type")
            if (key is None or document.id == key) and kind != "deleted" and (not types or kind in types):
                return document
        raise LookupError(f"{self.life.name} has no such {collection}: {key or 'none is known yet'}")

    def _edit_time(self, now: dt.datetime) -> dt.datetime:
        """Two edits are two events, also while the simulated clock stands still."""
        self._edits += 1
        return now + dt.timedelta(milliseconds=self._edits)
