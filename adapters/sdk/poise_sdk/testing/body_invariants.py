"""What must hold of everything that a wearable's ``normalize`` gives, whatever went in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from poise_sdk.metrics import METRICS
from poise_sdk.observations import (
    RECORD_TYPES,
    DailySummary,
    Deleted,
    Night,
    Reading,
    Stage,
    WearableRecord,
)
from poise_sdk.plausibility import admit
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["RECEIVED_AT", "flaws", "metrics_of", "refusals", "rows_of"]

#: When samples count as received: a fixed instant, later than any honest sample.
RECEIVED_AT: Final = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
_TIMES: Final = ("start_at", "end_at", "vendor_updated_at")


def flaws(document: RawDocument, items: Sequence[Item]) -> Iterator[str]:
    """What is wrong with ``items`` as an answer to ``document``, intact or damaged."""
    for item in items:
        if isinstance(item, Rejected):
            yield from _rejection(document, item)
        elif type(item) not in RECORD_TYPES.values():
            yield f"normalize gave a {type(item).__name__}: neither a record, a table, nor a Rejected"
        else:
            yield from (f"{_called(item)}: {text}" for text in _record(item))


def refusals(document: RawDocument, items: Sequence[Item]) -> Iterator[str]:
    """What is wrong with ``items`` as an answer to an intact ``document``: nothing may be refused."""
    seen: dict[tuple[str, str], WearableRecord] = {}
    for item in items:
        if isinstance(item, Rejected):
            yield f"row {item.row}, {item.field}: rejected, though the sample is intact: {item.reason}"
            continue
        assert isinstance(item, WearableRecord)
        for refused in admit(item, file=document.name, received_at=RECEIVED_AT)[1]:
            yield f"{_called(item)}: the host refuses {refused.field}: {refused.reason}"
        if item.source_id is not None and not isinstance(item, Deleted):
            key = (type(item).__name__, item.source_id)
            if key in seen:
                yield f"two {key[0]}s have the source_id {key[1]!r}: it is the identity of one fact"
            seen[key] = item


def metrics_of(items: Sequence[Item]) -> set[str]:
    """The names of the numbers that ``items`` carry: of readings, of daily figures, of fields."""
    names: set[str] = set()
    for item in items:
        if isinstance(item, Reading):
            names.add(item.metric)
        elif isinstance(item, DailySummary):
            names.update(item.values)
        elif isinstance(item, WearableRecord):
            names |= {n for n in item.__struct_fields__ if n in METRICS and getattr(item, n) is not None}
    return names


def rows_of(items: Sequence[Item]) -> set[object]:
    """What can be told apart of the rows that gave records: by row, else by id, else by time."""
    return {
        item.row or item.source_id or getattr(item, "start_at", None) or getattr(item, "day", None)
        for item in items
        if isinstance(item, WearableRecord)
    }


def _rejection(document: RawDocument, rejected: Rejected) -> Iterator[str]:
    if rejected.file != document.name:
        yield f"a rejection names the file {rejected.file!r}, the document is {document.name!r}"
    if not rejected.reason.strip():
        yield f"a rejection without a reason: {rejected}"
    if rejected.row is not None and rejected.row < 1:
        yield f"rows count from 1: {rejected}"


def _record(record: WearableRecord) -> Iterator[str]:
    try:  # the records do not check their types themselves: that would cost every import
        plain = msgspec.to_builtins(record, builtin_types=(dt.datetime, dt.date))
        msgspec.convert(plain, type(record))
    except (msgspec.ValidationError, TypeError) as error:
        yield f"a field of a wrong type: {error}"
        return
    if record.source_id == "":
        yield "an empty source_id: None says that the vendor gives none"
    if record.row is not None and record.row < 1:
        yield f"rows count from 1: {record.row}"
    for name in _TIMES:
        moment = getattr(record, name, None)
        if moment is not None and moment.utcoffset() != dt.timedelta(0):
            yield f"{name} is not UTC: {moment.isoformat()}"
    if isinstance(record, Night):
        yield from _stages(record.stages)


def _stages(stages: Sequence[Stage]) -> Iterator[str]:
    for stage in stages:
        if any(moment.utcoffset() != dt.timedelta(0) for moment in (stage.start_at, stage.end_at)):
            yield f"a stage's time is not UTC: {stage.start_at.isoformat()}"
            return
    for one, two in pairwise(stages):
        if two.start_at < one.start_at:
            yield f"its stages are not in order of time: {two.start_at.isoformat()} comes later"
        elif two.start_at < one.end_at:
            yield f"two of its stages overlap at {two.start_at.isoformat()}"


def _called(record: WearableRecord) -> str:
    at = record.source_id or getattr(record, "start_at", None) or getattr(record, "day", None)
    return f"{type(record).__name__} {at}"
