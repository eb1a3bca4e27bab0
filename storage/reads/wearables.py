"""What the GraphQL server reads of bodies, for many athletes by one statement.

Pages are keyset pages, newest first (readings: oldest first), as in :mod:`storage.reads.graph`; days are
local dates, both ends of a span included.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from storage.connect import rows

__all__ = [
    "TABLES",
    "PageFilter",
    "ReadingFilter",
    "athletes_by_ids",
    "connections_by_athletes",
    "connections_by_ids",
    "documents_by_ids",
    "grouped",
    "metrics_told",
    "pages_by_athletes",
    "readings_by_athletes",
    "record",
    "source_orders_by_athletes",
    "sources_by_athletes",
    "stages_by_nights",
    "sync_states_by_athletes",
    "vendors_told",
]

Row = dict[str, Any]

#: Tables of records and the instant by which records of one day are ordered.
TABLES: Final = {
    "nights": "start_at",
    "hrv_nights": "start_at",
    "recoveries": "coalesce(start_at, stored_at)",
    "cycles": "start_at",
    "workouts": "start_at",
    "body_measurements": "coalesce(start_at, stored_at)",
    "daily_summaries": "stored_at",
    "journal_entries": "coalesce(start_at, stored_at)",
}


class PageFilter(NamedTuple):
    """Which records of an athlete are wanted."""

    table: str
    since: dt.date
    until: dt.date
    vendor: str | None = None
    naps: bool = True
    """Of nights: naps too."""
    after: tuple[dt.date, dt.datetime, str, str] | None = None
    """``(day, instant, vendor, source_id)`` of the last record seen."""
    limit: int = 100


class ReadingFilter(NamedTuple):
    """Which readings of an athlete are wanted."""

    metric: str
    since: dt.datetime
    until: dt.datetime
    """Not included."""
    vendor: str | None = None
    after: tuple[dt.datetime, dt.datetime, int] | None = None
    """``(at, end_at, stream_id)`` of the last reading seen."""
    limit: int = 100


async def athletes_by_ids(ids: Sequence[int]) -> dict[int, Row]:
    """Athletes by id."""
    return {
        row["id"]: row for row in await rows("SELECT * FROM athletes WHERE id = ANY($1::bigint[])", list(ids))
    }


async def connections_by_ids(ids: Sequence[int]) -> dict[int, Row]:
    """Connections by id, removed ones too."""
    found = await rows("SELECT * FROM connections WHERE id = ANY($1::bigint[])", list(ids))
    return {row["id"]: row for row in found}


async def connections_by_athletes(ids: Sequence[int]) -> dict[int, list[Row]]:
    """The connections of each athlete that have not been removed, by vendor."""
    found = await rows(
        "SELECT * FROM connections WHERE athlete_id = ANY($1::bigint[]) AND status <> 'removed'"
        " ORDER BY vendor",
        list(ids),
    )
    return grouped(ids, "athlete_id", found)


async def sync_states_by_athletes(ids: Sequence[int]) -> dict[int, list[Row]]:
    """How far each type of each connection is, with the connection's ``athlete_id`` and ``vendor``."""
    found = await rows(
        "SELECT c.athlete_id, c.vendor, s.* FROM connections AS c"
        " JOIN sync_states AS s ON s.connection_id = c.id"
        " WHERE c.athlete_id = ANY($1::bigint[]) AND c.status <> 'removed' ORDER BY c.vendor, s.data_type",
        list(ids),
    )
    return grouped(ids, "athlete_id", found)


async def pages_by_athletes(ids: Sequence[int], where: PageFilter) -> dict[int, list[Row]]:
    """A page of records of each athlete, newest first; beside its columns each has its ``instant``."""
    instant = TABLES[where.table]
    naps = "" if where.naps else "AND NOT t.nap"
    seek = f"AND (t.day, {instant}, t.vendor, t.source_id) < ($6::date, $7::timestamptz, $8::text, $9::text)"
    found = await rows(
        "SELECT page.* FROM unnest($1::bigint[]) AS athlete (id) CROSS JOIN LATERAL ("  # noqa: S608 - of TABLES
        f"  SELECT t.*, {instant} AS instant FROM {where.table} AS t"
        "  WHERE t.athlete_id = athlete.id AND t.day BETWEEN $2 AND $3"
        "  AND ($4::text IS NULL OR t.vendor = $4)"
        f"  {naps} {seek if where.after else ''}"
        f"  ORDER BY t.day DESC, {instant} DESC, t.vendor DESC, t.source_id DESC LIMIT $5"
        ") AS page",
        sorted(set(ids)),
        where.since,
        where.until,
        where.vendor,
        where.limit,
        *(where.after or ()),
    )
    return grouped(ids, "athlete_id", found)


async def record(table: str, athlete_id: int, vendor: str, source_id: str) -> Row | None:
    """One record, if there is such a one; ``table`` is one of :data:`TABLES`."""
    if table not in TABLES:
        raise ValueError(f"no table of records: {table!r}")
    found = await rows(
        f"SELECT * FROM {table} WHERE athlete_id = $1 AND vendor = $2 AND source_id = $3",  # noqa: S608 - a name of TABLES
        athlete_id,
        vendor,
        source_id,
    )
    return found[0] if found else None


async def stages_by_nights(keys: Sequence[tuple[int, str, str]]) -> dict[tuple[int, str, str], list[Row]]:
    """The stages of each night ``(athlete_id, vendor, source_id)``, in order."""
    found = await rows(
        "SELECT s.* FROM night_stages AS s"
        " JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS k (athlete_id, vendor, source_id)"
        " USING (athlete_id, vendor, source_id) ORDER BY s.athlete_id, s.vendor, s.source_id, s.n",
        [athlete for athlete, _, _ in keys],
        [vendor for _, vendor, _ in keys],
        [source for _, _, source in keys],
    )
    groups: dict[tuple[int, str, str], list[Row]] = {key: [] for key in keys}
    for row in found:
        groups[row["athlete_id"], row["vendor"], row["source_id"]].append(row)
    return groups


async def documents_by_ids(ids: Sequence[int]) -> dict[int, Row]:
    """The index of raw documents by id."""
    found = await rows("SELECT * FROM observation_documents WHERE id = ANY($1::bigint[])", list(ids))
    return {row["id"]: row for row in found}


async def readings_by_athletes(ids: Sequence[int], where: ReadingFilter) -> dict[int, list[Row]]:
    """Readings of each athlete, oldest first: ``stream_id, vendor, metric, source, at, end_at, value, …``."""
    after = where.after or (where.since, where.since, -1)
    found = await rows(
        "SELECT page.* FROM unnest($1::bigint[]) AS athlete (id) CROSS JOIN LATERAL ("
        "  SELECT s.athlete_id, s.vendor, s.metric, s.source, r.* FROM reading_streams AS s"
        "  CROSS JOIN LATERAL ("
        "    SELECT * FROM readings WHERE stream_id = s.id AND at >= $3 AND at < $4"
        "    AND at >= $6 AND (at, end_at, stream_id) > ($6, $7, $8)"
        "    ORDER BY at, end_at LIMIT $9"
        "  ) AS r"
        "  WHERE s.athlete_id = athlete.id AND s.metric = $2 AND ($5::text IS NULL OR s.vendor = $5)"
        "  ORDER BY r.at, r.end_at, r.stream_id LIMIT $9"
        ") AS page",
        sorted(set(ids)),
        where.metric,
        where.since,
        where.until,
        where.vendor,
        *after,
        where.limit,
    )
    return grouped(ids, "athlete_id", found)


_KINDS: Final = {
    "sleep": "nights", "recovery": "recoveries", "hrv": "hrv_nights", "cycle": "cycles",
    "workout": "workouts", "body": "body_measurements", "daily": "daily_summaries",
    "journal": "journal_entries",
}  # fmt: skip
_SOURCES = " UNION ALL ".join(
    f"SELECT athlete_id, vendor, source, '{kind}' AS kind, count(*)::int AS rows,"  # noqa: S608 - constants
    f" min(day) AS first_day, max(day) AS last_day FROM {table}"
    " WHERE athlete_id = ANY($1::bigint[]) GROUP BY athlete_id, vendor, source"
    for kind, table in _KINDS.items()
)
# A stream's first and last readings stand at the ends of its index; all of them are too many to count.
_STREAMS = """
SELECT s.athlete_id, s.vendor, nullif(s.source, '') AS source, s.metric AS kind, NULL::int AS rows,
    ((SELECT at FROM readings WHERE stream_id = s.id ORDER BY at LIMIT 1) AT TIME ZONE a.time_zone)::date
        AS first_day,
    ((SELECT at FROM readings WHERE stream_id = s.id ORDER BY at DESC LIMIT 1) AT TIME ZONE a.time_zone)::date
        AS last_day
FROM reading_streams AS s JOIN athletes AS a ON a.id = s.athlete_id WHERE s.athlete_id = ANY($1::bigint[])
"""


async def sources_by_athletes(ids: Sequence[int]) -> dict[int, list[Row]]:
    """What each vendor's devices and apps have told of each athlete.

    Rows: ``vendor, source, kind, rows, first_day, last_day``; ``kind`` is a type of data, or a metric of
    readings, whose ``rows`` are not counted.
    """
    found = await rows(
        f"SELECT * FROM ({_SOURCES} UNION ALL {_STREAMS}) AS told ORDER BY athlete_id, vendor, source, kind",  # noqa: S608 - constants
        list(ids),
    )
    return grouped(ids, "athlete_id", found)


_METRIC_TOLD: Final = " OR ".join(
    f"EXISTS (SELECT FROM {table} AS t WHERE t.athlete_id = k.athlete_id AND t.metric = k.name)"
    for table in ("reading_streams", "daily_values", "source_orders")
)
_VENDOR_TOLD: Final = " OR ".join(
    f"EXISTS (SELECT FROM {table} AS t WHERE t.athlete_id = k.athlete_id AND t.vendor = k.name)"
    for table in (*TABLES, "reading_streams", "connections")
)


async def metrics_told(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], bool]:
    """Whether anything of an athlete is stored under the name of a metric, by ``(athlete_id, name)``."""
    return await _told(_METRIC_TOLD, keys)


async def vendors_told(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], bool]:
    """Whether anything of an athlete is stored that a vendor told, by ``(athlete_id, name)``."""
    return await _told(_VENDOR_TOLD, keys)


async def _told(condition: str, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], bool]:
    found = await rows(
        "SELECT athlete_id, name FROM unnest($1::bigint[], $2::text[]) AS k (athlete_id, name)"  # noqa: S608 - constants
        f" WHERE {condition}",
        [athlete for athlete, _ in keys],
        [name for _, name in keys],
    )
    told = {(row["athlete_id"], row["name"]) for row in found}
    return {key: key in told for key in keys}


async def source_orders_by_athletes(ids: Sequence[int]) -> dict[int, list[Row]]:
    """The source orders each athlete has set: ``metric`` (``*``: of all others), ``vendors``."""
    found = await rows(
        "SELECT * FROM source_orders WHERE athlete_id = ANY($1::bigint[]) ORDER BY athlete_id, metric",
        list(ids),
    )
    return grouped(ids, "athlete_id", found)


def grouped(keys: Iterable[Any], column: str, found: Iterable[Row]) -> dict[Any, list[Row]]:
    """Rows by the value of ``column``; a list for each key, empty where there are none."""
    groups: dict[Any, list[Row]] = {key: [] for key in keys}
    for row in found:
        groups[row[column]].append(row)
    return groups
