"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest
import yaml

from poise_sdk.observations import RECORD_TYPES, DailySummary, Origin, Reading, WearableRecord
from tests.adapters.garmin.invented import everything, rejected_of, told

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "garmin" / "coverage.yaml").read_text(encoding="utf-8")
)
BOOKKEEPING = {"origin", "row", "quality"}
#: Told by metric, not by field.
BY_METRIC = {"DailySummary", "Reading"}
#: Fields whose empty value is a real one.
ALWAYS_FILLED = {"in_sleep"}


@cache
def _records(form: str) -> tuple[WearableRecord, ...]:
    endings = {"fit": ".fit", "connect": ".json"}
    items = [
        item
        for name, content in everything().items()
        if name.endswith(endings[form])
        for item in told(content, name)
    ]
    assert not rejected_of(items)
    return tuple(item for item in items if isinstance(item, WearableRecord))


def _yielded(form: str, kind: str) -> set[str]:
    """The fields, or the metrics, that a format's records of a kind fill."""
    records = [record for record in _records(form) if type(record).__name__ == kind]
    if kind == "Reading":
        return {record.metric for record in records if isinstance(record, Reading)}
    if kind == "DailySummary":
        return {name for record in records if isinstance(record, DailySummary) for name in record.values}
    empty = {info.name: info.default for info in msgspec.structs.fields(RECORD_TYPES[kind])}
    return {
        name
        for name in set(empty) - BOOKKEEPING
        if records and (name in ALWAYS_FILLED or any(getattr(r, name) != empty[name] for r in records))
    }


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for kind, fields in COVERAGE["records"].items():
        for field, levels in fields.items():
            for form, level in levels.items():
                yield kind, field, form, level


@pytest.mark.parametrize(("kind", "field", "form", "level"), list(_rows()))
def test_a_field_is_covered_as_claimed(kind: str, field: str, form: str, level: str) -> None:
    assert level in {"parsed", "inferred", "not_supported"}
    assert (field in _yielded(form, kind)) == (level != "not_supported")


def test_every_kind_field_and_format_is_in_the_table() -> None:
    for form in COVERAGE["formats"]:
        kinds = {type(record).__name__ for record in _records(form)}
        assert kinds == {
            kind for kind, fields in COVERAGE["records"].items() if form in next(iter(fields.values()))
        }
        assert {record.origin for record in _records(form)} == {Origin.FILE}
        for kind in kinds & BY_METRIC:
            assert _yielded(form, kind) <= set(COVERAGE["records"][kind])
    for kind in set(COVERAGE["records"]) - BY_METRIC:
        fields = {info.name for info in msgspec.structs.fields(RECORD_TYPES[kind])} - BOOKKEEPING
        assert set(COVERAGE["records"][kind]) == fields
