"""Readings: very many rows, written once.

Readings of a stream and month that the table does not hold yet are copied straight in, sorted. For the
rest what is stored is read back and compared in polars, and only what differs is written; so a document
that comes again costs a read and no write. Nobody else writes an athlete's readings meanwhile: the caller
holds the athlete's lock.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import polars as pl

from poise_sdk.records import Rejected
from storage.arrow import execute, query
from storage.bulk import copy_rows
from storage.connect import Connection
from storage.observations.counting import REFUSED, STORED, UNCHANGED
from storage.observations.outcome import Sourced
from storage.observations.partitions import ensure_months

__all__ = ["WrittenReadings", "write_readings"]

_KEY: Final = ["stream_id", "at", "end_at"]
_COLUMNS: Final = [*_KEY, "value", "utc_offset_s", "document"]

_JUDGED: Final = ["row", "metric", "at", "utc_offset_s"]

#: Fewer readings than this are looked up one by one; for more, the stored range is read whole.
_LOOKED_UP: Final = 20_000

#: Contradictions within a document that are listed one by one.
_LISTED: Final = 10_000

#: Streams of one athlete and vendor; an adapter that makes up a source per reading is stopped here.
MOST_STREAMS: Final = 10_000


class WrittenReadings(NamedTuple):
    """What became of a frame of readings."""

    fates: pl.DataFrame
    """``row`` and ``fate`` (see :mod:`storage.observations.counting`) of every reading given."""
    touched: pl.DataFrame
    """``metric``, ``day`` of readings that are new or changed; days at every offset they may lie on."""
    rejected: list[Rejected]


def write_readings(
    c: Connection, sourced: Sourced, frame: pl.DataFrame, *, document: int, reread: bool, file: str
) -> WrittenReadings:
    """Store admitted readings (:data:`storage.observations.admission.READING_COLUMNS`).

    Two readings of one stream and time in one document contradict each other if their values differ: the
    last of a table counts, and what an earlier table of the same document has stored stays; the other is
    rejected. ``reread``: another version of the adapter has read the document before, and is corrected.
    """
    ready = _with_streams(c, sourced, frame).select(
        *_KEY, "value", "utc_offset_s", "row", "metric", pl.lit(document, dtype=pl.Int64).alias("document")
    )
    ready = ready.sort(_KEY, maintain_order=True)
    # column by column: comparing structs takes ten times as long
    last = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in _KEY)
    marked = ready.with_columns(last=last)
    rejected: list[Rejected] = []
    doubles = pl.DataFrame(schema={"row": pl.Int64(), "fate": pl.Int8()})
    if not marked["last"].all():
        doubles, rejected = _doubles(marked, file)
        ready = marked.filter("last").drop("last")
    ensure_months(c, _months(ready))
    _mark_unsure(c, ready)
    stored = _stored(c, ready)
    if stored.is_empty():
        copy_rows(c, "readings", ready.select(_COLUMNS))
        judged = ready.select(
            *_JUDGED,
            fate=pl.lit(STORED, dtype=pl.Int8()),
            stored_offset=pl.lit(None, dtype=pl.Int32()),
            changed=pl.lit(False),
        )
    else:
        judged, told = _compared(c, ready, stored, document, reread, file)
        rejected += told
    fates = pl.concat([judged.select("row", "fate"), doubles])
    return WrittenReadings(fates, _touched(judged.filter(pl.col("fate") == STORED)), rejected)


def _with_streams(c: Connection, sourced: Sourced, frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with the number of each reading's stream; new streams are begun."""
    clean = frame.with_columns(
        pl.col("metric").str.replace_all("\0", "", literal=True),
        pl.col("source").fill_null("").str.replace_all("\0", "", literal=True),
        pl.col("end_at").fill_null(pl.col("start_at")),
    ).rename({"start_at": "at"})
    streams = clean.select("metric", "source").unique().sort("metric", "source")
    if streams.height > MOST_STREAMS:
        raise ValueError(f"{streams.height} different metrics and sources in one table of readings")
    arguments = (sourced.athlete_id, sourced.vendor, streams["metric"].to_list(), streams["source"].to_list())
    find = (
        "SELECT s.id AS stream_id, s.metric, s.source FROM reading_streams s "
        "JOIN unnest($3::text[], $4::text[]) AS u (metric, source) USING (metric, source) "
        "WHERE s.athlete_id = $1 AND s.vendor = $2"
    )
    found = query(c, find, *arguments)
    if found.height < streams.height:
        execute(
            c,
            "INSERT INTO reading_streams (athlete_id, vendor, metric, source) "
            "SELECT $1, $2, metric, source FROM unnest($3::text[], $4::text[]) AS u (metric, source) "
            "ON CONFLICT DO NOTHING",
            *arguments,
        )
        found = query(c, find, *arguments)
    return clean.join(found, on=["metric", "source"], how="left", maintain_order="left")


def _doubles(marked: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Rejected]]:
    """Of readings that stand several times, the fates of all but the last, and those that contradict it."""
    winner = marked.with_columns(
        won=pl.when("last").then("value").backward_fill(),
        won_row=pl.when("last").then(pl.col("row").fill_null(-1)).backward_fill(),
    ).filter(~pl.col("last"))
    differs = pl.col("value") != pl.col("won")
    fates = winner.select(
        "row", pl.when(differs).then(REFUSED).otherwise(UNCHANGED).cast(pl.Int8()).alias("fate")
    )
    return fates, _contradictions(winner.filter(differs), file)


def _contradictions(lost: pl.DataFrame, file: str) -> list[Rejected]:
    told = [
        Rejected(
            file=file,
            row=one["row"],
            field=one["metric"],
            reason=f"{one['value']:g} at {one['at'].isoformat()} stands beside {one['won']:g}, which counts"
            + (f" (row {one['won_row']})" if one["won_row"] >= 0 else ""),
        )
        for one in lost.head(_LISTED).iter_rows(named=True)
    ]
    if lost.height > _LISTED:
        more = f"{lost.height - _LISTED} further readings of it contradict others of the same time"
        told.append(Rejected(file=file, reason=more, kept=True))
    return told


def _mark_unsure(c: Connection, ready: pl.DataFrame) -> None:
    unsure = ready.filter(pl.col("utc_offset_s").is_null())["stream_id"].unique().to_list()
    if unsure:
        execute(
            c, "UPDATE reading_streams SET unsure = true WHERE id = ANY($1::int[]) AND NOT unsure", unsure
        )


def _months(ready: pl.DataFrame) -> list[dt.date]:
    return ready.select(pl.col("at").dt.truncate("1mo").dt.date().unique())["at"].to_list()


def _stored(c: Connection, ready: pl.DataFrame) -> pl.DataFrame:
    """What is stored of these readings, and perhaps of others near them."""
    what = (
        "r.stream_id, r.at, r.end_at, r.value AS stored_value, r.utc_offset_s AS stored_offset, "
        "r.document AS stored_by"
    )
    ranges = (
        ready.group_by("stream_id", pl.col("at").dt.truncate("1mo").alias("month"))
        .agg(first=pl.col("at").min(), last=pl.col("at").max())
        .sort("stream_id", "month")
    )
    bounds = (ranges["stream_id"].to_list(), ranges["first"].to_list(), ranges["last"].to_list())
    spans = "unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS u (stream_id, first, last)"
    inside = "r.stream_id = u.stream_id AND r.at BETWEEN u.first AND u.last"
    held = query(
        c,
        f"SELECT u.stream_id, u.first, u.last FROM {spans} "  # noqa: S608 - constants
        f"WHERE EXISTS (SELECT 1 FROM readings r WHERE {inside})",
        *bounds,
    )
    if held.is_empty():
        return query(c, f"SELECT {what} FROM readings r WHERE false")  # noqa: S608 - a constant
    if ready.height <= _LOOKED_UP:
        keys = "unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS u (stream_id, at, end_at)"
        return query(
            c,
            f"SELECT {what} FROM {keys} CROSS JOIN LATERAL (SELECT * FROM readings r "  # noqa: S608 - constants
            "WHERE r.stream_id = u.stream_id AND r.at = u.at AND r.end_at = u.end_at OFFSET 0) AS r",
            *(ready[name].to_list() for name in _KEY),
        )
    return query(
        c,
        f"SELECT {what} FROM {spans} CROSS JOIN LATERAL "  # noqa: S608 - constants
        f"(SELECT * FROM readings r WHERE {inside} OFFSET 0) AS r",
        held["stream_id"].to_list(),
        held["first"].to_list(),
        held["last"].to_list(),
    )


def _compared(
    c: Connection, ready: pl.DataFrame, stored: pl.DataFrame, document: int, reread: bool, file: str
) -> tuple[pl.DataFrame, list[Rejected]]:
    """Write what differs from ``stored``; what became of every reading."""
    both = ready.join(stored, on=_KEY, how="left", maintain_order="left")
    new = pl.col("stored_value").is_null()
    differs = pl.col("value") != pl.col("stored_value")
    moved = pl.col("utc_offset_s").is_not_null() & pl.col("utc_offset_s").ne_missing(pl.col("stored_offset"))
    ours = (pl.col("stored_by") == document).fill_null(False) & pl.lit(not reread)
    fate = (
        pl.when(new)
        .then(STORED)
        .when(differs & ours)
        .then(REFUSED)
        .when((differs | moved) & ~ours)
        .then(STORED)
        .otherwise(UNCHANGED)
        .cast(pl.Int8())
    )
    judged = both.with_columns(fate=fate)
    written = judged.filter(pl.col("fate") == STORED)
    copy_rows(c, "readings", written.filter(pl.col("stored_value").is_null()).select(_COLUMNS))
    _correct(c, written.filter(pl.col("stored_value").is_not_null()))
    lost = judged.filter(pl.col("fate") == REFUSED).with_columns(
        won="stored_value", won_row=pl.lit(-1, dtype=pl.Int64)
    )
    told = judged.select(*_JUDGED, "fate", "stored_offset", changed=~new)
    return told, _contradictions(lost, file)


def _correct(c: Connection, changed: pl.DataFrame) -> None:
    if changed.is_empty():
        return
    execute(
        c,
        "UPDATE readings r SET value = u.value, utc_offset_s = coalesce(u.utc_offset_s, r.utc_offset_s), "
        "document = u.document "
        "FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::int[], $6::bigint[]) "
        "AS u (stream_id, at, end_at, value, utc_offset_s, document) "
        "WHERE r.stream_id = u.stream_id AND r.at = u.at AND r.end_at = u.end_at",
        *(changed[name].to_list() for name in _COLUMNS),
    )


def _touched(written: pl.DataFrame) -> pl.DataFrame:
    """Metrics and local days, also those that changed readings lay on before.

    A reading without an offset may lie on the day before or after UTC's.
    """
    written = pl.concat(
        [
            written.with_columns(utc_offset_s=pl.coalesce("utc_offset_s", "stored_offset")),
            written.filter("changed").with_columns(utc_offset_s="stored_offset"),
        ]
    )
    days = written.select(
        "metric",
        day=(pl.col("at") + pl.duration(seconds=pl.col("utc_offset_s").fill_null(0))).dt.date(),
        unsure=pl.col("utc_offset_s").is_null(),
    ).unique()
    around = (
        days.filter("unsure")
        .select("metric", day=pl.concat_list(pl.col("day").dt.offset_by(by) for by in ("-1d", "1d")))
        .explode("day")
    )
    return pl.concat([days.select("metric", "day"), around]).unique()
