"""Scalars of the schema: whole columns in one value, and JSON where the shape is the job's own.

A list of 4,000 floats costs the executor 4,000 field completions; one array scalar costs one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

__all__ = ["SCALARS", "DateTimeSeries", "FloatSeries", "IdSeries", "IntSeries", "JSONObject"]

DateTimeSeries = NewType("DateTimeSeries", list[dt.datetime | None])
FloatSeries = NewType("FloatSeries", list[float | None])
IntSeries = NewType("IntSeries", list[int | None])
IdSeries = NewType("IdSeries", list[str])
JSONObject = NewType("JSONObject", dict[str, Any])


def _as_is(value: Any) -> Any:
    return value


def _never_input(value: Any) -> Any:
    raise ValueError("this scalar is an output: it cannot be given as an argument")


def _output(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=_as_is, parse_value=_never_input)


#: Python type → GraphQL scalar. orjson writes the values, so `serialize` has nothing to do.
SCALARS: dict[object, ScalarDefinition] = {
    DateTimeSeries: _output(
        "DateTimeSeries", "A column of instants: a JSON array of ISO 8601 strings in UTC, or nulls."
    ),
    FloatSeries: _output("FloatSeries", "A column of numbers: a JSON array of floats, or nulls."),
    IntSeries: _output("IntSeries", "A column of whole numbers: a JSON array of integers, or nulls."),
    IdSeries: _output("IdSeries", "A column of global ids: a JSON array of strings."),
    JSONObject: _output(
        "JSONObject",
        "A JSON object whose fields depend on the kind of job; the documentation describes them.",
    ),
}
