"""Sleep analysis of an export: samples out of its records, nights out of samples, and each night's HRV."""

from __future__ import annotations

import bisect
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import polars as pl

from adapters.apple_health.nights import Sample, build_nights
from adapters.apple_health.payloads import SLEEP, SLEEP_STAGES
from adapters.apple_health.raw import Raw
from adapters.apple_health.times import parse_moment, zone_offset
from adapters.apple_health.typed import rank_of, shown_source
from poise_sdk.observations import HrvNight, Night, Origin
from poise_sdk.records import Rejected
from poise_sdk.wearable import Item

__all__ = ["nights_of", "with_hrv"]

#: A sample of more than a day would join two nights into one.
_LONGEST_SAMPLE: Final = dt.timedelta(hours=24)
_HRV_METRICS: Final = ("hrv_rmssd_ms", "hrv_sdnn_ms")


def nights_of(raw: Raw, file: str) -> Iterator[Item]:
    """The nights of a document, and the samples of sleep that could not be understood."""
    zones = dict(raw.zones.iter_rows())
    samples = []
    frame = raw.records.filter(pl.col("type") == SLEEP)
    for row, _, source, device, _, start, end, value in frame.iter_rows():
        try:
            begin, _ = _moment("startDate", start)
            finish, offset = _moment("endDate", end)
            stage = SLEEP_STAGES.get(value or "")
            if stage is None:
                raise _Trouble("value", f"{(value or '')[:60]!r} is no stage of sleep that is known")
            if finish < begin:
                raise _Trouble("endDate", f"it ends before it begins: {start} to {end}")
            if finish - begin > _LONGEST_SAMPLE:
                raise _Trouble("endDate", f"one stage of more than a day: {start} to {end}")
        except _Trouble as trouble:
            yield Rejected(file=file, row=row, field=trouble.field, reason=trouble.reason)
            continue
        if begin == finish:
            continue
        zone = zones.get(row)
        local = zone_offset(zone, finish)
        samples.append(
            Sample(
                start=begin,
                end=finish,
                stage=stage,
                source=shown_source(source),
                rank=rank_of(source, device),
                offset=offset if local is None else local,
                zone=zone,
                row=row,
            )
        )
    yield from build_nights(samples)


def with_hrv(nights: list[Night], readings: pl.DataFrame) -> Iterator[HrvNight]:
    """The heart rate variability of each night (no nap): means of what was measured in it.

    ``readings`` has the columns of a :class:`~poise_sdk.observations.ReadingTable`. Of several sources the
    best one counts, alone: a mean of two devices is nobody's measurement.
    """
    measured = readings.filter(pl.col("metric").is_in(_HRV_METRICS)).sort("start_at", "row")
    rows = measured.select("metric", "start_at", "value", "source").rows()
    starts = [row[1] for row in rows]
    for night in nights:
        if night.nap or night.end_at is None:
            continue
        within = rows[bisect.bisect_left(starts, night.start_at) : bisect.bisect_left(starts, night.end_at)]
        sources: dict[str | None, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for metric, _, value, source in within:
            sources[source][metric].append(value)
        if not sources:
            continue
        best = min(sources, key=lambda name: (rank_of(name, None), -_count(sources[name]), name or ""))
        values = sources[best]
        yield HrvNight(
            origin=Origin.FILE,
            row=night.row,
            source=best,
            start_at=night.start_at,
            end_at=night.end_at,
            utc_offset_s=night.utc_offset_s,
            hrv_rmssd_ms=_mean(values["hrv_rmssd_ms"]),
            hrv_sdnn_ms=_mean(values["hrv_sdnn_ms"]),
            samples=_count(values),
        )


class _Trouble(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def _moment(field: str, text: str | None) -> tuple[dt.datetime, int]:
    if text is None:
        raise _Trouble(field, "it is missing")
    try:
        return parse_moment(text)
    except ValueError as error:
        raise _Trouble(field, str(error)) from None


def _count(values: dict[str, list[float]]) -> int:
    return max(len(values[metric]) for metric in _HRV_METRICS)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
