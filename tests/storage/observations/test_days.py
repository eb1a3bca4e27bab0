"""Days of records that hang on others, changes of time zone, and deletions."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from poise_sdk.observations import Deleted, HrvNight, JournalEntry, Origin
from poise_sdk.vocabulary import DataType
from storage.arrow import query
from storage.connect import Connection
from storage.observations import delete_record
from tests.storage.observations.invented import (
    DAY,
    RECEIVED,
    at,
    counts,
    cycle,
    effective,
    file_night,
    hrv_night,
    night,
    picture,
    recovery,
    row,
    rows,
    sourced,
    store,
)

NEXT = DAY + dt.timedelta(days=1)
T = dt.datetime(2031, 1, 10, 8, tzinfo=dt.UTC)


def day_of(c: Connection, table: str) -> tuple[str | None, str]:
    stored = row(c, table)
    return stored["day"], stored["day_rule"]


def test_a_recovery_waits_for_its_night(c: Connection) -> None:
    told = store(c, [recovery(night_id="n1", cycle_id="c1")])
    assert counts(told) == (1, 0, 0)
    assert day_of(c, "recoveries") == (None, "none")
    assert told.days == frozenset()
    told = store(c, [cycle()])
    assert day_of(c, "recoveries") == (DAY.isoformat(), "cycle")
    assert told.days == {DAY}
    store(c, [night(end_at=at(DAY, 20))])
    assert day_of(c, "recoveries") == (DAY.isoformat(), "night")
    assert effective(c)[DAY.isoformat(), "recovery_pct"] == (66.0, "band", "only source")


def test_a_cycles_day_is_that_of_its_night_and_follows_it(c: Connection) -> None:
    store(c, [cycle(start_at=at(DAY, -8))])
    assert day_of(c, "cycles") == (DAY.isoformat(), "start")
    store(c, [night(cycle_id="c1", start_at=at(DAY, 20), end_at=at(NEXT, 5), vendor_updated_at=T)])
    assert day_of(c, "cycles") == (NEXT.isoformat(), "night")
    assert {day for day, metric in effective(c) if metric == "strain"} == {NEXT.isoformat()}
    later = T + dt.timedelta(hours=1)
    store(c, [night(cycle_id="c1", nap=True, vendor_updated_at=later)])
    assert day_of(c, "cycles") == (DAY.isoformat(), "start")
    assert {day for day, metric in effective(c) if metric == "strain"} == {DAY.isoformat()}


def test_a_given_day_is_kept(c: Connection) -> None:
    store(c, [cycle(day=NEXT)])
    store(c, [night(cycle_id="c1")])
    assert day_of(c, "cycles") == (NEXT.isoformat(), "given")


def test_an_answer_belongs_to_the_cycle_it_begins_with(c: Connection) -> None:
    entry = JournalEntry(origin=Origin.FILE, start_at=at(DAY, -9), question="Any alcohol?", answer=False)
    store(c, [entry])
    assert day_of(c, "journal_entries") == ((DAY - dt.timedelta(days=1)).isoformat(), "start")
    store(c, [cycle(start_at=at(DAY, -9, second=20), day=DAY)])
    assert day_of(c, "journal_entries") == (DAY.isoformat(), "cycle")


def test_a_recovery_with_nothing_but_its_day_joins_the_one_of_that_day(c: Connection) -> None:
    of_file = recovery(day=DAY, origin=Origin.FILE, spo2_pct=97.0)
    store(c, [of_file])
    store(c, [recovery("r1", night_id="n1")])
    assert len(rows(c, "recoveries")) == 2
    store(c, [night()])
    stored = row(c, "recoveries")
    assert (stored["source_id"], stored["spo2_pct"], stored["day"]) == ("r1", 97.0, DAY.isoformat())
    assert counts(store(c, [of_file])) == (0, 1, 0)


def test_variability_awake_is_not_that_of_the_night(c: Connection) -> None:
    store(c, [hrv_night(source_id=None), hrv_night(source_id=None, in_sleep=False, hrv_rmssd_ms=40.0)])
    assert len(rows(c, "hrv_nights")) == 2
    assert effective(c)[DAY.isoformat(), "hrv_rmssd_ms"][0] == 75.0


def times(stored: dict[str, Any]) -> tuple[dt.datetime, dt.datetime | None, int | None]:
    start, end = stored["start_at"], stored["end_at"]
    moments = dt.datetime.fromisoformat(start), None if end is None else dt.datetime.fromisoformat(end)
    return *moments, stored["utc_offset_s"]


def recorded(day: dt.date = DAY, **given: Any) -> HrvNight:
    """Variability whose vendor says no more than when it was worked out: after the night."""
    values = {"night_id": "n1", "start_at": at(day, 7), "end_at": None, "utc_offset_s": None}
    return hrv_night(day, **(values | given))


def test_variability_of_a_night_has_the_nights_times_whichever_comes_first(c: Connection) -> None:
    slept = night(utc_offset_s=3600)
    store(c, [recorded()])
    assert times(row(c, "hrv_nights")) == (at(DAY, 7), None, None)
    store(c, [slept])
    assert times(row(c, "hrv_nights")) == (at(DAY, -2), at(DAY, 6), 3600)
    assert day_of(c, "hrv_nights") == (DAY.isoformat(), "night")
    expected = picture(c)
    assert counts(store(c, [recorded()])) == counts(store(c, [slept])) == (0, 1, 0)
    assert picture(c) == expected
    for documents in ([[slept], [recorded()]], [[slept, recorded()]], [[recorded(), slept]]):
        c.rollback()
        for items in documents:
            store(c, items)
        assert picture(c) == expected


def test_variability_moves_with_its_night_and_keeps_what_it_was_told_with(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T), recorded(vendor_updated_at=T)])
    later = {"vendor_updated_at": T + dt.timedelta(hours=1)}
    store(c, [night(start_at=at(DAY, 20), end_at=at(NEXT, 5), utc_offset_s=-3600, **later)])
    assert times(row(c, "hrv_nights")) == (at(DAY, 20), at(NEXT, 5), -3600)
    assert day_of(c, "hrv_nights") == (NEXT.isoformat(), "night")
    assert {day for day, metric in effective(c) if metric == "hrv_rmssd_ms"} == {NEXT.isoformat()}
    assert counts(store(c, [recorded(vendor_updated_at=T)])) == (0, 1, 0)
    store(c, [recorded(hrv_rmssd_ms=81.0, **later)])
    stored = row(c, "hrv_nights")
    assert times(stored) == (at(DAY, 20), at(NEXT, 5), -3600)
    assert stored["hrv_rmssd_ms"] == 81.0


def test_variability_awake_keeps_its_own_times(c: Connection) -> None:
    store(c, [night(), recorded(in_sleep=False)])
    assert times(row(c, "hrv_nights")) == (at(DAY, 7), None, None)


def test_a_nights_variability_of_interface_and_file_is_one_row_in_the_nights_times(c: Connection) -> None:
    of_file = hrv_night(source_id=None, origin=Origin.FILE, start_at=at(DAY, -2, second=20), row=1)
    documents = ([night()], [recorded()], [file_night(), of_file])
    expected: dict[str, Any] | None = None
    for order in itertools.permutations(documents):
        c.rollback()
        for items in order:
            store(c, items)
        assert times(row(c, "hrv_nights")) == (at(DAY, -2), at(DAY, 6), 0)
        expected = expected or picture(c)
        assert picture(c) == expected
        for items in order:
            assert counts(store(c, items))[0] == 0
        assert picture(c) == expected


def test_a_change_of_time_zone_is_flagged_at_the_first_night_of_the_new_one(c: Connection) -> None:
    def flagged() -> dict[str, str]:
        return {
            one["source_id"]: remark["detail"]
            for one in rows(c, "nights")
            for remark in one["quality"]
            if remark["flag"] == "time_zone_change"
        }

    days = [DAY + dt.timedelta(days=n) for n in range(4)]
    store(c, [night(days[3], "d", utc_offset_s=7200), night(days[0], "a", utc_offset_s=3600)])
    assert flagged() == {"d": "UTC+02:00 after UTC+01:00"}
    store(c, [night(days[2], "c", utc_offset_s=7200), night(days[2], "nap", utc_offset_s=0, nap=True)])
    assert flagged() == {"c": "UTC+02:00 after UTC+01:00"}
    before = picture(c)
    store(c, [night(days[1], "b", utc_offset_s=-9000)])
    assert flagged() == {"b": "UTC-02:30 after UTC+01:00", "c": "UTC+02:00 after UTC-02:30"}
    # a night's own new version keeps the remark
    assert counts(store(c, [night(days[2], "c", utc_offset_s=7200, asleep_min=1.0)])) == (1, 0, 0)
    assert set(flagged()) == {"b", "c"}
    delete_record(c, sourced(), DataType.SLEEP, "b")
    store(c, [night(days[2], "c", utc_offset_s=7200)])
    assert picture(c)["nights"] == before["nights"]


def test_an_open_cycle_is_partial(c: Connection) -> None:
    store(c, [cycle(end_at=None)])
    assert [one["flag"] for one in row(c, "cycles")["quality"]] == ["partial"]
    assert all(one["quality"][0]["flag"] == "partial" for one in rows(c, "daily_values"))
    store(c, [cycle()])
    assert row(c, "cycles")["quality"] == []


def test_a_deleted_night_takes_along_what_hangs_on_it(c: Connection) -> None:
    store(c, [night(), cycle(), recovery(night_id="n1"), hrv_night(night_id="n1"), hrv_night(source_id="h2")])
    assert delete_record(c, sourced(), DataType.SLEEP, "n1")
    assert rows(c, "nights") == []
    assert rows(c, "recoveries") == []
    assert [one["source_id"] for one in rows(c, "hrv_nights")] == ["h2"]
    assert "asleep_min" not in {metric for _, metric in effective(c)}
    assert not delete_record(c, sourced(), DataType.SLEEP, "n1")
    late = store(c, [night(), recovery(night_id="n1")])
    assert counts(late) == (0, 2, 0)
    assert rows(c, "nights") == []


def test_a_recovery_may_be_deleted_by_its_nights_id(c: Connection) -> None:
    store(c, [night(), recovery("r1", night_id="n1")])
    assert delete_record(c, sourced(), DataType.RECOVERY, "n1")
    assert rows(c, "recoveries") == []
    assert len(rows(c, "nights")) == 1


def test_only_a_newer_version_comes_back(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T)])
    delete_record(c, sourced(received_at=T + dt.timedelta(hours=2)), DataType.SLEEP, "n1")
    assert counts(store(c, [night(vendor_updated_at=T + dt.timedelta(hours=1))])) == (0, 1, 0)
    assert counts(store(c, [night(vendor_updated_at=T + dt.timedelta(hours=3))])) == (1, 0, 0)
    assert len(rows(c, "nights")) == 1


def test_a_deletion_that_is_older_than_the_record_is_ignored(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T)])
    gone = Deleted(of=DataType.SLEEP, source_id="n1", vendor_updated_at=T - dt.timedelta(hours=1))
    assert counts(store(c, [gone])) == (1, 0, 0)  # it is remembered
    assert counts(store(c, [gone])) == (0, 1, 0)
    assert len(rows(c, "nights")) == 1


def test_a_file_does_not_bring_back_what_the_vendor_deleted(c: Connection) -> None:
    store(c, [night(vendor_updated_at=T)])
    delete_record(c, sourced(), DataType.SLEEP, "n1")
    told = store(c, [file_night(row=4)])
    assert counts(told) == (0, 0, 1)
    assert told.rejected[0].reason == "the vendor has taken this night back"
    assert told.rejected[0].row == 4


def test_a_deletion_that_comes_first_finds_the_files_row_by_the_late_version(c: Connection) -> None:
    store(c, [file_night()])
    delete_record(c, sourced(received_at=RECEIVED), DataType.SLEEP, "n1")
    assert len(rows(c, "nights")) == 1
    store(c, [night(vendor_updated_at=T)])
    assert rows(c, "nights") == []
    assert query(c, "SELECT start_at FROM tombstones")["start_at"].to_list() == [at(DAY, -2)]
