"""The figures of a day that are made of single readings.

A reading belongs to the local day on which it begins; where its source gives no offset, at the offset of
the last night before it, else UTC. Counts of several devices that overlap in time are not added up: the
device that counted most that day goes first, and another adds only what it reports of other times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

import polars as pl

from poise_sdk.metrics import Span
from storage.arrow import query
from storage.connect import Connection
from storage.observations.folding import DIGITS, Key, Value
from storage.observations.measures import READINGS, span_of

__all__ = ["sample", "without_overlap"]

#: A local day reaches so far beyond the UTC day of the same date.
_REACH: Final = dt.timedelta(hours=18)
_DAY: Final = dt.timedelta(days=1)

_STREAMS: Final = (
    "SELECT id AS stream_id, vendor, metric, source FROM reading_streams "
    "WHERE athlete_id = $1 AND ($2::text[] IS NULL OR metric = ANY($2::text[])) ORDER BY id"
)
_RANGES: Final = (
    "FROM unnest($1::int[]) AS s (stream_id) "
    "CROSS JOIN unnest($2::timestamptz[], $3::timestamptz[]) AS u (since, until) CROSS JOIN LATERAL "
)
_INSIDE: Final = "readings r WHERE r.stream_id = s.stream_id AND r.at >= u.since AND r.at < u.until"
_ORIGIN: Final = "TIMESTAMPTZ '2000-01-01 00:00:00+00'"
#: Offsets are multiples of a quarter of an hour, so what has none is put into days by such bins.
_SUMMED: Final = (
    f"SELECT s.stream_id, b.unsure, b.bin, b.n, b.total, b.low, b.high {_RANGES}("  # noqa: S608 - constants
    "SELECT r.utc_offset_s IS NULL AS unsure, CASE WHEN r.utc_offset_s IS NULL "
    f"THEN date_bin('15 minutes', r.at, {_ORIGIN}) "
    f"ELSE date_bin('1 day', r.at + r.utc_offset_s * interval '1 second', {_ORIGIN}) "
    "END AS bin, count(*) AS n, sum(r.value) AS total, min(r.value) AS low, max(r.value) AS high "
    f"FROM {_INSIDE} GROUP BY 1, 2) AS b"
)
_SINGLE: Final = (
    f"SELECT s.stream_id, r.at, r.end_at, r.value, r.utc_offset_s {_RANGES}"  # noqa: S608 - constants
    f"(SELECT * FROM {_INSIDE} OFFSET 0) AS r"
)


def sample(
    c: Connection, athlete_id: int, days: Collection[dt.date], metrics: Collection[str] | None = None
) -> dict[Key, Value]:
    """What the stored readings say of these days (of all metrics, or some)."""
    wanted = sorted(set(days))
    streams = query(c, _STREAMS, athlete_id, None if metrics is None else sorted(metrics))
    if not wanted or streams.is_empty():
        return {}
    spans = _spans(wanted)
    offsets = _offsets(c, athlete_id, spans[0][0], spans[-1][1])
    several = streams.group_by("vendor", "metric").len()
    streams = streams.join(several, on=["vendor", "metric"]).with_columns(
        span=pl.col("metric").map_elements(lambda name: span_of(name).value, return_dtype=pl.String())
    )
    singly = (pl.col("span") == Span.LAST.value) | ((pl.col("span") == Span.SUM.value) & (pl.col("len") > 1))
    parts = [
        _summed(c, streams.filter(~singly), spans, offsets),
        _singled(c, streams.filter(singly), spans, offsets),
    ]
    found = pl.concat(parts).filter(pl.col("day").is_in(wanted))
    return {
        (day, metric, vendor): Value(value, READINGS)
        for vendor, metric, day, value in found.select("vendor", "metric", "day", "value").iter_rows()
    }


def _spans(days: Iterable[dt.date]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The UTC spans that hold these (sorted) local days whatever their offsets, without overlap."""
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    for day in days:
        midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
        since, until = midnight - _REACH, midnight + _DAY + _REACH
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], until)
        else:
            spans.append((since, until))
    return spans


def _offsets(c: Connection, athlete_id: int, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """``at``, ``known_offset``: the offsets of the athlete's nights, in the order of time."""
    return query(
        c,
        "SELECT start_at AS at, utc_offset_s AS known_offset FROM nights "
        "WHERE athlete_id = $1 AND utc_offset_s IS NOT NULL AND start_at < $3 "
        "AND start_at >= coalesce((SELECT max(start_at) FROM nights "
        "  WHERE athlete_id = $1 AND utc_offset_s IS NOT NULL AND start_at < $2), $2) "
        "ORDER BY start_at, vendor, source_id",
        athlete_id,
        since,
        until,
    )


def _rows(
    c: Connection, sql: str, streams: pl.DataFrame, spans: list[tuple[dt.datetime, dt.datetime]]
) -> pl.DataFrame:
    since, until = zip(*spans, strict=True)
    found = query(c, sql, streams["stream_id"].to_list(), list(since), list(until))
    return found.join(streams, on="stream_id")


def _summed(
    c: Connection,
    streams: pl.DataFrame,
    spans: list[tuple[dt.datetime, dt.datetime]],
    offsets: pl.DataFrame,
) -> pl.DataFrame:
    if streams.is_empty():
        return _EMPTY
    bins = _rows(c, _SUMMED, streams, spans)
    sure = bins.filter(~pl.col("unsure")).with_columns(day=pl.col("bin").dt.date())
    unsure = _with_day(bins.filter("unsure").rename({"bin": "at"}), offsets, pl.lit(None, dtype=pl.Int32()))
    days = (
        pl.concat([sure.drop("bin"), unsure.select(name for name in sure.columns if name != "bin")])
        .group_by("vendor", "metric", "span", "day")
        .agg(pl.col("n", "total").sum(), pl.col("low").min(), pl.col("high").max())
    )
    value = (
        pl.when(pl.col("span") == Span.SUM.value)
        .then(pl.col("total").round(DIGITS))
        .when(pl.col("span") == Span.MIN.value)
        .then("low")
        .when(pl.col("span") == Span.MAX.value)
        .then("high")
        .when(pl.col("low") == pl.col("high"))
        .then("low")
        .otherwise((pl.col("total") / pl.col("n")).round(DIGITS))
    )
    return days.select("vendor", "metric", "day", value=value)


def _singled(
    c: Connection,
    streams: pl.DataFrame,
    spans: list[tuple[dt.datetime, dt.datetime]],
    offsets: pl.DataFrame,
) -> pl.DataFrame:
    if streams.is_empty():
        return _EMPTY
    rows = _with_day(_rows(c, _SINGLE, streams, spans), offsets, pl.col("utc_offset_s"))
    latest = (
        rows.filter(pl.col("span") == Span.LAST.value)
        .sort("at", "end_at", "source")
        .group_by("vendor", "metric", "day")
        .agg(pl.col("value").last())
    )
    counted = (
        without_overlap(rows.filter(pl.col("span") == Span.SUM.value))
        .group_by("vendor", "metric", "day")
        .agg(pl.col("value").sum().round(DIGITS))
    )
    return pl.concat([latest, counted])


def _with_day(rows: pl.DataFrame, offsets: pl.DataFrame, offset: pl.Expr) -> pl.DataFrame:
    placed = rows.sort("at").join_asof(offsets.sort("at"), on="at", strategy="backward")
    seconds = pl.coalesce(offset, "known_offset", pl.lit(0))
    return placed.with_columns(day=(pl.col("at") + pl.duration(seconds=seconds)).dt.date()).drop(
        "known_offset"
    )


def without_overlap(rows: pl.DataFrame) -> pl.DataFrame:
    """Counts of several sources, less what a source that goes before reports of the same time.

    ``rows``: ``vendor, metric, day, source, at, end_at, value``; the same with lower values comes back.
    The share of an interval that is covered is taken off in proportion; an instant is covered or not.
    """
    keys = ["vendor", "metric", "day"]
    totals = rows.group_by(*keys, "source").agg(total=pl.col("value").sum())
    ranked = totals.sort("total", "source", descending=[True, False]).with_columns(
        rank=pl.int_range(pl.len()).over(keys)
    )
    left = rows.join(ranked.drop("total"), on=[*keys, "source"])
    done = left.filter(pl.col("rank") == 0)
    for rank in range(1, int(ranked["rank"].max() or 0) + 1):  # type: ignore[arg-type] # a column of integers
        here = left.filter(pl.col("rank") == rank)
        islands = _islands(left.filter(pl.col("rank") < rank))
        start, end = _covered(here, islands, "at"), _covered(here, islands, "end_at")
        length = (pl.col("end_at") - pl.col("at")).dt.total_microseconds()
        free = here.with_columns(before=start["covered"], until=end["covered"], inside=start["inside"])
        share = (
            pl.when(length > 0)
            .then(1 - (pl.col("until") - pl.col("before")) / length)
            .otherwise((~pl.col("inside")).cast(pl.Float64()))
        )
        done = pl.concat([done, free.with_columns(value=pl.col("value") * share).select(done.columns)])
    return done.drop("rank")


def _islands(rows: pl.DataFrame) -> pl.DataFrame:
    """The unbroken stretches that ``rows`` cover, with the time covered before each."""
    keys = ["vendor", "metric"]
    reach = pl.col("end_at").cum_max().shift(1).over(keys)
    ordered = rows.sort(*keys, "at", "end_at")
    return (
        ordered.with_columns(island=(reach.is_null() | (pl.col("at") > reach)).cum_sum())
        .group_by(*keys, "island")
        .agg(since=pl.col("at").min(), until=pl.col("end_at").max())
        .sort(*keys, "since")
        .with_columns(length=(pl.col("until") - pl.col("since")).dt.total_microseconds())
        .with_columns(before=pl.col("length").cum_sum().over(keys) - pl.col("length"))
    )


def _covered(rows: pl.DataFrame, islands: pl.DataFrame, moment: str) -> pl.DataFrame:
    """For each row the time (µs) covered up to a moment of it, and whether that lies in an island."""
    asked = rows.select("vendor", "metric", pl.col(moment).alias("moment")).with_row_index("n")
    found = asked.sort("moment").join_asof(
        islands.sort("since"),
        left_on="moment",
        right_on="since",
        by=["vendor", "metric"],
        strategy="backward",
        check_sortedness=False,
    )
    within = pl.min_horizontal("moment", "until") - pl.col("since")
    return found.sort("n").select(
        covered=(pl.col("before") + within.dt.total_microseconds()).fill_null(0),
        inside=(pl.col("moment") < pl.col("until")).fill_null(False),
    )


_EMPTY: Final = pl.DataFrame(
    schema={"vendor": pl.String(), "metric": pl.String(), "day": pl.Date(), "value": pl.Float64()}
)
