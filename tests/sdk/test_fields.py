"""Typed reading of a vendor's objects: what counts as a value, and what the trouble is called."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import pytest

from poise_sdk.fields import Fields, Trouble

ROW = Fields.of(
    {
        "count": 3,
        "written": "2.5",
        "name": "Ada",
        "id": 17,
        "nothing": None,
        "yes": True,
        "at": "2025-03-09T22:18:00-04:00",
        "day": "2025-03-09",
        "offset": "+05:30",
        "list": [1, 2],
        "inner": {"value": "x"},
    }
)

READERS: list[Callable[..., Any]] = [
    Fields.number,
    Fields.text,
    Fields.flag,
    Fields.moment,
    Fields.offset_of,
    Fields.offset,
    Fields.day,
]


def test_values_are_read_by_their_types() -> None:
    assert (ROW.number("count"), ROW.number("written")) == (3.0, 2.5)
    assert (ROW.text("name"), ROW.text("id"), ROW.flag("yes")) == ("Ada", "17", True)
    assert ROW.moment("at") == dt.datetime(2025, 3, 10, 2, 18, tzinfo=dt.UTC)
    assert ROW.moment("at").tzinfo is dt.UTC
    assert (ROW.offset_of("at"), ROW.offset("offset")) == (-4 * 3600, 19_800)
    assert ROW.day("day") == dt.date(2025, 3, 9)
    assert list(ROW.items("list")) == [1, 2]
    assert ("name" in ROW, "nothing" in ROW, "absent" in ROW) == (True, False, False)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ["nothing", "absent"])
def test_null_and_absence_are_the_same(read: Callable[..., Any], name: str) -> None:
    assert read(ROW, name, None) is None
    with pytest.raises(Trouble, match="missing") as trouble:
        read(ROW, name)
    assert trouble.value.field == name


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (Fields.number, True),
        (Fields.number, "fast"),
        (Fields.number, math.inf),
        (Fields.number, math.nan),
        (Fields.number, 10**400),
        (Fields.number, []),
        (Fields.text, ""),
        (Fields.text, "  "),
        (Fields.text, 1.5),
        (Fields.text, True),
        (Fields.flag, "true"),
        (Fields.flag, 1),
        (Fields.moment, "2025-03-09T22:18:00"),
        (Fields.moment, "0001-01-01T00:00:00+14:00"),
        (Fields.moment, 1_741_558_680),
        (Fields.offset_of, "soon"),
        (Fields.offset, "east"),
        (Fields.day, "2025-02-30"),
        (Fields.day, 20_250_309),
    ],
)
def test_a_value_of_another_type_is_trouble_not_a_guess(read: Callable[..., Any], value: object) -> None:
    for default in ((), (None,)):
        with pytest.raises(Trouble) as trouble:
            read(Fields.of({"field": value}), "field", *default)
        assert trouble.value.field == "field"
        assert trouble.value.reason


def test_an_inner_field_is_named_by_its_path() -> None:
    assert ROW.get("inner").text("value") == "x"
    assert ROW.get("absent").text("value", None) is None
    with pytest.raises(Trouble) as trouble:
        ROW.get("inner").number("value")
    assert trouble.value.field == "inner.value"
    for wrong in (lambda: ROW.get("name"), lambda: ROW.items("name")):
        with pytest.raises(Trouble) as shape:
            wrong()
        assert shape.value.field.rstrip(".") == "name"


def test_a_row_that_is_no_object_is_trouble() -> None:
    for value in ([], "text", 7, None):
        with pytest.raises(Trouble, match="no object") as trouble:
            Fields.of(value)
        assert trouble.value.field == "(row)"


def test_an_optional_field_in_trouble_is_noted_and_the_rest_is_read() -> None:
    lost: list[Trouble] = []
    row = Fields.of({"strain": "hard", "score": 5, "ok": 1}, lost=lost)
    assert row.number("strain", None) is None
    assert row.get("score").number("value", None) is None
    assert row.number("ok") == 1
    assert [trouble.field for trouble in lost] == ["strain", "score"]
    with pytest.raises(Trouble):
        row.number("strain")


def test_a_report_names_file_row_and_field_and_quotes_little() -> None:
    with pytest.raises(Trouble) as trouble:
        Fields.of({"at": "x" * 10_000}).moment("at")
    rejected = trouble.value.rejected(file="page.json", row=3, kept=True)
    assert (rejected.file, rejected.row, rejected.field, rejected.kept) == ("page.json", 3, "at", True)
    assert len(rejected.reason) < 80
