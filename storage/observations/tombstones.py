"""What a vendor has taken back stays out: late pages and old files do not bring it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from poise_sdk.observations import Origin
from poise_sdk.vocabulary import DataType
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations.identity import TOLERANCE
from storage.observations.matching import Candidate
from storage.observations.outcome import Sourced
from storage.observations.records import delete_rows
from storage.observations.tables import Table

__all__ = ["Tombstones", "bury", "find_tombstones"]


class Tombstones(NamedTuple):
    """The deletions that may concern some candidates."""

    deleted_at: Mapping[str, dt.datetime]
    """By the id of the record."""
    nights: Mapping[str, dt.datetime]
    """By the id of the night: what hangs on it went with it."""
    starts: Mapping[str, dt.datetime]
    """When the deleted records began, where that was known."""

    def bar(self, one: Candidate) -> bool:
        """Whether this version is older than the deletion of its record, or of its night."""
        if not self.deleted_at and not self.nights:
            return False
        updated = one.layer.updated_at
        night = one.layer.values.get("night_id", "")
        told = (self.deleted_at.get(one.source_id), self.deleted_at.get(night), self.nights.get(night))
        return any(at is not None and (updated is None or updated <= at) for at in told)

    def near(self, one: Candidate) -> bool:
        """Whether a file's row would bring back what began at that moment: a file knows no versions."""
        start = one.layer.values.get("start_at")
        if not self.starts or start is None or one.layer.origin is Origin.API:
            return False
        return any(abs(start - other) <= TOLERANCE for other in self.starts.values())


def find_tombstones(
    c: Connection, sourced: Sourced, table: Table, candidates: Sequence[Candidate]
) -> Tombstones:
    """The deletions of these candidates' ids and nights, and of records that began when they did."""
    starts = [one.layer.values["start_at"] for one in candidates if "start_at" in one.layer.values]
    nights = {one.layer.values["night_id"] for one in candidates if "night_id" in one.layer.values}
    found = query(
        c,
        "SELECT data_type, source_id, deleted_at, start_at FROM tombstones "
        "WHERE athlete_id = $1 AND vendor = $2 AND (data_type = $3 AND (source_id = ANY($4::text[]) "
        "OR start_at BETWEEN $5::timestamptz AND $6::timestamptz) "
        "OR data_type = $7 AND source_id = ANY($8::text[]))",
        sourced.athlete_id,
        sourced.vendor,
        table.data_type,
        sorted({one.source_id for one in candidates} | nights),
        min(starts) - TOLERANCE if starts else None,
        max(starts) + TOLERANCE if starts else None,
        DataType.SLEEP,
        sorted(nights),
    )
    rows = list(found.iter_rows())
    ours = [row for row in rows if row[0] == table.data_type]
    return Tombstones(
        deleted_at={source_id: at for _, source_id, at, _ in ours},
        nights={source_id: at for kind, source_id, at, _ in rows if kind == DataType.SLEEP},
        starts={source_id: start for _, source_id, _, start in ours if start is not None},
    )


def bury(
    c: Connection, sourced: Sourced, table: Table, barred: Sequence[Candidate], dead: Tombstones
) -> set[dt.date]:
    """Let deletions learn when their records began, and take the rows that files have of them.

    An outdated version is the first to tell where the deletion came before everything else.
    """
    days: set[dt.date] = set()
    for one in barred:
        start = one.layer.values.get("start_at")
        if start is None or one.source_id not in dead.deleted_at or one.source_id in dead.starts:
            continue
        execute(
            c,
            "UPDATE tombstones SET start_at = $5 "
            "WHERE athlete_id = $1 AND vendor = $2 AND data_type = $3 AND source_id = $4",
            sourced.athlete_id,
            sourced.vendor,
            table.data_type,
            one.source_id,
            start,
        )
        rows = query(
            c,
            f"SELECT source_id FROM {table.name} WHERE athlete_id = $1 AND vendor = $2 "  # noqa: S608 - a constant
            "AND source_id LIKE '@%' AND origin <> 'api' AND start_at BETWEEN $3 AND $4",
            sourced.athlete_id,
            sourced.vendor,
            start - TOLERANCE,
            start + TOLERANCE,
        )
        days |= delete_rows(c, sourced, table, rows["source_id"].to_list())
    return days
