"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from adapters.oura.adapter import OuraAdapter
from poise_sdk.observations import RECORD_TYPES, DailySummary, Reading, WearableRecord
from scripts.coverage import render
from tests.adapters.oura import invented

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "oura" / "coverage.yaml").read_text(encoding="utf-8")
)
RECORDS: dict[str, dict[str, dict[str, str]]] = COVERAGE["records"]
#: Of every record and of no format.
BOOKKEEPING = {"origin", "row", "quality"}
#: Fields whose empty value is a real one.
ALWAYS_FILLED = {("Night", "nap"), ("HrvNight", "in_sleep")}
#: A deletion is no document of its own: a sleep's type says it.
GONE = invented.page("sleep", invented.without(invented.SLEEP, id="gone", type="deleted"))


@functools.cache
def _records() -> list[WearableRecord]:
    adapter = OuraAdapter()
    items = [item for document in (*invented.DOCUMENTS, GONE) for item in adapter.normalize(document)]
    return [item for item in items if isinstance(item, WearableRecord)]


def _claims() -> Iterator[tuple[str, str, str]]:
    for kind, fields in RECORDS.items():
        for field, by_format in fields.items():
            assert set(by_format) == {"api"}
            yield kind, field, by_format["api"]


def _filled(record: WearableRecord, field: str) -> bool:
    if isinstance(record, DailySummary):
        return field in record.values
    if isinstance(record, Reading):
        return record.metric == field
    empty: Any = {info.name: info for info in msgspec.structs.fields(record)}[field]
    unset = empty.default if empty.default is not msgspec.NODEFAULT else None
    return getattr(record, field) not in (unset, {}, ())


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_fields_are_covered_as_claimed(kind: str) -> None:
    records = [record for record in _records() if type(record).__name__ == kind]
    assert records
    yielded = {
        field: (kind, field) in ALWAYS_FILLED or any(_filled(record, field) for record in records)
        for field in RECORDS[kind]
    }
    assert yielded == {field: claim != "not_supported" for of, field, claim in _claims() if of == kind}


def test_every_record_and_every_field_is_in_the_table() -> None:
    assert set(RECORDS) | {"Deleted"} == {type(record).__name__ for record in _records()}
    for kind, fields in RECORDS.items():
        if kind in ("DailySummary", "Reading"):
            continue
        told = {info.name for info in msgspec.structs.fields(RECORD_TYPES[kind])} - BOOKKEEPING
        assert set(fields) == told, kind
    values = {name for record in _records() if isinstance(record, DailySummary) for name in record.values}
    assert set(RECORDS["DailySummary"]) == values
    metrics = {record.metric for record in _records() if isinstance(record, Reading)}
    assert set(RECORDS["Reading"]) == metrics
    assert {claim for *_, claim in _claims()} == {"parsed", "inferred", "not_supported"}


def test_the_readers_table_has_what_the_format_says_and_nothing_else() -> None:
    table = next(part for part in render().split("\n\n") if part.startswith("| `oura` |"))
    kind, told = "", set()
    for line in table.splitlines()[2:]:
        named, fields, *signs = (cell.strip() for cell in line.strip("|").split("|"))
        kind = named.strip("`") or kind
        assert set(signs) & {"●", "○"}
        told |= {(kind, field.strip("`")) for field in fields.split(", ")}
    said = {(kind, field) for kind, field, claim in _claims() if claim != "not_supported"}
    assert told == said
