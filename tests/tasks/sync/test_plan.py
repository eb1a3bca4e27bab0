from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poise_sdk.budget import Limit
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities
from tasks.sync import clocks
from tasks.sync import plan as planning
from tasks.sync.clocks import Round, next_due, offset_of
from tasks.sync.plan import Plan, plan_for

UTC = ZoneInfo("UTC")
NO_SPREAD = dt.timedelta(0)
ALL = frozenset(DataType)
WHOOP = Capabilities(
    data_types=frozenset(
        {
            DataType.SLEEP,
            DataType.RECOVERY,
            DataType.CYCLE,
            DataType.WORKOUT,
            DataType.BODY,
            DataType.PROFILE,
        }
    ),
    webhooks=frozenset({DataType.SLEEP, DataType.RECOVERY, DataType.WORKOUT}),
    limits=(Limit(100, 60.0), Limit(10_000, 86_400.0)),
)


def hours(plan: Plan, data_type: DataType, *, listening: bool = False) -> set[tuple[int, int]]:
    return {(one.hour, one.every_days) for one in plan.rounds(data_type, listening=listening)}


def turns(
    rounds: tuple[Round, ...], zone: ZoneInfo, begin: dt.datetime, n: int, connection_id: int = 1
) -> list[str]:
    found = []
    after = begin
    for _ in range(n):
        due = next_due(rounds, zone=zone, connection_id=connection_id, spread=NO_SPREAD, after=after)
        assert due is not None
        found.append(due.astimezone(zone).strftime("%d %H:%M"))
        after = due
    return found


def test_a_vendor_without_limits_is_asked_at_all_hours_of_the_design() -> None:
    plan = plan_for(Capabilities(data_types=ALL), listening=0, polled=100_000)
    morning = {(4, 1), (8, 1), (23, 1)}
    afternoon = {(14, 1), (20, 1), (23, 1)}
    assert hours(plan, DataType.SLEEP) == hours(plan, DataType.RECOVERY) == morning
    assert hours(plan, DataType.WORKOUT) == hours(plan, DataType.CYCLE) == afternoon
    assert hours(plan, DataType.DAILY) == {(8, 1), (20, 1), (23, 1)}
    assert hours(plan, DataType.BODY) == hours(plan, DataType.JOURNAL) == {(23, 1)}


def test_what_webhooks_announce_is_only_reconciled() -> None:
    plan = plan_for(WHOOP, listening=100, polled=0)
    assert hours(plan, DataType.SLEEP, listening=True) == {(23, 3)}
    assert hours(plan, DataType.CYCLE, listening=True) == {(14, 1), (20, 1), (23, 1)}
    assert hours(plan, DataType.SLEEP, listening=False) == {(4, 1), (8, 1), (23, 1)}


@pytest.mark.parametrize(("listening", "polled"), [(1600, 0), (0, 1600), (0, 300), (1500, 60), (1, 0)])
def test_up_to_1600_athletes_of_whoop_are_asked_daily_within_what_is_planned(
    listening: int, polled: int
) -> None:
    plan = plan_for(WHOOP, listening=listening, polled=polled)
    assert plan.requests_per_day <= 7_000
    for data_type in (DataType.SLEEP, DataType.RECOVERY, DataType.CYCLE, DataType.WORKOUT):
        for heard in (True, False):
            announced = heard and data_type in WHOOP.webhooks
            rarest = min(every for _, every in hours(plan, data_type, listening=heard))
            assert rarest <= (30 if announced else 1)


def test_the_arithmetic_of_the_documentation_is_that_of_the_planner() -> None:
    assert planning.__doc__ is not None
    plan = plan_for(WHOOP, listening=1600, polled=0)
    assert round(plan.requests_per_day) == 6_907
    assert "6,907 of 7,000" in planning.__doc__
    assert round(plan.spread.total_seconds() / 60) == 107
    assert ":attr:`Plan.spread` (107 minutes)" in planning.__doc__
    assert round(plan_for(WHOOP, listening=0, polled=1600).requests_per_day) == 6_857
    assert "(6,857 requests)" in planning.__doc__


def test_too_many_athletes_are_asked_on_every_nth_day() -> None:
    plan = plan_for(WHOOP, listening=0, polled=4_000)
    assert hours(plan, DataType.CYCLE) == {(23, 3)}
    assert plan.requests_per_day <= 7_000


def test_more_athletes_are_never_asked_more_often() -> None:
    costs = [plan_for(WHOOP, listening=0, polled=n).requests_per_day / n for n in range(50, 4_000, 150)]
    assert all(more <= less + 1e-9 for less, more in pairwise(costs))


def test_what_is_not_shared_is_asked_for_once_a_week() -> None:
    plan = plan_for(WHOOP, listening=0, polled=1)
    assert plan.rounds(DataType.SLEEP, listening=False, shared=False) == (Round(23, 7),)
    assert plan.rounds(DataType.JOURNAL, listening=False) == ()


def test_the_hours_are_those_of_the_athletes_clock() -> None:
    rounds = (Round(4), Round(8), Round(23))
    noon = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
    assert turns(rounds, UTC, noon, 4) == ["01 23:00", "02 04:00", "02 08:00", "02 23:00"]
    auckland = ZoneInfo("Pacific/Auckland")
    due = next_due(rounds, zone=auckland, connection_id=1, spread=NO_SPREAD, after=noon)
    assert due == dt.datetime(2025, 6, 1, 16, tzinfo=dt.UTC)


def test_a_change_of_the_clocks_skips_and_repeats_no_turn() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = dt.datetime(2025, 3, 29, 12, tzinfo=dt.UTC)
    assert turns((Round(2), Round(8)), berlin, begin, 4) == ["30 03:00", "30 08:00", "31 02:00", "31 08:00"]
    begin = dt.datetime(2025, 10, 25, 12, tzinfo=dt.UTC)
    assert turns((Round(2), Round(8)), berlin, begin, 3) == ["26 02:00", "26 08:00", "27 02:00"]


def test_a_round_of_every_third_day_falls_on_different_days_for_different_connections() -> None:
    begin = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
    days = {turns((Round(23, 3),), UTC, begin, 1, connection)[0] for connection in range(1, 10)}
    assert days == {"01 23:00", "02 23:00", "03 23:00"}
    assert turns((Round(23, 3),), UTC, begin, 3, 4) == turns((Round(23, 3),), UTC, begin, 3, 1)


def test_turns_missed_while_nobody_worked_are_one_turn() -> None:
    last = dt.datetime(2025, 6, 1, 8, 30, tzinfo=dt.UTC)
    due = next_due((Round(8), Round(23)), zone=UTC, connection_id=1, spread=NO_SPREAD, after=last)
    assert due == dt.datetime(2025, 6, 1, 23, tzinfo=dt.UTC)
    now = dt.datetime(2025, 6, 5, 9, tzinfo=dt.UTC)  # asked now, the next turn is tonight's
    due = next_due((Round(8), Round(23)), zone=UTC, connection_id=1, spread=NO_SPREAD, after=now)
    assert due == dt.datetime(2025, 6, 5, 23, tzinfo=dt.UTC)


def test_a_type_without_rounds_is_never_due() -> None:
    now = dt.datetime(2025, 6, 5, 9, tzinfo=dt.UTC)
    assert next_due((), zone=UTC, connection_id=1, spread=NO_SPREAD, after=now) is None


@given(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Chatham"]),
    connection_id=st.integers(1, 10**12),
    hour=st.integers(0, 23),
    every=st.integers(1, 30),
    spread=st.integers(0, 180),
)
def test_a_turn_is_always_later_and_within_its_period(
    minutes: int, zone: str, connection_id: int, hour: int, every: int, spread: int
) -> None:
    begin = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    due = next_due(
        (Round(hour, every),),
        zone=ZoneInfo(zone),
        connection_id=connection_id,
        spread=dt.timedelta(minutes=spread),
        after=begin,
    )
    assert due is not None
    assert begin < due <= begin + dt.timedelta(days=every, hours=1)  # an hour for the change of clocks


def test_connections_are_spread_evenly() -> None:
    hour = dt.timedelta(hours=1)
    offsets = sorted(offset_of(n, hour) for n in range(5_000, 6_600))
    widest = max(later - earlier for earlier, later in pairwise(offsets))
    assert hour / 1600 < widest < 3 * hour / 1600


def test_a_connection_is_deaf_after_a_day_and_a_half_without_webhooks() -> None:
    now = dt.datetime(2025, 6, 5, 9, tzinfo=dt.UTC)
    assert not planning.is_listening(now, None)
    assert planning.is_listening(now, now - dt.timedelta(hours=35))
    assert not planning.is_listening(now, now - dt.timedelta(hours=37))


def test_an_unknown_time_zone_is_taken_for_utc() -> None:
    assert clocks.zone_of("Mars/Olympus_Mons") == UTC
    assert clocks.zone_of("../etc/passwd") == UTC
    assert clocks.zone_of("") == UTC
    assert clocks.zone_of("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")


def test_webhooks_are_answered_cheaply_where_requests_are_scarce() -> None:
    assert planning.is_scarce(WHOOP.limits, 1_600)
    assert not planning.is_scarce(WHOOP.limits, 300)
    assert not planning.is_scarce((), 1_000_000)


def test_those_who_were_put_off_come_back_one_after_the_other() -> None:
    waits = [clocks.retry_after(60.0, connection) for connection in range(1, 100)]
    assert min(waits) >= 60.0
    assert max(waits) <= 80.0
    assert len({round(wait, 1) for wait in waits}) > 50
