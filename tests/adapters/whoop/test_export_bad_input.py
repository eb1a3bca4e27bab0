"""Exports as they should not be: a reason for what is left out, and nothing else is lost."""

from __future__ import annotations

import datetime as dt

import pytest

from poise_sdk.observations import Cycle, JournalEntry, Night, QualityFlag, Recovery, WearableRecord, Workout
from poise_sdk.plausibility import admit
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

NOW = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def admitted(content: bytes) -> tuple[list[WearableRecord], list[Rejected]]:
    """What the host keeps of a document, and all that is refused of it."""
    kept, lost = [], []
    for item in read(content):
        if isinstance(item, Rejected):
            lost.append(item)
            continue
        assert isinstance(item, WearableRecord)
        record, reasons = admit(item, file="export.csv", received_at=NOW)
        lost += reasons
        if record is not None:
            kept.append(record)
    return kept, lost


ENCODINGS = {
    "utf-8 with a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 big": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
    "code page 1252": lambda text: text.encode("cp1252"),
    "encoded twice": lambda text: text.encode().decode("cp1252").encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "empty lines": lambda text: ("\n" + text.replace("\n", "\n\n") + "\n \n").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "semicolons, as Excel says": lambda text: ("sep=;\n" + text.replace(",", ";")).encode(),
    "empty columns at the end": lambda text: text.replace("\n", ",,\n").encode(),
    "all quoted": lambda text: "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
    ).encode(),
    "spaces": lambda text: text.replace(",", " , ").encode(),
}


@pytest.mark.parametrize("how", ENCODINGS)
@pytest.mark.parametrize("language", ["en", "de", "pt"])
def test_encodings_line_ends_and_delimiters_make_no_difference(how: str, language: str) -> None:
    for file, english in enumerate((CYCLES, SLEEPS)):
        text = csv_of(HEADERS[language][file], cells(english), cells(english)).decode()
        assert read(ENCODINGS[how](text)) == read(text), (how, language)


def test_a_spreadsheet_may_have_saved_it_again() -> None:
    row = cells(
        SLEEPS,
        cycle_start="11.03.2025 22:48",
        cycle_end="12.03.2025 23:20",
        sleep_onset="11.03.2025 22:48",
        wake="12.03.2025 06:57",
        respiratory="17,6",
        nap="FALSCH",
        sleep_performance="72%",
    )
    night = only(Night, read(csv_of(SLEEPS, row).replace(b",17,6", b',"17,6"').replace(b'""', b'"')))
    assert night.start_at == dt.datetime(2025, 3, 12, 3, 48, tzinfo=dt.UTC)
    assert (night.respiratory_rate_rpm, night.nap, night.performance_pct) == (17.6, False, 72)
    semicolons = "\n".join([SLEEPS.replace(",", ";"), ";".join(row)])
    assert only(Night, read(semicolons)) == night


@pytest.mark.parametrize(
    ("onset", "wake", "first"),
    [
        ("3/11/2025 10:48:33 PM", "3/12/2025 6:57:56 AM", dt.datetime(2025, 3, 12, 3, 48, 33)),  # noqa: DTZ001
        ("13/3/2025 22:48", "14/3/2025 06:57", dt.datetime(2025, 3, 14, 3, 48)),  # noqa: DTZ001
        ("3/13/25 22:48", "3/14/25 6:57", dt.datetime(2025, 3, 14, 3, 48)),  # noqa: DTZ001
        ("2025/03/13 22:48", "2025/03/14 06:57", dt.datetime(2025, 3, 14, 3, 48)),  # noqa: DTZ001
        ("2025-03-13T22:48:00Z", "2025-03-14T06:57:00Z", dt.datetime(2025, 3, 13, 22, 48)),  # noqa: DTZ001
    ],
)
def test_other_ways_to_write_a_time_are_read_where_they_say_which_number_is_the_month(
    onset: str, wake: str, first: dt.datetime
) -> None:
    row = cells(SLEEPS, cycle_start=onset, cycle_end=wake, sleep_onset=onset, wake=wake)
    assert only(Night, read(csv_of(SLEEPS, row))).start_at == first.replace(tzinfo=dt.UTC)


def test_a_date_that_may_be_two_is_rejected() -> None:
    row = cells(SLEEPS, cycle_start="", cycle_end="", sleep_onset="3/4/2025 00:48", wake="3/4/2025 06:57")
    rejected = only(Rejected, read(csv_of(SLEEPS, row)))
    assert "does not say which number is the month" in rejected.reason


@pytest.mark.parametrize(
    ("onset", "wake", "day"),
    [
        ("3/4/25 22:48", "3/5/25 06:57", dt.date(2025, 3, 5)),
        ("3/4/2025 22:48", "4/4/2025 06:57", dt.date(2025, 4, 4)),
        ("12/9/2025 10:48:00 PM", "12/10/2025 6:57:00 AM", dt.date(2025, 12, 10)),
    ],
)
def test_the_number_that_changes_within_a_row_is_the_day(onset: str, wake: str, day: dt.date) -> None:
    changed = {"cycle_start": onset, "cycle_end": wake, "sleep_onset": onset, "wake": wake}
    noon = {"cycle_end": "", "sleep_onset": onset, "wake": onset}
    rows = [cells(CYCLES, **changed), cells(CYCLES, **(changed | noon))]
    cycles = [item for item in read(csv_of(CYCLES, *rows)) if isinstance(item, Cycle)]
    assert cycles[0].day == day
    assert {(one.start_at + dt.timedelta(hours=-5)).month for one in cycles} == {day.month}


def test_rows_that_contradict_one_another_tell_no_order_of_day_and_month() -> None:
    rows = [
        cells(SLEEPS, cycle_start="", cycle_end="", sleep_onset=onset, wake=wake)
        for onset, wake in (("3/4/2025 22:48", "3/5/2025 06:57"), ("3/4/2025 22:48", "4/4/2025 06:57"))
    ]
    assert refused(read(csv_of(SLEEPS, *rows))) == [(1, "sleep_onset", False), (2, "sleep_onset", False)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\r\n\r\n", "the file is empty"),
        (b"PK\x03\x04\x00\x00\x00\x01\x02", "binary data, not a text"),
        (b"\xff\xfe\x00", "its first bytes say utf-16"),
        (bytes(range(256)) * 4, "binary data, not a text"),
    ],
)
def test_what_is_no_text_is_rejected_with_a_reason(content: bytes, reason: str) -> None:
    rejected = only(Rejected, read(content))
    assert (rejected.file, rejected.row) == ("export.csv", None)
    assert reason in rejected.reason


def test_a_row_with_too_few_or_too_many_cells_is_rejected_under_its_number() -> None:
    good = cells(SLEEPS)
    items = read(csv_of(SLEEPS, good, good[:-3], [*good, "x"], [""] * len(good), good))
    assert [item.row for item in items if isinstance(item, Night)] == [1, 5]
    reasons = {item.row: item.reason for item in items if isinstance(item, Rejected)}
    assert reasons == {
        2: "it has 15 cells, fewer than the header's 18",
        3: "it has 19 cells, more than the header's 18",
        4: "all its cells are blank",
    }
    assert {kept for _, _, kept in refused(items)} == {False}


def test_a_quote_that_is_never_closed_spoils_its_own_row_only() -> None:
    good = csv_of(JOURNAL, *(cells(JOURNAL, question=f"Question {n}?") for n in range(1, 6)))
    spoiled = good.replace(b"Question 3?,true,", b'"Question 3?,true,')
    entries = [item for item in read(spoiled) if isinstance(item, JournalEntry)]
    assert [entry.question for entry in entries if entry.row != 3] == [f"Question {n}?" for n in (1, 2, 4, 5)]
    long = cells(JOURNAL, notes="first, second, third, fourth, fifth\n\n2025-03-01, rain\n and more")
    assert only(JournalEntry, read(csv_of(JOURNAL, long))).notes == long[-1]


@pytest.mark.parametrize(
    "zone", ["", "Mars", "UTC+99:00", "UTC+5:99", "../../etc/passwd", "Nowhere/City", "EST5"]
)
def test_a_row_without_a_known_time_zone_is_rejected(zone: str) -> None:
    items = read(
        csv_of(CYCLES, cells(CYCLES, cycle_timezone=zone), cells(CYCLES, cycle_timezone="UTC+02:00"))
    )
    assert refused(items) == [(1, "utc_offset_s", False)]
    assert only(Cycle, items).row == 2
    assert "'Cycle timezone'" in only(Rejected, items).reason


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2025-02-30 22:00:00", "2025-03-11", "20250311", "12.5", "1e9"]
)
def test_a_row_without_a_usable_start_is_rejected_whole(time: str) -> None:
    for header, name in ((SLEEPS, "sleep_onset"), (WORKOUTS, "workout_start"), (JOURNAL, "cycle_start")):
        items = read(csv_of(header, cells(header, **{name: time}), cells(header)))
        assert [(row, kept) for row, _, kept in refused(items)] == [(1, False)]
        assert {item.row for item in items if isinstance(item, WearableRecord)} == {2}


def test_a_value_that_cannot_be_read_is_left_out_of_its_row() -> None:
    row = cells(CYCLES, recovery_score="green", day_strain="nan", heart_rate_var="9_5", max_hr="∞")
    items = read(csv_of(CYCLES, row))
    assert sorted(refused(items), key=str) == [
        (1, "hrv_rmssd_ms", True),
        (1, "max_hr_bpm", True),
        (1, "recovery_pct", True),
    ]
    cycle, recovery = only(Cycle, items), only(Recovery, items)
    assert (cycle.strain, cycle.max_hr_bpm, cycle.avg_hr_bpm) == (None, None, 73)
    assert (recovery.recovery_pct, recovery.resting_hr_bpm) == (None, 55)
    (told,) = (item for item in items if isinstance(item, Rejected) and item.field == "recovery_pct")
    assert told.reason == "'Recovery score %': 'green' is no number"
    workout = only(Workout, read(csv_of(WORKOUTS, cells(WORKOUTS, gps="perhaps", hr_zone_1="340"))))
    assert (workout.gps, workout.zone_1_min, workout.zone_2_min) == (None, None, pytest.approx(0.41 * 46))


def test_swapped_columns_are_noticed_where_the_values_do_not_fit() -> None:
    names = CYCLES.split(",")
    row = cells(CYCLES)
    for one, other in (("Cycle end time", "Recovery score %"), ("Blood oxygen %", "Energy burned (cal)")):
        a, b = names.index(one), names.index(other)
        row[a], row[b] = row[b], row[a]
    kept, lost = admitted(csv_of(CYCLES, row))
    assert {(one.field, one.kept) for one in lost} == {
        ("end_at", True),
        ("recovery_pct", True),
        ("spo2_pct", True),
    }
    cycle = only(Cycle, kept)
    assert (cycle.end_at, cycle.strain) == (None, 10.3)
    assert QualityFlag.PARTIAL in {remark.flag for remark in cycle.quality}
    assert only(Recovery, kept).resting_hr_bpm == 55
    swapped = cells(SLEEPS)
    at = SLEEPS.split(",").index("Sleep onset")
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    kept, lost = admitted(csv_of(SLEEPS, swapped, cells(SLEEPS)))
    assert [record.row for record in kept] == [2]
    assert [(one.row, one.field) for one in lost] == [(1, "end_at")]
    assert "ends before it begins" in lost[0].reason


IMPOSSIBLE = [
    (SLEEPS, {"asleep": "-463"}, "asleep_min", True),
    (SLEEPS, {"wake": "2025-03-13 04:48:33"}, "end_at", False),
    (SLEEPS, {"respiratory": "400"}, "respiratory_rate_rpm", True),
    (SLEEPS, {"sleep_onset": "1970-01-01 00:00:00", "wake": "1970-01-01 07:00:00"}, "start_at", False),
    (SLEEPS, {"sleep_onset": "2026-03-11 22:00:00", "wake": "2026-03-12 06:00:00"}, "start_at", False),
    (WORKOUTS, {"duration": "-46"}, "duration_min", True),
    (WORKOUTS, {"workout_end": "2025-03-12 16:00:00"}, "end_at", False),
    (WORKOUTS, {"max_hr": "400"}, "max_hr_bpm", True),
    (WORKOUTS, {"average_hr": "0"}, "avg_hr_bpm", True),
    (
        WORKOUTS,
        {"workout_start": "1970-01-01 00:00:00", "workout_end": "1970-01-01 01:00:00"},
        "start_at",
        False,
    ),
]


@pytest.mark.parametrize(("header", "changed", "field", "kept"), IMPOSSIBLE)
def test_what_no_body_shows_is_refused_with_its_row_and_the_rest_is_kept(
    header: str, changed: dict[str, str], field: str, kept: bool
) -> None:
    later = {
        SLEEPS: {"sleep_onset": "2025-03-12 13:00:00", "wake": "2025-03-12 14:00:00"},
        WORKOUTS: {"workout_start": "2025-03-12 08:00:00", "workout_end": "2025-03-12 09:00:00"},
    }
    records, lost = admitted(csv_of(header, cells(header, **changed), cells(header, **later[header])))
    assert (1, field, kept) in {(one.row, one.field, one.kept) for one in lost}
    assert {one.row for one in lost} == {1}
    assert {record.row for record in records} == ({1, 2} if kept else {2})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"wake": "2025-03-13 04:48:33"}, "its sleep lasts 30.0 hours"),
        ({"wake": "2025-03-11 21:00:00"}, "its sleep ends before it begins"),
        (
            {"sleep_onset": "2024-03-11 22:48:33", "wake": "2024-03-12 06:00:00"},
            "its sleep lies outside its cycle",
        ),
        ({"wake": "soon"}, "'soon' is no time"),
    ],
)
def test_the_sleep_of_a_cycle_that_cannot_be_costs_that_sleep_only(
    changed: dict[str, str], reason: str
) -> None:
    kept, lost = admitted(csv_of(CYCLES, cells(CYCLES, **changed)))
    assert [type(record).__name__ for record in kept] == ["Cycle", "Recovery", "HrvNight"]
    (told,) = lost
    assert (told.row, told.kept) == (1, True)
    assert reason in told.reason


def test_two_activities_that_begin_in_the_same_second_are_two() -> None:
    rows = [cells(WORKOUTS, activity_name="Sauna"), cells(WORKOUTS, activity_name="Meditation")]
    workouts = [item for item in read(csv_of(WORKOUTS, *rows)) if isinstance(item, Workout)]
    assert [one.source_id for one in workouts] == [
        "@2025-03-12T22:10:00Z/sauna",
        "@2025-03-12T22:10:00Z/meditation",
    ]
    assert read(csv_of(WORKOUTS, *reversed(rows)))[::-1] != []
    again = cells(WORKOUTS, activity_name="Sauna", workout_end="2025-03-12 18:30:00", duration="80")
    workouts = [item for item in read(csv_of(WORKOUTS, *rows, again, again)) if isinstance(item, Workout)]
    assert [one.source_id for one in workouts] == [
        "@2025-03-12T22:10:00Z/sauna/2025-03-12T22:56:20Z",
        "@2025-03-12T22:10:00Z/meditation",
        *["@2025-03-12T22:10:00Z/sauna/2025-03-12T23:30:00Z"] * 2,
    ]
    other = cells(WORKOUTS, workout_start="2025-03-12 17:10:01")
    assert {
        item.source_id for item in read(csv_of(WORKOUTS, rows[0], other)) if isinstance(item, Workout)
    } == {None}
