"""Sleep analysis → nights: what watch, phone and apps say of one sleep becomes one sleep.

HealthKit holds samples: from, until, in bed or in which stage, by whom. Here they become nights:

* samples less than :data:`GAP` apart are of one sleep; what would be longer than :data:`LONGEST` is cut at
  its widest gap, because samples without end (a test, a broken app) are no sleep;
* every moment is told by the best source that says something of it: watch before phone before apps, of a
  kind the one that knows stages before the one that does not, then the one that says more; a stage before
  plain "asleep"; "in bed" only where nobody says more. So nothing is counted twice;
* of the sleeps that end on one local day the longest is the night, if it has at least
  :data:`SHORTEST_NIGHT` or its middle lies between 21:00 and 9:00; the others are naps;
* ``in_bed_min`` is all the time anybody says in bed, asleep or awake of that sleep.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from poise_sdk.days import local_day
from poise_sdk.observations import Night, Origin, Quality, QualityFlag, SleepStage, Stage

__all__ = ["GAP", "LONGEST", "SHORTEST_NIGHT", "Sample", "build_nights", "sleeps_of"]

GAP: Final = dt.timedelta(hours=2)
LONGEST: Final = dt.timedelta(hours=20)
SHORTEST_NIGHT: Final = dt.timedelta(hours=3)
_EVENING: Final = dt.time(21)
_MORNING: Final = dt.time(9)
_STAGED: Final = frozenset({SleepStage.LIGHT, SleepStage.DEEP, SleepStage.REM})
_ASLEEP: Final = _STAGED | {SleepStage.ASLEEP}
#: "In bed" comes after whatever anybody else says of the same moment.
_LAST_RANK: Final = 9
_Priority: TypeAlias = tuple[int, bool, float, str, bool]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one source says of one stretch of time (UTC)."""

    start: dt.datetime
    end: dt.datetime
    stage: SleepStage
    source: str | None
    rank: int
    offset: int
    """Local time against UTC in seconds, at its end."""
    zone: str | None
    row: int


@dataclass(frozen=True, slots=True)
class _Sleep:
    samples: Sequence[Sample]
    stages: tuple[Stage, ...]
    source: str | None

    @property
    def start(self) -> dt.datetime:
        return self.stages[0].start_at

    @property
    def end(self) -> dt.datetime:
        return self.stages[-1].end_at

    @property
    def offset(self) -> int:
        return max(self.samples, key=lambda sample: sample.end).offset

    @property
    def day(self) -> dt.date:
        return local_day(self.end, self.offset)

    def lasting(self, *stages: SleepStage) -> dt.timedelta:
        return sum((s.end_at - s.start_at for s in self.stages if s.stage in stages), dt.timedelta())


def build_nights(samples: Iterable[Sample]) -> Iterator[Night]:
    """The sleeps that ``samples`` (in any order) tell of, in order of time."""
    sleeps = [sleep for group in sleeps_of(samples) if (sleep := _sleep(group)) is not None]
    days: dict[dt.date, list[_Sleep]] = defaultdict(list)
    for sleep in sleeps:
        days[sleep.day].append(sleep)
    main = {id(max(of_day, key=_length)) for of_day in days.values()}
    for sleep in sleeps:
        yield _night(sleep, nap=id(sleep) not in main or not _is_night(sleep))


def sleeps_of(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """Samples in groups that are one sleep each, in order of time."""
    group: list[Sample] = []
    until = dt.datetime.min.replace(tzinfo=dt.UTC)
    for sample in sorted(samples, key=lambda s: (s.start, s.end, s.rank, s.source or "", s.stage, s.row)):
        if group and sample.start - until > GAP:
            yield group
            group = []
        group.append(sample)
        until = sample.end if len(group) == 1 else max(until, sample.end)
        while len(group) > 1 and until - group[0].start > LONGEST:
            first, group = _cut(group)
            yield first
            until = max(one.end for one in group)
    if group:
        yield group


def _cut(group: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Two parts of a group in order of start, at its widest gap (of equal ones the last)."""
    until = group[0].end
    widest, at = None, len(group) - 1
    for index in range(1, len(group)):
        gap = group[index].start - until
        if widest is None or gap >= widest:
            widest, at = gap, index
        until = max(until, group[index].end)
    return group[:at], group[at:]


def _sleep(group: Sequence[Sample]) -> _Sleep | None:
    """A sleep of a group; ``None`` where nobody slept or lay in bed."""
    stages = _painted(group)
    if not any(stage.stage is not SleepStage.AWAKE for stage in stages):
        return None
    ranked = sorted(zip(_priorities(group), group, strict=True), key=lambda pair: pair[0])
    best = next((sample for _, sample in ranked if sample.stage in _ASLEEP), ranked[0][1])
    return _Sleep(group, stages, best.source)


def _priorities(group: Sequence[Sample]) -> list[_Priority]:
    """How much each sample is believed, the least the most."""
    staged: dict[str | None, bool] = defaultdict(bool)
    said: dict[str | None, float] = defaultdict(float)
    for sample in group:
        staged[sample.source] |= sample.stage in _STAGED
        said[sample.source] += (sample.end - sample.start).total_seconds()
    return [
        (
            sample.rank if sample.stage is not SleepStage.IN_BED else _LAST_RANK,
            not staged[sample.source],
            -said[sample.source],
            sample.source or "",
            # Some apps lay one long "asleep" under their stages.
            sample.stage is SleepStage.ASLEEP,
        )
        for sample in group
    ]


def _painted(group: Sequence[Sample]) -> tuple[Stage, ...]:
    """What is believed of every moment, without overlap; neighbours of one stage are joined."""
    order = _priorities(group)
    edges = sorted({moment for sample in group for moment in (sample.start, sample.end)})
    waiting = sorted(range(len(group)), key=lambda index: group[index].start, reverse=True)
    active: list[tuple[_Priority, int]] = []
    painted: list[Stage] = []
    for start, end in itertools.pairwise(edges):
        while waiting and group[waiting[-1]].start <= start:
            index = waiting.pop()
            heapq.heappush(active, (order[index], index))
        while active and group[active[0][1]].end <= start:
            heapq.heappop(active)
        if not active:
            continue
        stage = group[active[0][1]].stage
        begin = start
        if painted and painted[-1].stage is stage and painted[-1].end_at == start:
            begin = painted.pop().start_at
        painted.append(Stage(start_at=begin, end_at=end, stage=stage))
    return tuple(painted)


def _length(sleep: _Sleep) -> tuple[dt.timedelta, dt.timedelta, dt.datetime]:
    return sleep.lasting(*_ASLEEP), sleep.end - sleep.start, sleep.end


def _is_night(sleep: _Sleep) -> bool:
    asleep = sleep.lasting(*_ASLEEP) or sleep.lasting(SleepStage.IN_BED)
    middle = sleep.start + (sleep.end - sleep.start) / 2 + dt.timedelta(seconds=sleep.offset)
    return asleep >= SHORTEST_NIGHT or not _MORNING <= middle.time() < _EVENING


def _night(sleep: _Sleep, *, nap: bool) -> Night:
    said = {stage.stage for stage in sleep.stages}
    minutes = dict.fromkeys(SleepStage, 0.0)
    for stage in sleep.stages:
        minutes[stage.stage] += (stage.end_at - stage.start_at).total_seconds() / 60
    asleep = sum(minutes[one] for one in sorted(_ASLEEP)) if said & _ASLEEP else None
    in_bed = sum(minutes.values())
    staged = bool(said & _STAGED)
    first = next((stage.start_at for stage in sleep.stages if stage.stage in _ASLEEP), None)
    zones = {sample.zone for sample in sleep.samples if sample.zone}
    quality: tuple[Quality, ...] = ()
    if len(zones) > 1:
        quality += (Quality(flag=QualityFlag.TIME_ZONE_CHANGE, detail=", ".join(sorted(zones))),)
    if asleep is None:
        quality += (
            Quality(flag=QualityFlag.PARTIAL, field="asleep_min", detail="only time in bed is known"),
        )
    return Night(
        origin=Origin.FILE,
        row=min(sample.row for sample in sleep.samples),
        source=sleep.source,
        quality=quality,
        start_at=sleep.start,
        end_at=sleep.end,
        utc_offset_s=sleep.offset,
        nap=nap,
        asleep_min=asleep,
        in_bed_min=in_bed,
        awake_min=minutes[SleepStage.AWAKE] if SleepStage.AWAKE in said else None,
        light_min=minutes[SleepStage.LIGHT] if staged else None,
        deep_min=minutes[SleepStage.DEEP] if staged else None,
        rem_min=minutes[SleepStage.REM] if staged else None,
        # Who was seen in bed before sleeping took that long; a watch alone tells no such time.
        latency_min=(first - sleep.start).total_seconds() / 60
        if first is not None and SleepStage.IN_BED in {sample.stage for sample in sleep.samples}
        else None,
        efficiency_pct=min(100.0, 100 * asleep / in_bed) if asleep is not None and in_bed else None,
        stages=sleep.stages,
    )
