"""Writing many rows at once, idempotently: the rows that changed are written and no others.

Two ways in, the cheaper that is right:

* rows of a composite key whose leading column the table does not hold at all (a new game's plays)
  are copied straight into it. A lock per leading value keeps other upserts from bringing the same
  rows meanwhile: a copy cannot step aside for them, and ADBC cannot go back to a savepoint;
* all others are copied into a temporary table and merged from there by one statement that first
  leaves out what is stored already. ``ON CONFLICT … WHERE`` alone would lock, and so rewrite and
  log, every unchanged row;
* locks are taken and rows written in the order of the key, so that two transactions with common
  rows wait for each other instead of dead-locking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary
from zlib import crc32

import polars as pl

from storage.arrow import execute, query
from storage.connect import Connection

__all__ = ["Upserted", "copy_rows", "merge_rows", "upsert"]

#: What ADBC's binary COPY needs on our side for each PostgreSQL type. The last two have no Arrow
#: type that it writes; they travel as text and are cast on the way from the temporary table.
_WIRE_TYPES: dict[str, pl.DataType] = {
    "bool": pl.Boolean(),
    "int2": pl.Int16(),
    "int4": pl.Int32(),
    "int8": pl.Int64(),
    "float4": pl.Float32(),
    "float8": pl.Float64(),
    "text": pl.String(),
    "date": pl.Date(),
    "timestamptz": pl.Datetime("us", "UTC"),
    "jsonb": pl.String(),
    "uuid": pl.String(),
}
_CAST_ON_MERGE = frozenset({"jsonb", "uuid"})

#: Leading key values share so many locks a table: a whole season in one transaction must not fill
#: the server's lock table (6,400 slots by default), two imports side by side should seldom collide.
_LOCKS_PER_TABLE = 1024

_COLUMNS = """
SELECT a.attname::text AS name, t.typname::text AS type
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_layouts: WeakKeyDictionary[Connection, dict[str, dict[str, str]]] = WeakKeyDictionary()


class Upserted(NamedTuple):
    """How many of the given rows were new, differed from the stored ones, or were stored already."""

    inserted: int
    changed: int
    unchanged: int


def upsert(
    c: Connection,
    table: str,
    frame: pl.DataFrame,
    *,
    key: Sequence[str],
    merge: Mapping[str, str] | None = None,
) -> Upserted:
    """Bring the rows of ``frame`` into ``table`` in the caller's transaction; return exact counts.

    ``frame`` holds the columns of ``key`` (a unique constraint of the table) and any others.
    Columns it lacks keep their stored value or take their default, so it must hold those that may
    not be null, even where every row is stored already. Of several rows with one key the last
    counts. ``merge`` gives, for a column, an SQL expression over ``t`` (the stored row) and
    ``excluded`` (the new one) where overwriting is not what is wanted:
    ``{"name": "coalesce(excluded.name, t.name)"}``.

    Raises ``ValueError`` for an unknown table or column, polars' errors for a value that does not
    fit its column, ADBC's for the rest; judge the latter by :func:`storage.connect.is_transient`.
    """
    merged = merge_rows(c, table, frame, key=key, merge=merge)
    distinct = frame.height if merged.height == frame.height else frame.n_unique(list(key))
    inserted = int(merged["inserted"].sum())
    return Upserted(inserted, merged.height - inserted, distinct - merged.height)


def merge_rows(
    c: Connection,
    table: str,
    frame: pl.DataFrame,
    *,
    key: Sequence[str],
    merge: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """As :func:`upsert`, but return the keys written, with a boolean column ``inserted``."""
    types = _layout(c, table)
    ready = _conform(table, frame, types).unique(subset=list(key), keep="last").sort(list(key))
    if ready.is_empty():
        return _written(ready, key, inserted=True)
    if len(key) == 1 or any(types[name] in _CAST_ON_MERGE for name in ready.columns):
        return _merge_staged(c, table, ready, key, merge, types)
    known = _has_known_leading_key(c, table, ready, key[0], types)
    fresh, rest = ready.filter(~known), ready.filter(known)
    done = _written(fresh, key, inserted=True)
    if not fresh.is_empty():
        _ingest(c, table, fresh)
    if rest.is_empty():
        return done
    return pl.concat([done, _merge_staged(c, table, rest, key, merge, types)])


def copy_rows(c: Connection, table: str, frame: pl.DataFrame) -> int:
    """Copy rows that are known to be new into ``table``; return how many. A stored key is an error."""
    types = _layout(c, table)
    ready = _conform(table, frame, types)
    if ready.is_empty():
        return 0
    if any(types[name] in _CAST_ON_MERGE for name in ready.columns):
        stage = _stage(c, table, ready, types)
        names = ", ".join(_quoted(name) for name in ready.columns)
        casts = _casts(ready.columns, types)
        execute(c, f"INSERT INTO {_quoted(table)} ({names}) SELECT {casts} FROM {stage}")  # noqa: S608 - catalogue names
    else:
        _ingest(c, table, ready)
    return ready.height


def _layout(c: Connection, table: str) -> dict[str, str]:
    """The table's columns and their types, asked once per connection."""
    layouts = _layouts.setdefault(c, {})
    if table not in layouts:
        found = query(c, _COLUMNS, table)
        if found.is_empty():
            raise ValueError(f"there is no table {table!r}")
        layouts[table] = dict(found.iter_rows())
    return layouts[table]


def _conform(table: str, frame: pl.DataFrame, types: Mapping[str, str]) -> pl.DataFrame:
    if strangers := [name for name in frame.columns if name not in types]:
        raise ValueError(f"table {table!r} has no column {', '.join(strangers)}")
    return frame.cast({name: _WIRE_TYPES[types[name]] for name in frame.columns})


def _written(rows: pl.DataFrame, key: Sequence[str], *, inserted: bool) -> pl.DataFrame:
    return rows.select(*key, pl.lit(inserted).alias("inserted"))


def _has_known_leading_key(
    c: Connection, table: str, rows: pl.DataFrame, leading: str, types: Mapping[str, str]
) -> pl.Series:
    """A mask of ``rows``: the table holds this leading key. Nobody else adds one until we commit."""
    values = rows[leading].unique().to_list()
    locks = sorted({crc32(str(value).encode()) % _LOCKS_PER_TABLE for value in values})
    table_class = crc32(table.encode()) - 2**31  # a signed 32-bit number is wanted
    execute(
        c, "SELECT pg_advisory_xact_lock($1::int, lock) FROM unnest($2::int[]) AS lock", table_class, locks
    )
    probe = (
        f"SELECT u AS known FROM unnest($1::{types[leading]}[]) AS u "  # noqa: S608 - catalogue names
        f"WHERE EXISTS (SELECT 1 FROM {_quoted(table)} t WHERE t.{_quoted(leading)} = u)"
    )
    return rows[leading].is_in(query(c, probe, values)["known"].to_list())


def _merge_staged(
    c: Connection,
    table: str,
    rows: pl.DataFrame,
    key: Sequence[str],
    merge: Mapping[str, str] | None,
    types: Mapping[str, str],
) -> pl.DataFrame:
    stage = _stage(c, table, rows, types)
    # The temporary table has no statistics, and a hash join would read the whole target; the
    # index finds each row in microseconds.
    switch = "SELECT set_config('enable_hashjoin', $1, true), set_config('enable_mergejoin', $1, true)"
    execute(c, switch, "off")
    written = query(c, _merge_statement(table, rows.columns, key, merge or {}, types, stage))
    execute(c, switch, "on")
    return written


def _merge_statement(
    table: str,
    names: Sequence[str],
    key: Sequence[str],
    merge: Mapping[str, str],
    types: Mapping[str, str],
    stage: str,
) -> str:
    values = {name: merge.get(name, f"excluded.{_quoted(name)}") for name in names if name not in key}
    columns = ", ".join(_quoted(name) for name in names)
    keys = ", ".join(_quoted(name) for name in key)
    same_key = " AND ".join(f"t.{_quoted(name)} = excluded.{_quoted(name)}" for name in key)
    stored = ", ".join(f"t.{_quoted(name)}" for name in values)
    differs = f"ROW({stored}) IS DISTINCT FROM ROW({', '.join(values.values())})" if values else "false"
    assignments = ", ".join(f"{_quoted(name)} = {value}" for name, value in values.items())
    action = f"UPDATE SET {assignments} WHERE {differs}" if values else "NOTHING"
    return f"""
WITH written AS (
    INSERT INTO {_quoted(table)} AS t ({columns})
    SELECT {", ".join(f"excluded.{_quoted(name)}" for name in names)}
    FROM (SELECT {_casts(names, types)} FROM {stage}) AS excluded
    LEFT JOIN {_quoted(table)} AS t ON {same_key}
    WHERE t.{_quoted(key[0])} IS NULL OR {differs}
    ORDER BY {", ".join(f"excluded.{_quoted(name)}" for name in key)}
    ON CONFLICT ({keys}) DO {action}
    -- a row version that never replaced another has no deleting transaction
    RETURNING {", ".join(f"t.{_quoted(name)}" for name in key)}, (t.xmax = 0) AS inserted
)
SELECT {keys}, inserted FROM written
"""  # noqa: S608 - names come from the catalogue, expressions from our own modules


def _stage(c: Connection, table: str, rows: pl.DataFrame, types: Mapping[str, str]) -> str:
    """Put ``rows`` into this session's temporary twin of ``table`` and return its name."""
    name = f"stage_{table}"
    exists = query(c, "SELECT to_regclass('pg_temp.' || $1) IS NOT NULL AS yes", name)["yes"][0]
    if exists:
        execute(c, f"TRUNCATE pg_temp.{_quoted(name)}")
    else:
        columns = ", ".join(
            f"{_quoted(column)} {'text' if kind in _CAST_ON_MERGE else kind}"
            for column, kind in types.items()
        )
        execute(c, f"CREATE TEMPORARY TABLE {_quoted(name)} ({columns})")
    _ingest(c, name, rows, temporary=True)
    return f"pg_temp.{_quoted(name)}"


def _ingest(c: Connection, table: str, rows: pl.DataFrame, *, temporary: bool = False) -> None:
    with c.cursor() as cursor:
        cursor.adbc_ingest(table, rows.to_arrow(), mode="append", temporary=temporary)


def _casts(names: Sequence[str], types: Mapping[str, str]) -> str:
    return ", ".join(
        f"{_quoted(name)}::{types[name]}" if types[name] in _CAST_ON_MERGE else _quoted(name)
        for name in names
    )


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
