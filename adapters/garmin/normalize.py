"""One FIT file as canonical records: every message to the module that knows its subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from adapters.garmin.activity import measurements, workouts
from adapters.garmin.fit import Message, Zones, messages, text
from adapters.garmin.monitoring import SINGLE, Value, heart_rates, steps, values
from adapters.garmin.nights import hrv_nights, nights
from poise_sdk.observations import Origin, ReadingTable
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = ["normalize_fit"]

_SCHEMA: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "metric": pl.String,
    "start_at": pl.Datetime("us", "UTC"),
    "end_at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
    "utc_offset_s": pl.Int32,
    "source": pl.String,
    "row": pl.Int64,
}


def normalize_fit(document: RawDocument) -> Iterator[Item]:
    """What a FIT file holds; of a damaged one what came before the damage, and the report of it."""
    troubles: list[str] = []
    told: defaultdict[str, list[Message]] = defaultdict(list)
    zones = Zones()
    for message in messages(document.content, troubles):
        told[message.kind].append(message)
        if "local_timestamp" in message.values:
            zones.learn(message)
    source = _source(told["file_id"])
    file = document.name
    yield from workouts(told["session"], told["time_in_zone"], zones, source, file)
    yield from nights(told["sleep_level"], told["sleep_assessment"], zones, source, file)
    yield from hrv_nights(told["hrv_status_summary"], told["hrv_value"], zones, source)
    yield from measurements(told["weight_scale"], zones, source, file)
    yield from _table(_readings(told), zones, source)
    for trouble in troubles:
        yield Rejected(file=file, reason=trouble)


def _source(ids: list[Message]) -> str | None:
    for message in ids:
        if found := text(message.values.get("product_name")) or text(message.values.get("garmin_product")):
            return found
    return None


def _readings(told: dict[str, list[Message]]) -> Iterator[Value]:
    for kind in SINGLE:
        yield from values(told[kind])
    yield from heart_rates(told["monitoring"])
    yield from steps(told["monitoring"], told["monitoring_info"])


def _table(found: Iterator[Value], zones: Zones, source: str | None) -> Iterator[ReadingTable]:
    """All readings; of two of one metric at one time the later counts."""
    unique = {(one.metric, one.start_at, one.end_at): one for one in found}
    if not unique:
        return
    ordered = list(unique.values())
    frame = pl.DataFrame(
        {
            "metric": [one.metric for one in ordered],
            "start_at": [one.start_at for one in ordered],
            "end_at": [one.end_at for one in ordered],
            "value": [one.value for one in ordered],
            "utc_offset_s": [zones.at(one.start_at) for one in ordered],
            "source": [source] * len(ordered),
            "row": [one.row for one in ordered],
        },
        schema=_SCHEMA,
    )
    yield ReadingTable(data=frame, rows=frame.height, origin=Origin.FILE)
