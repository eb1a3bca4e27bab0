"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from adapters.whoop.adapter import WhoopAdapter
from poise_sdk.observations import RECORD_TYPES, WearableRecord
from poise_sdk.records import RawDocument
from scripts.coverage import render
from tests.adapters.whoop import exports, invented

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "whoop" / "coverage.yaml").read_text(encoding="utf-8")
)
RECORDS: dict[str, dict[str, dict[str, str]]] = COVERAGE["records"]
#: Of every record and of no format.
BOOKKEEPING = {"origin", "row", "quality"}
#: Fields whose empty value is a real one.
ALWAYS_FILLED = {("Night", "nap"), ("HrvNight", "in_sleep")}

_GPS = {"gps_enabled": "true", "distance": "8123.4", "altitude_gain": "64.2", "altitude_change": "-1.8"}
_TABLES = {
    "physiological_cycles.csv": exports.csv_of(exports.CYCLES, exports.cells(exports.CYCLES)),
    "sleeps.csv": exports.csv_of(exports.SLEEPS, exports.cells(exports.SLEEPS)),
    "workouts.csv": exports.csv_of(exports.WORKOUTS, exports.cells(exports.WORKOUTS, **_GPS)),
    "journal_entries.csv": exports.csv_of(
        exports.JOURNAL,
        exports.cells(exports.JOURNAL, notes="two chapters"),
        exports.cells(exports.JOURNAL, answered_yes="3 cups"),
    ),
}
DOCUMENTS = {
    "api": invented.DOCUMENTS,
    "export": tuple(RawDocument(name=name, content=content) for name, content in _TABLES.items()),
}


@functools.cache
def _records(format_name: str) -> list[WearableRecord]:
    adapter = WhoopAdapter()
    items = [item for document in DOCUMENTS[format_name] for item in adapter.normalize(document)]
    return [item for item in items if isinstance(item, WearableRecord)]


def _claims() -> Iterator[tuple[str, str, str, str]]:
    for kind, fields in RECORDS.items():
        for field, by_format in fields.items():
            for name, claim in by_format.items():
                yield kind, field, name, claim


def _filled(record: WearableRecord, field: str) -> bool:
    empty: Any = {info.name: info for info in msgspec.structs.fields(record)}[field]
    unset = empty.default if empty.default is not msgspec.NODEFAULT else None
    return getattr(record, field) not in (unset, {}, ())


@pytest.mark.parametrize(("kind", "field", "name", "claim"), list(_claims()))
def test_a_field_is_covered_as_claimed(kind: str, field: str, name: str, claim: str) -> None:
    records = [record for record in _records(name) if type(record).__name__ == kind]
    assert records
    yielded = (kind, field) in ALWAYS_FILLED or any(_filled(record, field) for record in records)
    assert yielded == (claim != "not_supported")


def test_every_record_every_field_and_every_format_is_in_the_table() -> None:
    formats = {name: {type(record).__name__ for record in _records(name)} for name in COVERAGE["formats"]}
    assert set(RECORDS) == set.union(*formats.values())
    for kind, fields in RECORDS.items():
        told = {info.name for info in msgspec.structs.fields(RECORD_TYPES[kind])} - BOOKKEEPING
        assert set(fields) == told, kind
        yielding = {name for name, kinds in formats.items() if kind in kinds}
        assert {frozenset(row) for row in fields.values()} == {frozenset(yielding)}, kind
    assert {claim for *_, claim in _claims()} == {"parsed", "inferred", "not_supported"}


def test_the_readers_table_has_what_some_format_says_and_nothing_else() -> None:
    table = next(part for part in render().split("\n\n") if part.startswith("| `whoop` |"))
    kind, told = "", set()
    for line in table.splitlines()[2:]:
        named, fields, *signs = (cell.strip() for cell in line.strip("|").split("|"))
        kind = named.strip("`") or kind
        assert set(signs) & {"●", "○"}
        told |= {(kind, field.strip("`")) for field in fields.split(", ")}
    said = {(kind, field) for kind, field, _, claim in _claims() if claim != "not_supported"}
    assert told == said
