"""Two invented athletes with bodies, written straight into the tables."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import asyncpg

TODAY = dt.datetime.now(dt.UTC).date()
ADA, BEN = "Ada Marsh", "Ben Holt"
VENDORS = ("tidewatch", "other")


def at(day: dt.date, hour: float) -> dt.datetime:
    """An instant of a day, in UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(hours=hour)


def record(athlete_id: int, day: dt.date, vendor: str = "tidewatch", **more: Any) -> dict[str, Any]:
    """What all records have."""
    return {
        "athlete_id": athlete_id,
        "vendor": vendor,
        "source_id": f"{vendor}-{day.isoformat()}",
        "origin": "api",
        "vendor_updated_at": at(day, 9),
        "source": None,
        "row": None,
        "document": None,
        "adapter_version": "1",
        "quality": "[]",
        "stored_at": at(day, 10),
        "day": day,
        "utc_offset_s": 7_200,
        **more,
    }


def night(athlete_id: int, day: dt.date, vendor: str = "tidewatch", **more: Any) -> dict[str, Any]:
    """A night of seven and a half hours."""
    told = {
        "start_at": at(day, -1),
        "end_at": at(day, 6.5),
        "nap": False,
        "cycle_id": f"c-{day.isoformat()}",
        "asleep_min": 400.5,
        "in_bed_min": 450.0,
        "deep_min": 80.0,
        "efficiency_pct": 89.0,
    }
    return record(athlete_id, day, vendor, **{**told, **more})


def recovery(athlete_id: int, day: dt.date, vendor: str = "tidewatch", **more: Any) -> dict[str, Any]:
    """A morning."""
    told = {
        "day_rule": "night",
        "start_at": None,
        "night_id": f"{vendor}-{day.isoformat()}",
        "recovery_pct": 66.0,
        "resting_hr_bpm": 48.0,
        "hrv_rmssd_ms": 71.5,
        "contributors": json.dumps({"sleep_balance": 81.0}),
    }
    return record(athlete_id, day, vendor, **{**told, **more})


def cycle(athlete_id: int, day: dt.date, **more: Any) -> dict[str, Any]:
    """A day of strain."""
    told = {"day_rule": "night", "start_at": at(day, -1), "end_at": at(day, 22), "strain": 12.25}
    return record(athlete_id, day, **{**told, **more})


def workout(athlete_id: int, day: dt.date, **more: Any) -> dict[str, Any]:
    """An hour of running."""
    told = {
        "start_at": at(day, 17),
        "end_at": at(day, 18),
        "activity": "running",
        "activity_label": "Lauf",
        "duration_min": 60.0,
        "strain": 9.5,
        "zone_2_min": 31.0,
        "gps": True,
    }
    return record(athlete_id, day, **{**told, **more})


def hrv(athlete_id: int, day: dt.date, **more: Any) -> dict[str, Any]:
    """A night's variability."""
    told = {
        "day_rule": "night",
        "start_at": at(day, -1),
        "end_at": at(day, 6.5),
        "in_sleep": True,
        "hrv_rmssd_ms": 71.5,
        "samples": 88,
    }
    return record(athlete_id, day, **{**told, **more})


def seed(database_url: str, *, days: int = 12) -> None:
    """Fill a database: both athletes have the last ``days`` days up to yesterday."""
    asyncio.run(fill(database_url, days=days))


async def fill(database_url: str, *, days: int = 12) -> None:
    """As `seed`, within a loop."""
    connection = await asyncpg.connect(database_url)
    try:
        added = "INSERT INTO athletes (name, time_zone) VALUES ($1, 'Europe/Berlin')"
        for name in (ADA, BEN):
            await connection.execute(added, name)
    finally:
        await connection.close()
    if days:
        await bring(database_url, days=days)


async def bring(database_url: str, *, days: int) -> None:
    """Give both athletes the last ``days`` days up to yesterday, and the first one readings."""
    connection = await asyncpg.connect(database_url)
    try:
        for athlete_id in (1, 2):
            for n in range(1, days + 1):
                await _day(connection, athlete_id, TODAY - dt.timedelta(days=n))
        await _readings(connection, 1)
        await insert(
            connection,
            "observation_documents",
            {
                "athlete_id": 1,
                "vendor": "tidewatch",
                "sha256": "ab" * 32,
                "name": "data/sleep",
                "adapter_version": "1",
                "received_at": at(TODAY, 0),
            },
        )
        await connection.execute("UPDATE nights SET document = 1 WHERE athlete_id = 1")
    finally:
        await connection.close()


TABLES = (
    "athletes", "body_measurements", "cycles", "daily_effective", "daily_summaries", "daily_values",
    "hrv_nights", "jobs", "journal_entries", "night_stages", "nights", "observation_documents",
    "reading_streams", "readings", "recoveries", "source_orders", "vendor_apps", "webhook_events", "workouts",
)  # fmt: skip


def empty(database_url: str) -> None:
    """Take everything out of a database."""

    async def truncate() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        finally:
            await connection.close()

    asyncio.run(truncate())


async def _day(connection: Any, athlete_id: int, day: dt.date) -> None:
    await insert(connection, "nights", night(athlete_id, day))
    nap = {"source_id": f"nap-{day}", "start_at": at(day, 13), "end_at": at(day, 13.5), "nap": True}
    await insert(connection, "nights", night(athlete_id, day, **nap))
    for n, stage in enumerate(("light", "deep", "rem")):
        await insert(
            connection,
            "night_stages",
            {
                "athlete_id": athlete_id,
                "vendor": "tidewatch",
                "source_id": f"tidewatch-{day}",
                "n": n,
                "start_at": at(day, n),
                "end_at": at(day, n + 1),
                "stage": stage,
            },
        )
    await insert(connection, "recoveries", recovery(athlete_id, day))
    pending = json.dumps([{"flag": "pending_score", "field": "recovery_pct", "detail": ""}])
    await insert(
        connection, "recoveries", recovery(athlete_id, day, "other", recovery_pct=None, quality=pending)
    )
    await insert(connection, "cycles", cycle(athlete_id, day))
    await insert(connection, "workouts", workout(athlete_id, day))
    await insert(connection, "hrv_nights", hrv(athlete_id, day))
    await insert(
        connection,
        "body_measurements",
        record(athlete_id, day, start_at=at(day, 8), weight_kg=81.5, height_m=1.93),
    )
    await insert(
        connection,
        "daily_summaries",
        record(athlete_id, day, "other", part="activity", values=json.dumps({"steps": 9_000})),
    )
    await insert(
        connection,
        "journal_entries",
        record(athlete_id, day, day_rule="given", question="Any alcohol?", answer=False),
    )
    for metric, vendor, value, quality in (
        ("hrv_rmssd_ms", "tidewatch", 71.5, "[]"),
        ("hrv_rmssd_ms", "other", 64.0, "[]"),
        ("recovery_pct", "tidewatch", 66.0, "[]"),
        ("recovery_pct", "other", None, pending),
        ("strain", "tidewatch", 12.25, "[]"),
    ):
        await insert(
            connection,
            "daily_values",
            {
                "athlete_id": athlete_id,
                "day": day,
                "metric": metric,
                "vendor": vendor,
                "value": value,
                "basis": "recoveries",
                "quality": quality,
            },
        )
    for metric, value in (("hrv_rmssd_ms", 71.5), ("recovery_pct", 66.0), ("strain", 12.25)):
        await insert(
            connection,
            "daily_effective",
            {
                "athlete_id": athlete_id,
                "day": day,
                "metric": metric,
                "value": value,
                "vendor": "tidewatch",
                "reason": "first in the usual order",
                "candidates": 2,
            },
        )


async def _readings(connection: Any, athlete_id: int) -> None:
    month = TODAY.replace(day=1)
    for first in ((month - dt.timedelta(days=1)).replace(day=1), month):
        following = (first + dt.timedelta(days=32)).replace(day=1)
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS readings_{first:%Y_%m} PARTITION OF readings"
            f" FOR VALUES FROM ('{first}') TO ('{following}')"
        )
    for vendor, source in (("tidewatch", ""), ("other", "a watch")):
        stream = await connection.fetchval(
            "INSERT INTO reading_streams (athlete_id, vendor, metric, source)"
            " VALUES ($1, $2, 'hr_bpm', $3) RETURNING id",
            athlete_id,
            vendor,
            source,
        )
        begin = at(TODAY, -2)
        await connection.executemany(
            "INSERT INTO readings (stream_id, at, end_at, value, utc_offset_s) VALUES ($1, $2, $2, $3, 7200)",
            [(stream, begin + dt.timedelta(minutes=n), 50.0 + n) for n in range(60)],
        )


async def insert(connection: Any, table: str, row: dict[str, Any]) -> None:
    """One row."""
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *row.values())


async def connect(
    database_url: str,
    athlete: str = ADA,
    *,
    vendor: str = "tidewatch",
    status: str = "connected",
    states: dict[str, dict[str, Any]] | None = None,
) -> int:
    """A connection with sync states; returns its id."""
    connection = await asyncpg.connect(database_url)
    try:
        connection_id = await connection.fetchval(
            "INSERT INTO connections (athlete_id, vendor, status, vendor_user_id)"
            " SELECT id, $2, $3, 'u1' FROM athletes WHERE name = $1 RETURNING id",
            athlete,
            vendor,
            status,
        )
        for data_type, state in (states or {}).items():
            await insert(
                connection, "sync_states", {"connection_id": connection_id, "data_type": data_type, **state}
            )
        return int(connection_id)
    finally:
        await connection.close()
