"""A day of an athlete: one value a metric, what is missing, how fresh it is, what is ordered."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from poise_sdk.vocabulary import DataType
from server.graphql.daily.freshness import FreshnessState, Verdict, judge
from storage import ledger
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
