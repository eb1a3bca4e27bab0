"""1,600 athletes of one vendor within its budget: days lived through on a clock of our own.

The real planner says who is due, the real accounting (:class:`poise_sdk.budget.MemoryBudget`, of which the
shared budget in Redis is a copy) says who may ask, and who is refused comes back when the engine would.
Everybody lives in one time zone: no day is harder.
"""

from __future__ import annotations

import asyncio
import bisect
import datetime as dt
import heapq
import itertools
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from poise_sdk.budget import Limit, MemoryBudget
from poise_sdk.errors import Retriable
from poise_sdk.vocabulary import DataType
from tasks.sync.clocks import next_due, retry_after
from tasks.sync.plan import plan_for
from tests.tasks.sync.test_plan import WHOOP

ATHLETES = 1_600
ZONE = ZoneInfo("America/New_York")
BEGIN = dt.datetime(2025, 6, 1, 12, tzinfo=ZONE).astimezone(dt.UTC)
MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
#: How long announcements are gathered before they are answered.
GATHER_S = 30.0

Why = Literal["poll", "webhook", "urgent"]


@dataclass(order=True)
class Ask:
    """Requests that an athlete's data needs, at an instant (seconds since the beginning)."""

    at: float
    number: int
    athlete: int = field(compare=False)
    why: Why = field(compare=False)
    requests: int = field(compare=False, default=1)
    data_type: DataType | None = field(compare=False, default=None)
    due: float = field(compare=False, default=0.0)


class Vendor:
    """A vendor's athletes, its budget, and everything that was asked."""

    def __init__(self) -> None:
        self.now = 0.0
        limits = [
            Limit(one.count, one.per_s, reserve=one.count // 5)  # as routine work has it
            for one in WHOOP.limits
        ]
        self.budget = MemoryBudget(*limits, patience_s=0.0, clock=lambda: self.now)
        self.plan = plan_for(WHOOP, listening=ATHLETES, polled=0)
        self.sent: list[float] = []
        self.waits: dict[Why, list[tuple[float, int]]] = defaultdict(list)
        self.fetched: dict[tuple[int, DataType], list[float]] = defaultdict(list)
        self._heap: list[Ask] = []
        self._numbers = itertools.count()

    def ask(self, at: float, athlete: int, why: Why, requests: int = 1) -> None:
        self._push(Ask(at, next(self._numbers), athlete, why, requests, due=at))

    def poll(self, athlete: int, data_type: DataType, last: float) -> None:
        """Put the next turn of one type on the clock."""
        due = next_due(
            self.plan.rounds(data_type, listening=True),
            zone=ZONE,
            connection_id=athlete,
            spread=self.plan.spread,
            after=BEGIN + dt.timedelta(seconds=last),
        )
        if due is not None:
            at = (due - BEGIN).total_seconds()
            self._push(Ask(at, next(self._numbers), athlete, "poll", data_type=data_type, due=at))

    async def live(self, until: float) -> None:
        """Let time pass; whoever is refused comes back as the engine's jobs do."""
        while self._heap and self._heap[0].at < until:
            one = heapq.heappop(self._heap)
            self.now = one.at
            try:
                while one.requests:
                    await self.budget.acquire(urgent=one.why == "urgent")
                    self.sent.append(self.now)
                    one.requests -= 1
            except Retriable as error:
                pause = error.after or 0.0
                if one.why != "urgent":
                    pause = retry_after(pause, one.athlete)
                one.at = self.now + pause
                self._push(one)
                continue
            self.waits[one.why].append((self.now - one.due, one.athlete))
            if one.data_type is not None:
                self.fetched[one.athlete, one.data_type].append(self.now)
                self.poll(one.athlete, one.data_type, self.now)

    def most_within(self, seconds: float) -> int:
        """The most requests that any window of this length held."""
        most = 0
        for index, at in enumerate(self.sent):
            most = max(most, index + 1 - bisect.bisect_right(self.sent, at - seconds))
        return most

    def longest_wait(self, why: Why) -> float:
        return max(wait for wait, _ in self.waits[why])

    def _push(self, one: Ask) -> None:
        heapq.heappush(self._heap, one)


def athletes_lives(vendor: Vendor, rng: random.Random, days: int) -> dict[Why, int]:
    """What wearers do: sleep, nap, train, look. Returns how many requests that means."""
    asked: dict[Why, int] = defaultdict(int)

    def happens(at: float, athlete: int, why: Why, requests: int) -> None:
        vendor.ask(max(at, 0.0), athlete, why, requests)
        asked[why] += requests

    for day in range(days):
        midnight = day * DAY_S + 12 * HOUR_S
        for athlete in range(1, ATHLETES + 1):
            woken = midnight + rng.gauss(7.0, 1.0) * HOUR_S
            happens(woken + GATHER_S, athlete, "webhook", 2)  # the night and its recovery
            if rng.random() < 0.15:
                happens(midnight + rng.gauss(15.0, 1.0) * HOUR_S, athlete, "webhook", 1)
            for _ in range(rng.choice((0, 1, 1, 2))):
                happens(midnight + rng.gauss(18.0, 2.5) * HOUR_S, athlete, "webhook", 1)
        for _ in range(250):  # people look in the morning, when most is asked for
            happens(midnight + rng.gauss(8.0, 1.0) * HOUR_S, rng.randrange(1, ATHLETES + 1), "urgent", 2)
    return asked


def test_1600_athletes_stay_fresh_within_the_budget() -> None:
    rng = random.Random(16)
    vendor = Vendor()
    for athlete in range(1, ATHLETES + 1):
        for data_type in sorted(WHOOP.data_types):
            vendor.poll(athlete, data_type, last=-rng.random() * HOUR_S)
    asked = athletes_lives(vendor, rng, days=2)
    asyncio.run(vendor.live(3 * DAY_S))

    # the budget is kept, by the minute and by the day, and mostly used
    assert vendor.most_within(MINUTE_S) <= 100
    busiest = vendor.most_within(DAY_S)
    assert 7_000 < busiest <= 10_000
    assert vendor.plan.requests_per_day <= 7_000

    # everything that was announced or looked at was answered, and soon
    assert sum(asked.values()) == len(vendor.sent) - len(vendor.waits["poll"])
    assert vendor.longest_wait("webhook") < 5 * MINUTE_S
    assert vendor.longest_wait("urgent") < 5

    # the day's strain, which nobody announces, is never older than a day and a little
    for athlete in range(1, ATHLETES + 1):
        found = vendor.fetched[athlete, DataType.CYCLE]
        assert found[0] < DAY_S
        assert max(later - earlier for earlier, later in itertools.pairwise(found)) < 25 * HOUR_S
    # and nobody waits much longer for their turn than others
    assert vendor.longest_wait("poll") < 5 * MINUTE_S


def test_after_an_outage_everybody_is_served_in_turn_and_whoever_looks_is_served_first() -> None:
    vendor = Vendor()
    for athlete in range(1, ATHLETES + 1):
        vendor.ask(0.0, athlete, "poll")
    for minute in range(20):
        vendor.ask(minute * MINUTE_S + 30, minute + 1, "urgent", 5)
    asyncio.run(vendor.live(DAY_S))
    assert len(vendor.waits["poll"]) == ATHLETES
    assert vendor.most_within(MINUTE_S) <= 100
    # 1,600 at 80 a minute are 20 minutes; nobody is left behind for much longer than that
    assert vendor.longest_wait("poll") < 30 * MINUTE_S
    assert vendor.longest_wait("urgent") < 2


def test_an_hour_of_refusals_loses_no_request() -> None:
    vendor = Vendor()
    for athlete in range(1, 301):
        vendor.ask(athlete * 1.0, athlete, "poll")

    async def lived() -> None:
        for minute in range(60):  # the vendor says "too many" once a minute, to whoever comes first
            await vendor.live(minute * MINUTE_S)
            vendor.now = minute * MINUTE_S
            await vendor.budget.pause(MINUTE_S)
        sent = len(vendor.sent)
        await vendor.live(2 * HOUR_S)
        assert sent <= 1

    asyncio.run(lived())
    assert len(vendor.sent) == len(vendor.waits["poll"]) == 300
    assert vendor.most_within(MINUTE_S) <= 80
