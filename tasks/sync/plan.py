"""When to ask a vendor for what: pure arithmetic on local clocks and request budgets.

A type of data has *rounds*: local hours at which it is asked for, every day or every n-th. In full::

    sleep, recovery              04:00  08:00                23:00
    workout, cycle, readings                  14:00  20:00   23:00
    daily summaries                     08:00        20:00   23:00
    journal, body, profile                                   23:00

What live webhooks announce is asked for only to reconcile: at 23:00 of every third day, and in full again
as soon as the vendor has been silent for :data:`SILENCE`.

A vendor counts the requests of all athletes together, so the rounds of one depend on the number of all.
:func:`plan_for` begins with the essential (once a day: sleep and recovery at 08:00, the rest at 23:00) and
adds what is worth most for as long as the day's requests allow. One request a round and a type is reckoned:
two or three days fit on one page.

The arithmetic for 1,600 athletes of WHOOP (100 requests a minute, 10,000 a day, webhooks for sleep, recovery
and workout). The plan may use :data:`PLANNED_SHARE` of that, 7,000 a day; routine work stops at 80 %
(:mod:`storage.budget`), so a tenth is left for what nobody planned, and a fifth for people who look::

    what webhooks announce    3 types × 1.05 a day × 1,600    5,040    one request each (``webhooks``)
    cycle at 23:00            1 a day × 1,600                 1,600
    reconciling               3 types every 30 days × 1,600     160
    body and profile          2 types every 30 days × 1,600     107
                                                              6,907 of 7,000

Sleep, recovery and workouts are fresh within minutes of their webhook, the day's strain within a day. At
23:00 some 1,900 requests fall due; spread over :attr:`Plan.spread` (107 minutes) they take a quarter of what
the plan may use of a minute, so nobody waits long. Where requests are so scarce a webhook is answered by
asking for the last days of its type, which reconciles those by the way. Without any webhook 1,600 athletes
get each type once a day (6,857 requests), and 300 get everything. Tokens are renewed outside of the count.
``tests/tasks/sync/test_budget_simulation.py`` lives such days through.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from poise_sdk.budget import Limit
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities
from tasks.sync.clocks import Round

__all__ = [
    "EVENTS_PER_DAY",
    "PLANNED_SHARE",
    "SILENCE",
    "Plan",
    "is_listening",
    "is_scarce",
    "plan_for",
]

#: The part of a vendor's budget that is planned for.
PLANNED_SHARE: Final = 0.7
#: Webhooks a day that one type brings, and requests to answer them: a night and its recovery, every seventh
#: day a nap, a workout.
EVENTS_PER_DAY: Final = 1.05
#: Whoever wears a device sleeps once in that time, late risers and travellers included: longer without a
#: webhook means that webhooks do not come.
SILENCE: Final = dt.timedelta(hours=36)

#: With fewer requests a day for each connection, webhooks are answered as cheaply as possible.
SCARCE_PER_DAY: Final = 20.0

#: The hour at which everything is asked for.
NIGHTLY: Final = 23
#: How often announced types are reconciled, where the budget allows and where it does not.
RECONCILE_DAYS: Final = 3
RECONCILE_RARELY_DAYS: Final = 30
#: How often is asked again for what the athlete does not share: they may have changed their mind.
NOT_SHARED_DAYS: Final = 7

#: What hardly changes.
SLOW: Final = (DataType.BODY, DataType.PROFILE)
SLOW_DAYS: Final = 7
SLOW_RARELY_DAYS: Final = 30

#: What is of use in the morning: asked for once a day only, it is asked for then.
MORNING: Final = (DataType.SLEEP, DataType.RECOVERY)
_MORNING_HOUR: Final = 8

#: What is worth most beside that, first.
_WORTH: Final = (
    (DataType.DAILY, 8),
    (DataType.CYCLE, 20),
    (DataType.WORKOUT, 20),
    (DataType.READING, 20),
    (DataType.DAILY, 20),
    (DataType.RECOVERY, NIGHTLY),
    (DataType.SLEEP, NIGHTLY),
    (DataType.SLEEP, 4),
    (DataType.RECOVERY, 4),
    (DataType.WORKOUT, 14),
    (DataType.CYCLE, 14),
    (DataType.READING, 14),
)

#: A round is spread so that it takes this part of what is planned for a minute, within bounds.
_ROUND_SHARE: Final = 0.25
_SHORTEST_SPREAD: Final = dt.timedelta(minutes=10)
_LONGEST_SPREAD: Final = dt.timedelta(hours=3)

_DAY: Final = dt.timedelta(days=1)


Rounds = Mapping[DataType, tuple[Round, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When one vendor's athletes are asked for."""

    polled: Rounds
    """Of a connection without live webhooks."""
    listening: Rounds
    """Of a connection whose webhooks arrive."""
    spread: dt.timedelta
    """Over how long the connections of one hour are spread."""
    requests_per_day: float
    """What it is expected to cost, webhooks included."""

    def rounds(self, data_type: DataType, *, listening: bool, shared: bool = True) -> tuple[Round, ...]:
        """The rounds of one type of one connection."""
        if not shared:
            return (Round(NIGHTLY, NOT_SHARED_DAYS),)
        return (self.listening if listening else self.polled).get(data_type, ())


def plan_for(capabilities: Capabilities, *, listening: int, polled: int) -> Plan:
    """The plan for so many connections of a vendor, with and without live webhooks."""
    allowance = _per_day(capabilities.limits) * PLANNED_SHARE
    types = sorted(capabilities.data_types)
    announced = capabilities.webhooks & capabilities.data_types
    book = _Book(announced, listening=listening, polled=polled)
    for data_type in types:
        if data_type in SLOW:
            book.put(data_type, Round(NIGHTLY, SLOW_RARELY_DAYS))
        else:
            hour = _MORNING_HOUR if data_type in MORNING else NIGHTLY
            book.put(data_type, Round(hour), reconcile=Round(NIGHTLY, RECONCILE_RARELY_DAYS))
    if book.cost > allowance:
        # Even the essential is too much: everybody is asked on every n-th day only.
        book.stretch(math.ceil(book.polling / max(allowance - book.told, allowance * 0.1)))
    else:
        for data_type, better, reconcile in _luxuries(types, announced):
            book.improve(data_type, better, reconcile=reconcile, allowance=allowance)
    return Plan(
        polled=book.polled,
        listening=book.listening,
        spread=_spread(book, _per_minute(capabilities.limits) * PLANNED_SHARE),
        requests_per_day=book.cost,
    )


def is_listening(now: dt.datetime, webhook_at: dt.datetime | None) -> bool:
    """Whether a connection's webhooks arrive: one has come, and not too long ago."""
    return webhook_at is not None and now - webhook_at <= SILENCE


class _Book:
    """The rounds so far and what they cost a day."""

    def __init__(self, announced: frozenset[DataType], *, listening: int, polled: int) -> None:
        self._announced = announced
        self._listening = listening
        self._polled = polled
        self.polled: dict[DataType, tuple[Round, ...]] = {}
        self.listening: dict[DataType, tuple[Round, ...]] = {}
        self.told = listening * len(announced) * EVENTS_PER_DAY
        """Requests that webhooks cause."""

    @property
    def polling(self) -> float:
        """Requests that rounds cause."""
        return self._polled * _sum(self.polled) + self._listening * _sum(self.listening)

    @property
    def cost(self) -> float:
        return self.polling + self.told

    def put(self, data_type: DataType, one: Round, *, reconcile: Round | None = None) -> None:
        """Give a type its first round; ``reconcile`` is that of connections to which it is announced."""
        self.polled[data_type] = (one,)
        told = data_type in self._announced and reconcile is not None
        self.listening[data_type] = (reconcile,) if told and reconcile else (one,)

    def improve(self, data_type: DataType, one: Round, *, reconcile: bool, allowance: float) -> None:
        """Ask more often if that still fits; a round of the same hour takes the place of the rarer one."""
        before = self.polled, self.listening
        if reconcile:
            self.listening = {**self.listening, data_type: _with(self.listening[data_type], one)}
        else:
            self.polled = {**self.polled, data_type: _with(self.polled[data_type], one)}
            if data_type not in self._announced:
                self.listening = {**self.listening, data_type: _with(self.listening[data_type], one)}
        if self.cost > allowance:
            self.polled, self.listening = before

    def stretch(self, times: int) -> None:
        """Ask so many times more rarely."""
        for rounds in (self.polled, self.listening):
            for data_type, found in rounds.items():
                rounds[data_type] = tuple(Round(one.hour, one.every_days * times) for one in found)

    def busiest(self) -> float:
        """Requests of the busiest hour, were all athletes in one time zone."""
        hours: dict[int, float] = {}
        for members, rounds in ((self._polled, self.polled), (self._listening, self.listening)):
            for found in rounds.values():
                for one in found:
                    hours[one.hour] = hours.get(one.hour, 0.0) + members / one.every_days
        return max(hours.values(), default=0.0)


def _luxuries(
    types: Sequence[DataType], announced: frozenset[DataType]
) -> Iterator[tuple[DataType, Round, bool]]:
    """What to add, most worth first: the type, the round, whether it is one of reconciling."""
    for data_type in types:
        if data_type in announced and data_type not in SLOW:
            yield data_type, Round(NIGHTLY, RECONCILE_DAYS), True
    for data_type, hour in _WORTH:
        if data_type in types:
            yield data_type, Round(hour), False
    for days in (SLOW_DAYS, 1):
        for data_type in SLOW:
            if data_type in types:
                yield data_type, Round(NIGHTLY, days), False


def _with(rounds: tuple[Round, ...], one: Round) -> tuple[Round, ...]:
    return (*(other for other in rounds if other.hour != one.hour), one)


def _sum(rounds: Rounds) -> float:
    return sum(1 / one.every_days for found in rounds.values() for one in found)


def _spread(book: _Book, per_minute: float) -> dt.timedelta:
    if math.isinf(per_minute):
        return _SHORTEST_SPREAD
    needed = dt.timedelta(minutes=book.busiest() / (per_minute * _ROUND_SHARE))
    return min(max(needed, _SHORTEST_SPREAD), _LONGEST_SPREAD)


def _per_day(limits: Sequence[Limit]) -> float:
    return min((limit.count * _DAY.total_seconds() / limit.per_s for limit in limits), default=math.inf)


def _per_minute(limits: Sequence[Limit]) -> float:
    """Of the limits that a burst meets: those of up to an hour."""
    short = [limit for limit in limits if limit.per_s <= 3600]
    return min((limit.count * 60 / limit.per_s for limit in short), default=math.inf)


def is_scarce(limits: Sequence[Limit], connections: int) -> bool:
    """Whether so many connections must do with few requests each: see :data:`SCARCE_PER_DAY`."""
    return _per_day(limits) * PLANNED_SHARE < SCARCE_PER_DAY * connections
