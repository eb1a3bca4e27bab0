"""All of an athlete's observations as files, one a table: CSV or Parquet.

Numbers are those that are stored, in full. Beside them stand, in the terms of vendors' own exports, what
is computed of them: kilocalories, shares of time in heart rate zones, local times.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import IO, Final, Literal

import polars as pl
import pyarrow.parquet as pq

from storage.arrow import query
from storage.connect import Connection
from storage.observations.tables import TABLES, Table

__all__ = ["KJ_PER_KCAL", "Format", "export"]

Format = Literal["csv", "parquet"]

#: The thermochemical calorie, as WHOOP and Apple convert.
KJ_PER_KCAL: Final = 4.184
#: Decimals of what is computed here. Kilocalories and percents that a vendor gave as whole numbers come
#: back as whole numbers: the error of a conversion there and back lies in the fifteenth digit.
_DIGITS: Final = 6
_ZONES: Final = range(6)
_JSON: Final = frozenset({"quality", "contributors", "values"})
_UTC: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
#: A month without readings.
_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOCAL: Final = "%Y-%m-%dT%H:%M:%S%.f"

_OTHERS: Final = {
    "night_stages": (
        "SELECT vendor, source_id, n, start_at, end_at, stage FROM night_stages "
        "WHERE athlete_id = $1 ORDER BY vendor, start_at, source_id, n"
    ),
    "daily_values": (
        "SELECT v.day, v.metric, v.vendor, v.value, v.basis, v.quality::text AS quality, "
        "coalesce(e.vendor = v.vendor, false) AS counts, "
        "CASE WHEN e.vendor = v.vendor THEN e.reason END AS reason "
        "FROM daily_values v LEFT JOIN daily_effective e USING (athlete_id, day, metric) "
        "WHERE v.athlete_id = $1 ORDER BY v.day, v.metric, v.vendor"
    ),
}


def export(c: Connection, athlete_id: int, out: Path, format: Format) -> dict[str, int]:
    """Write every table of an athlete's observations to ``out`` (made if absent); return rows by table.

    Raises ``ValueError`` for an unknown format, ``OSError`` where ``out`` cannot be written. A file there
    of the same name is replaced when the new one is whole.
    """
    if format not in ("csv", "parquet"):
        raise ValueError(f"a format is csv or parquet, not {format!r}")
    out.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    for table in TABLES:
        frame = _derived(table, _read(c, table, athlete_id))
        written[table.name] = _write(frame, out / f"{table.name}.{format}", format)
    for name, sql in _OTHERS.items():
        written[name] = _write(query(c, sql, athlete_id), out / f"{name}.{format}", format)
    written["readings"] = _write_readings(c, athlete_id, out / f"readings.{format}", format)
    return written


def _read(c: Connection, table: Table, athlete_id: int) -> pl.DataFrame:
    names = [name for name in table.columns if name not in ("athlete_id", "layers", "document", "row")]
    wanted = ", ".join(f't."{name}"::text AS "{name}"' if name in _JSON else f't."{name}"' for name in names)
    order = "t.start_at" if table.has_start else "t.day"
    return query(
        c,
        f'SELECT {wanted}, d.name AS document, t."row" FROM {table.name} t '  # noqa: S608 - constants
        "LEFT JOIN observation_documents d ON d.id = t.document "
        f"WHERE t.athlete_id = $1 ORDER BY {order}, t.vendor, t.source_id",
        athlete_id,
    )


def _derived(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    extra: list[pl.Expr] = []
    for name in ("start_at", "end_at"):
        if name in frame.columns:
            local = pl.col(name).dt.replace_time_zone(None) + pl.duration(seconds="utc_offset_s")
            extra.append(local.alias(name.removesuffix("_at") + "_local"))
    if "energy_kj" in frame.columns:
        extra.append((pl.col("energy_kj") / KJ_PER_KCAL).round(_DIGITS).alias("energy_kcal"))
    if table.name == "workouts":
        length = pl.when(pl.col("duration_min") > 0).then("duration_min")
        extra += [
            (pl.col(f"zone_{zone}_min") / length * 100).round(_DIGITS).alias(f"zone_{zone}_pct")
            for zone in _ZONES
        ]
    return frame.with_columns(extra)


def _write(frame: pl.DataFrame, path: Path, format: Format) -> int:
    part = path.with_name(f"{path.name}.part")
    if format == "csv":
        _texts(frame).write_csv(part)
    else:
        frame.write_parquet(part)
    part.replace(path)
    return frame.height


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Times as ISO 8601: UTC with ``Z``, local ones without a zone."""
    return frame.with_columns(
        pl.col(name).dt.strftime(_UTC if dtype.time_zone else _LOCAL)
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime)
    )


def _write_readings(c: Connection, athlete_id: int, path: Path, format: Format) -> int:
    """A month at a time, so that memory does not grow with the years."""
    part = path.with_name(f"{path.name}.part")
    months = query(
        c,
        "SELECT DISTINCT m.month AT TIME ZONE 'UTC' AS month FROM reading_streams s CROSS JOIN LATERAL ("
        "  SELECT min(at) AS first, max(at) AS last FROM readings WHERE stream_id = s.id) AS r "
        "CROSS JOIN LATERAL generate_series(date_trunc('month', r.first AT TIME ZONE 'UTC'), "
        "  r.last AT TIME ZONE 'UTC', interval '1 month') AS m (month) WHERE s.athlete_id = $1 ORDER BY 1",
        athlete_id,
    )["month"].to_list()
    height = 0
    with part.open("wb") as file:
        writer: pq.ParquetWriter | None = None
        empty = _readings_of(c, athlete_id, _NEVER)
        for month in months or [None]:
            frame = empty if month is None else _readings_of(c, athlete_id, month)
            if format == "csv":
                _texts(frame).write_csv(file, include_header=height == 0)
            else:
                writer = _append(writer, file, frame)
            height += frame.height
        if writer is not None:
            writer.close()
    part.replace(path)
    return height


def _append(writer: pq.ParquetWriter | None, file: IO[bytes], frame: pl.DataFrame) -> pq.ParquetWriter:
    rows = frame.to_arrow()
    writer = writer or pq.ParquetWriter(file, rows.schema)
    writer.write_table(rows)
    return writer


def _readings_of(c: Connection, athlete_id: int, month: dt.datetime) -> pl.DataFrame:
    frame = query(
        c,
        "SELECT s.vendor, s.metric, s.source, r.at AS start_at, nullif(r.end_at, r.at) AS end_at, r.value, "
        "r.utc_offset_s FROM reading_streams s JOIN readings r ON r.stream_id = s.id "
        "AND r.at >= $2 AND r.at < $3 "
        "WHERE s.athlete_id = $1 ORDER BY s.metric, s.vendor, s.source, r.at, r.end_at",
        athlete_id,
        month,
        (month + dt.timedelta(days=32)).replace(day=1),
    )
    local = pl.col("start_at").dt.replace_time_zone(None) + pl.duration(seconds="utc_offset_s")
    energy = pl.when(pl.col("metric").str.ends_with("energy_kj")).then(pl.col("value") / KJ_PER_KCAL)
    return frame.with_columns(start_local=local, energy_kcal=energy.round(_DIGITS))
