"""Finding, for the records of one document, the facts they speak of: stored ones or one another's."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from poise_sdk.observations import Origin
from storage.observations.facts import RANK, Fact, Layer
from storage.observations.identity import TOLERANCE, Landmarks, anchors, bucket, references
from storage.observations.tables import Table

__all__ = ["Candidate", "joined", "match"]


@dataclass(slots=True)
class Candidate:
    """A record on its way to its fact."""

    source_id: str
    """The vendor's id, or a made one."""
    layer: Layer
    fact: Fact | None = field(default=None)

    @property
    def made_id(self) -> bool:
        """Whether the id is ours."""
        return self.source_id.startswith("@")


def match(
    table: Table, candidates: Sequence[Candidate], stored: Iterable[Fact], landmarks: Landmarks
) -> list[Fact]:
    """Give every candidate its fact and let its layer wait there; return all facts spoken of.

    First by id, then by what a record refers to, then by the nearest beginning within the tolerance; of
    one origin no two records of a document share a fact by nearness. What finds none begins a new one.
    Records of the highest origin choose first, so that others can join them. A fact takes the vendor's
    id as soon as a record has one, and of made ids that of the highest origin.
    """
    facts = _Facts(table, stored, landmarks)
    origins = sorted({one.layer.origin for one in candidates}, key=lambda one: -RANK[one])
    for origin in origins:
        ours = [one for one in candidates if one.layer.origin is origin]
        taken: set[int] = set()
        for one in ours:
            one.fact = facts.known(one)
            if one.fact is not None:
                taken.add(id(one.fact))
        for one, fact in facts.nearest([one for one in ours if one.fact is None], taken):
            one.fact = fact
        for one in ours:
            if one.fact is None:
                one.fact = Fact(one.source_id)
            elif one.fact.made_id and (not one.made_id or _outranks(origin, one.fact)):
                one.fact.source_id = one.source_id
            if origin is not origins[-1]:  # for those that choose after them
                facts.add(one.fact, one.layer, one.source_id)
    spoken_of = {id(one.fact): one.fact for one in candidates if one.fact is not None}
    return list(spoken_of.values())


def _outranks(origin: Origin, fact: Fact) -> bool:
    return all(RANK[origin] > RANK[other] for other in fact.layers)


class _Facts:
    """Facts by all that they may be recognised by."""

    def __init__(self, table: Table, stored: Iterable[Fact], landmarks: Landmarks) -> None:
        self._table, self._landmarks = table, landmarks
        self._by_id: dict[str, Fact] = {}
        self._by_reference: dict[Hashable, Fact] = {}
        self._by_bucket: dict[Hashable, list[tuple[dt.datetime, Fact]]] = {}
        self._by_day: dict[dt.date | None, list[Fact]] = {}
        for fact in stored:
            self._by_day.setdefault(fact.stored_day, []).append(fact)
            self._by_id[fact.source_id] = fact
            for layer in fact.layers.values():
                self.add(fact, layer, fact.source_id)
            first = next(iter(fact.layers.values()))
            self._by_bucket.setdefault(bucket(table, first.values), []).extend(
                (start, fact) for start in fact.former_starts
            )

    def add(self, fact: Fact, layer: Layer, source_id: str) -> None:
        """Let a fact be found by what this layer says of it."""
        self._by_id[source_id] = fact
        for reference in references(self._table, layer.values):
            self._by_reference.setdefault(reference, fact)
        own = {layer.values["start_at"]} if "start_at" in layer.values else set()
        places = self._by_bucket.setdefault(bucket(self._table, layer.values), [])
        places += [(moment, fact) for moment in anchors(self._table, layer.values, own, self._landmarks)]

    def known(self, one: Candidate) -> Fact | None:
        """The fact of this id, or of what the record refers to, if its id does not say otherwise."""
        fact = self._by_id.get(one.source_id)
        if fact is not None:
            return fact
        for reference in references(self._table, one.layer.values):
            fact = self._by_reference.get(reference)
            if fact is not None and (fact.made_id or one.made_id):
                return fact
        if (
            self._table.name == "recoveries"
            and not {"start_at", "night_id", "cycle_id"} & one.layer.values.keys()
        ):
            of_day = self._by_day.get(one.layer.values["day"], [])
            return of_day[0] if len(of_day) == 1 else None  # it has nothing but its day
        return None

    def nearest(self, candidates: Sequence[Candidate], taken: set[int]) -> Iterator[tuple[Candidate, Fact]]:
        """Pairs of records and facts that begin at nearly the same moment, the closest first."""
        if not candidates or not self._by_bucket:
            return
        places = {key: sorted(found, key=lambda one: one[0]) for key, found in self._by_bucket.items()}
        pairs: list[tuple[dt.timedelta, int, int, Fact]] = []
        for n, one in enumerate(candidates):
            here = places.get(bucket(self._table, one.layer.values), [])
            own = {one.layer.values["start_at"]} if "start_at" in one.layer.values else set()
            for moment in anchors(self._table, one.layer.values, own, self._landmarks):
                first = bisect_left(here, moment - TOLERANCE, key=lambda place: place[0])
                for m in range(first, len(here)):
                    if here[m][0] > moment + TOLERANCE:
                        break
                    if here[m][1].made_id or one.made_id:
                        pairs.append((abs(here[m][0] - moment), n, m, here[m][1]))
        pairs.sort(key=lambda pair: pair[:3])
        done: set[int] = set()
        for _, n, _, fact in pairs:
            if n in done or id(fact) in taken:
                continue
            done.add(n)
            taken.add(id(fact))
            yield candidates[n], fact


def joined(table: Table, facts: Sequence[Fact], landmarks: Landmarks) -> list[tuple[Fact, Fact]]:
    """Pairs of stored facts that turn out to be one: the one with the vendor's id, and the other.

    It shows only when the night or cycle arrives that the vendor's record hangs on. Where one of them has
    no time at all, being the only ones of their day must do.
    """
    named = [fact for fact in facts if Origin.API in fact.layers]
    others = [fact for fact in facts if fact.made_id and Origin.API not in fact.layers]
    pairs = []
    for fact in named:
        mine = _moments(table, fact, landmarks)
        for other in others:
            theirs = _moments(table, other, landmarks)
            near = any(abs(a - b) <= TOLERANCE for a in mine for b in theirs)
            alone = len(named) == len(others) == 1 and not (mine and theirs)
            if near or alone:
                pairs.append((fact, other))
                others.remove(other)
                break
    return pairs


def _moments(table: Table, fact: Fact, landmarks: Landmarks) -> set[dt.datetime]:
    found: set[dt.datetime] = set()
    for layer in fact.layers.values():
        found |= anchors(table, layer.values, fact.starts(), landmarks)
    return found
