"""Rows of WHOOP's export as canonical records."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from adapters.whoop.export import normalize_csv
from benchmarks.whoop_export import HEADERS as FILES
from benchmarks.whoop_export import invent_export
from poise_sdk.observations import (
    Cycle,
    HrvNight,
    JournalEntry,
    Night,
    Origin,
    QualityFlag,
    Recovery,
    WearableRecord,
    Workout,
)
from poise_sdk.plausibility import admit
from poise_sdk.records import RawDocument, Rejected
from tests.adapters.whoop.exports import CYCLES, JOURNAL, SLEEPS, WORKOUTS, cells, csv_of, only, read

UTC = dt.UTC


def flags(record: WearableRecord) -> set[tuple[QualityFlag, str | None]]:
    return {(remark.flag, remark.field) for remark in record.quality}


def test_a_cycle_is_read_with_its_recovery_its_variability_and_its_night() -> None:
    items = read(csv_of(CYCLES, cells(CYCLES)))
    assert [type(item) for item in items] == [Cycle, Recovery, HrvNight, Night]
    cycle, recovery = only(Cycle, items), only(Recovery, items)
    assert cycle.start_at == dt.datetime(2025, 3, 12, 3, 48, 33, tzinfo=UTC)
    assert cycle.end_at == dt.datetime(2025, 3, 13, 4, 20, 3, tzinfo=UTC)
    assert (cycle.utc_offset_s, cycle.day) == (-5 * 3600, dt.date(2025, 3, 12))
    assert (cycle.strain, cycle.avg_hr_bpm, cycle.max_hr_bpm) == (10.3, 73, 143)
    assert cycle.energy_kj == pytest.approx(2388 * 4.184)
    assert (recovery.recovery_pct, recovery.resting_hr_bpm, recovery.hrv_rmssd_ms) == (59, 55, 95)
    assert (recovery.skin_temp_c, recovery.spo2_pct) == (34.28, 95.6)
    assert (recovery.start_at, recovery.day) == (cycle.start_at, cycle.day)
    night, hrv = only(Night, items), only(HrvNight, items)
    assert (hrv.start_at, hrv.end_at, hrv.hrv_rmssd_ms) == (night.start_at, night.end_at, 95)
    assert night.origin is Origin.DERIVED
    assert {record.origin for record in (cycle, recovery, hrv)} == {Origin.FILE}
    assert {item.row for item in items} == {1}


def test_the_night_of_a_cycle_says_what_the_nights_own_row_says() -> None:
    derived = only(Night, read(csv_of(CYCLES, cells(CYCLES))))
    own = only(Night, read(csv_of(SLEEPS, cells(SLEEPS))))
    assert {name: getattr(derived, name) for name in derived.__struct_fields__ if name != "origin"} == {
        name: getattr(own, name) for name in own.__struct_fields__ if name != "origin"
    }
    assert own.origin is Origin.FILE
    assert (own.asleep_min, own.in_bed_min, own.awake_min) == (463, 489, 26)
    assert (own.light_min, own.deep_min, own.rem_min, own.need_min, own.debt_min) == (224, 101, 138, 596, 119)
    assert (own.performance_pct, own.efficiency_pct, own.consistency_pct) == (72, 94, 75)
    assert own.respiratory_rate_rpm == 17.6


def test_the_newest_cycle_is_open_and_not_yet_scored() -> None:
    blank = dict.fromkeys(("cycle_end", "day_strain", "energy", "max_hr", "average_hr", "recovery"), "")
    cycle = only(Cycle, read(csv_of(CYCLES, cells(CYCLES, **blank))))
    assert (cycle.end_at, cycle.strain, cycle.energy_kj) == (None, None, None)
    assert flags(cycle) == {(QualityFlag.PARTIAL, None), (QualityFlag.PENDING_SCORE, "recovery_pct")}


def test_a_blank_recovery_is_no_recovery_and_the_cycle_says_why() -> None:
    body = dict.fromkeys(("recovery", "resting", "heart_rate_var", "skin", "blood"), "")
    items = read(csv_of(CYCLES, cells(CYCLES, **body)))
    assert [type(item) for item in items] == [Cycle, Night]
    assert flags(only(Cycle, items)) == {(QualityFlag.UNSCORABLE, "recovery_pct")}
    asleep = dict.fromkeys(("sleep_onset", "wake_onset"), "")
    items = read(csv_of(CYCLES, cells(CYCLES, **body, **asleep)))
    assert [type(item) for item in items] == [Cycle]
    assert flags(only(Cycle, items)) == {(QualityFlag.NOT_WORN, "recovery_pct")}
    assert only(Cycle, items).day is None


def test_a_night_without_values_is_kept_as_not_worn() -> None:
    names = SLEEPS.split(",")
    row = cells(SLEEPS)
    row[names.index("Sleep performance %") : names.index("Nap")] = [""] * 12
    night = only(Night, read(csv_of(SLEEPS, row)))
    assert night.asleep_min is None
    assert flags(night) == {(QualityFlag.NOT_WORN, None)}


def test_a_nap_is_a_night_of_its_own_kind() -> None:
    nap = cells(SLEEPS, nap="true", sleep_onset="2025-03-12 13:30:00", wake="2025-03-12 14:05:00")
    nights = [item for item in read(csv_of(SLEEPS, nap, cells(SLEEPS))) if isinstance(item, Night)]
    assert [(night.nap, night.row) for night in nights] == [(True, 1), (False, 2)]


def test_a_recovery_that_was_taken_from_a_nap_brings_the_nap_as_one_and_keeps_its_own_day() -> None:
    """The row then repeats the nap instead of the night, and the nap may end on the next cycle's day."""
    slept = {"sleep_onset": "2025-03-12 23:05:00", "wake": "2025-03-13 01:40:00"}
    items = read(csv_of(CYCLES, cells(CYCLES, sleep_consistency="", **slept)))
    assert [type(item) for item in items] == [Cycle, Recovery, HrvNight, Night]
    nap = only(Night, items)
    assert (nap.nap, nap.start_at) == (True, dt.datetime(2025, 3, 13, 4, 5, tzinfo=UTC))
    assert flags(nap) == {(QualityFlag.PARTIAL, "nap")}
    assert (only(Cycle, items).day, only(Recovery, items).day) == (None, None)
    assert not any(flags(only(kind, items)) for kind in (Cycle, Recovery, HrvNight))
    assert only(HrvNight, items).start_at == nap.start_at
    # the night's own row in sleeps.csv says nap, too: then nothing contradicts
    own = only(Night, read(csv_of(SLEEPS, cells(SLEEPS, sleep_consistency="", nap="true", **slept))))
    assert own.nap


@pytest.mark.parametrize(
    "changed",
    [
        {"sleep_onset": "2025-03-11 22:48:34", "sleep_consistency": ""},  # a second later, as in 2019
        {"sleep_onset": "2025-03-11 23:30:00"},  # naps have no consistency
        {"cycle_start": "2025-03-12 00:00:00", "sleep_consistency": ""},  # it began before its cycle
    ],
)
def test_a_night_that_does_not_quite_begin_its_cycle_is_no_nap(changed: dict[str, str]) -> None:
    items = read(csv_of(CYCLES, cells(CYCLES, **changed)))
    assert not only(Night, items).nap
    assert only(Cycle, items).day == only(Recovery, items).day == dt.date(2025, 3, 12)


def test_one_cycle_ends_where_the_next_begins_whatever_the_clock_did_between() -> None:
    """The end is told on the clock of its own row: in the night of the change it is an hour off."""
    later = cells(
        CYCLES,
        cycle_start="2025-03-09 23:40:18",
        cycle_end="2025-03-10 23:05:00",
        cycle_timezone="UTC-04:00",
        sleep_onset="2025-03-09 23:40:18",
        wake="2025-03-10 07:12:00",
    )
    earlier = cells(
        CYCLES,
        cycle_start="2025-03-08 22:38:36",
        cycle_end="2025-03-09 22:40:18",
        sleep_onset="2025-03-08 22:38:36",
        wake="2025-03-09 06:39:21",
    )
    for rows in ((later, earlier), (earlier, later)):
        cycles = {item.start_at: item for item in read(csv_of(CYCLES, *rows)) if isinstance(item, Cycle)}
        first, second = (cycles[start] for start in sorted(cycles))
        assert first.end_at == second.start_at
        assert (first.day, second.day) == (dt.date(2025, 3, 9), dt.date(2025, 3, 10))
        assert (first.utc_offset_s, second.utc_offset_s) == (-5 * 3600, -4 * 3600)


@pytest.mark.parametrize(
    ("zone", "seconds"),
    [
        ("UTC-07:00", -7 * 3600),
        ("UTC+01:00", 3600),
        ("UTCZ", 0),
        ("UTC", 0),
        ("UTC+05:45", 20_700),
        ("UTC-03:30", -12_600),
        ("+02:00", 7200),
        ("-0500", -5 * 3600),
        ("GMT-5", -5 * 3600),
        ("UTC+14:00", 14 * 3600),
        ("America/New_York", -4 * 3600),  # summer time since the Sunday before
        ("Asia/Kathmandu", 20_700),
    ],
)
def test_a_time_is_local_in_the_zone_of_its_row(zone: str, seconds: int) -> None:
    night = only(Night, read(csv_of(SLEEPS, cells(SLEEPS, cycle_timezone=zone))))
    assert night.utc_offset_s == seconds
    local = dt.datetime(2025, 3, 11, 22, 48, 33, tzinfo=UTC)
    assert night.start_at == local - dt.timedelta(seconds=seconds)


def test_a_workout_tells_energy_in_kilojoules_and_zones_in_minutes_that_come_back_as_they_were() -> None:
    workout = only(Workout, read(csv_of(WORKOUTS, cells(WORKOUTS))))
    assert (workout.activity, workout.activity_label) == ("weightlifting", "Weightlifting")
    assert (workout.duration_min, workout.strain, workout.gps) == (46, 8.4, False)
    assert workout.end_at is not None
    assert (workout.end_at - workout.start_at).total_seconds() == 46 * 60 + 20
    assert workout.energy_kj == pytest.approx(2388 * 4.184)
    zones = [getattr(workout, f"zone_{zone}_min") / 46 * 100 for zone in range(1, 6)]
    assert zones == pytest.approx([34, 41, 17, 7, 1])
    assert (workout.distance_m, workout.altitude_gain_m, workout.altitude_change_m) == (None, None, None)
    gps = {"gps": "true", "distance": "3020.55", "altitude_gain": "63.80", "altitude_change": "-4.21"}
    workout = only(Workout, read(csv_of(WORKOUTS, cells(WORKOUTS, **gps))))
    assert (workout.gps, workout.distance_m) == (True, 3020.55)
    assert (workout.altitude_gain_m, workout.altitude_change_m) == (63.8, -4.21)


@pytest.mark.parametrize(
    ("label", "english"),
    [
        ("Functional Fitness", "functional_fitness"),
        ("Hiking/Rucking", "hiking_rucking"),
        ("Radfahren", "cycling"),
        ("Course à pied", "running"),
        ("Natação", "swimming"),
        ("Fútbol", "soccer"),
        ("Underwater Basket Weaving", "underwater_basket_weaving"),
        ("太極拳", "太極拳"),
        ("", "activity"),
    ],
)
def test_an_activity_is_named_in_english_where_its_name_is_known(label: str, english: str) -> None:
    workout = only(Workout, read(csv_of(WORKOUTS, cells(WORKOUTS, activity_name=label))))
    assert workout.activity == english
    assert workout.activity_label == (label or None)


def test_a_journal_entry_is_known_by_the_start_of_its_cycle() -> None:
    entry = only(JournalEntry, read(csv_of(JOURNAL, cells(JOURNAL, notes='two pages, "slowly"\nthen slept'))))
    assert entry.start_at == dt.datetime(2025, 3, 12, 3, 48, 33, tzinfo=UTC)
    assert (entry.question, entry.answer) == ("Read a book?", True)
    assert entry.notes == 'two pages, "slowly"\nthen slept'
    entry = only(JournalEntry, read(csv_of(JOURNAL, cells(JOURNAL, answered="3", cycle_end=""))))
    assert (entry.answer, entry.value) == (None, "3")


def test_journal_rows_without_a_cycle_are_rejected_and_the_others_kept() -> None:
    homeless = cells(JOURNAL, cycle_start="", cycle_end="", cycle_timezone="")
    items = read(csv_of(JOURNAL, homeless, cells(JOURNAL)))
    assert only(JournalEntry, items).row == 2
    rejected = only(Rejected, items)
    assert (rejected.row, rejected.field, rejected.kept) == (1, "start_at", False)
    assert rejected.reason == "WHOOP exports it without a cycle: its day is told nowhere"


def test_every_number_of_an_export_comes_back() -> None:
    """The invented export: each cell is in a record, to the last digit the file has."""
    back = {
        "physiological_cycles.csv": (
            (Cycle, {"Day Strain": "strain", "Max HR (bpm)": "max_hr_bpm", "Average HR (bpm)": "avg_hr_bpm"}),
            (Recovery, {"Recovery score %": "recovery_pct", "Resting heart rate (bpm)": "resting_hr_bpm"}),
            (Recovery, {"Skin temp (celsius)": "skin_temp_c", "Blood oxygen %": "spo2_pct"}),
            (HrvNight, {"Heart rate variability (ms)": "hrv_rmssd_ms"}),
            (Night, {"Sleep debt (min)": "debt_min", "Sleep consistency %": "consistency_pct"}),
        ),
        "sleeps.csv": (
            (Night, {"Asleep duration (min)": "asleep_min", "In bed duration (min)": "in_bed_min"}),
            (Night, {"Light sleep duration (min)": "light_min", "Deep (SWS) duration (min)": "deep_min"}),
            (Night, {"REM duration (min)": "rem_min", "Awake duration (min)": "awake_min"}),
            (Night, {"Sleep need (min)": "need_min", "Sleep efficiency %": "efficiency_pct"}),
            (Night, {"Sleep performance %": "performance_pct"}),
            (Night, {"Respiratory rate (rpm)": "respiratory_rate_rpm"}),
        ),
        "workouts.csv": (
            (Workout, {"Duration (min)": "duration_min", "Activity Strain": "strain"}),
            (Workout, {"Max HR (bpm)": "max_hr_bpm", "Distance (meters)": "distance_m"}),
            (Workout, {"Altitude gain (meters)": "altitude_gain_m"}),
            (Workout, {"Altitude change (meters)": "altitude_change_m"}),
        ),
    }
    received = dt.datetime(2026, 1, 1, tzinfo=UTC)
    for file, rows in invent_export(120, seed=5).items():
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(FILES[file])
        writer.writerows(rows)
        items = list(normalize_csv(RawDocument(name=file, content=text.getvalue().encode())))
        assert not [item for item in items if isinstance(item, Rejected)]
        assert {item.row for item in items if isinstance(item, WearableRecord)} == set(
            range(1, len(rows) + 1)
        )
        for item in items:
            assert isinstance(item, WearableRecord)
            assert admit(item, file=file, received_at=received) == (item, ())
        for kind, columns in back.get(file, ()):
            records = {item.row: item for item in items if isinstance(item, kind)}
            for number, row in enumerate(rows, 1):
                for column, name in columns.items():
                    cell = row[FILES[file].index(column)]
                    value = getattr(records[number], name)
                    assert (value is None) if cell == "" else value == float(cell), (file, number, column)


def test_reading_a_document_is_pure() -> None:
    content = csv_of(CYCLES, cells(CYCLES), cells(CYCLES, recovery_score="much"), ["x"])
    assert read(content) == read(content)
