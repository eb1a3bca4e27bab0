"""Records of quantities, typed: names, units and times of ours, as one table of readings.

What cannot be understood is rejected with its row; what has no place in the vocabulary is counted by type
and told once a document, because an export holds a hundred kinds of records and tens of thousands of each.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from adapters.apple_health.beats import rmssd_by_record
from adapters.apple_health.payloads import (
    BODY_FIELDS,
    HRV,
    QUANTITIES,
    QUANTITY_PREFIX,
    SLEEP,
    conversion,
    short_type,
)
from adapters.apple_health.raw import Raw
from adapters.apple_health.times import local_offsets, parse_moments
from poise_sdk.observations import BodyMeasurement, Origin, ReadingTable
from poise_sdk.records import Rejected
from poise_sdk.wearable import Item

__all__ = ["kinds_of", "moments_of", "rank_of", "readings", "shown_source", "unknown_types"]

#: How a source ranks where several report the same: the watch on the wrist, the phone on the table, an app.
WATCH, PHONE, APP = 0, 1, 2
#: Characters of a value that a reason quotes.
_QUOTED: Final = 40
_UTC: Final = pl.Datetime("us", "UTC")
_UNITS: Final = pl.Schema(
    {
        "type": pl.String(),
        "unit": pl.String(),
        "metric": pl.String(),
        "factor": pl.Float64(),
        "shift": pl.Float64(),
        "fraction": pl.Boolean(),
    }
)


def shown_source(name: str | None) -> str | None:
    """A source's name with plain spaces: the Health app puts no-break ones into names of its own."""
    plain = " ".join((name or "").split())
    return plain or None


def rank_of(source: str | None, device: str | None) -> int:
    """0 for a watch, 1 for a phone, 2 for everything else that writes to Apple Health."""
    about = f"{source or ''} {device or ''}".lower()
    if "apple watch" in about or "model:watch" in about:
        return WATCH
    return PHONE if "iphone" in about else APP


def kinds_of(raw: Raw) -> pl.DataFrame:
    """How many records there are of each type and unit: ``type``, ``unit``, ``count``."""
    return raw.records.group_by("type", "unit").agg(pl.len().alias("count"))


def unknown_types(kinds: pl.DataFrame, file: str) -> Iterator[Rejected]:
    """One report of all records whose type has no place in the vocabulary."""
    counts: Counter[str] = Counter()
    for name, _, count in kinds.iter_rows():
        if name != SLEEP and _quantity(name) is None:
            counts[short_type(name or "(none)")] += count
    if counts:
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
        yield Rejected(
            file=file,
            field="type",
            reason=f"{counts.total():,} records of kinds that are not read were passed over: {told}",
        )


def readings(raw: Raw, kinds: pl.DataFrame, file: str) -> Iterator[Item]:
    """The quantities of a document: a table of readings, body measurements, what is wrong with the rest."""
    known = _conversions(kinds)
    if not known.height:
        return
    # One plan, run once: a document is small enough for the number of steps to count.
    frame = (
        raw.records.lazy()
        .join(known.lazy(), on=["type", "unit"], how="inner", maintain_order="left", nulls_equal=True)
        .with_columns(number=pl.col("value").cast(pl.Float64, strict=False))
        .with_columns(ours=_OURS)
        .collect()
    )
    frame, rejected = moments_of(frame, raw.zones, file)
    yield from rejected
    good = (frame["number"].is_finite() & frame["metric"].is_not_null()).fill_null(False)
    if not good.all():
        yield from _malformed(frame.filter(~good), file)
        frame = frame.filter(good)
    sources = frame["source"].unique().to_list()
    shown = {name: shown_source(name) for name in sources if shown_source(name) != name}
    if shown:
        frame = frame.with_columns(pl.col("source").replace(shown))
    if not BODY_FIELDS.isdisjoint(known["metric"].to_list()):
        body = frame["metric"].is_in(BODY_FIELDS)
        yield from _body(frame.filter(body))
        frame = frame.filter(~body)
    table = _with_rmssd(_table(frame), frame, raw)
    if table.height:
        yield ReadingTable(data=table, rows=table.height, origin=Origin.FILE)


_OURS: Final = (
    pl.when("fraction")
    .then(pl.when(pl.col("number").abs() <= 1).then(pl.col("number") * 100).otherwise("number"))
    .otherwise(pl.col("number") * pl.col("factor") + pl.col("shift"))
)


def _malformed(frame: pl.DataFrame, file: str) -> Iterator[Rejected]:
    for row, metric, unit, name, value in frame.select("row", "metric", "unit", "type", "value").iter_rows():
        if metric is None:
            reason = f"{(unit or '')[:_QUOTED]!r} is no unit of {short_type(name)} that is known"
            yield Rejected(file=file, row=row, field="unit", reason=reason)
        else:
            reason = "it is missing" if value is None else f"{value[:_QUOTED]!r} is no number"
            yield Rejected(file=file, row=row, field="value", reason=reason)


def _quantity(name: str | None) -> tuple[str, str] | None:
    if name is None or not name.startswith(QUANTITY_PREFIX):
        return None
    return QUANTITIES.get(name.removeprefix(QUANTITY_PREFIX))


def _conversions(kinds: pl.DataFrame) -> pl.DataFrame:
    """What becomes of each type and unit there is; ``metric`` is null where the unit is not known."""
    rows: list[tuple[str, str | None, str | None, float, float, bool]] = []
    for name, unit, _ in kinds.iter_rows():
        quantity = _quantity(name)
        if quantity is None:
            continue
        metric, kind = quantity
        found = conversion(kind, unit or "")
        if found is None:
            rows.append((name, unit, None, 1.0, 0.0, False))
        else:
            rows.append((name, unit, metric, found.factor, found.offset, found.fraction))
    return pl.DataFrame(rows, schema=_UNITS, orient="row")


def moments_of(frame: pl.DataFrame, zones: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Rejected]]:
    """``frame`` with ``start``, ``finish`` (µs, UTC) and ``offset`` (s) for the text of its times.

    Rows without a start that is a time are rejected; an end that is missing is the start.
    """
    start, offset, started = parse_moments(frame["start"])
    finish, finished = start.copy(), started.copy()
    # Most records are of an instant, whose two texts are the same.
    longer = np.flatnonzero((frame["start"] != frame["end"]).fill_null(True).to_numpy())
    if len(longer):
        finish[longer], _, finished[longer] = parse_moments(frame["end"].gather(longer))
    absent = frame["end"].is_null().to_numpy()
    good = started & (finished | absent)
    rejected = []
    for index in np.flatnonzero(~good).tolist():
        field, attribute = ("start", "startDate") if not started[index] else ("end", "endDate")
        text = frame[field][index]
        reason = "it is missing" if text is None else f"{text[:_QUOTED]!r} is no time with an offset"
        rejected.append(Rejected(file=file, row=frame["row"][index], field=attribute, reason=reason))
    typed = frame.with_columns(pl.Series("start", start)).hstack(
        [pl.Series("offset", offset), pl.Series("finish", np.where(absent, start, finish))]
    )
    if not good.all():
        typed = typed.filter(pl.Series(good))
    return local_offsets(typed, zones), rejected


def _table(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "metric",
        start_at=pl.col("start").cast(_UTC),
        end_at=pl.when(pl.col("finish") != pl.col("start")).then(pl.col("finish")).cast(_UTC),
        value="ours",
        utc_offset_s=pl.col("offset").cast(pl.Int32),
        source="source",
        row="row",
    )


def _with_rmssd(table: pl.DataFrame, frame: pl.DataFrame, raw: Raw) -> pl.DataFrame:
    """Beside each SDNN with beats, the rMSSD of the same beats; it has the same row, time and source."""
    if not raw.beats.height:
        return table
    computed = rmssd_by_record(raw.beats)
    beside = _table(frame.filter(pl.col("type") == HRV)).join(computed, on="row", how="inner")
    if not beside.height:
        return table
    rmssd = beside.with_columns(metric=pl.lit("hrv_rmssd_ms"), value="rmssd").drop("rmssd")
    return pl.concat([table, rmssd.select(table.columns)])


def _body(frame: pl.DataFrame) -> Iterator[BodyMeasurement]:
    """Measures that one source took at one moment are one record; what contradicts it is one of its own."""
    together: dict[tuple[int, str | None, int], dict[str, float]] = {}
    first: dict[tuple[int, str | None, int], tuple[int, int]] = {}
    different: dict[tuple[int, str | None, str], set[float]] = {}
    columns = frame.select("start", "source", "metric", "ours", "row", "offset")
    for start, source, metric, value, row, offset in columns.iter_rows():
        known = different.setdefault((start, source, metric), set())
        if value in known:
            continue
        again = len(known)
        known.add(value)
        first.setdefault((start, source, again), (row, offset))
        together.setdefault((start, source, again), {})[metric] = value
    for (start, source, again), values in together.items():
        row, offset = first[start, source, again]
        yield BodyMeasurement(
            origin=Origin.FILE,
            row=row,
            source=source,
            start_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=start),
            utc_offset_s=offset,
            height_m=values.get("height_m"),
            weight_kg=values.get("weight_kg"),
            body_fat_pct=values.get("body_fat_pct"),
            lean_mass_kg=values.get("lean_mass_kg"),
        )
