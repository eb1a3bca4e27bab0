"""Folding the records of a day into its figures, one candidate a vendor; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from poise_sdk.metrics import Span
from poise_sdk.observations import Quality, QualityFlag
from storage.observations.measures import (
    ASLEEP,
    AWAKE_HRV,
    MEASURES,
    SLEEP_SUMMARIES,
    Measure,
    rank_of,
    span_of,
)

__all__ = ["DIGITS", "Key", "Value", "better", "fold"]

#: Decimals of a figure: beyond them there is only the noise of sums and of units converted.
DIGITS: Final = 6

#: Remarks that say why a record has no value.
_MISSING: Final = frozenset(
    {
        QualityFlag.NOT_WORN,
        QualityFlag.PENDING_SCORE,
        QualityFlag.UNSCORABLE,
        QualityFlag.NOT_SHARED,
        QualityFlag.VENDOR_SILENT,
        QualityFlag.CALIBRATING,
    }
)
#: The store's own remarks on a row: they concern all of its values.
_OF_THE_ROW: Final = frozenset({"end_at", "utc_offset_s"})
_REMARKS: Final = msgspec.json.Decoder(tuple[Quality, ...])

Row = Mapping[str, Any]
Key = tuple[dt.date, str, str]
"""Day, metric, vendor."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """One vendor's figure of a day; ``None``: it has a record and no value, ``quality`` says why."""

    value: float | None
    basis: str
    quality: tuple[Quality, ...] = ()


def better(one: Value, other: Value) -> Value:
    """Which of two figures of one vendor counts: one that is there, then by :data:`BASES`."""
    a, b = ((value.value is None, rank_of(value.basis)) for value in (one, other))
    return one if a <= b else other


def fold(table: str, rows: Iterable[Row]) -> dict[Key, Value]:
    """The figures of all days and vendors in ``rows`` of a table (``quality`` as JSON text)."""
    groups: dict[tuple[dt.date, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["day"], row["vendor"]), []).append(row)
    folded: dict[Key, Value] = {}
    for (day, vendor), members in groups.items():
        for metric, value in _FOLDS.get(table, _plain)(table, members):
            key = (day, metric, vendor)
            former = folded.get(key)
            folded[key] = value if former is None else better(former, value)
    return folded


def _plain(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    if len(rows) == 1 and rows[0]["quality"] == "[]":  # most days
        only = rows[0]
        for metric, column, _ in MEASURES[table]:
            value = only[column]
            if value is not None:
                yield metric, Value(round(float(value), DIGITS), table)
        return
    ordered = sorted(rows, key=_longest_first)
    for measure in MEASURES[table]:
        value = _figure(table, measure, ordered)
        if value is not None:
            yield measure.metric, value


def _figure(basis: str, measure: Measure, rows: Sequence[Row]) -> Value | None:
    """One figure of ``rows``, of which the first counts most."""
    having = [row for row in rows if row[measure.column] is not None]
    if not having:
        if not rows:
            return None
        remarks = _remarks(rows[:1], measure.column)
        lacking = (measure.expected and any(one.flag in _MISSING for one in remarks)) or any(
            one.field == measure.column for one in remarks
        )
        return Value(None, basis, remarks) if lacking else None
    span = span_of(measure.metric)
    used = having if span is Span.SUM else having[:1]
    values = [float(row[measure.column]) for row in having]
    match span:
        case Span.SUM:
            value = sum(values)
        case Span.MIN:
            value = min(values)
        case Span.MAX:
            value = max(values)
        case _:
            value = values[0]
    return Value(round(value, DIGITS), basis, _remarks(used, measure.column))


def _remarks(rows: Iterable[Row], column: str) -> tuple[Quality, ...]:
    found: dict[Quality, None] = {}
    for row in rows:
        if row["quality"] == "[]":
            continue
        for one in _REMARKS.decode(row["quality"]):
            if one.field is None or one.field == column or one.field in _OF_THE_ROW:
                found[one] = None
    return tuple(found)


def _nights(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    yield from _plain(table, _apart(row for row in rows if not row["nap"]))
    naps = [row for row in rows if row["nap"]]
    if naps:
        minutes = sum(_asleep(row) for row in naps)
        yield "nap_min", Value(round(minutes, DIGITS), table, _remarks(naps, "asleep_min"))
        yield "naps", Value(float(len(naps)), table)


def _asleep(row: Row) -> float:
    asleep: float | None = row["asleep_min"]
    return _length(row) / 60 if asleep is None else asleep


def _apart(rows: Iterable[Row]) -> list[Row]:
    """The rows that do not overlap, the longest first: one body sleeps once.

    What overlaps a longer row is another report of it.
    """
    kept: list[Row] = []
    for row in sorted(rows, key=_longest_first):
        if all(_end(row) <= one["start_at"] or row["start_at"] >= _end(one) for one in kept):
            kept.append(row)
    return kept


def _hrv_nights(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    for basis, in_sleep in ((table, True), (AWAKE_HRV, False)):
        of_kind = [row for row in rows if row["in_sleep"] is in_sleep]
        for measure in MEASURES[table]:
            having = _apart(row for row in of_kind if row[measure.column] is not None)
            if in_sleep and not all(row["samples"] for row in having):
                having = having[:1]  # nothing tells what a nap weighs beside the night
            if len(having) < 2:
                value = _figure(basis, measure, having)
            else:
                weights = [row["samples"] or 1 for row in having]
                total = sum(row[measure.column] * weight for row, weight in zip(having, weights, strict=True))
                value = Value(round(total / sum(weights), DIGITS), basis, _remarks(having, measure.column))
            if value is not None:
                yield measure.metric, value


def _workouts(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    yield from _plain(table, rows)
    yield "workouts", Value(float(len(rows)), table)


def _summaries(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    told: dict[str, Value] = {}
    # by part, so that the day does not depend on the order of arrival
    for row in sorted(rows, key=lambda row: (row["part"], row["source_id"])):
        values: dict[str, float] = msgspec.json.decode(row["values"])
        for metric, value in values.items():
            basis = SLEEP_SUMMARIES if metric in ASLEEP else table
            told.setdefault(metric, Value(round(float(value), DIGITS), basis, _remarks([row], metric)))
    yield from told.items()


def _bodies(table: str, rows: Sequence[Row]) -> Iterable[tuple[str, Value]]:
    ordered = sorted(rows, key=lambda row: (row["start_at"], row["source_id"]), reverse=True)
    for measure in MEASURES[table]:
        value = _figure(table, measure, ordered)
        if value is not None:
            yield measure.metric, value


def _longest_first(row: Row) -> tuple[float, str]:
    return -_length(row), row["source_id"]


def _end(row: Row) -> dt.datetime:
    end: dt.datetime | None = row["end_at"]
    start: dt.datetime = row["start_at"]
    return start if end is None else end


def _length(row: Row) -> float:
    start, end = row.get("start_at"), row.get("end_at")
    return 0.0 if start is None or end is None else (end - start).total_seconds()


_FOLDS: Final[Mapping[str, Callable[[str, Sequence[Row]], Iterable[tuple[str, Value]]]]] = {
    "nights": _nights,
    "hrv_nights": _hrv_nights,
    "workouts": _workouts,
    "daily_summaries": _summaries,
    "body_measurements": _bodies,
}
