"""Days of bodies, as the GraphQL server reads them: one value a metric, and everything of one day at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from storage.connect import rows
from storage.reads.wearables import TABLES, grouped

__all__ = [
    "OPEN_CYCLE",
    "PARTS",
    "DailyFilter",
    "DayParts",
    "daily_by_athletes",
    "days_by_keys",
    "presence_by_days",
]

Row = dict[str, Any]

#: What stands for a data type where a vendor has a cycle that is not over.
OPEN_CYCLE: Final = "open cycle"


class DailyFilter(NamedTuple):
    """Which effective values of days are wanted."""

    since: dt.date
    until: dt.date
    metrics: tuple[str, ...]


async def daily_by_athletes(ids: Sequence[int], where: DailyFilter) -> dict[int, list[Row]]:
    """The effective values of each athlete's days, by day and metric."""
    found = await rows(
        "SELECT * FROM daily_effective WHERE athlete_id = ANY($1::bigint[]) AND day BETWEEN $2 AND $3"
        " AND metric = ANY($4::text[]) ORDER BY athlete_id, day, metric",
        list(ids),
        where.since,
        where.until,
        list(where.metrics),
    )
    return grouped(ids, "athlete_id", found)


# What tells that a vendor has a record of a type on a day: the type, its table, what does not count. A cycle
# that has no end is something of its own: of a day that is past it is not all of it.
_PRESENT: Final = (
    ("sleep", "nights", " AND NOT t.nap"),
    ("recovery", "recoveries", ""),
    ("cycle", "cycles", " AND t.end_at IS NOT NULL"),
    (OPEN_CYCLE, "cycles", " AND t.end_at IS NULL"),
    ("daily", "daily_summaries", ""),
)
_PRESENCE: Final = " UNION ".join(
    f"SELECT k.athlete_id, k.day, t.vendor, '{data_type}' AS data_type FROM k JOIN {table} AS t"  # noqa: S608 - constants
    f" ON t.athlete_id = k.athlete_id AND t.day = k.day{naps}"
    for data_type, table, naps in _PRESENT
)
_KEYS: Final = "WITH k AS (SELECT * FROM unnest($1::bigint[], $2::date[]) AS k (athlete_id, day)) "


async def presence_by_days(
    keys: Sequence[tuple[int, dt.date]],
) -> dict[tuple[int, dt.date], set[tuple[str, str]]]:
    """Which ``(vendor, data_type)`` have a record of each ``(athlete_id, day)``; see :data:`OPEN_CYCLE`."""
    found = await rows(_KEYS + _PRESENCE, [athlete for athlete, _ in keys], [day for _, day in keys])
    groups: dict[tuple[int, dt.date], set[tuple[str, str]]] = {key: set() for key in keys}
    for row in found:
        groups[row["athlete_id"], row["day"]].add((row["vendor"], row["data_type"]))
    return groups


# One sub-select a part: a join of so many lists would be their product. Rows come as arrays of the tables'
# own types, which are decoded as quickly as rows are.
_OF_DAY: Final = """(SELECT array_agg(t ORDER BY {order}) FROM {table} AS t
 WHERE t.athlete_id = k.athlete_id AND t.day = k.day)"""
_PARTS: Final = {
    **{
        table: _OF_DAY.format(table=table, order=order)
        for table, order in {**TABLES, "daily_effective": "metric", "daily_values": "vendor"}.items()
    },
    "connections": """(SELECT array_agg(c ORDER BY c.vendor) FROM connections AS c
 WHERE c.athlete_id = k.athlete_id AND c.status <> 'removed')""",
    "sync_states": """(SELECT array_agg(s) FROM connections AS c
 JOIN sync_states AS s ON s.connection_id = c.id
 WHERE c.athlete_id = k.athlete_id AND c.status <> 'removed')""",
    "present": "(SELECT array_agg(ARRAY[p.vendor::text, p.data_type]) FROM ("  # noqa: S608 - constants
    + " UNION ".join(
        f"SELECT t.vendor, '{data_type}' AS data_type FROM {table} AS t"  # noqa: S608 - constants
        f" WHERE t.athlete_id = k.athlete_id AND t.day = k.day{naps}"
        for data_type, table, naps in _PRESENT
    )
    + ") AS p)",
    # A night has tens of stages and they have three values each: columns cost a third of rows.
    "night_stages": "s.vendors AS stage_vendors, s.nights AS stage_nights, s.stages, s.starts, s.ends",
}
_STAGES: Final = """ CROSS JOIN LATERAL (
  SELECT array_agg(vendor) AS vendors, array_agg(source_id) AS nights, array_agg(stage) AS stages,
   array_agg(start_at) AS starts, array_agg(end_at) AS ends FROM (
    SELECT s.vendor, s.source_id, s.stage, s.start_at, s.end_at FROM nights AS t
    JOIN night_stages AS s USING (athlete_id, vendor, source_id)
    WHERE t.athlete_id = k.athlete_id AND t.day = k.day ORDER BY s.vendor, s.source_id, s.n
   ) AS s
 ) AS s"""
#: What can be read of a day.
PARTS: Final = frozenset(_PARTS)


class DayParts(NamedTuple):
    """What was asked for of one day."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """By part."""
    present: frozenset[tuple[str, str]]
    """``(vendor, data type)`` of what there is; see :data:`OPEN_CYCLE`."""
    stages: Mapping[tuple[str, str], Sequence[tuple[str, dt.datetime, dt.datetime]]]
    """``(stage, start, end)`` in order, by ``(vendor, source_id)`` of the night."""


@cache
def _day_statement(parts: frozenset[str], *, single: bool) -> str:
    """The statement for one key ``($1, $2)``, or for arrays of keys.

    The same sub-selects without a reference to an outer row cost a third.
    """
    listed = "".join(
        f", {_PARTS[name]}" + ("" if name == "night_stages" else f" AS {name}") for name in sorted(parts)
    )
    joined = _STAGES if "night_stages" in parts else ""
    if not single:
        return f"{_KEYS}SELECT k.athlete_id, k.day{listed} FROM k{joined}"  # noqa: S608 - constants
    text = f"SELECT k.athlete_id, k.day{listed} FROM (SELECT) AS k{joined}"  # noqa: S608 - constants
    return text.replace("k.athlete_id", "$1::bigint").replace("k.day", "$2::date")


async def days_by_keys(
    keys: Sequence[tuple[int, dt.date]], parts: frozenset[str] = PARTS
) -> dict[tuple[int, dt.date], DayParts]:
    """The :data:`PARTS` of each ``(athlete_id, day)``, by one statement."""
    listed = parts - {"night_stages", "present"}
    if len(keys) == 1:
        [row] = await rows(_day_statement(parts, single=True), *keys[0])
        return {keys[0]: _day(row, listed)}
    athletes, days = [athlete for athlete, _ in keys], [day for _, day in keys]
    found = await rows(_day_statement(parts, single=False), athletes, days)
    return {(row["athlete_id"], row["day"]): _day(row, listed) for row in found}


def _day(row: Row, listed: Iterable[str]) -> DayParts:
    stages: dict[tuple[str, str], list[tuple[str, dt.datetime, dt.datetime]]] = {}
    if row.get("stages"):
        told = (row[name] for name in ("stage_vendors", "stage_nights", "stages", "starts", "ends"))
        for vendor, night, stage, start, end in zip(*told, strict=True):
            stages.setdefault((vendor, night), []).append((stage, start, end))
    return DayParts(
        rows={name: row[name] or () for name in listed},
        present=frozenset((vendor, data_type) for vendor, data_type in row.get("present") or ()),
        stages=stages,
    )
