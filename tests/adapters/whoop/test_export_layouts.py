"""Which file of an export a document is: told by headers, by places, by shape; never by its name."""

from __future__ import annotations

import random

import pytest

from adapters.whoop.export.columns import LAYOUTS, Column, Table
from adapters.whoop.export.folding import fold
from adapters.whoop.export.headers import HEADERS as KNOWN
from poise_sdk.observations import Cycle, JournalEntry, Night, Recovery, Workout
from poise_sdk.records import Rejected
from tests.adapters.whoop.exports import (
    CYCLES,
    HEADERS,
    JOURNAL,
    SLEEPS,
    WORKOUTS,
    cells,
    csv_of,
    only,
    read,
    refused,
)

FILES = (CYCLES, SLEEPS, WORKOUTS, JOURNAL)


@pytest.mark.parametrize("language", [language for language in HEADERS if language != "en"])
@pytest.mark.parametrize("file", range(4), ids=["cycles", "sleeps", "workouts", "journal"])
def test_an_export_in_another_language_says_the_same(language: str, file: int) -> None:
    english, header = FILES[file], HEADERS[language][file]
    row = cells(english)
    if english is WORKOUTS:  # the columns of GPS are not in every export
        row = row[:17]
        english = ",".join(WORKOUTS.split(",")[:17])
    assert read(csv_of(header, row)) == read(csv_of(english, row))
    assert not any(isinstance(item, Rejected) for item in read(csv_of(header, row)))


def test_no_header_means_two_columns() -> None:
    found: dict[str, Column] = {}
    for headers in KNOWN.values():
        for column, names in headers.items():
            for name in names.split("; "):
                assert found.setdefault(fold(name).key, column) is column, name


def test_every_column_is_known_in_english() -> None:
    assert set(KNOWN["en"]) == set(Column)
    assert {column for layouts in LAYOUTS.values() for layout in layouts for column in layout} == set(Column)


@pytest.mark.parametrize(
    ("mine", "its"),
    [
        ("Beginn des Zyklus", "Startzeit des Zyklus"),
        ("Zyklus-Startzeit", "Startzeit des Zyklus"),
        ("STARTZEIT DES ZYKLUS ", "Startzeit des Zyklus"),
        ("Dauer des Tiefschlafs (SWS) (min)", "Dauer des Tiefschlafs (Min.)"),
        ("Zone 3 HF (%)", "HF-Zone 3 %"),
        ("Frecuencia Cardiaca en Reposo", "Frecuencia cardíaca en reposo (lpm)"),
        ("Niveau d'oxygène\u00a0%", "Niveau d’oxygène %"),
        ("HR Zone 2 (% in zone)", "HR Zone 2 %"),
        ("Altitude Gain (meters)", "Altitude gain (meters)"),
        ("GPS Enabled", "GPS enabled"),
        ("Cycle time zone", "Cycle timezone"),
        ("heart_rate_variability_ms", "Heart rate variability (ms)"),
        ("deep_sws_duration_min", "Deep (SWS) duration (min)"),
        ("recovery_score_pct", "Recovery score %"),
    ],
)
def test_a_header_is_known_in_other_words(mine: str, its: str) -> None:
    known = {
        fold(name).key: c for h in KNOWN.values() for c, names in h.items() for name in names.split("; ")
    }
    assert known[fold(mine).key] is known[fold(its).key]


def without(header: str, row: list[str], *names: str) -> tuple[str, list[str]]:
    """The document without some columns."""
    keep = [at for at, name in enumerate(header.split(",")) if name not in names]
    return ",".join(header.split(",")[at] for at in keep), [row[at] for at in keep]


def test_the_files_of_2022_have_fewer_columns() -> None:
    header, row = without(CYCLES, cells(CYCLES), "Sleep consistency %")
    assert only(Cycle, read(csv_of(header, row))).strain == 10.3
    header, row = without(SLEEPS, cells(SLEEPS, nap="true"), "Sleep consistency %")
    night = only(Night, read(csv_of(header, row)))
    assert (night.nap, night.consistency_pct, night.efficiency_pct) == (True, None, 94)


def test_unknown_columns_are_ignored_missing_ones_tolerated_and_the_order_is_free() -> None:
    chance = random.Random(3)
    for header in FILES:
        row = cells(header)
        expected = read(csv_of(header, row))
        pairs = [*zip(header.split(","), row, strict=True), ("Hydration", "7"), ("", "?"), ("Moon", "full")]
        chance.shuffle(pairs)
        names, values = zip(*pairs, strict=True)
        assert read(csv_of(",".join(names), values)) == expected
    few = "Cycle start time,Cycle timezone,Recovery score %"
    items = read(csv_of(few, cells(few)))
    assert [type(item) for item in items] == [Cycle, Recovery]
    few = "Workout start time,Cycle timezone,Duration (min),Activity name"
    workout = only(Workout, read(csv_of(few, cells(few))))
    assert workout.end_at is not None
    assert (workout.end_at - workout.start_at).total_seconds() == 46 * 60


def test_the_german_subset_has_neither_ends_nor_a_time_zone() -> None:
    sleeps = (
        "Startzeit des Zyklus,Beginn des Schlafs,Schlafleistung %,Atemfrequenz (Atemzüge/Min.),"
        "Schlafdauer (Min.),Dauer im Bett (Min.),Dauer des Leichtschlafs (Min.),"
        "Dauer des Tiefschlafs (Min.),Dauer des REM-Schlafs (Min.),Dauer des Aufwachens (Min.),"
        "Schlafeffizienz %\n2025-08-09 23:45:11,2025-08-09 23:45:11,78,14.9,457,506,204,95,158,49,90\n"
        "2025-08-09 23:45:11,2025-08-10 14:10:00,9,15.2,30,34,20,5,5,4,88\n"
    )
    night, nap = (item for item in read(sleeps) if isinstance(item, Night))
    assert night.end_at is not None
    assert (night.start_at.isoformat(), night.end_at.isoformat(), night.utc_offset_s) == (
        "2025-08-09T23:45:11+00:00",
        "2025-08-10T08:11:11+00:00",
        None,
    )
    assert (night.nap, nap.nap) == (False, True)
    assert {remark.field: remark.detail for remark in night.quality} == {
        "utc_offset_s": "the file names no time zone; its times are taken as UTC",
        None: "its end is told from the time in bed",
        "nap": "told from its place in the cycle",
    }
    workouts = (
        "Startzeit des Zyklus,Startzeit des Trainings,Dauer (Min.),Name der Aktivität,Aktivitätsbelastung,"
        "Verbrannte Energie (cal),Max HF (Schläge pro Minute),Durchschnittliche HF (Schläge pro Minute)\n"
        "2025-08-09 23:45:11,2025-08-10 18:37:37,4,Radfahren,4.3,30.0,138,118\n"
    )
    workout = only(Workout, read(workouts))
    assert (workout.activity, workout.duration_min, workout.energy_kj) == (
        "cycling",
        4,
        pytest.approx(125.52),
    )
    assert workout.end_at is not None
    assert workout.end_at.isoformat() == "2025-08-10T18:41:37+00:00"


@pytest.mark.parametrize("english", FILES, ids=["cycles", "sleeps", "workouts", "journal"])
def test_headers_may_have_been_made_names_of_variables_with_their_units_behind(english: str) -> None:
    """As those do who clean their export first; an index may stand before it."""
    header, row = without(english, cells(english), "Cycle end time", "Skin temp (celsius)", "HR Zone 5 %")
    names = ["_".join(name.lower().replace("(", "").replace(")", "").split()) for name in header.split(",")]
    assert "(" not in "".join(names)
    assert read(csv_of(",".join(["", *names]), ["0", *row])) == read(csv_of(header, row))


def test_a_header_that_is_not_known_takes_its_meaning_from_its_place() -> None:
    header = HEADERS["de"][2] + ",Zurückgelegter Weg,Aufstieg gesamt,Auf und ab"
    gps = {"gps": "true", "distance": "3020.55", "altitude_gain": "63.80", "altitude_change": "-4.21"}
    assert read(csv_of(header, cells(WORKOUTS, **gps))) == read(csv_of(WORKOUTS, cells(WORKOUTS, **gps)))
    # but not where the cells below it are no numbers
    odd = cells(WORKOUTS, distance="far")
    workout = only(Workout, read(csv_of(header, odd)))
    assert workout.distance_m is None


@pytest.mark.parametrize("english", FILES)
def test_a_language_nobody_has_shown_is_read_by_its_shape(english: str) -> None:
    row, other = cells(english), cells(english)
    header = ",".join(f"sarake {number}" for number in range(len(row)))
    assert read(csv_of(header, row, other)) == read(csv_of(english, row, other))
    # a broken row among many costs that row only
    own = {SLEEPS: "Sleep onset", WORKOUTS: "Workout start time"}.get(english, "Cycle start time")
    broken = cells(english)
    broken[english.split(",").index(own)] = "?"
    items = read(csv_of(header, *[row] * 6, broken))
    assert [one[0] for one in refused(items)] == [7]
    assert read(csv_of(english, *[row] * 6, broken))[:-1] == items[:-1]


def test_a_journal_of_a_language_nobody_has_shown_may_mostly_lack_its_cycles() -> None:
    homeless = cells(JOURNAL, cycle_start="", cycle_end="", cycle_timezone="")
    items = read(csv_of(",".join(f"sarake {number}" for number in range(6)), *[homeless] * 7, cells(JOURNAL)))
    assert only(JournalEntry, items).row == 8
    assert refused(items) == [(row, "start_at", False) for row in range(1, 8)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "none of the files of a WHOOP export"),
        ("a,b\n1,2\n", "its columns are a, b"),
        ("a,b\n1,2\n", "physiological_cycles.csv"),
        ("Question,Answer\nWho?,me\n", "no column 'Cycle start time'"),
        ("Sleep onset,Nap\n2025-01-01 23:00:00,true\n", "no column 'Wake onset' or"),
        ("Recovery score %,Day Strain\n50,11\n", "it looks like physiological_cycles.csv"),
        ("<html><body>Sign in</body></html>", "none of the files"),
        ('{"records": []}', "none of the files"),
        ("", "empty"),
        ("\n \n", "empty"),
        ("sep=;\n", "empty"),
        (",".join(f"c{n}" for n in range(26)) + "\n" + ",".join("1" for _ in range(26)), "none of the files"),
        (",".join(f"c{n}" for n in range(26)) + "\n", "none of the files"),
        (",".join(f"column {n}" for n in range(900)), "(900 columns)"),
    ],
)
def test_what_is_none_of_the_files_is_rejected_once_with_what_was_found_and_what_was_expected(
    content: str, words: str
) -> None:
    (rejected,) = read(content, name="Daten.csv")
    assert isinstance(rejected, Rejected)
    assert (rejected.file, rejected.row, rejected.kept) == ("Daten.csv", None, False)
    assert words in rejected.reason
    assert len(rejected.reason) < 1500


def test_a_file_with_a_header_and_no_rows_says_nothing() -> None:
    for header in FILES:
        assert read(header) == read(header + "\n") == []


def test_units_in_a_header_are_heeded() -> None:
    header = (
        CYCLES.replace("celsius", "Fahrenheit")
        .replace("(cal)", "(kJ)")
        .replace("In bed duration (min)", "In bed duration (h)")
    )
    items = read(csv_of(header, cells(CYCLES, skin="93.7", in_bed="8.15")))
    assert only(Recovery, items).skin_temp_c == pytest.approx(34.2778, abs=1e-4)
    assert only(Cycle, items).energy_kj == 2388
    assert only(Night, items).in_bed_min == pytest.approx(489)
    header = WORKOUTS.replace("(meters)", "(miles)").replace("Zone 1 %", "Zone 1 (min)")
    workout = only(Workout, read(csv_of(header, cells(WORKOUTS, distance="2"))))
    assert workout.distance_m == pytest.approx(3218.688)


def test_tables_are_stored_nights_first() -> None:
    assert [table.value for table in Table] == [
        "sleeps",
        "physiological_cycles",
        "workouts",
        "journal_entries",
    ]
    assert only(JournalEntry, read(csv_of(JOURNAL, cells(JOURNAL)))).row == 1
