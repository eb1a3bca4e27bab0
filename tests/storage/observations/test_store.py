"""Documents into the store: matched, merged, counted; a second time nothing changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import pytest

from poise_sdk.observations import (
    BodyMeasurement,
    DailySummary,
    JournalEntry,
    Origin,
    Profile,
    Quality,
    QualityFlag,
    SleepStage,
    Stage,
    WearableRecord,
)
from poise_sdk.records import RawDocument, Rejected
from storage.arrow import query
from storage.connect import Connection
from storage.observations import known_document, store_document
from storage.observations.tables import RECORD_TABLES, TABLES
from tests.storage.observations.invented import (
    ATHLETE,
    DAY,
    RECEIVED,
    at,
    counts,
    cycle,
    file_night,
    hrv_night,
    night,
    picture,
    recovery,
    row,
    rows,
    sourced,
    store,
    workout,
)

LATER = dt.timedelta(hours=1)
T = dt.datetime(2031, 1, 10, 8, tzinfo=dt.UTC)


def everything() -> list[WearableRecord]:
    stages = tuple(
        Stage(start_at=at(DAY, n - 2), end_at=at(DAY, n - 1), stage=stage)
        for n, stage in enumerate((SleepStage.LIGHT, SleepStage.DEEP, SleepStage.REM))
    )
    return [
        night(stages=stages, row=1),
        cycle(row=2),
        recovery(night_id="n1", cycle_id="c1", contributors={"balance": 80.0}, row=3),
        hrv_night(night_id="n1", samples=12, row=4),
        workout(gps=True, row=5),
        BodyMeasurement(source_id="b1", start_at=at(DAY, 7), utc_offset_s=0, weight_kg=80.5, row=6),
        DailySummary(source_id="d1", day=DAY, part="activity", values={"steps": 9000.0}, row=7),
        JournalEntry(
            source_id=None, day=DAY, start_at=at(DAY, -2), question="Any coffee?", answer=True, row=8
        ),
        Profile(vendor_user_id="u1", row=9),
    ]


def test_a_second_time_nothing_changes(c: Connection) -> None:
    first = store(c, everything())
    assert counts(first) == (8, 1, 0)
    assert first.days == {DAY}
    c.commit()
    version = " UNION ALL ".join(f"SELECT xmin::text FROM {table.name}" for table in TABLES)
    before, written = picture(c), query(c, version)
    again = store(c, everything())
    assert counts(again) == (0, 9, 0)
    assert again.days == frozenset()
    assert picture(c) == before
    assert query(c, version).equals(written)


def test_every_column_is_a_field_of_its_record(c: Connection) -> None:
    for table in TABLES:
        found = query(
            c,
            "SELECT attname::text AS name FROM pg_attribute WHERE attrelid = to_regclass($1) "
            "AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            table.name,
        )
        assert set(found["name"]) == set(table.columns)


def test_what_is_stored_comes_back_as_it_was_told(c: Connection) -> None:
    store(c, everything())
    for record in everything():
        if isinstance(record, Profile):
            continue
        stored = row(c, RECORD_TABLES[type(record)].name)
        for name, value in msgspec.to_builtins(record).items():
            if name in ("type", "stages", "source_id", "quality") or value is None:
                continue
            told = dt.datetime.fromisoformat(stored[name]) if name.endswith("_at") else stored[name]
            assert told == (getattr(record, name) if name.endswith("_at") else value), name
    assert [one["stage"] for one in rows(c, "night_stages")] == ["light", "deep", "rem"]


@pytest.mark.parametrize("file_first", [True, False])
def test_a_night_of_the_interface_and_of_a_file_is_one_row(c: Connection, file_first: bool) -> None:
    of_api = night(asleep_min=431.5, start_at=at(DAY, -2, second=30))
    of_file = file_night(asleep_min=432.0, disturbances=7.0)
    order = [of_file, of_api] if file_first else [of_api, of_file]
    for record in order:
        assert counts(store(c, [record])) == (1, 0, 0)
    stored = row(c, "nights")
    assert (stored["source_id"], stored["origin"]) == ("n1", "api")
    assert (stored["asleep_min"], stored["debt_min"], stored["disturbances"]) == (431.5, 33.0, 7.0)
    for record in order:
        assert counts(store(c, [record])) == (0, 1, 0)


def test_what_a_file_repeats_of_the_interface_is_unchanged(c: Connection) -> None:
    store(c, [night()])
    assert counts(store(c, [file_night(debt_min=None)])) == (0, 1, 0)


def test_stages_follow_their_night_to_its_vendors_id(c: Connection) -> None:
    stage = Stage(start_at=at(DAY, -1), end_at=at(DAY, 0), stage=SleepStage.DEEP)
    store(c, [file_night(stages=(stage,))])
    store(c, [night()])
    assert [(one["source_id"], one["stage"]) for one in rows(c, "night_stages")] == [("n1", "deep")]
    store(c, [night(stages=(msgspec.structs.replace(stage, stage=SleepStage.REM),))])
    assert [one["stage"] for one in rows(c, "night_stages")] == ["rem"]


def test_what_is_derived_fills_gaps_and_overwrites_nothing(c: Connection) -> None:
    derived = night(DAY, None, origin=Origin.DERIVED, asleep_min=400.0, need_min=480.0)
    assert counts(store(c, [derived])) == (1, 0, 0)
    assert counts(store(c, [file_night(asleep_min=430.0)])) == (1, 0, 0)
    stored = row(c, "nights")
    assert (stored["origin"], stored["asleep_min"], stored["need_min"]) == ("file", 430.0, 480.0)
    assert counts(store(c, [derived])) == (0, 1, 0)


def test_a_score_that_went_away_is_gone_and_no_file_brings_it_back(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T), file_night()])
    pending = Quality(flag=QualityFlag.PENDING_SCORE)
    late = night(
        vendor_updated_at=T + LATER,
        quality=(pending,),
        asleep_min=None,
        in_bed_min=None,
        efficiency_pct=None,
    )
    assert counts(store(c, [late])) == (1, 0, 0)
    stored = row(c, "nights")
    assert (stored["asleep_min"], stored["efficiency_pct"], stored["debt_min"]) == (None, None, None)
    assert [one["flag"] for one in stored["quality"]] == ["pending_score"]
    assert counts(store(c, [night(vendor_updated_at=T)])) == (0, 1, 0)
    assert row(c, "nights")["asleep_min"] is None


def test_of_versions_of_unknown_age_the_later_is_laid_over_the_former(c: Connection) -> None:
    store(c, [night(asleep_min=400.0, need_min=480.0)])
    assert counts(store(c, [night(asleep_min=410.0)])) == (1, 0, 0)
    stored = row(c, "nights")
    assert (stored["asleep_min"], stored["need_min"]) == (410.0, 480.0)


def test_a_file_older_than_a_corrected_beginning_is_still_recognised(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T)])
    store(c, [night(vendor_updated_at=T + LATER, start_at=at(DAY, -1.5))])
    store(c, [file_night()])
    assert [one["source_id"] for one in rows(c, "nights")] == ["n1"]
    assert row(c, "nights")["debt_min"] == 33.0


def test_two_workouts_a_minute_apart_stay_two(c: Connection) -> None:
    first = workout(DAY, None, origin=Origin.FILE, end_at=at(DAY, 17, second=40), row=1)
    second = workout(DAY, None, origin=Origin.FILE, start_at=at(DAY, 17, second=60), row=2)
    assert counts(store(c, [first, second])) == (2, 0, 0)
    assert counts(store(c, [second, first])) == (0, 2, 0)
    of_api = [workout(source_id="w2", start_at=at(DAY, 17, second=61)), workout(source_id="w1")]
    store(c, of_api)
    begun = {one["source_id"]: one["start_at"] for one in rows(c, "workouts")}
    assert begun == {"w1": "2031-01-10T17:00:00+00:00", "w2": "2031-01-10T17:01:01+00:00"}
    assert counts(store(c, [first, second])) == (0, 2, 0)


def test_of_two_rows_with_one_id_the_newest_counts_and_the_other_is_named(c: Connection) -> None:
    newer = night(asleep_min=400.0, vendor_updated_at=T + LATER, row=1)
    older = night(asleep_min=390.0, vendor_updated_at=T, row=2)
    told = store(c, [newer, older])
    assert counts(told) == (1, 0, 1)
    (lost,) = told.rejected
    assert (lost.row, lost.field, lost.kept) == (2, "asleep_min", False)
    assert "row 1 counts" in lost.reason
    assert row(c, "nights")["asleep_min"] == 400.0
    assert counts(store(c, [newer, older])) == (0, 1, 1)


def test_of_two_rows_of_unknown_age_the_last_counts(c: Connection) -> None:
    told = store(c, [file_night(asleep_min=400.0, row=1), file_night(asleep_min=390.0, row=2)])
    assert counts(told) == (1, 0, 1)
    assert "row 2 counts" in told.rejected[0].reason
    assert row(c, "nights")["asleep_min"] == 390.0


def test_rows_that_complete_each_other_are_one_fact(c: Connection) -> None:
    measured = {"origin": Origin.FILE, "start_at": at(DAY, 7), "utc_offset_s": 0}
    told = store(
        c, [BodyMeasurement(weight_kg=80.0, **measured), BodyMeasurement(body_fat_pct=12.0, **measured)]
    )
    assert counts(told) == (2, 0, 0)
    stored = row(c, "body_measurements")
    assert (stored["weight_kg"], stored["body_fat_pct"]) == (80.0, 12.0)


def test_a_row_with_several_records_counts_once(c: Connection) -> None:
    of_row = {"row": 5, "origin": Origin.FILE}
    items = [
        cycle(source_id=None, day=DAY, **of_row),
        recovery(day=DAY, start_at=at(DAY, -2), **of_row),
        night(source_id=None, end_at=at(DAY, -3), **of_row),  # ends before it begins
        Rejected(file="f", row=5, field="Sleep debt", reason="no number", kept=True),
        Rejected(file="f", row=6, reason="no row at all"),
    ]
    told = store(c, items)
    assert counts(told) == (1, 0, 1)
    assert sorted((one.row, one.kept) for one in told.rejected) == [(5, True), (5, True), (6, False)]


def test_an_implausible_value_is_left_out_flagged_and_reported(c: Connection) -> None:
    told = store(c, [recovery("r1", day=DAY, resting_hr_bpm=400.0, row=3)])
    assert counts(told) == (1, 0, 0)
    assert [(one.field, one.kept) for one in told.rejected] == [("resting_hr_bpm", True)]
    stored = row(c, "recoveries")
    assert stored["resting_hr_bpm"] is None
    assert [(one["flag"], one["field"]) for one in stored["quality"]] == [("implausible", "resting_hr_bpm")]


def test_a_document_is_known_once_every_row_of_it_is_stored(c: Connection) -> None:
    document = RawDocument(name="page", content=b"page")
    sha = "a" * 64
    assert known_document(c, ATHLETE, "band", sha, "band 1") is None
    store_document(c, sourced(), document, [night(), Rejected(file="page", reason="odd")])
    sha = str(query(c, "SELECT sha256 FROM observation_documents")["sha256"][0])
    assert known_document(c, ATHLETE, "band", sha, "band 1") is None
    store_document(c, sourced(), document, [night()])
    assert known_document(c, ATHLETE, "band", sha, "band 1") == 1
    assert known_document(c, ATHLETE, "band", sha, "band 2") is None
    assert known_document(c, ATHLETE + 1, "band", sha, "band 1") is None


def test_an_adapter_that_breaks_off_loses_nothing_of_what_came_before(c: Connection) -> None:
    def items() -> Iterator[WearableRecord]:
        yield night()
        raise RuntimeError("half a page")

    told = store(c, items(), name="page 3")
    assert counts(told) == (1, 0, 1)
    assert told.rejected == [Rejected(file="page 3", reason="the adapter failed: RuntimeError: half a page")]
    assert len(rows(c, "nights")) == 1


def test_measures_without_a_time_hold_until_others_are_told(c: Connection) -> None:
    def measured(weight: float, days: int) -> tuple[int, int, int]:
        received = RECEIVED + dt.timedelta(days=days)
        record = BodyMeasurement(weight_kg=weight, height_m=1.9)
        return counts(store(c, [record], sourced=sourced(received_at=received)))

    assert measured(80.0, 0) == (1, 0, 0)
    assert measured(80.0, 1) == (0, 1, 0)
    assert measured(81.0, 2) == (1, 0, 0)
    assert measured(81.0, 3) == (0, 1, 0)
    assert [one["weight_kg"] for one in rows(c, "body_measurements")] == [80.0, 81.0]


def test_athletes_and_vendors_do_not_touch_each_other(c: Connection) -> None:
    store(c, [night()])
    store(c, [night()], vendor="ring")
    store(c, [night()], sourced=sourced(athlete_id=ATHLETE + 1))
    assert len(rows(c, "nights")) == 3
