"""Documents of Oura's interface as canonical records."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from adapters.oura.normalize import normalize
from poise_sdk.observations import (
    BodyMeasurement,
    DailySummary,
    Deleted,
    HrvNight,
    JournalEntry,
    Night,
    Profile,
    Quality,
    QualityFlag,
    Reading,
    Recovery,
    SleepStage,
    Workout,
)
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item
from tests.adapters.oura.invented import (
    ACTIVITY,
    DAILY_SLEEP,
    HEART_RATE,
    PERSON,
    READINESS,
    SESSION,
    SLEEP,
    SPO2,
    STRESS,
    VO2_MAX,
    WORKOUT,
    document,
    page,
    without,
)

UTC = dt.UTC
START = dt.datetime(2025, 6, 1, 21, 30, tzinfo=UTC)
TWO_HOURS = 7200


def read(collection: str, *rows: object) -> list[Item]:
    return list(normalize(page(collection, *rows)))


def of(kind: type[Any], items: list[Item]) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def night_of(**changed: object) -> tuple[Night, list[Item]]:
    """The one night of the invented sleep with ``changed`` fields, and all that was said."""
    items = read("sleep", without(SLEEP, **changed))
    (night,) = of(Night, items)
    return night, items


def test_the_long_sleep_is_the_night() -> None:
    night, items = night_of()
    assert (night.source_id, night.nap, night.row) == (SLEEP["id"], False, 1)
    assert (night.start_at, night.end_at) == (START, START + dt.timedelta(hours=2))
    assert night.utc_offset_s == TWO_HOURS
    assert (night.asleep_min, night.in_bed_min, night.awake_min) == (110, 120, 10)
    assert (night.light_min, night.deep_min, night.rem_min, night.latency_min) == (40, 30, 40, 5)
    assert (night.efficiency_pct, night.disturbances, night.respiratory_rate_rpm) == (92, 21, 14.25)
    assert (night.avg_hr_bpm, night.min_hr_bpm, night.temp_deviation_c) == (51.5, 47, -0.12)
    assert night.quality == ()
    (hrv,) = of(HrvNight, items)
    assert (hrv.source_id, hrv.night_id, hrv.hrv_rmssd_ms) == (night.source_id, night.source_id, 64)
    assert (hrv.start_at, hrv.end_at, hrv.in_sleep) == (night.start_at, night.end_at, True)
    assert not of(Rejected, items)


def test_phases_become_stages_without_a_gap() -> None:
    night, _ = night_of()
    assert [(s.stage, (s.end_at - s.start_at).total_seconds() / 60) for s in night.stages] == [
        (SleepStage.AWAKE, 5),
        (SleepStage.LIGHT, 20),
        (SleepStage.DEEP, 30),
        (SleepStage.REM, 40),
        (SleepStage.LIGHT, 20),
        (SleepStage.AWAKE, 5),
    ]
    assert night.stages[0].start_at == night.start_at
    assert night.stages[-1].end_at == night.end_at


def test_the_finer_grain_counts_and_nothing_lasts_beyond_the_end() -> None:
    night, _ = night_of(sleep_phase_30_sec="4" * 10 + "2" * 1_000)
    assert [stage.stage for stage in night.stages] == [SleepStage.AWAKE, SleepStage.LIGHT]
    assert night.stages[0].end_at == START + dt.timedelta(minutes=5)
    assert night.stages[-1].end_at == night.end_at


def test_an_unknown_phase_is_a_gap_and_the_night_is_kept() -> None:
    night, items = night_of(sleep_phase_5_min="22x3")
    assert [stage.stage for stage in night.stages] == [SleepStage.LIGHT, SleepStage.NO_DATA, SleepStage.REM]
    (lost,) = of(Rejected, items)
    assert (lost.row, lost.field, lost.kept) == (1, "sleep_phase_5_min", True)
    assert "'x'" in lost.reason


def test_a_day_may_have_several_sleeps() -> None:
    items = read(
        "sleep",
        without(SLEEP, id="a"),
        without(SLEEP, id="b", type="sleep"),
        without(SLEEP, id="c", type="late_nap", readiness=None),
        without(SLEEP, id="d", type="rest"),
        without(SLEEP, id="e", type="long_sleep"),
    )
    assert [(night.source_id, night.nap) for night in of(Night, items)] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", True),
        ("e", False),
    ]
    assert [hrv.night_id for hrv in of(HrvNight, items)] == ["a", "e"]
    assert not of(Rejected, items)


def test_rest_is_no_sleep() -> None:
    night, _ = night_of(type="rest")
    assert night.asleep_min is None
    assert night.in_bed_min == 120
    assert [remark.flag for remark in night.quality] == [QualityFlag.UNSCORABLE]


def test_a_deleted_sleep_takes_its_record_back() -> None:
    (item,) = read("sleep", {"id": "a", "type": "deleted"})
    assert item == Deleted(of=DataType.SLEEP, source_id="a", row=1)


@pytest.mark.parametrize("kind", ["siesta", None])
def test_a_kind_that_is_not_known_yet_is_a_nap_and_says_so(kind: str | None) -> None:
    night, _ = night_of(type=kind)
    assert night.nap
    assert [(remark.flag, remark.field) for remark in night.quality] == [(QualityFlag.PARTIAL, "nap")]


def test_a_night_that_is_not_analysed_is_pending() -> None:
    night, _ = night_of(total_sleep_duration=None, average_hrv=None)
    assert [remark.flag for remark in night.quality] == [QualityFlag.PENDING_SCORE]


def test_a_flat_battery_and_another_time_zone_are_flagged() -> None:
    night, _ = night_of(low_battery_alert=True, bedtime_start="2025-06-01T22:30:00+01:00")
    assert [r.flag for r in night.quality] == [QualityFlag.PARTIAL, QualityFlag.TIME_ZONE_CHANGE]
    assert night.start_at == START
    assert night.utc_offset_s == TWO_HOURS


def test_samples_keep_their_places_over_gaps() -> None:
    _, items = night_of()
    told = [(r.metric, (r.start_at - START).total_seconds() / 60, r.value) for r in of(Reading, items)]
    assert told == [
        ("hr_bpm", 5, 54),
        ("hr_bpm", 10, 52),
        ("hr_bpm", 20, 51),
        ("hrv_rmssd_ms", 5, 61),
        ("hrv_rmssd_ms", 15, 66),
    ]
    assert {(r.source, r.utc_offset_s, r.row) for r in of(Reading, items)} == {("sleep", TWO_HOURS, 1)}


@pytest.mark.parametrize(
    ("series", "field"),
    [
        ("words", "heart_rate."),
        ({"interval": 0, "items": [60], "timestamp": SLEEP["bedtime_start"]}, "heart_rate.interval"),
        ({"interval": 300, "items": ["x"], "timestamp": SLEEP["bedtime_start"]}, "heart_rate.items"),
        ({"interval": 300, "items": 7, "timestamp": SLEEP["bedtime_start"]}, "heart_rate.items"),
        ({"interval": 300, "items": [60]}, "heart_rate.timestamp"),
        ({"interval": 1, "items": [60] * 86_401, "timestamp": SLEEP["bedtime_start"]}, "heart_rate.items"),
        ({"interval": 1e300, "items": [None, 60], "timestamp": SLEEP["bedtime_start"]}, "heart_rate"),
    ],
)
def test_a_series_that_cannot_be_read_is_lost_and_the_night_is_kept(series: object, field: str) -> None:
    night, items = night_of(heart_rate=series)
    assert night.asleep_min == 110
    (lost,) = of(Rejected, items)
    assert lost.field is not None
    assert lost.field.startswith(field.rstrip("."))
    assert lost.kept
    assert {reading.metric for reading in of(Reading, items)} == {"hrv_rmssd_ms"}


def test_a_night_at_the_end_of_the_calendar_is_no_error() -> None:
    ends = {"bedtime_start": "9999-12-31T20:00:00+00:00", "bedtime_end": "9999-12-31T23:59:00+00:00"}
    night, _ = night_of(**ends, sleep_phase_5_min="2" * 100)
    assert night.stages[-1].end_at == night.end_at


def test_a_bad_field_is_reported_and_its_row_is_kept() -> None:
    night, items = night_of(efficiency="good", readiness=7)
    assert night.efficiency_pct is None
    assert night.asleep_min == 110
    assert {(lost.field, lost.kept) for lost in of(Rejected, items)} == {
        ("efficiency", True),
        ("readiness", True),
    }


def test_a_row_without_its_times_is_rejected_and_the_others_are_read() -> None:
    items = read("sleep", without(SLEEP, "bedtime_end"), "rubbish", SLEEP)
    assert [(r.row, r.field, r.kept) for r in of(Rejected, items)] == [
        (1, "bedtime_end", False),
        (2, "(row)", False),
    ]
    assert [night.row for night in of(Night, items)] == [3]


def test_readiness_is_the_recovery_of_its_day() -> None:
    (recovery,) = read("daily_readiness", READINESS)
    assert isinstance(recovery, Recovery)
    assert (recovery.day, recovery.recovery_pct) == (dt.date(2025, 6, 2), 78)
    assert (recovery.temp_deviation_c, recovery.utc_offset_s) == (-0.12, TWO_HOURS)
    assert recovery.contributors["hrv_balance"] == 74
    assert "previous_day_activity" not in recovery.contributors
    (unscored,) = read("daily_readiness", without(READINESS, score=None))
    assert isinstance(unscored, Recovery)
    assert unscored.quality == (Quality(flag=QualityFlag.UNSCORABLE, field="recovery_pct"),)


def test_a_days_figures_come_in_parts() -> None:
    rows = {
        "daily_sleep": DAILY_SLEEP,
        "daily_activity": ACTIVITY,
        "daily_stress": STRESS,
        "daily_spo2": SPO2,
        "vO2_max": VO2_MAX,
    }
    said = [item for name, row in rows.items() for item in read(name, row)]
    values = {item.part: item.values for item in said if isinstance(item, DailySummary)}
    assert values == {
        "sleep": {"sleep_score": 81},
        "activity": {
            "activity_score": 84,
            "steps": 11_234,
            "energy_kj": pytest.approx(10_460),
            "active_energy_kj": pytest.approx(2_092),
            "active_min": 200,
            "sedentary_min": 500,
            "distance_m": 9_500,
        },
        "stress": {"stress_min": 45, "restored_min": 75},
        "spo2": {"spo2_pct": 97.25},
        "vo2max": {"vo2max_ml_kg_min": 52},
    }
    assert {item.day for item in said if isinstance(item, DailySummary)} == {dt.date(2025, 6, 2)}


def test_a_ring_that_was_off_for_hours_and_a_night_without_oxygen_are_flagged() -> None:
    (off,) = read("daily_activity", ACTIVITY)
    assert isinstance(off, DailySummary)
    assert off.quality == (Quality(flag=QualityFlag.PARTIAL, detail="not worn for 5.0 hours"),)
    for average in (0, None):
        (none,) = read("daily_spo2", without(SPO2, spo2_percentage={"average": average}))
        assert isinstance(none, DailySummary)
        assert none.values == {}
        assert [remark.flag for remark in none.quality] == [QualityFlag.UNSCORABLE]


def test_a_workout_is_read_in_kilojoules_and_by_its_own_name() -> None:
    (workout,) = read("workout", WORKOUT)
    assert isinstance(workout, Workout)
    assert (workout.activity, workout.activity_label, workout.source) == (
        "strength_training",
        "Legs",
        "manual",
    )
    assert (workout.duration_min, workout.distance_m, workout.intensity) == (45, 120.5, "moderate")
    assert workout.energy_kj == pytest.approx(1_046)


def test_a_session_is_an_entry_of_the_journal_with_its_readings() -> None:
    entry, *readings = read("session", SESSION)
    assert isinstance(entry, JournalEntry)
    assert (entry.question, entry.value, entry.notes) == ("session", "meditation", "10 min, good")
    assert (entry.start_at, entry.day) == (dt.datetime(2025, 6, 2, 19, tzinfo=UTC), dt.date(2025, 6, 2))
    told = [(r.metric, r.value, r.source) for r in readings if isinstance(r, Reading)]
    assert told == [("hr_bpm", 58, "session"), ("hr_bpm", 57, "session"), ("hrv_rmssd_ms", 70, "session")]


def test_heart_rate_and_the_bodys_measures_are_read() -> None:
    (beat,) = read("heartrate", HEART_RATE)
    assert isinstance(beat, Reading)
    assert (beat.metric, beat.value, beat.source) == ("hr_bpm", 66, "awake")
    profile, body = normalize(document("personal_info", PERSON))
    assert isinstance(profile, Profile)
    assert profile.vendor_user_id == PERSON["id"]
    assert isinstance(body, BodyMeasurement)
    assert (body.height_m, body.weight_kg, body.source_id) == (1.98, 92.5, None)
    bare = list(normalize(document("personal_info", {"id": "x"})))
    assert [type(item) for item in bare] == [Profile]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v2/usercollection/tag", b'{"data": []}'),
        ("v2/usercollection/sleep", b"[]"),
        ("v2/usercollection/sleep", b'{"records": []}'),
        ("v2/usercollection/sleep", b"<html>"),
        ("usercollection", b"{}"),
    ],
)
def test_what_is_none_of_ouras_is_rejected_with_a_reason(name: str, content: bytes) -> None:
    (rejected,) = normalize(RawDocument(name=name, content=content))
    assert isinstance(rejected, Rejected)
    assert (rejected.file, rejected.row) == (name, None)


@pytest.mark.parametrize(
    "name", ["v2/usercollection/sleep/an-id", "sleep.json", "v2/usercollection/sleep?x=1"]
)
def test_a_single_document_is_read_like_a_page_of_one(name: str) -> None:
    whole = page("sleep", SLEEP)
    single = RawDocument(name=name, content=document("sleep", SLEEP).content)
    assert list(normalize(single)) == list(normalize(whole))
