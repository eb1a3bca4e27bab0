"""Taking observations out: what a vendor has taken back, and what an athlete wants forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from poise_sdk.observations import Deleted
from poise_sdk.vocabulary import DataType
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.daily import recompute_days
from storage.observations.lock import lock_athlete
from storage.observations.measures import READINGS
from storage.observations.outcome import Forgotten, Sourced
from storage.observations.records import delete_rows
from storage.observations.resolve import resolve
from storage.observations.tables import TABLES, TABLES_OF, Table

__all__ = ["delete_record", "delete_records", "forget_athlete"]

#: What hangs on a night and goes with it.
_OF_A_NIGHT: Final = TABLES_OF[DataType.RECOVERY]


def delete_record(c: Connection, sourced: Sourced, data_type: DataType, source_id: str) -> bool:
    """Delete a record the vendor has taken back, and what hangs on it; whether anything was there.

    A recovery may be named by its night's id. The id is remembered: a version that is not newer stays
    out. Days are computed anew.
    """
    lock_athlete(c, sourced.athlete_id)
    days, told = delete_records(c, sourced, [Deleted(of=data_type, source_id=source_id)])
    recompute_days(c, sourced.athlete_id, days, ())
    return told[0]


def delete_records(
    c: Connection, sourced: Sourced, records: Sequence[Deleted]
) -> tuple[set[dt.date], list[bool]]:
    """Take records back; return the days concerned and for each whether it changed anything."""
    days: set[dt.date] = set()
    told: list[bool] = []
    for record in records:
        if record.source_id is None:
            told.append(False)
            continue
        here, changed = _delete(c, sourced, record, record.source_id)
        days |= here
        told.append(changed)
    return days, told


def _delete(c: Connection, sourced: Sourced, record: Deleted, source_id: str) -> tuple[set[dt.date], bool]:
    days: set[dt.date] = set()
    deleted_at = record.vendor_updated_at
    latest = deleted_at or sourced.received_at
    start: dt.datetime | None = None
    removed = 0
    nights: list[str] = []
    for table in TABLES_OF[record.of]:
        rows = _rows(c, sourced, table, source_id, by_night=record.of is DataType.RECOVERY)
        for row_id, updated_at, begun in rows:
            if deleted_at is not None and updated_at is not None and updated_at > deleted_at:
                continue  # the vendor has brought it back since
            latest = max(latest, updated_at) if deleted_at is None and updated_at is not None else latest
            start = start or begun
            days |= delete_rows(c, sourced, table, [row_id])
            removed += 1
            if table.name == "nights":
                nights.append(row_id)
    for table in _OF_A_NIGHT if nights else ():
        hanging = query(
            c,
            f"SELECT source_id FROM {table.name} "  # noqa: S608 - a constant
            "WHERE athlete_id = $1 AND vendor = $2 AND night_id = ANY($3::text[])",
            sourced.athlete_id,
            sourced.vendor,
            nights,
        )["source_id"].to_list()
        days |= delete_rows(c, sourced, table, hanging)
    fresh = query(
        c,
        "INSERT INTO tombstones AS t (athlete_id, vendor, data_type, source_id, deleted_at, start_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (athlete_id, vendor, data_type, source_id) DO UPDATE "
        "SET deleted_at = greatest(t.deleted_at, excluded.deleted_at), "
        "    start_at = coalesce(excluded.start_at, t.start_at) "
        "WHERE $7::bool RETURNING t.xmax = 0 AS new",
        sourced.athlete_id,
        sourced.vendor,
        record.of,
        source_id,
        latest,
        start,
        # without a time of its own a repeated deletion says nothing new, unless it deleted something
        deleted_at is not None or removed > 0,
    )
    days |= resolve(
        c, sourced, nights=set(nights), cycles={source_id} if record.of is DataType.CYCLE else set()
    )
    return days, removed > 0 or fresh["new"].any()


def _rows(
    c: Connection, sourced: Sourced, table: Table, source_id: str, *, by_night: bool
) -> list[tuple[str, dt.datetime | None, dt.datetime | None]]:
    begun = "start_at" if table.has_start else "NULL::timestamptz"
    named = "source_id = $3 OR night_id = $3" if by_night else "source_id = $3"
    found = query(
        c,
        f"SELECT source_id, vendor_updated_at, {begun} AS start_at FROM {table.name} "  # noqa: S608 - constants
        f"WHERE athlete_id = $1 AND vendor = $2 AND ({named})",
        sourced.athlete_id,
        sourced.vendor,
        source_id,
    )
    return list(found.iter_rows())


def forget_athlete(c: Connection, athlete_id: int, vendor: str | None = None) -> Forgotten:
    """Remove all observations of an athlete (of one vendor, or all), what is known of deletions included.

    The raw documents stay in the archive until the caller removes those that are returned.
    """
    lock_athlete(c, athlete_id)
    of_vendor = "AND ($2::text IS NULL OR vendor = $2)"
    removed = 0
    readings = query(
        c,
        "WITH gone AS (DELETE FROM readings WHERE stream_id IN (SELECT id FROM reading_streams "  # noqa: S608 - constants
        f"WHERE athlete_id = $1 {of_vendor}) RETURNING 1) SELECT count(*) AS n FROM gone",
        athlete_id,
        vendor,
    )
    removed += int(readings["n"][0])
    for table in (one.name for one in TABLES):
        gone = query(
            c,
            f"WITH gone AS (DELETE FROM {table} WHERE athlete_id = $1 {of_vendor} RETURNING 1) "  # noqa: S608 - constants
            "SELECT count(*) AS n FROM gone",
            athlete_id,
            vendor,
        )
        removed += int(gone["n"][0])
    for name in ("night_stages", "reading_streams", "tombstones"):
        execute(c, f"DELETE FROM {name} WHERE athlete_id = $1 {of_vendor}", athlete_id, vendor)  # noqa: S608 - constants
    documents = (
        query(
            c,
            f"DELETE FROM observation_documents WHERE athlete_id = $1 {of_vendor} RETURNING sha256",  # noqa: S608 - constants
            athlete_id,
            vendor,
        )["sha256"]
        .unique()
        .to_list()
    )
    shared = query(
        c, "SELECT DISTINCT sha256 FROM observation_documents WHERE sha256 = ANY($1::text[])", documents
    )["sha256"].to_list()
    told = query(
        c,
        f"SELECT DISTINCT metric, day, basis FROM daily_values WHERE athlete_id = $1 {of_vendor}",  # noqa: S608 - constants
        athlete_id,
        vendor,
    )
    if vendor is None:
        for name in ("daily_values", "daily_effective", "source_orders"):
            execute(c, f"DELETE FROM {name} WHERE athlete_id = $1", athlete_id)  # noqa: S608 - constants
    else:
        rows = list(told.iter_rows())
        sampled = {(metric, day) for metric, day, basis in rows if basis == READINGS}
        recompute_days(c, athlete_id, {day for _, day, basis in rows if basis != READINGS}, sampled)
    return Forgotten(rows=removed, documents=tuple(sorted(set(documents) - set(shared))))
