"""Upserts: exact counts, only what differs is written, many writers at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.arrow import execute, query
from storage.bulk import Upserted, copy_rows, upsert
from storage.columns import plays_columns
from storage.connect import Connection, connect, is_transient
from tests.storage.invented import play, plays, stored_plays

KEY = ("game_id", "number")


@pytest.fixture
def c(database_url: str) -> Iterator[Connection]:
    with closing(connect(database_url)) as connection:
        yield connection


def frame(game_id: str, count: int = 10) -> pl.DataFrame:
    return plays_columns(plays(game_id, count)).frame


def test_new_changed_and_unchanged_rows_are_counted_exactly(c: Connection) -> None:
    first = frame("g1")
    assert upsert(c, "plays", first, key=KEY) == Upserted(10, 0, 0)
    assert upsert(c, "plays", first, key=KEY) == Upserted(0, 0, 10)
    corrected = first.with_columns(points=pl.when(pl.col("number") < 4).then(3).otherwise("points"))
    mixed = pl.concat([corrected.cast(first.schema), frame("g1", 12).tail(2), frame("g2", 5)])
    assert upsert(c, "plays", mixed, key=KEY) == Upserted(7, 3, 7)
    assert stored_plays(c, "g1")["points"].to_list() == [3, 3, 3] + [2] * 9


def test_of_rows_with_one_key_the_last_counts(c: Connection) -> None:
    twice = pl.concat([frame("g1"), frame("g1").with_columns(description=pl.lit("second"))])
    assert upsert(c, "plays", twice, key=KEY) == Upserted(10, 0, 0)
    assert set(stored_plays(c, "g1")["description"]) == {"second"}
    assert upsert(c, "plays", twice, key=KEY) == Upserted(0, 0, 10)


def test_what_is_unchanged_is_not_even_touched(c: Connection) -> None:
    upsert(c, "plays", frame("g1"), key=KEY)
    c.commit()
    version = "SELECT xmin::text || xmax::text AS v FROM plays ORDER BY game_id, number"
    before = query(c, version)
    upsert(c, "plays", frame("g1"), key=KEY)
    c.commit()
    assert query(c, version).equals(before)


def test_an_expression_decides_what_becomes_of_a_column(c: Connection) -> None:
    def team(city: str | None, name: str | None) -> pl.DataFrame:
        row = {"id": [7], "city": [city], "name": [name]}
        return pl.DataFrame(row, schema={"id": pl.Int64(), "city": pl.String(), "name": pl.String()})

    keep = {name: f"coalesce(excluded.{name}, t.{name})" for name in ("city", "name")}
    assert upsert(c, "teams", team("Homeville", None), key=("id",), merge=keep) == Upserted(1, 0, 0)
    assert upsert(c, "teams", team(None, "Hosts"), key=("id",), merge=keep) == Upserted(0, 1, 0)
    assert upsert(c, "teams", team(None, None), key=("id",), merge=keep) == Upserted(0, 0, 1)
    assert query(c, "SELECT * FROM teams").to_dicts() == [
        {"id": 7, "abbreviation": None, "city": "Homeville", "name": "Hosts"}
    ]


def test_json_travels_as_text_and_is_compared_by_content(c: Connection) -> None:
    def event(payload: str) -> pl.DataFrame:
        row = {"game_id": ["g"], "topic": ["game"], "sequence": [1], "payload": [payload]}
        return pl.DataFrame(row).with_columns(
            received_at=pl.lit("2031-01-01").str.to_datetime(time_zone="UTC")
        )

    key = ("game_id", "topic", "sequence")
    assert upsert(c, "live_events", event('{"a": 1, "b": 2}'), key=key) == Upserted(1, 0, 0)
    assert upsert(c, "live_events", event('{"b":2,"a":1}'), key=key) == Upserted(0, 0, 1)
    assert upsert(c, "live_events", event('{"b":3,"a":1}'), key=key) == Upserted(0, 1, 0)


def test_an_empty_frame_and_a_table_of_keys_only_are_no_special_case(c: Connection) -> None:
    assert upsert(c, "plays", frame("g1").clear(), key=KEY) == Upserted(0, 0, 0)
    execute(c, "CREATE TABLE pairs (a integer, b text, PRIMARY KEY (a, b))")
    pairs = pl.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"]})
    assert upsert(c, "pairs", pairs, key=("a", "b")) == Upserted(3, 0, 0)
    assert upsert(c, "pairs", pairs, key=("a", "b")) == Upserted(0, 0, 3)


def test_an_unknown_table_or_column_and_a_value_that_does_not_fit_are_named(c: Connection) -> None:
    with pytest.raises(ValueError, match="no table 'gmaes'"):
        upsert(c, "gmaes", frame("g"), key=KEY)
    with pytest.raises(ValueError, match="no column colour"):
        upsert(c, "plays", frame("g").with_columns(colour=pl.lit("red")), key=KEY)
    with pytest.raises(pl.exceptions.InvalidOperationError):
        upsert(c, "plays", frame("g").with_columns(points=pl.lit(2**40)), key=KEY)


def test_copied_rows_must_be_new(c: Connection) -> None:
    assert copy_rows(c, "plays", frame("g1")) == 10
    with pytest.raises(Exception, match="duplicate key") as caught:
        copy_rows(c, "plays", frame("g1"))
    assert not is_transient(caught.value)


def test_a_rolled_back_upsert_leaves_nothing_and_the_session_usable(c: Connection) -> None:
    upsert(c, "plays", frame("g1"), key=KEY)
    upsert(c, "plays", frame("g1").with_columns(description=pl.lit("staged")), key=KEY)
    c.rollback()
    assert stored_plays(c, "g1").is_empty()
    assert upsert(c, "plays", frame("g1"), key=KEY) == Upserted(10, 0, 0)
    assert upsert(c, "plays", frame("g1"), key=KEY) == Upserted(0, 0, 10)


def test_two_writers_of_the_same_new_rows_take_turns(database_url: str, c: Connection) -> None:
    upsert(c, "plays", frame("g1"), key=KEY)
    upsert(c, "teams", pl.DataFrame({"id": [1, 2], "name": ["a", "b"]}), key=("id",))
    results: list[Upserted] = []

    def other() -> None:
        with closing(connect(database_url)) as mine:
            again = frame("g1", 12).with_columns(description=pl.lit("other"))
            results.append(upsert(mine, "plays", again, key=KEY))
            teams = pl.DataFrame({"id": [2, 3], "name": ["b", "c"]})
            results.append(upsert(mine, "teams", teams, key=("id",)))
            mine.commit()

    thread = threading.Thread(target=other)
    thread.start()
    with closing(connect(database_url)) as watcher:  # until the other one really waits
        waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not query(watcher, waiting)["n"][0]:
            assert thread.is_alive()
            watcher.rollback()
    c.commit()
    thread.join()
    assert results == [Upserted(2, 10, 0), Upserted(1, 0, 1)]


def test_writers_in_opposite_orders_do_not_dead_lock(database_url: str) -> None:
    games = [frame(f"g{n}", 3) for n in range(8)]
    errors: list[BaseException] = []
    start = threading.Barrier(2)

    def writer(of: list[pl.DataFrame], text: str) -> None:
        try:
            with closing(connect(database_url)) as mine:
                for round_ in range(10):
                    start.wait()
                    new = pl.concat(of).with_columns(description=pl.lit(f"{text}{round_}"))
                    upsert(mine, "plays", new, key=KEY)
                    mine.commit()
        except BaseException as error:
            start.abort()
            errors.append(error)

    threads = [
        threading.Thread(target=writer, args=(games, "a")),
        threading.Thread(target=writer, args=(games[::-1], "b")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


numbers = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=numbers, second=numbers)
def test_the_counts_are_those_of_a_dictionary(
    c: Connection, first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    def batch(of: list[tuple[int, int]]) -> pl.DataFrame:
        return plays_columns([]).frame.vstack(
            pl.concat([plays_columns([play(f"g{n % 3}", n, points=p)]).frame for n, p in of])
            if of
            else plays_columns([]).frame
        )

    before, after = dict(first), dict(second)
    upsert(c, "plays", batch(first), key=KEY)
    done = upsert(c, "plays", batch(second), key=KEY)
    assert done == Upserted(
        inserted=len(after.keys() - before.keys()),
        changed=sum(before[n] != after[n] for n in after.keys() & before.keys()),
        unchanged=sum(before[n] == after[n] for n in after.keys() & before.keys()),
    )
    stored = query(c, "SELECT number, points FROM plays")
    assert dict(stored.iter_rows()) == before | after
    c.rollback()
