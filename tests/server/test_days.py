"""A day of an athlete: one value a metric, what is missing, how fresh it is, what is ordered."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from poise_sdk.vocabulary import DataType
from server.graphql.daily.freshness import FreshnessState, Verdict, judge
from storage import ledger
from storage.connect import rows
from storage.reads.days import OPEN_CYCLE
from tests.server import bodies
from tests.server.bodies import ADA, BEN
from tests.server.clients import Api

# Some hours past midnight a day is over in UTC that is not over in Berlin; the athlete's own day counts.
TODAY = dt.datetime.now(ZoneInfo("Europe/Berlin")).date()
DAY = bodies.TODAY - dt.timedelta(days=2)
SUMMARY = """
query($name: String!, $day: Date) {
  athlete(name: $name) {
    dailySummary(day: $day) {
      day
      freshness { state reason sources { vendor state reason syncedAt } }
      metrics { metric title unit value vendor reason candidates { vendor value won quality { flag } } }
      missing { vendor dataType metric flag reason }
      nights { nap asleepMin stages { stage } } hrv { hrvRmssdMs } recoveries { vendor recoveryPct updatedAt }
      cycles { strain day } workouts { activity startAt endAt } bodyMeasurements { weightKg }
      vendorSummaries { part values { metric value } } journal { question answer }
    }
  }
}
"""


@pytest.fixture
def home(ward: str) -> str:
    bodies.empty(ward)
    bodies.seed(ward, days=3)
    return ward


@pytest.fixture
def api(clinic_api: Api) -> Api:
    return clinic_api


async def summary(api: Api, day: dt.date | None, name: str = ADA) -> Any:
    found = await api.data(SUMMARY, name=name, day=day.isoformat() if day else None)
    return found["athlete"]["dailySummary"]


async def test_a_day_has_one_value_a_metric_and_says_who_won_and_why(api: Api):
    day = await summary(api, DAY)
    metrics = {one["metric"]: one for one in day["metrics"]}
    assert set(metrics) == {"hrv_rmssd_ms", "recovery_pct", "strain"}
    hrv = metrics["hrv_rmssd_ms"]
    assert (hrv["value"], hrv["vendor"], hrv["unit"]) == (71.5, "tidewatch", "ms")
    assert hrv["reason"] == "first in the usual order"
    assert hrv["candidates"] == [
        {"vendor": "other", "value": 64.0, "won": False, "quality": []},
        {"vendor": "tidewatch", "value": 71.5, "won": True, "quality": []},
    ]


async def test_a_day_holds_the_records_of_all_vendors(api: Api):
    day = await summary(api, DAY)
    assert [(one["nap"], len(one["stages"])) for one in day["nights"]] == [(False, 3), (True, 0)]
    assert {(one["vendor"], one["recoveryPct"]) for one in day["recoveries"]} == {
        ("tidewatch", 66.0),
        ("other", None),
    }
    assert day["cycles"] == [{"strain": 12.25, "day": DAY.isoformat()}]
    [workout] = day["workouts"]
    assert dt.datetime.fromisoformat(workout["startAt"]) == bodies.at(DAY, 17)
    assert day["vendorSummaries"] == [{"part": "activity", "values": [{"metric": "steps", "value": 9_000.0}]}]
    assert day["journal"] == [{"question": "Any alcohol?", "answer": False}]
    assert day["bodyMeasurements"] == [{"weightKg": 81.5}]
    assert day["hrv"] == [{"hrvRmssdMs": 71.5}]


QUALITY = """
query($name: String!, $day: Date) {
  athlete(name: $name) { dailySummary(day: $day) { metrics { metric ...Told } } }
}
fragment Told on DailyMetric { quality { flag field detail } }
"""


async def test_a_value_that_counts_carries_the_remarks_of_its_vendor_alone(api: Api):
    partial = '[{"flag": "partial", "field": null, "detail": "a gap"}]'
    said = "UPDATE daily_values SET quality = $1::jsonb WHERE metric = $2 AND vendor = $3 AND day = $4"
    await rows(said, partial, "hrv_rmssd_ms", "tidewatch", DAY)
    await rows(said, partial, "strain", "other", DAY)
    found = await api.data(QUALITY, name=ADA, day=DAY.isoformat())
    told = {one["metric"]: one["quality"] for one in found["athlete"]["dailySummary"]["metrics"]}
    remark = {"flag": "PARTIAL", "field": None, "detail": "a gap"}
    assert told == {"hrv_rmssd_ms": [remark], "recovery_pct": [], "strain": []}


async def test_a_value_a_record_lacks_is_listed_with_its_reason(api: Api):
    missing = (await summary(api, DAY))["missing"]
    assert missing == [
        {
            "vendor": "other",
            "dataType": None,
            "metric": "recovery_pct",
            "flag": "PENDING_SCORE",
            "reason": "pending score",
        }
    ]


async def test_days_of_files_alone_are_fresh_and_nothing_is_ordered(api: Api):
    day = await summary(api, DAY)
    assert day["freshness"]["state"] == "FRESH"
    assert {one["reason"] for one in day["freshness"]["sources"]} == {"from a file that was imported"}
    assert (await ledger.list_jobs()).jobs == ()


async def test_without_a_connection_an_empty_day_says_so(api: Api):
    day = await summary(api, None)
    assert day["day"] == TODAY.isoformat()
    assert day["freshness"] == {
        "state": "NOT_CONNECTED",
        "reason": "no vendor is connected",
        "sources": [],
    }
    assert day["metrics"] == []


async def test_a_missing_recent_day_is_ordered_once_and_the_answer_does_not_wait(api: Api, home: str):
    connection = await bodies.connect(home, BEN)
    first = await summary(api, TODAY, BEN)
    assert first["freshness"]["state"] == "SYNCING"
    assert {one["dataType"] for one in first["missing"]} == {"SLEEP", "RECOVERY", "CYCLE"}
    await summary(api, TODAY, BEN)
    await api.data(f'{{ athlete(name: "{BEN}") {{ freshness {{ state }} }} }}')
    jobs = (await ledger.list_jobs()).jobs
    assert {job.key for job in jobs} == {f"sync:{connection}:{one}" for one in ("sleep", "recovery", "cycle")}
    assert all(job.args["urgent"] for job in jobs)
    assert {job.args["reason"] for job in jobs} == {"missing day"}


@pytest.mark.parametrize(("ago", "ordered"), [(0, set()), (2, {"cycle"})])
async def test_a_cycle_without_an_end_is_all_there_is_of_today_alone(
    api: Api, home: str, ago: int, ordered: set[str]
):
    day = TODAY - dt.timedelta(days=ago)
    c = await asyncpg.connect(home)
    try:
        await c.execute("DELETE FROM cycles")
        await bodies.insert(c, "nights", bodies.night(2, day, source_id="n"))
        await bodies.insert(c, "recoveries", bodies.recovery(2, day, source_id="r"))
        await bodies.insert(c, "cycles", bodies.cycle(2, day, end_at=None))
    finally:
        await c.close()
    connection = await bodies.connect(home, BEN)
    found = await summary(api, day, BEN)
    jobs = (await ledger.list_jobs()).jobs
    assert {job.key for job in jobs} == {f"sync:{connection}:{one}" for one in ordered}
    lacking = [(one["dataType"], one["flag"]) for one in found["missing"] if one["dataType"]]
    assert lacking == [(one.upper(), "PARTIAL") for one in ordered]
    if ordered:
        assert found["freshness"]["reason"] == "tidewatch: the end of the cycle has been ordered"


async def test_a_series_orders_what_is_missing_of_its_last_week(api: Api, home: str):
    await bodies.connect(home, BEN)
    found = await api.data(
        f'{{ athlete(name: "{BEN}") {{ dailySeries(metrics: ["strain"]) {{ freshness {{ state }} }} }} }}'
    )
    assert found["athlete"]["dailySeries"]["freshness"]["state"] == "SYNCING"
    assert len((await ledger.list_jobs()).jobs) == 3


async def test_a_day_long_ago_is_not_ordered(api: Api, home: str):
    done = {"status": "ok", "backfill_done": True, "last_success_at": bodies.at(TODAY, 1)}
    await bodies.connect(home, BEN, states=dict.fromkeys(("sleep", "recovery", "cycle"), done))
    day = await summary(api, TODAY - dt.timedelta(days=60), BEN)
    assert day["freshness"]["state"] == "NO_DATA"
    assert (await ledger.list_jobs()).jobs == ()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_day_that_no_device_can_have_seen_is_refused(api: Api, day: str):
    [error] = await api.errors(SUMMARY, name=ADA, day=day)
    assert error["extensions"]["code"] == "BAD_REQUEST"


NOW = dt.datetime(2031, 5, 10, 9, 0, tzinfo=dt.UTC)
NOON = dt.date(2031, 5, 10)
TYPES = (DataType.SLEEP, DataType.RECOVERY)
OFFERED = {"tidewatch": TYPES}


def verdict(
    day: dt.date = NOON,
    *,
    present: tuple[str, ...] = (),
    connection: str = "connected",
    reason: str | None = None,
    offered: Any = OFFERED,
    **state: Any,
) -> Verdict:
    """The verdict on a day of one connection whose types all have the same sync state."""
    return judge(
        day,
        "UTC",
        now=NOW,
        connections=[{"id": 1, "vendor": "tidewatch", "status": connection, "status_reason": reason}],
        sync_states=[{"connection_id": 1, "data_type": one.value, **state} for one in TYPES] if state else [],
        present={("tidewatch", one) for one in present},
        offered=offered,
    )


BOTH = ("sleep", "recovery")
MINUTES = dt.timedelta(minutes=1)
HOURS = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("told", "state", "orders"),
    [
        ({}, "SYNCING", 2),
        ({"present": ("sleep",)}, "SYNCING", 1),
        ({"status": "syncing"}, "SYNCING", 0),
        ({"status": "error", "error": "HTTP 500", "last_attempt_at": NOW - 3 * MINUTES}, "STALE", 0),
        ({"status": "error", "error": "HTTP 500", "last_attempt_at": NOW - 11 * MINUTES}, "SYNCING", 2),
        ({"status": "ok", "last_attempt_at": NOW - MINUTES, "last_success_at": NOW - MINUTES}, "NO_DATA", 0),
        ({"status": "ok", "last_attempt_at": NOW - HOURS, "last_success_at": NOW - HOURS}, "SYNCING", 2),
        ({"status": "not_shared"}, "NO_DATA", 0),
        ({"present": BOTH, "status": "ok", "last_success_at": NOW - HOURS}, "FRESH", 0),
        ({"present": BOTH, "status": "ok", "last_success_at": NOW - 13 * HOURS}, "STALE", 0),
        ({"present": BOTH, "status": "error", "last_success_at": NOW - 13 * HOURS}, "STALE", 0),
        ({"present": BOTH}, "STALE", 0),
    ],
)
def test_today_is_judged_by_what_is_here_and_when_it_was_asked_for(
    told: dict[str, Any], state: str, orders: int
):
    found = verdict(**told)
    assert (found.freshness.state.name, len(found.orders)) == (state, orders)


@pytest.mark.parametrize(
    ("days_ago", "success_after_days", "state", "orders"),
    [
        (3, None, "SYNCING", 2),
        (3, 0.5, "SYNCING", 2),
        (3, 2.5, "NO_DATA", 0),
        (7, None, "SYNCING", 2),
        (8, None, "SYNCING", 0),
        (-1, None, "NO_DATA", 0),
    ],
)
def test_a_past_day_is_ordered_until_the_vendor_was_asked_a_day_after_it(
    days_ago: int, success_after_days: float | None, state: str, orders: int
):
    day = NOON - dt.timedelta(days=days_ago)
    after = None
    if success_after_days is not None:
        after = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=success_after_days)
    found = verdict(day, last_success_at=after, last_attempt_at=after)
    assert (found.freshness.state.name, len(found.orders)) == (state, orders)


CYCLES = {"tidewatch": (DataType.SLEEP, DataType.RECOVERY, DataType.CYCLE)}


@pytest.mark.parametrize(
    ("asked", "state", "orders", "reason"),
    [
        (None, "SYNCING", 1, "tidewatch: the end of the cycle has been ordered"),
        (NOW - HOURS, "SYNCING", 1, "tidewatch: the end of the cycle has been ordered"),
        (NOW - MINUTES, "STALE", 0, "tidewatch has not told how the cycle of that day ended yet"),
    ],
)
def test_a_past_day_whose_cycle_runs_on_is_not_all_there_is(
    asked: dt.datetime | None, state: str, orders: int, reason: str
):
    found = judge(
        NOON - dt.timedelta(days=1),
        "UTC",
        now=NOW,
        connections=[{"id": 1, "vendor": "tidewatch", "status": "connected", "status_reason": None}],
        sync_states=[
            {"connection_id": 1, "data_type": one.value, "last_attempt_at": asked, "last_success_at": asked}
            for one in CYCLES["tidewatch"]
        ],
        present={("tidewatch", one) for one in (*BOTH, OPEN_CYCLE)},
        offered=CYCLES,
    )
    assert (found.freshness.state.name, len(found.orders)) == (state, orders)
    assert found.freshness.reason == reason
    [(_, data_type, flag, _)] = found.lacking
    assert (data_type, flag) == (DataType.CYCLE, "partial")


@pytest.mark.parametrize(("ago", "asked_after"), [(3, 2.0), (30, 2.0)])
def test_a_cycle_that_never_ends_is_not_asked_for_again_and_again(ago: int, asked_after: float):
    day = NOON - dt.timedelta(days=ago)
    asked = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=asked_after)
    state = {"connection_id": 1, "last_attempt_at": asked, "last_success_at": asked, "backfill_done": True}
    found = judge(
        day,
        "UTC",
        now=NOW,
        connections=[{"id": 1, "vendor": "tidewatch", "status": "connected", "status_reason": None}],
        sync_states=[{**state, "data_type": one.value} for one in CYCLES["tidewatch"]],
        present={("tidewatch", one) for one in (*BOTH, OPEN_CYCLE)},
        offered=CYCLES,
    )
    assert (found.freshness.state, found.orders) == (FreshnessState.FRESH, [])
    assert [(one, flag) for _, one, flag, _ in found.lacking] == [(DataType.CYCLE, "partial")]


def test_what_a_vendor_has_not_is_told_in_one_phrase_and_flagged():
    every = {"tidewatch": (DataType.SLEEP, DataType.RECOVERY, DataType.DAILY)}
    found = judge(
        NOON,
        "UTC",
        now=NOW,
        connections=[{"id": 1, "vendor": "tidewatch", "status": "connected", "status_reason": None}],
        sync_states=[
            {"connection_id": 1, "data_type": one.value, "last_attempt_at": NOW - MINUTES}
            for one in every["tidewatch"]
        ],
        present=(),
        offered=every,
    )
    assert found.freshness.reason == "tidewatch has no sleep, recovery or daily summary of that day yet"
    assert [flag for _, _, flag, _ in found.lacking] == ["vendor_silent"] * 3
    assert found.lacking[0][3] == "tidewatch has no sleep of that day yet"


def test_a_day_that_is_long_settled_is_flagged_too():
    found = verdict(NOON - dt.timedelta(days=40), backfill_done=True)
    assert found.freshness.reason == "tidewatch has no sleep or recovery of that day"
    assert {flag for _, _, flag, _ in found.lacking} == {"vendor_silent"}


def test_a_day_to_come_is_nobodys_fault():
    found = verdict(NOON + dt.timedelta(days=1))
    assert found.freshness.reason == "the day is still to come"


def test_what_is_on_its_way_is_told_in_one_phrase():
    assert verdict().freshness.reason == "tidewatch: sleep and recovery have been ordered"
    assert verdict(status="syncing").freshness.reason == "tidewatch: sleep and recovery are being fetched"
    braces = verdict(status="error", error="HTTP {500}", last_attempt_at=NOW)
    assert braces.freshness.reason == "tidewatch: sleep and recovery could not be fetched: HTTP {500}"


def test_a_day_beyond_the_week_waits_for_its_history_and_then_is_settled():
    day = NOON - dt.timedelta(days=40)
    known_to = dt.datetime.combine(NOON - dt.timedelta(days=20), dt.time(), dt.UTC)
    assert verdict(day, backfill_until=known_to).freshness.state is FreshnessState.SYNCING
    further = dt.datetime.combine(NOON - dt.timedelta(days=50), dt.time(), dt.UTC)
    assert verdict(day, backfill_until=further).freshness.state is FreshnessState.NO_DATA
    assert verdict(day, backfill_done=True).freshness.state is FreshnessState.NO_DATA


@pytest.mark.parametrize(("present", "state"), [((), "NOT_CONNECTED"), (BOTH, "STALE")])
def test_a_connection_that_needs_its_owner_says_what_to_do(present: tuple[str, ...], state: str):
    found = verdict(present=present, connection="needs_reauth", reason="refused")
    assert found.freshness.state.name == state
    assert found.freshness.reason == "tidewatch: refused: connect it again"
    assert found.orders == []


def test_a_vendor_whose_adapter_is_gone_is_not_asked():
    found = verdict(offered={})
    assert (found.freshness.state, found.orders) == (FreshnessState.NOT_CONNECTED, [])


def test_of_several_vendors_the_one_that_is_fetching_decides():
    connections = [
        {"id": n, "vendor": name, "status": "connected", "status_reason": None}
        for n, name in ((1, "tidewatch"), (2, "other"))
    ]
    found = judge(
        NOON,
        "UTC",
        now=NOW,
        connections=connections,
        sync_states=[
            {"connection_id": 1, "data_type": one.value, "status": "ok", "last_success_at": NOW}
            for one in TYPES
        ],
        present={("tidewatch", one) for one in BOTH},
        offered={"tidewatch": TYPES, "other": TYPES},
    )
    assert [one.state.name for one in found.freshness.sources] == ["FRESH", "SYNCING"]
    assert found.freshness.state is FreshnessState.SYNCING
    assert found.orders == [(2, DataType.SLEEP), (2, DataType.RECOVERY)]
