"""coverage.yaml says what normalize does, no more and no less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from poise_sdk.observations import (
    RECORD_TYPES,
    DailySummary,
    Night,
    Origin,
    Reading,
    WearableRecord,
)
from tests.adapters.apple_health.invented import (
    auto_metrics,
    auto_workouts,
    everything,
    export,
    rejected_of,
    summary,
    told,
)

COVERAGE = yaml.safe_load(
    (Path(__file__).parents[3] / "adapters" / "apple_health" / "coverage.yaml").read_text(encoding="utf-8")
)
BOOKKEEPING = {"origin", "row", "quality"}
#: Told by metric, not by field.
BY_METRIC = {"DailySummary", "Reading"}
#: Fields whose empty value is a real one.
ALWAYS_FILLED = {"nap", "in_sleep"}
#: Every metric of Health Auto Export that is read and that the invented document lacks.
MORE_METRICS = {
    "resting_heart_rate": ("bpm", 50),
    "walking_heart_rate_average": ("bpm", 90),
    "cardio_recovery": ("bpm", 30),
    "respiratory_rate": ("count/min", 14),
    "body_temperature": ("degC", 36.6),
    "blood_glucose": ("mg/dL", 95),
    "vo2_max": ("ml/(kg·min)", 48),
    "basal_energy_burned": ("kcal", 70),
    "cycling_distance": ("km", 12),
    "swimming_distance": ("yd", 500),
    "flights_climbed": ("count", 3),
    "apple_exercise_time": ("min", 30),
    "apple_stand_time": ("min", 5),
    "body_mass_index": ("count", 22),
    "body_fat_percentage": ("%", 18),
    "lean_body_mass": ("kg", 60),
    "height": ("cm", 183),
}


def _more() -> str:
    when = "2024-02-06 14:30:00 -0800"
    metrics: list[dict[str, Any]] = [
        {"name": name, "units": units, "data": [{"date": when, "qty": value}]}
        for name, (units, value) in MORE_METRICS.items()
    ]
    night = "2024-02-07 0{}:00:00 -0800"
    stages = [
        {"startDate": night.format(hour), "endDate": night.format(hour + 1), "value": stage}
        for hour, stage in enumerate(["In Bed", "Awake", "Core", "Deep", "REM"])
    ]
    metrics.append({"name": "sleep_analysis", "units": "hr", "data": stages})
    return json.dumps({"data": {"metrics": metrics}})


@cache
def _records(form: str) -> tuple[WearableRecord, ...]:
    contents = {
        "export": [everything(), export(summary().replace('appleMoveTime="0"', 'appleMoveTime="12"'))],
        "auto_export": [auto_metrics(), auto_workouts(), _more()],
    }[form]
    items = [item for content in contents for item in told(content)]
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
    assert any(isinstance(record, Night) and record.nap is False for record in _records("export"))
