"""The days: of each metric one candidate a vendor, and the one that counts.

Computed anew from the stored records for the days that a document has touched. What comes out as it
stands is not written, so a document that changes nothing changes no day either.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from poise_sdk.observations import Quality
from storage.arrow import execute, query
from storage.bulk import copy_rows
from storage.connect import Connection
from storage.observations.collector import collector_paused
from storage.observations.folding import Key, Value, better, fold
from storage.observations.lock import lock_athlete
from storage.observations.measures import MEASURES, READINGS
from storage.observations.order import ALL_METRICS, Chosen, choose, source_orders, write_order
from storage.observations.sampling import sample

__all__ = ["recompute_days", "set_source_order"]

_QUALITY: Final = msgspec.json.Decoder(tuple[Quality, ...])
_VALUE_COLUMNS: Final = {
    "day": "date", "metric": "text", "vendor": "text", "value": "float8", "basis": "text",
}  # fmt: skip
_EFFECTIVE_COLUMNS: Final = {
    "day": "date", "metric": "text", "vendor": "text", "value": "float8", "reason": "text",
    "candidates": "int",
}  # fmt: skip
#: So long a night's offset is taken to hold where no other night follows.
_UNTOLD: Final = dt.timedelta(days=30)
#: From so many rows on a COPY is quicker than a statement.
_COPIED: Final = 2_000
#: Columns that folding looks at beside the figures.
_ASIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "nights": ("start_at", "end_at", "nap"),
    "hrv_nights": ("start_at", "end_at", "in_sleep", "samples"),
    "cycles": ("start_at", "end_at"),
    "workouts": ("start_at", "end_at"),
    "body_measurements": ("start_at",),
    "daily_summaries": ("part", '"values"::text AS "values"'),
}


def recompute_days(
    c: Connection,
    athlete_id: int,
    days: Collection[dt.date],
    readings: Collection[tuple[str, dt.date]] | None = None,
) -> None:
    """Compute the figures of these days from all that is stored, and who counts; the caller commits.

    With ``readings`` only what changed is looked at: on ``days`` the records, and of readings those
    (metric, day). A day of records may hold millions of readings.
    """
    lock_athlete(c, athlete_id)
    with collector_paused():
        _recompute(c, athlete_id, set(days), readings)


def _recompute(
    c: Connection,
    athlete_id: int,
    whole: set[dt.date],
    readings: Collection[tuple[str, dt.date]] | None,
) -> None:
    pairs = _sampled_again(c, athlete_id, whole, readings) if readings is not None else set()
    if not whole and not pairs:
        return
    stored = _stored(c, athlete_id, whole, pairs)
    fresh: dict[Key, Value] = {}
    for found in _recorded(c, athlete_id, whole) if whole else ():
        _add(fresh, found)
    if readings is None:
        sampled = sample(c, athlete_id, whole)
    else:
        for key, value in stored.items():
            # what has not changed: readings of the days of records, records of the days of readings
            if key[:2] not in pairs if value.basis == READINGS else key[0] not in whole:
                _add(fresh, {key: value})
            elif value.basis != READINGS and (key not in fresh or fresh[key].value is None):
                pairs.add(key[:2])  # readings may stand behind a record that is gone
        sampled = sample(c, athlete_id, {day for day, _ in pairs}, {metric for _, metric in pairs})
        sampled = {key: value for key, value in sampled.items() if key[:2] in pairs}
    _add(fresh, sampled)
    _write_values(c, athlete_id, stored, fresh)
    _choose(c, athlete_id, {key[:2] for key in (*stored, *fresh)}, fresh)


def _add(figures: dict[Key, Value], found: Mapping[Key, Value]) -> None:
    for key, value in found.items():
        former = figures.get(key)
        figures[key] = value if former is None else better(former, value)


def _sampled_again(
    c: Connection, athlete_id: int, days: Collection[dt.date], readings: Collection[tuple[str, dt.date]]
) -> set[tuple[dt.date, str]]:
    """The days and metrics whose readings must be looked at, if records of ``days`` have changed.

    A night tells the offset of readings that have none, until the next night.
    """
    pairs = {(day, metric) for metric, day in readings}
    unsure = (
        query(c, "SELECT DISTINCT metric FROM reading_streams WHERE athlete_id = $1 AND unsure", athlete_id)
        if days
        else pl.DataFrame()
    )
    if unsure.is_empty():
        return pairs
    nights = query(
        c,
        "SELECT DISTINCT day FROM nights WHERE athlete_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day",
        athlete_id,
        min(days),
        max(days) + _UNTOLD,
    )["day"].to_list()
    for day in days:
        n = bisect_right(nights, day)
        # the next night's own day may hold readings from before it, and this night's may have left the next
        last = min(nights[n] if n < len(nights) else day + _UNTOLD, day + _UNTOLD) + dt.timedelta(days=1)
        for ahead in range((last - day).days + 1):
            pairs |= {(day + dt.timedelta(days=ahead), metric) for metric in unsure["metric"]}
    return pairs


def set_source_order(c: Connection, athlete_id: int, metric: str, vendors: Sequence[str]) -> None:
    """Set whose figures count for a metric, or (``*``) for all without an order of their own.

    An empty order removes it. Every day is judged anew; the caller commits.
    """
    lock_athlete(c, athlete_id)
    write_order(c, athlete_id, metric, vendors)
    found = query(
        c,
        "SELECT day, metric, vendor, value, basis, quality::text AS quality FROM daily_values "
        "WHERE athlete_id = $1 AND ($2::text = $3 OR metric = $2)",
        athlete_id,
        metric,
        ALL_METRICS,
    )
    values = _values(found)
    _choose(c, athlete_id, {key[:2] for key in values}, values)


def _recorded(c: Connection, athlete_id: int, days: Collection[dt.date]) -> Iterable[dict[Key, Value]]:
    """What each table of records says of these days."""
    for table, measures in MEASURES.items():
        columns = [measure.column for measure in measures]
        columns += [name for name in _ASIDE.get(table, ()) if name not in columns]
        found = query(
            c,
            f"SELECT day, vendor, source_id, quality::text AS quality, {', '.join(columns)} "  # noqa: S608 - constants
            f"FROM {table} WHERE athlete_id = $1 AND day = ANY($2::date[])",
            athlete_id,
            sorted(days),
        )
        yield fold(table, found.iter_rows(named=True))


def _stored(
    c: Connection, athlete_id: int, days: Collection[dt.date], pairs: Collection[tuple[dt.date, str]]
) -> dict[Key, Value]:
    """The candidates as they stand: of whole days, and of single metrics of others."""
    found = query(
        c,
        "SELECT day, metric, vendor, value, basis, quality::text AS quality FROM daily_values "
        "WHERE athlete_id = $1 AND (day = ANY($2::date[]) "
        "OR (day = ANY($3::date[]) AND metric = ANY($4::text[])))",
        athlete_id,
        sorted(days),
        sorted({day for day, _ in pairs}),
        sorted({metric for _, metric in pairs}),
    )
    return {key: value for key, value in _values(found).items() if key[0] in days or key[:2] in pairs}


def _values(found: pl.DataFrame) -> dict[Key, Value]:
    return {
        (day, metric, vendor): Value(value, basis, () if quality == "[]" else _QUALITY.decode(quality))
        for day, metric, vendor, value, basis, quality in found.iter_rows()
    }


def _write_values(
    c: Connection, athlete_id: int, stored: Mapping[Key, Value], fresh: Mapping[Key, Value]
) -> None:
    gone = [key for key in stored if key not in fresh]
    if gone:
        execute(
            c,
            "DELETE FROM daily_values t USING unnest($2::date[], $3::text[], $4::text[]) "
            "AS u (day, metric, vendor) WHERE t.athlete_id = $1 AND t.day = u.day "
            "AND t.metric = u.metric AND t.vendor = u.vendor",
            athlete_id,
            *(list(column) for column in zip(*gone, strict=True)),
        )
    plain: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for key, value in fresh.items():
        if key not in stored and not value.quality:
            plain.append((*key, value.value, value.basis))
        elif stored.get(key) != value:
            quality = msgspec.json.encode(value.quality).decode()
            others.append((*key, value.value, value.basis, quality))
    _insert(c, athlete_id, "daily_values", _VALUE_COLUMNS, plain)
    _upsert(c, athlete_id, "daily_values", _VALUE_COLUMNS | {"quality": "jsonb"}, others, key=3)


def _choose(
    c: Connection, athlete_id: int, touched: Collection[tuple[dt.date, str]], values: Mapping[Key, Value]
) -> None:
    """Judge who counts of these days and metrics; ``values`` holds all of their candidates."""
    if not touched:
        return
    orders = source_orders(c, athlete_id)
    candidates: dict[tuple[dt.date, str], dict[str, Value]] = {pair: {} for pair in touched}
    for (day, metric, vendor), value in values.items():
        candidates[day, metric][vendor] = value
    chosen = {pair: choose(pair[1], of_pair, orders) for pair, of_pair in candidates.items()}
    days = sorted({day for day, _ in touched})
    found = query(
        c,
        "SELECT day, metric, vendor, value, reason, candidates FROM daily_effective "
        "WHERE athlete_id = $1 AND day = ANY($2::date[]) AND metric = ANY($3::text[])",
        athlete_id,
        days,
        sorted({metric for _, metric in touched}),
    )
    stored = {(day, metric): Chosen(*rest) for day, metric, *rest in found.iter_rows()}
    gone = [pair for pair in stored if pair in chosen and chosen[pair] is None]
    if gone:
        execute(
            c,
            "DELETE FROM daily_effective t USING unnest($2::date[], $3::text[]) AS u (day, metric) "
            "WHERE t.athlete_id = $1 AND t.day = u.day AND t.metric = u.metric",
            athlete_id,
            *(list(column) for column in zip(*gone, strict=True)),
        )
    plain: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for pair, one in chosen.items():
        if one is not None and stored.get(pair) != one:
            (others if pair in stored else plain).append((*pair, *one))
    _insert(c, athlete_id, "daily_effective", _EFFECTIVE_COLUMNS, plain)
    _upsert(c, athlete_id, "daily_effective", _EFFECTIVE_COLUMNS, others, key=2)


def _insert(
    c: Connection, athlete_id: int, table: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write rows that are new: under the athlete's lock nobody else brings them."""
    if len(rows) < _COPIED:
        _upsert(c, athlete_id, table, columns, rows, key=len(columns))
        return
    frame = pl.DataFrame(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    owned = frame.select(pl.lit(athlete_id).alias("athlete_id"), pl.all())
    copy_rows(c, table, owned.sort("day", "metric"))


def _upsert(
    c: Connection,
    athlete_id: int,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[tuple[Any, ...]],
    *,
    key: int,
) -> None:
    """Write rows of ``columns`` (names to types), the first ``key`` of which are the table's key.

    Where all of them are, the rows are new.
    """
    if not rows:
        return
    names = ", ".join(columns)
    # jsonb comes as text: Arrow has no type for it
    wired = ", ".join(
        f"${n}::{'text' if kind == 'jsonb' else kind}[]" for n, kind in enumerate(columns.values(), 2)
    )
    cast = ", ".join(f"{name}::{kind}" for name, kind in columns.items())
    own = list(columns)
    news = ", ".join(f"{name} = excluded.{name}" for name in own[key:])
    action = f"ON CONFLICT (athlete_id, {', '.join(own[:key])}) DO UPDATE SET {news}" if news else ""
    execute(
        c,
        f"INSERT INTO {table} (athlete_id, {names}) SELECT $1, {cast} "  # noqa: S608 - constants
        f"FROM unnest({wired}) AS u ({names}) ORDER BY {', '.join(own[:key])} {action}",
        athlete_id,
        *(list(column) for column in zip(*rows, strict=True)),
    )
