"""Each rule of admission, with what it says; and what holds of all of them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poise_sdk.metrics import METRICS
from poise_sdk.observations import (
    BodyMeasurement,
    Cycle,
    DailySummary,
    Deleted,
    JournalEntry,
    Night,
    Profile,
    Quality,
    QualityFlag,
    Reading,
    Recovery,
    SleepStage,
    Stage,
    WearableRecord,
    Workout,
)
from poise_sdk.plausibility import admit
from poise_sdk.records import Rejected
from poise_sdk.vocabulary import DataType

NOW = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
START = dt.datetime(2025, 5, 30, 22, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def night(**more: Any) -> Night:
    return Night(**{"start_at": START, "end_at": START + 8 * HOUR, "row": 7, **more})


def workout(**more: Any) -> Workout:
    return Workout(**{"start_at": START, "end_at": START + HOUR, "activity": "running", **more})


def judge(record: WearableRecord) -> tuple[WearableRecord | None, tuple[Rejected, ...]]:
    return admit(record, file="f.json", received_at=NOW)


def test_an_honest_record_passes_as_it_is() -> None:
    for record in (
        night(asleep_min=430.0, avg_hr_bpm=51.0, utc_offset_s=-5 * 3600),
        workout(energy_kj=2_700.0, zone_2_min=31.0),
        Cycle(start_at=START, strain=14.2),
        Recovery(night_id="n", recovery_pct=66.0, contributors={"hrv_balance": 88.0}),
        BodyMeasurement(weight_kg=81.0),
        DailySummary(day=dt.date(2025, 5, 30), values={"steps": 9_000.0, "vigour_index": 1e9}),
        JournalEntry(day=dt.date(2025, 5, 30), question="Late meal?", answer=True),
        Reading(start_at=START, metric="hr_bpm", value=61.0),
        Reading(start_at=START, metric="vigour_index", value=-1e9),
    ):
        admitted, refused = judge(record)
        assert admitted is record
        assert refused == ()


def test_what_has_no_time_is_not_judged() -> None:
    for record in (Deleted(of=DataType.SLEEP, source_id="n"), Profile(vendor_user_id="u")):
        assert judge(record) == (record, ())


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        (workout(start_at=START.replace(tzinfo=None)), "start_at", "has no zone"),
        (workout(start_at="yesterday"), "start_at", "'yesterday' is no time"),
        (workout(start_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)), "start_at", "lost its clock"),
        (workout(start_at=NOW + 25 * HOUR, end_at=None), "start_at", "lies in the future"),
        (workout(end_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC)), "end_at", "lies in the future"),
        (night(end_at=START - HOUR), "end_at", "it ends before it begins"),
        (night(end_at=START + 30 * HOUR), "end_at", "it lasts 30 hours, more than 24"),
        (workout(start_at=START - 49 * HOUR, end_at=START), "end_at", "it lasts 49 hours, more than 48"),
        (Cycle(start_at=START - 15 * 24 * HOUR, end_at=START), "end_at", "more than 336"),
        (night(end_at=None), "end_at", "a sleep without an end has no day"),
        (night(utc_offset_s=19 * 3600), "utc_offset_s", "no place on earth is 68400 s from UTC"),
        (night(stages=(Stage(start_at=START, end_at=START - HOUR, stage=SleepStage.REM),)), "stages",
         "ends before it begins"),
        (night(stages=(Stage(start_at=START.replace(tzinfo=None), end_at=START, stage=SleepStage.REM),)),
         "stages", "has no zone"),
        (Recovery(recovery_pct=50.0), "start_at", "neither a time nor a day nor the night"),
        (DailySummary(day=dt.date(1999, 12, 31), values={"steps": 1.0}), "day", "no day of the past 25"),
        (DailySummary(day=dt.date(2025, 6, 3), values={"steps": 1.0}), "day", "no day of the past"),
        (Reading(start_at=START, metric="hr_bpm", value=400.0), "hr_bpm", "400 is outside 20 to 260"),
        (Reading(start_at=START, metric="hr_bpm", value=0.0), "hr_bpm", "0 is outside 20 to 260"),
        (Reading(start_at=START, metric="vigour_index", value=math.nan), "vigour_index", "nan is no number"),
        (Reading(start_at=START, metric="hr_bpm", value=True), "hr_bpm", "True is no number"),
        (DailySummary(day=dt.date(2025, 5, 30), values={"steps": -1.0}), "steps", "-1 is outside"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole(record: WearableRecord, field: str, reason: str) -> None:
    admitted, (refused,) = judge(record)
    assert admitted is None
    assert (refused.file, refused.field, refused.kept) == ("f.json", field, False)
    assert reason in refused.reason
    assert refused.row == record.row


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (25_800.0, "25800 is outside 0 to 1440: a wrong unit, or a reading without a body", "25800"),
        (-1.0, "-1 is outside", "-1"),
        (math.inf, "inf is no number", "inf"),
        ("430", "'430' is no number", "'430'"),
        (True, "True is no number", "True"),
        (10**400, "is no number", "1000000000000000000000000000000000000000"),
    ],
)
def test_a_value_that_cannot_be_is_left_out_and_told(value: Any, reason: str, detail: str) -> None:
    admitted, (refused,) = judge(night(asleep_min=value, avg_hr_bpm=51.0))
    assert isinstance(admitted, Night)
    assert (admitted.asleep_min, admitted.avg_hr_bpm) == (None, 51.0)
    assert admitted.quality == (Quality(flag=QualityFlag.IMPLAUSIBLE, field="asleep_min", detail=detail),)
    assert (refused.row, refused.field, refused.kept) == (7, "asleep_min", True)
    assert reason in refused.reason


def test_the_other_days_figures_are_kept() -> None:
    odd = {"steps": 9_000.0, "spo2_pct": 0.97, "hr_bpm": math.nan}
    remark = Quality(flag=QualityFlag.PARTIAL)
    admitted, refused = judge(DailySummary(day=dt.date(2025, 5, 30), values=odd, quality=(remark,)))
    assert isinstance(admitted, DailySummary)
    assert admitted.values == {"steps": 9_000.0}
    assert [q.field for q in admitted.quality] == [None, "spo2_pct", "hr_bpm"]
    assert [(r.field, r.kept) for r in refused] == [("spo2_pct", True), ("hr_bpm", True)]


def test_a_part_of_a_score_that_is_no_number_is_left_out() -> None:
    parts = {"hrv_balance": 88.0, "sleep": math.nan, "temperature": "fine"}
    admitted, refused = judge(Recovery(night_id="n", recovery_pct=70.0, contributors=parts))  # type: ignore[arg-type]  # what an adapter may give
    assert isinstance(admitted, Recovery)
    assert admitted.contributors == {"hrv_balance": 88.0}
    assert [r.field for r in refused] == ["contributors.sleep", "contributors.temperature"]


def test_a_record_of_a_day_that_began_elsewhere_is_no_future() -> None:
    assert judge(workout(start_at=NOW + 23 * HOUR, end_at=None))[1] == ()
    assert judge(DailySummary(day=dt.date(2025, 6, 2), values={"steps": 1.0}))[1] == ()


NUMBERS = st.one_of(
    st.none(), st.floats(), st.integers(-(10**320), 10**320), st.booleans(), st.text(max_size=3)
)


@given(st.dictionaries(st.sampled_from([f for f in Workout.__struct_fields__ if f in METRICS]), NUMBERS))
def test_whatever_a_record_says_what_is_admitted_can_be(values: dict[str, Any]) -> None:
    record = workout(**values)
    admitted, refused = judge(record)
    assert admitted is not None
    assert judge(admitted) == (admitted, ())  # admitted once, admitted for ever
    left_out = {rejected.field for rejected in refused}
    assert left_out == {quality.field for quality in admitted.quality}
    for name in values:
        value = getattr(admitted, name)
        if name in left_out:
            assert value is None
        else:
            assert value == getattr(record, name)
            assert value is None or METRICS[name].low <= value <= METRICS[name].high


@given(st.dictionaries(st.sampled_from([*METRICS, "vigour_index"]), NUMBERS.filter(lambda n: n is not None)))
def test_no_figure_of_a_day_disappears(values: dict[str, Any]) -> None:
    admitted, refused = judge(DailySummary(day=dt.date(2025, 5, 30), values=values))
    kept = admitted.values if isinstance(admitted, DailySummary) else {}
    assert set(kept) | {rejected.field for rejected in refused} == set(values)
    assert not set(kept) & {rejected.field for rejected in refused}
    assert all(rejected.kept == bool(kept) for rejected in refused)


def test_a_record_is_never_changed_in_place() -> None:
    record = night(asleep_min=9_999.0)
    before = msgspec.structs.replace(record)
    judge(record)
    assert record == before
