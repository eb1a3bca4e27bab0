from __future__ import annotations

import math

import msgspec
import pytest

from poise_sdk.metrics import METRICS, metric_range
from poise_sdk.observations import RECORD_TYPES

#: The end of a name → the unit that it promises.
UNITS = {
    "bpm": "bpm",
    "ms": "ms",
    "rpm": "breaths/min",
    "pct": "%",
    "c": "°C",
    "mg_dl": "mg/dL",
    "mmhg": "mmHg",
    "ml_kg_min": "mL/(kg·min)",
    "kj": "kJ",
    "m_s": "m/s",
    "kg": "kg",
    "m": "m",
    "min": "min",
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_says_what_it_is(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.title
    assert metric.title[0].isupper() or metric.title[0].isdigit()
    assert math.isfinite(metric.low)
    assert math.isfinite(metric.high)
    assert metric.low < metric.high
    assert metric_range(name) == (metric.low, metric.high)


@pytest.mark.parametrize("name", METRICS)
def test_the_unit_in_a_name_is_the_unit(name: str) -> None:
    promised = [unit for end, unit in UNITS.items() if name.endswith(f"_{end}")]
    # The longest end counts: ``vo2max_ml_kg_min`` ends in ``min`` too.
    if promised:
        assert METRICS[name].unit in promised
        assert (
            METRICS[name].unit
            == max(
                ((end, unit) for end, unit in UNITS.items() if name.endswith(f"_{end}")),
                key=lambda p: len(p[0]),
            )[1]
        )
    else:
        assert METRICS[name].unit in {"count", "au", "0–100", "0–21", "kg/m²"}


def test_every_number_of_a_record_is_a_known_metric() -> None:
    for kind in RECORD_TYPES.values():
        for field in msgspec.structs.fields(kind):
            if field.type == float | None:
                assert field.name in METRICS, f"{kind.__name__}.{field.name} has no range"


def test_two_ways_to_measure_are_two_metrics() -> None:
    assert {"hrv_rmssd_ms", "hrv_sdnn_ms"} <= set(METRICS)


def test_an_authors_own_metric_has_no_range() -> None:
    assert metric_range("vigour_index") is None
