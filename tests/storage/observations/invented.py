"""Invented bodies: records, documents, and what is stored of them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

import msgspec
import polars as pl

from poise_sdk.observations import Cycle, HrvNight, Night, Origin, ReadingTable, Recovery, Workout
from poise_sdk.records import RawDocument
from poise_sdk.wearable import Item
from storage.arrow import execute, query
from storage.connect import Connection
from storage.observations import Outcome, Sourced, store_document
from storage.observations.tables import TABLES

ATHLETE = 7
RECEIVED = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2031, 1, 10)
HOUR = 3600
_numbers = itertools.count(1)


def at(day: dt.date, hour: float = 0.0, *, second: int = 0) -> dt.datetime:
    """An instant by hours after UTC midnight of ``day``; negative ones lie on the day before."""
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(hours=hour, seconds=second)


def people(c: Connection, *ids: int) -> None:
    """Enter athletes, where they are not there: only a known athlete's observations are stored."""
    for one in ids:
        execute(
            c,
            "INSERT INTO athletes (id, name) OVERRIDING SYSTEM VALUE VALUES ($1, $2) ON CONFLICT DO NOTHING",
            one,
            f"Athlete {one}",
        )


def sourced(
    vendor: str = "band", *, athlete_id: int = ATHLETE, received_at: dt.datetime = RECEIVED
) -> Sourced:
    return Sourced(
        athlete_id=athlete_id, vendor=vendor, adapter_version=f"{vendor} 1", received_at=received_at
    )


def store(
    c: Connection, items: Iterable[Item], *, vendor: str = "band", name: str = "", **given: Any
) -> Outcome:
    """Store items as a document of their own."""
    n = next(_numbers)
    document = RawDocument(name=name or f"document {n}", content=f"{n}".encode())
    return store_document(c, given.pop("sourced", None) or sourced(vendor), document, items, **given)


def night(day: dt.date = DAY, source_id: str | None = "n1", **given: Any) -> Night:
    values: dict[str, Any] = {
        "start_at": at(day, -2),
        "end_at": at(day, 6),
        "utc_offset_s": 0,
        "asleep_min": 430.0,
        "in_bed_min": 480.0,
        "efficiency_pct": 90.0,
    }
    return Night(source_id=source_id, **(values | given))


def file_night(day: dt.date = DAY, **given: Any) -> Night:
    return night(day, None, **({"origin": Origin.FILE, "debt_min": 33.0} | given))


def recovery(source_id: str | None = None, **given: Any) -> Recovery:
    return Recovery(
        source_id=source_id, **({"recovery_pct": 66.0, "hrv_rmssd_ms": 80.0, "resting_hr_bpm": 50.0} | given)
    )


def cycle(source_id: str | None = "c1", *, on: dt.date = DAY, **given: Any) -> Cycle:
    values = {
        "start_at": at(on, -2),
        "end_at": at(on, 22),
        "utc_offset_s": 0,
        "strain": 12.5,
        "energy_kj": 8368.0,
    }
    return Cycle(source_id=source_id, **(values | given))


def hrv_night(day: dt.date = DAY, source_id: str | None = "h1", **given: Any) -> HrvNight:
    values = {"start_at": at(day, -2), "end_at": at(day, 6), "utc_offset_s": 0, "hrv_rmssd_ms": 75.0}
    return HrvNight(source_id=source_id, **(values | given))


def workout(day: dt.date = DAY, source_id: str | None = "w1", **given: Any) -> Workout:
    values = {
        "start_at": at(day, 17),
        "end_at": at(day, 18),
        "utc_offset_s": 0,
        "activity": "running",
        "duration_min": 60.0,
        "energy_kj": 2092.0,
        "zone_2_min": 30.0,
    }
    return Workout(source_id=source_id, **(values | given))


def table(rows: Iterable[dict[str, Any]]) -> ReadingTable:
    """Readings as a table; a row's missing columns are null."""
    schema = {
        "metric": pl.String(),
        "start_at": pl.Datetime("us", "UTC"),
        "end_at": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
        "utc_offset_s": pl.Int32(),
        "source": pl.String(),
        "row": pl.Int64(),
    }
    frame = pl.DataFrame(list(rows), schema=schema)
    return ReadingTable(data=frame, rows=frame.height)


def counts(outcome: Outcome) -> tuple[int, int, int]:
    """``stored, unchanged, rejected``; that they make up the rows is checked on the way."""
    told = outcome.told
    assert told.rows == told.stored + told.unchanged + told.rejected
    return told.stored, told.unchanged, told.rejected


#: Columns of how a row came, which may depend on the order of documents.
PROVENANCE = ("row", "document", "adapter_version", "stored_at")


def rows(c: Connection, name: str, *, drop: Iterable[str] = PROVENANCE) -> list[dict[str, Any]]:
    """A whole table, in the order of its key; JSON decoded."""
    found = query(c, f"SELECT to_jsonb(t)::text AS row FROM {name} t ORDER BY to_jsonb(t)::text")
    decoded = [msgspec.json.decode(text) for text in found["row"]]
    return [{key: value for key, value in row.items() if key not in set(drop)} for row in decoded]


def picture(c: Connection) -> dict[str, list[dict[str, Any]]]:
    """All that is stored of everybody, without how it came: two orders of arrival must give the same."""
    shown = {}
    for name in (*(one.name for one in TABLES), "night_stages", "daily_values", "daily_effective"):
        shown[name] = rows(c, name)
        for one in shown[name]:
            for layer in (one.get("layers") or {}).values():
                if isinstance(layer, dict):
                    for key in ("row", "document", "adapter_version"):
                        layer.pop(key)
    return shown


def row(c: Connection, name: str) -> dict[str, Any]:
    """The only row of a table."""
    (only,) = rows(c, name, drop=())
    return only


def effective(c: Connection) -> dict[tuple[str, str], tuple[float, str, str]]:
    """``(day, metric)`` to ``value, vendor, reason``."""
    return {
        (one["day"], one["metric"]): (one["value"], one["vendor"], one["reason"])
        for one in rows(c, "daily_effective")
    }
