"""Scalars of the schema: whole columns in one value, and JSON where the shape is the job's own.

A list of 4,000 floats costs the executor 4,000 field completions; one array scalar costs one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from server.uploads import Upload

__all__ = [
    "SCALARS",
    "DateSeries",
    "DateTimeSeries",
    "FloatSeries",
    "IdSeries",
    "IntSeries",
    "JSONObject",
    "StringSeries",
    "Upload",
]

DateSeries = NewType("DateSeries", list[dt.date])
DateTimeSeries = NewType("DateTimeSeries", list[dt.datetime | None])
FloatSeries = NewType("FloatSeries", list[float | None])
IntSeries = NewType("IntSeries", list[int | None])
IdSeries = NewType("IdSeries", list[str])
StringSeries = NewType("StringSeries", list[str | None])
JSONObject = NewType("JSONObject", dict[str, Any])


def _as_is(value: Any) -> Any:
    return value


def _never_input(value: Any) -> Any:
    raise ValueError("this scalar is an output: it cannot be given as an argument")


def _never_output(value: Any) -> Any:
    raise ValueError("this scalar is an input: it cannot be asked for")


def _uploaded(value: Any) -> Upload:
    if isinstance(value, Upload):
        return value
    raise ValueError("a file is given by a multipart request (variables hold null in its place)")


def _output(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=_as_is, parse_value=_never_input)


#: Python type → GraphQL scalar. orjson writes the values, so `serialize` has nothing to do.
SCALARS: dict[object, ScalarDefinition] = {
    DateSeries: _output("DateSeries", "A column of days: a JSON array of ISO 8601 dates."),
    DateTimeSeries: _output(
        "DateTimeSeries", "A column of instants: a JSON array of ISO 8601 strings in UTC, or nulls."
    ),
    FloatSeries: _output("FloatSeries", "A column of numbers: a JSON array of floats, or nulls."),
    IntSeries: _output("IntSeries", "A column of whole numbers: a JSON array of integers, or nulls."),
    IdSeries: _output("IdSeries", "A column of global ids: a JSON array of strings."),
    StringSeries: _output("StringSeries", "A column of texts: a JSON array of strings, or nulls."),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file, sent by the GraphQL multipart request specification.",
        serialize=_never_output,
        parse_value=_uploaded,
    ),
    JSONObject: _output(
        "JSONObject",
        "A JSON object whose fields depend on the kind of job; the documentation describes them.",
    ),
}
