"""Readings: written once, compared in bulk, one partition a month."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import closing
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poise_sdk.observations import Origin, Reading, ReadingTable
from poise_sdk.records import RawDocument
from storage.arrow import query
from storage.connect import Connection, connect
from storage.observations import readings as module
from storage.observations import store_document
from tests.storage.observations.invented import (
    DAY,
    at,
    counts,
    effective,
    night,
    people,
    rows,
    sourced,
    store,
    table,
)


def beats(count: int = 10, *, day: dt.date = DAY, every_s: int = 60, **given: Any) -> list[dict[str, Any]]:
    return [
        {
            "metric": "hr_bpm",
            "start_at": at(day, 8, second=every_s * n),
            "value": 60.0 + n % 40,
            "utc_offset_s": 0,
            "row": n + 1,
            **given,
        }
        for n in range(count)
    ]


def stored(c: Connection) -> list[tuple[Any, ...]]:
    found = query(
        c,
        "SELECT s.metric, s.source, r.at, r.end_at, r.value FROM readings r "
        "JOIN reading_streams s ON s.id = r.stream_id ORDER BY 1, 2, 3, 4",
    )
    return list(found.iter_rows())


def test_a_second_time_writes_nothing(c: Connection) -> None:
    assert counts(store(c, [table(beats())])) == (10, 0, 0)
    c.commit()
    version = "SELECT xmin::text AS v FROM readings"
    before = query(c, version)
    assert counts(store(c, [table(beats())])) == (0, 10, 0)
    assert query(c, version).equals(before)


def test_only_what_is_new_or_differs_is_written(c: Connection) -> None:
    store(c, [table(beats())])
    corrected = [one | {"value": 99.0} if one["row"] == 3 else one for one in beats(12)]
    told = store(c, [table(corrected)])
    assert counts(told) == (3, 9, 0)
    assert [value for *_, value in stored(c)][2] == 99.0


def test_large_documents_are_compared_by_range(c: Connection) -> None:
    count = module._LOOKED_UP + 10
    many = beats(count, every_s=30)
    assert counts(store(c, [table(many)])) == (count, 0, 0)
    corrected = [one | {"value": 199.0} if one["row"] % 1000 == 0 else one for one in many]
    assert counts(store(c, [table(corrected)])) == (count // 1000, count - count // 1000, 0)
    assert counts(store(c, [table(corrected)])) == (0, count, 0)


def test_single_readings_and_tables_mean_the_same(c: Connection) -> None:
    single = [Reading(origin=Origin.FILE, **one) for one in beats()]
    assert counts(store(c, single)) == (10, 0, 0)
    assert counts(store(c, [table(beats())])) == (0, 10, 0)


def test_of_two_values_of_one_moment_the_last_counts_and_the_other_is_named(c: Connection) -> None:
    first, second, same = beats(3)
    twice = [first, second | {"start_at": first["start_at"], "value": 77.0}, same, same | {"row": 9}]
    told = store(c, [table(twice)])
    assert counts(told) == (2, 1, 1)
    (lost,) = told.rejected
    assert (lost.row, lost.field) == (1, "hr_bpm")
    assert lost.reason == "60 at 2031-01-10T08:00:00+00:00 stands beside 77, which counts (row 2)"
    assert counts(store(c, [table(twice)])) == (0, 3, 1)


def test_tables_of_one_document_that_contradict_each_other_do_not_take_turns(c: Connection) -> None:
    def again(version: str) -> tuple[int, int, int]:
        document = RawDocument(name="export", content=b"export")
        other = [one | {"value": 88.0, "row": one["row"] + 10} for one in beats(1)]
        return counts(store_document(c, sourced(version), document, [table(beats(2)), table(other)]))

    assert again("band") == (2, 0, 1)
    assert again("band") == (0, 2, 1)
    assert [value for *_, value in stored(c)] == [60.0, 61.0]


def test_two_devices_are_two_streams_and_an_interval_is_no_instant(c: Connection) -> None:
    watch, phone = beats(1, source="watch"), beats(1, source="phone")
    span = [one | {"end_at": at(DAY, 9), "value": 70.0} for one in watch]
    assert counts(store(c, [table([*watch, *phone, *(one | {"row": 3} for one in span)])])) == (2, 0, 0)
    assert [(source, value) for _, source, _, _, value in stored(c)] == [
        ("phone", 60.0),
        ("watch", 60.0),
        ("watch", 70.0),
    ]


def test_months_get_partitions_when_they_come(c: Connection) -> None:
    years = [dt.date(2000, 1, 31), dt.date(2030, 12, 31), dt.date(2031, 1, 1)]
    store(c, [table([one for day in years for one in beats(1, day=day)])])
    found = query(c, "SELECT tableoid::regclass::text AS name FROM readings ORDER BY at")
    assert found["name"].to_list() == ["readings_2000_01", "readings_2030_12", "readings_2031_01"]


def test_importers_of_the_same_new_months_do_not_hinder_each_other(database_url: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(3)

    def importer(athlete_id: int) -> None:
        try:
            with closing(connect(database_url)) as mine:
                for n in range(6):
                    start.wait(30)
                    # opposite orders of months, and no commit in between
                    day = dt.date(2020, 1 + (n if athlete_id % 2 else 5 - n), 1)
                    store(mine, [table(beats(5, day=day))], sourced=sourced(athlete_id=athlete_id))
                mine.commit()
        except BaseException as error:
            start.abort()
            errors.append(error)

    with closing(connect(database_url)) as c:
        people(c, 0, 1, 2)
        c.commit()
    threads = [threading.Thread(target=importer, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(connect(database_url)) as c:
        assert query(c, "SELECT count(*) AS n FROM readings")["n"][0] == 3 * 6 * 5


def test_what_cannot_be_is_refused_in_the_words_of_the_one_rule(c: Connection) -> None:
    good = beats(1)[0]
    bad = [
        {"value": 400.0},
        {"value": float("nan")},
        {"value": None},
        {"start_at": dt.datetime(1970, 1, 1, tzinfo=dt.UTC)},
        {"start_at": dt.datetime(2033, 1, 1, tzinfo=dt.UTC)},
        {"end_at": at(DAY, 2)},
        {"utc_offset_s": 80_000},
        {"metric": "x" * 600},
    ]
    told = store(c, [table([good, *(good | one | {"row": n} for n, one in enumerate(bad, 2))])])
    assert counts(told) == (1, 0, len(bad))
    assert [(one.row, one.field) for one in told.rejected] == [
        (2, "hr_bpm"),
        (3, "hr_bpm"),
        (4, "value"),
        (5, "start_at"),
        (6, "start_at"),
        (7, "end_at"),
        (8, "utc_offset_s"),
        (9, "metric"),
    ]
    single = Reading(metric="hr_bpm", start_at=good["start_at"], value=400.0, row=2)
    assert store(c, [single]).rejected[0].reason == told.rejected[0].reason


def test_a_table_that_is_none_is_the_adapters_fault(c: Connection) -> None:
    naive = pl.DataFrame({"metric": ["hr_bpm"], "start_at": [dt.datetime(2031, 1, 1)], "value": [60.0]})  # noqa: DTZ001 - a time without a zone is the point
    bad: list[Any] = [naive, naive.drop("value"), naive.with_columns(start_at=pl.lit("soon")), "text"]
    told = store(c, [*(ReadingTable(data=one, rows=1) for one in bad), table(beats(1))], name="export")
    assert counts(told) == (1, 0, 4)
    assert all(one.reason.startswith("the adapter returned no sound table") for one in told.rejected)


def test_a_reading_without_an_offset_lies_on_the_day_of_the_nights_offset(c: Connection) -> None:
    store(c, [night(utc_offset_s=-8 * 3600, start_at=at(DAY, 6), end_at=at(DAY, 14))])
    late = {"metric": "hr_bpm", "start_at": at(DAY, 30), "value": 60.0}
    store(c, [table([late])])
    assert effective(c)[DAY.isoformat(), "hr_bpm"][0] == 60.0


moments = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(20, 25)), max_size=30)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(moments, min_size=1, max_size=4))
def test_the_table_is_what_a_dictionary_would_be(
    c: Connection, documents: list[list[tuple[int, int, int]]]
) -> None:
    c.rollback()
    expected: dict[tuple[str, dt.datetime], float] = {}
    for document in documents:
        told = [
            {
                "metric": "hr_bpm",
                "source": f"s{s}",
                "start_at": at(DAY, n),
                "value": float(v),
                "utc_offset_s": 0,
            }
            for n, s, v in document
        ]
        new = {(one["source"], one["start_at"]): one["value"] for one in told}
        outcome = store(c, [table(told)])
        assert outcome.told.stored == sum(expected.get(key) != value for key, value in new.items())
        expected |= new
    assert {(source, moment): value for _, source, moment, _, value in stored(c)} == expected
    assert len(rows(c, "readings")) == len(expected)
