"""Monthly partitions of the readings, made when the first reading of a month arrives.

They are made on a connection and in a transaction of their own, which ends at once: a transaction that
stores readings never holds a lock that another one's new month would wait for, so importers cannot
dead-lock over months. Which months there may be is bounded by what is admitted
(:data:`poise_sdk.plausibility.EARLIEST` to the day after receipt).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from typing import Final
from weakref import WeakKeyDictionary
from zlib import crc32

from storage.arrow import execute, query
from storage.connect import Connection

__all__ = ["ensure_months", "partition_name"]

_LOCK: Final = crc32(b"poise months of readings")

#: Months seen on a connection: partitions are never dropped, so what was there is there.
_known: WeakKeyDictionary[Connection, set[dt.date]] = WeakKeyDictionary()


def partition_name(month: dt.date) -> str:
    """The table that holds the readings of a month."""
    return f"readings_{month:%Y_%m}"


def ensure_months(c: Connection, months: Iterable[dt.date]) -> None:
    """See to it that readings of these months (their first days) can be written; safe under concurrency."""
    known = _known.setdefault(c, set())
    wanted = sorted(set(months) - known)
    if not wanted:
        return
    missing = _missing(c, wanted)
    if missing:
        with closing(c.adbc_clone()) as own:
            execute(own, "SELECT pg_advisory_xact_lock($1)", _LOCK)
            for month in _missing(own, missing):  # another may have made it while we waited
                _make(own, month)
            own.commit()
    known.update(wanted)


def _missing(c: Connection, months: list[dt.date]) -> list[dt.date]:
    there = query(
        c,
        "SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'readings'::regclass AND c.relname = ANY($1::text[])",
        [partition_name(month) for month in months],
    )["name"].to_list()
    return [month for month in months if partition_name(month) not in there]


def _make(c: Connection, month: dt.date) -> None:
    name, following = partition_name(month), (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    # CREATE … PARTITION OF would shut out every reader and writer; attaching lets them go on
    execute(c, f"CREATE TABLE {name} (LIKE readings INCLUDING ALL)")
    execute(
        c,
        f"ALTER TABLE readings ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{month:%Y-%m}-01 00:00:00+00') TO ('{following:%Y-%m}-01 00:00:00+00')",
    )
