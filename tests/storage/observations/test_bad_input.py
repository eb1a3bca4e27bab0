"""Whatever an adapter or a vendor does wrong is told, and nothing else is lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poise_sdk.observations import (
    RECORD_TYPES,
    DailySummary,
    Night,
    Origin,
    SleepStage,
    Stage,
    WearableRecord,
)
from poise_sdk.records import Rejected
from storage.connect import Connection
from storage.observations.tables import TABLES
from tests.storage.observations.invented import (
    DAY,
    RECEIVED,
    at,
    counts,
    effective,
    night,
    picture,
    recovery,
    row,
    rows,
    store,
    workout,
)


class Dream(WearableRecord, frozen=True, kw_only=True, tag=True):
    """A record of an author's own kind."""

    colour: str = "red"


BAD: list[tuple[Any, str]] = [
    ("text", "which is no record"),
    (None, "which is no record"),
    (Dream(), "which is no record"),
    (night(asleep_min="seven hours"), "no sound Night"),
    (night(end_at="soon"), "no sound Night"),
    (night(stages=({"stage": "rem"},)), "no sound Night"),
    (night(stages=(Stage(start_at=at(DAY), end_at=at(DAY, 1), stage="dream"),)), "no sound Night"),  # type: ignore[arg-type] # the point
    (night(source_id="\ud800"), "no sound Night"),
    (night(source_id="x" * 10_000), "10000 characters"),
    (night(end_at=at(DAY, -3)), "ends before it begins"),
    (night(end_at=at(DAY, 30)), "32 hours"),
    (night(start_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)), "lost its clock"),
    (night(start_at=RECEIVED + dt.timedelta(days=300), end_at=RECEIVED + dt.timedelta(days=301)), "future"),
    (night(start_at=at(DAY).replace(tzinfo=None)), "no zone"),
    (night(vendor_updated_at=at(DAY).replace(tzinfo=None)), "no zone"),
    (night(utc_offset_s=90_000), "from UTC"),
    (recovery(), "neither a time nor a day"),
    (DailySummary(day=DAY, values={"steps": float("inf")}), "no number"),
    (DailySummary(day=dt.date(1990, 1, 1), values={"steps": 1.0}), "no day of the past"),
]


@pytest.mark.parametrize(("item", "words"), BAD)
def test_what_is_wrong_is_told_and_the_rest_is_stored(c: Connection, item: Any, words: str) -> None:
    told = store(c, [workout(row=1), item, workout(source_id="w2", row=3)], name="page")
    assert counts(told) == (2, 0, 1)
    (lost,) = told.rejected
    assert words in lost.reason
    assert (lost.file, lost.kept) == ("page", False)
    assert len(rows(c, "workouts")) == 2
    assert rows(c, "nights") == []


def test_a_rejection_that_is_rubbish_itself_is_counted(c: Connection) -> None:
    told = store(c, [Rejected(file=7, reason=None), night()])  # type: ignore[arg-type] # the point
    assert counts(told) == (1, 0, 1)
    assert told.rejected[0].reason == "the adapter rejected a row, and could not say which"


def test_what_does_not_fit_a_column_is_made_to_fit_or_left_out(c: Connection) -> None:
    odd = night(row=2**40, source="watch\0", vendor_updated_at=RECEIVED + dt.timedelta(days=900))
    assert counts(store(c, [odd])) == (1, 0, 0)
    stored = row(c, "nights")
    assert (stored["row"], stored["source"]) == (None, "watch")
    # a version from the future must not keep all later ones out
    assert stored["vendor_updated_at"].startswith("2031-03-01")


def test_a_refused_record_of_a_row_beyond_all_numbers_is_counted(c: Connection) -> None:
    nameless = Night(start_at=None, end_at=None, row=2**63)  # type: ignore[arg-type] # the point
    told = store(c, [nameless, Rejected(file="page", row=-(2**70), reason="odd")])
    assert counts(told) == (0, 0, 2)
    assert [one.row for one in told.rejected] == [None, None]


def test_an_iterator_that_is_none_is_the_adapters_fault(c: Connection) -> None:
    told = store(c, 7, name="page")  # type: ignore[arg-type] # the point
    assert counts(told) == (0, 0, 1)
    assert told.rejected[0].reason.startswith("the adapter failed: TypeError")


def test_an_unknown_metric_is_stored_as_it_came(c: Connection) -> None:
    store(c, [DailySummary(source_id="d", day=DAY, values={"moon_phase": 0.25})])
    assert effective(c)[DAY.isoformat(), "moon_phase"][0] == 0.25


def anything(kind: type[WearableRecord]) -> st.SearchStrategy[WearableRecord]:
    """Records of a kind whose fields hold anything at all."""
    rubbish = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
        | st.datetimes(timezones=st.just(dt.UTC))
        | st.dates() | st.dictionaries(st.text(max_size=3), st.floats(), max_size=2)
    )  # fmt: skip
    names = [field.name for field in msgspec.structs.fields(kind)]
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    return st.dictionaries(st.sampled_from(names), rubbish, max_size=4).map(
        lambda values: kind(**(dict.fromkeys(needed) | values))
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.sampled_from(list(RECORD_TYPES.values())).flatmap(anything), max_size=4))
def test_records_of_rubbish_never_break_the_store(c: Connection, items: list[WearableRecord]) -> None:
    c.rollback()
    told = store(c, [*items, night(row=None)])
    counts(told)
    assert len([one for one in rows(c, "nights") if one["source_id"] == "n1"]) == 1
    before = picture(c)
    store(c, [*items, night(row=None)])
    assert picture(c) == before


sleeps = st.builds(
    lambda start, hours, **given: Night(start_at=at(DAY, start), end_at=at(DAY, start + hours), **given),
    start=st.integers(-5, 5),
    hours=st.integers(0, 9),
    source_id=st.sampled_from([None, "a", "b"]),
    origin=st.sampled_from(Origin),
    nap=st.booleans(),
    asleep_min=st.none() | st.floats(0, 500),
    stages=st.sampled_from([(), (Stage(start_at=at(DAY), end_at=at(DAY, 1), stage=SleepStage.REM),)]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(st.lists(sleeps, max_size=4), min_size=1, max_size=4))
def test_the_document_stored_last_changes_nothing_when_it_comes_again(
    c: Connection, documents: list[list[Night]]
) -> None:
    c.rollback()
    for document in documents:
        store(c, document)
    before = picture(c)
    told = store(c, documents[-1])
    assert told.told.stored == 0
    assert picture(c) == before
    assert all(len(before[table.name]) == 0 for table in TABLES if table.name != "nights")
