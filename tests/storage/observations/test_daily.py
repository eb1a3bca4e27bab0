"""The day: what each vendor says of it, who counts, and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poise_sdk.metrics import METRICS
from poise_sdk.observations import BodyMeasurement, DailySummary, Deleted, Quality, QualityFlag
from poise_sdk.vocabulary import DataType
from storage.connect import Connection
from storage.observations import recompute_days, set_source_order
from storage.observations.folding import Value, fold
from storage.observations.measures import BASES, HOW, MEASURES
from storage.observations.order import choose
from storage.observations.sampling import without_overlap
from storage.observations.tables import TABLES
from tests.storage.observations.invented import (
    ATHLETE,
    DAY,
    at,
    cycle,
    effective,
    hrv_night,
    night,
    picture,
    recovery,
    rows,
    sourced,
    store,
    table,
    workout,
)

HRV = "hrv_rmssd_ms"
KEY = DAY.isoformat()


def test_every_figure_is_a_known_metric_of_a_column_that_exists() -> None:
    columns = {one.name: one.columns for one in TABLES}
    for name, measures in MEASURES.items():
        for measure in measures:
            assert measure.metric in METRICS
            assert measure.column in columns[name]
    assert set(HOW) == set(BASES)
    assert {"nap_min", "naps", "workouts"} <= set(METRICS)


def candidates(**given: Value) -> dict[str, Value]:
    return given


def reading(value: float) -> Value:
    return Value(value, "readings")


def asleep(value: float | None, *quality: QualityFlag) -> Value:
    return Value(value, "hrv_nights", tuple(Quality(flag=flag) for flag in quality))


def test_the_only_source_counts() -> None:
    chosen = choose(HRV, candidates(ring=asleep(70.0)), {})
    assert chosen == ("ring", 70.0, "only source", 1)
    assert choose(HRV, candidates(ring=asleep(None)), {}) is None


def test_by_default_sleep_counts_before_single_readings_then_the_name() -> None:
    chosen = choose(HRV, candidates(app=reading(60.0), ring=asleep(70.0)), {})
    assert chosen == ("ring", 70.0, "measured in sleep, unlike app", 2)
    chosen = choose(HRV, candidates(ring=asleep(70.0), band=asleep(75.0), app=reading(1.0)), {})
    assert chosen == ("band", 75.0, "measured in sleep, as is ring; first by name", 3)


def test_the_athletes_order_decides_and_says_who_had_nothing() -> None:
    told = candidates(band=asleep(None, QualityFlag.NOT_WORN), ring=asleep(70.0), app=reading(60.0))
    orders = {"*": ["app", "ring"], HRV: ["watch", "band", "app"]}
    chosen = choose(HRV, told, orders)
    assert chosen is not None
    assert (chosen.vendor, chosen.candidates) == ("app", 2)
    assert chosen.reason == (
        "watch says nothing of it this day; band has no value: not worn; "
        "next in the athlete's order for this figure"
    )
    assert choose("steps", told, orders) == ("app", 60.0, "first in the athlete's order", 2)
    alone = candidates(band=asleep(None, QualityFlag.NOT_WORN), ring=asleep(70.0))
    assert choose("steps", alone, {"*": ["ring"]}) == ("ring", 70.0, "only source with a value", 1)


vendors = st.sampled_from(["a", "b", "c", "d"])
figures = st.builds(Value, st.none() | st.floats(0, 100), st.sampled_from(BASES), st.just(()))


@given(told=st.dictionaries(vendors, figures), order=st.lists(vendors, unique=True))
def test_the_winner_has_a_value_and_nobody_before_it_in_the_order_has(
    told: dict[str, Value], order: list[str]
) -> None:
    chosen = choose(HRV, told, {"*": order})
    having = {vendor for vendor, one in told.items() if one.value is not None}
    if not having:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen.vendor in having
    assert chosen.candidates == len(having)
    assert chosen.reason
    named = [vendor for vendor in order if vendor in having]
    assert chosen.vendor == named[0] if named else True


def row_of(**given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "day": DAY,
        "vendor": "band",
        "source_id": "n",
        "quality": "[]",
        "nap": False,
        "start_at": at(DAY, -2),
        "end_at": at(DAY, 3),
        **{measure.column: None for measure in MEASURES["nights"]},
    }
    return values | given


def test_a_broken_night_adds_up_and_keeps_the_longer_parts_scores() -> None:
    parts = [
        row_of(asleep_min=280.0, efficiency_pct=90.0),
        row_of(source_id="m", start_at=at(DAY, 4), end_at=at(DAY, 6), asleep_min=100.0, efficiency_pct=70.0),
        row_of(source_id="copy", start_at=at(DAY, -1), end_at=at(DAY, 2), asleep_min=170.0),
        row_of(source_id="nap", nap=True, start_at=at(DAY, 14), end_at=at(DAY, 15), asleep_min=50.0),
        row_of(source_id="rest", nap=True, start_at=at(DAY, 16), end_at=at(DAY, 16.5)),
    ]
    folded = {metric: value.value for (_, metric, _), value in fold("nights", parts).items()}
    assert folded == {"asleep_min": 380.0, "efficiency_pct": 90.0, "nap_min": 80.0, "naps": 2.0}


def test_a_vendors_variability_of_several_sleeps_is_weighed_by_samples(c: Connection) -> None:
    first = hrv_night(source_id="a", samples=30, hrv_rmssd_ms=80.0)
    second = hrv_night(source_id="b", samples=10, hrv_rmssd_ms=40.0, start_at=at(DAY, 7), end_at=at(DAY, 9))
    store(c, [first, second])
    assert effective(c)[KEY, HRV][0] == 70.0


def test_variability_of_overlapping_nights_is_that_of_the_longer_one(c: Connection) -> None:
    inside = hrv_night(source_id="a", samples=30, hrv_rmssd_ms=40.0, start_at=at(DAY, 2))
    store(c, [inside, hrv_night(source_id="b", samples=10, hrv_rmssd_ms=80.0)])
    assert effective(c)[KEY, HRV][0] == 80.0
    other = hrv_night(source_id="c", hrv_rmssd_ms=None, hrv_sdnn_ms=55.0, start_at=at(DAY, -3))
    store(c, [other])
    assert effective(c)[KEY, HRV][0] == 80.0
    assert effective(c)[KEY, "hrv_sdnn_ms"][0] == 55.0


def test_a_naps_variability_without_samples_leaves_the_nights_alone(c: Connection) -> None:
    nap = hrv_night(source_id="a", hrv_rmssd_ms=40.0, start_at=at(DAY, 14), end_at=at(DAY, 15))
    store(c, [nap, hrv_night(source_id="b", hrv_rmssd_ms=80.0)])
    assert effective(c)[KEY, HRV][0] == 80.0
    store(
        c, [hrv_night(source_id="a", samples=12, hrv_rmssd_ms=40.0, start_at=nap.start_at, end_at=nap.end_at)]
    )
    assert effective(c)[KEY, HRV][0] == 80.0


def test_what_a_days_summary_tells_of_the_night_was_measured_in_sleep_too(c: Connection) -> None:
    store(c, [recovery("r1", day=DAY, spo2_pct=96.0)], vendor="band")
    store(c, [DailySummary(source_id="d1", day=DAY, values={"spo2_pct": 97.0, "strain": 9.0})], vendor="ring")
    store(c, [cycle()], vendor="band")
    told = effective(c)
    assert told[KEY, "spo2_pct"] == (96.0, "band", "measured in sleep, as is ring; first by name")
    assert told[KEY, "strain"] == (12.5, "band", "told for the day as a whole, as is ring; first by name")


def test_a_figure_bears_no_noise_of_units_converted(c: Connection) -> None:
    noisy = 4912.016000000001
    store(c, [cycle(energy_kj=noisy), workout(energy_kj=noisy)])
    store(c, [DailySummary(source_id="d1", day=DAY, values={"active_energy_kj": noisy})])
    pending = (Quality(flag=QualityFlag.PARTIAL, field="strain"),)
    store(c, [cycle(energy_kj=noisy, quality=pending)], vendor="ring")
    told = [one["value"] for one in rows(c, "daily_values") if one["metric"].endswith("energy_kj")]
    assert told == [4912.016] * 4


def test_sdnn_and_rmssd_never_meet(c: Connection) -> None:
    store(c, [hrv_night(hrv_rmssd_ms=None, hrv_sdnn_ms=55.0)], vendor="watch")
    store(c, [hrv_night()], vendor="band")
    told = effective(c)
    assert told[KEY, "hrv_sdnn_ms"][:2] == (55.0, "watch")
    assert told[KEY, HRV][:2] == (75.0, "band")


def test_a_vendor_without_a_value_says_why(c: Connection) -> None:
    pending = (Quality(flag=QualityFlag.PENDING_SCORE),)
    nothing: dict[str, Any] = {"recovery_pct": None, "hrv_rmssd_ms": None, "resting_hr_bpm": None}
    store(c, [recovery("r1", day=DAY, quality=pending, **nothing)], vendor="band")
    store(c, [recovery("r1", day=DAY)], vendor="ring")
    assert effective(c)[KEY, "recovery_pct"] == (66.0, "ring", "band has no value: not scored yet")
    told = {(one["vendor"], one["metric"]): one for one in rows(c, "daily_values")}
    assert told["band", "recovery_pct"]["value"] is None
    assert ("band", "hrv_sdnn_ms") not in told


def test_an_order_judges_stored_days_anew(c: Connection) -> None:
    for vendor, value in (("band", 75.0), ("ring", 70.0)):
        store(c, [hrv_night(hrv_rmssd_ms=value), cycle()], vendor=vendor)
    assert effective(c)[KEY, HRV][1] == "band"
    set_source_order(c, ATHLETE, "*", ["ring"])
    assert effective(c)[KEY, HRV] == (70.0, "ring", "first in the athlete's order")
    set_source_order(c, ATHLETE, HRV, ["band", "ring"])
    assert effective(c)[KEY, HRV] == (75.0, "band", "first in the athlete's order for this figure")
    assert effective(c)[KEY, "strain"][1] == "ring"
    set_source_order(c, ATHLETE, HRV, [])
    set_source_order(c, ATHLETE, "*", [])
    assert effective(c)[KEY, HRV][2] == "measured in sleep, as is ring; first by name"


def test_a_record_of_the_day_counts_before_its_readings(c: Connection) -> None:
    steps = [
        {"metric": "steps", "start_at": at(DAY, 9), "end_at": at(DAY, 10), "value": 900.0, "utc_offset_s": 0}
    ]
    store(c, [table(steps)])
    assert effective(c)[KEY, "steps"][0] == 900.0
    store(c, [DailySummary(source_id="d1", day=DAY, part="activity", values={"steps": 5000.0})])
    assert effective(c)[KEY, "steps"][0] == 5000.0
    store(c, [table([steps[0] | {"value": 1000.0}])])
    assert effective(c)[KEY, "steps"][0] == 5000.0
    assert [one["basis"] for one in rows(c, "daily_values")] == ["daily_summaries"]


def test_counts_of_two_devices_are_not_added_up(c: Connection) -> None:
    def steps(source: str, hour: float, hours: float, value: float) -> dict[str, Any]:
        span = {"start_at": at(DAY, hour), "end_at": at(DAY, hour + hours)}
        return {"metric": "steps", "source": source, "value": value, "utc_offset_s": 0, **span}

    store(
        c,
        [table([steps("watch", 9, 2, 3000.0), steps("phone", 10, 2, 1000.0), steps("phone", 15, 1, 200.0)])],
    )
    # of the phone's 1000 half lies in the watch's time
    assert effective(c)[KEY, "steps"][0] == 3700.0


def test_days_take_the_last_weight_the_mean_pulse_and_the_sum_of_workouts(c: Connection) -> None:
    weights = [
        BodyMeasurement(source_id=f"b{n}", start_at=at(DAY, n), weight_kg=80.0 + n) for n in (7, 20, 9)
    ]
    pulse = [
        {"metric": "hr_bpm", "start_at": at(DAY, 9, second=n), "value": 60.0 + n, "utc_offset_s": 0}
        for n in (0, 1)
    ]
    other = workout(
        source_id="w2", start_at=at(DAY, 7), end_at=at(DAY, 8), duration_min=30.0, max_speed_m_s=7.5
    )
    store(c, [*weights, table(pulse), workout(), other])
    told = {metric: value for (_, metric), (value, *_) in effective(c).items()}
    assert told["weight_kg"] == 100.0
    assert told["hr_bpm"] == 60.5
    assert (told["workout_min"], told["workouts"], told["max_speed_m_s"]) == (90.0, 2.0, 7.5)


def test_days_computed_anew_are_as_they_were(c: Connection) -> None:
    items = [night(), cycle(), recovery(night_id="n1"), workout()]
    store(c, items, recompute=False)
    store(c, items, vendor="ring")
    before = picture(c)
    recompute_days(c, ATHLETE, [DAY, DAY + dt.timedelta(days=1)])
    after = picture(c)
    assert {one["vendor"] for one in after["daily_values"]} == {"band", "ring"}
    assert len(after["daily_values"]) == len(before["daily_values"])
    recompute_days(c, ATHLETE, [DAY])
    assert picture(c) == after


intervals = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 5), st.integers(0, 9)), max_size=12
)


@given(told=intervals)
def test_counts_without_overlap_lie_between_the_largest_source_and_the_sum(
    told: list[tuple[str, int, int, int]],
) -> None:
    frame = pl.DataFrame(
        [
            {
                "vendor": "v", "metric": "steps", "day": DAY, "source": source,
                "at": at(DAY, start), "end_at": at(DAY, start + length), "value": float(value),
            }
            for source, start, length, value in told
        ],
        schema={
            "vendor": pl.String(), "metric": pl.String(), "day": pl.Date(), "source": pl.String(),
            "at": pl.Datetime("us", "UTC"), "end_at": pl.Datetime("us", "UTC"), "value": pl.Float64(),
        },
    )  # fmt: skip
    kept = without_overlap(frame)["value"].sum()
    totals = frame.group_by("source").agg(pl.col("value").sum())["value"]
    assert (totals.max() or 0.0) - 1e-9 <= kept <= frame["value"].sum() + 1e-9
    assert kept >= 0


def test_somebody_elses_days_are_not_touched(c: Connection) -> None:
    store(c, [night()], sourced=sourced(athlete_id=ATHLETE + 1))
    before = picture(c)
    recompute_days(c, ATHLETE, [DAY])
    assert picture(c) == before


steps = st.builds(
    lambda hour, value, offset: table(
        [{"metric": "steps", "start_at": at(DAY, hour), "value": value, "utc_offset_s": offset}]
    ),
    hour=st.integers(-6, 30),
    value=st.integers(0, 9).map(float),
    offset=st.sampled_from([None, 0, -8 * 3600]),
)
summaries = st.builds(
    lambda value: DailySummary(source_id="d1", day=DAY, values={"steps": value, "floors": 1.0}),
    value=st.integers(20, 29).map(float),
)
sleeps = st.builds(
    lambda hour, offset: night(start_at=at(DAY, hour), end_at=at(DAY, hour + 5), utc_offset_s=offset),
    hour=st.integers(-8, 4),
    offset=st.sampled_from([0, -8 * 3600]),
)
gone = st.builds(
    Deleted, of=st.sampled_from([DataType.DAILY, DataType.SLEEP]), source_id=st.sampled_from(["d1", "n1"])
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(steps | summaries | sleeps | gone, max_size=6))
def test_days_kept_up_step_by_step_are_those_computed_from_all_that_is_stored(
    c: Connection, told: list[Any]
) -> None:
    c.rollback()
    for item in told:
        store(c, [item])
    kept = picture(c)
    recompute_days(c, ATHLETE, [DAY + dt.timedelta(days=n) for n in range(-3, 5)])
    assert picture(c) == kept
