"""A million readings into their table: the whole way of a document, against COPY and against the ORM."""

from __future__ import annotations

import asyncio
import datetime as dt
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing

import polars as pl
from tortoise import Tortoise, fields
from tortoise.models import Model

from benchmarks.harness import Row
from poise_sdk.observations import ReadingTable
from poise_sdk.records import RawDocument
from storage.arrow import execute
from storage.bulk import copy_rows
from storage.connect import Connection, connect
from storage.embedded.runtime import runtime
from storage.observations import Sourced, store_document
from storage.observations.partitions import ensure_months
from storage.settings import Settings

__all__ = ["OrmReading", "run"]

READINGS = 1_000_000
ORM_READINGS = 40_000
ORM_BATCH = 2_000
ROUNDS = 3
#: One reading every half minute from two devices: half a year.
EVERY_S = 30
BEGUN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
RECEIVED = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


class OrmReading(Model):
    """The table as an ORM would have it: its models know no composite keys, so a unique constraint."""

    id = fields.BigIntField(primary_key=True)
    stream_id = fields.IntField()
    at = fields.DatetimeField()
    end_at = fields.DatetimeField()
    value = fields.FloatField()
    utc_offset_s = fields.IntField(null=True)
    document = fields.BigIntField(null=True)

    class Meta:
        """Table."""

        table = "orm_readings"
        unique_together = (("stream_id", "at", "end_at"),)


def run() -> list[Row]:
    """Measure; about two minutes."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # the database's own user must be able to come in; the folder is ours
        with (
            runtime(Settings(data=folder / "data")) as endpoints,
            closing(connect(endpoints.database_url)) as c,
        ):
            orm = asyncio.run(_orm(endpoints.database_url))
            return _measure(c, orm)


def _measure(c: Connection, orm_per_s: float) -> list[Row]:
    readings = _readings()
    _somebody(c)
    ensure_months(c, {dt.date(2024, month, 1) for month in range(1, 13)})
    rows = readings.select(
        stream_id=pl.when(pl.col("source") == "watch").then(1).otherwise(2),
        at="start_at",
        end_at="start_at",
        value="value",
        utc_offset_s="utc_offset_s",
        document=pl.lit(1),
    ).sort("stream_id", "at")
    corrected = readings.with_columns(
        value=pl.when(pl.col("row") % 100 == 0).then(pl.col("value") + 1).otherwise("value")
    )
    copies, firsts, replays, corrections = [], [], [], []
    for _ in range(ROUNDS):
        _empty(c)
        copies.append(_timed(c, lambda: copy_rows(c, "readings", rows)))
        _empty(c)
        firsts.append(_timed(c, lambda: _store(c, readings, b"one")))
        replays.append(_timed(c, lambda: _store(c, readings, b"one")))
        corrections.append(_timed(c, lambda: _store(c, corrected, b"two")))
    copy, first = statistics.median(copies), statistics.median(firsts)
    replay, correction = statistics.median(replays), statistics.median(corrections)
    per_s = READINGS / first

    def row(what: str, seconds: float, against: str, ratio: float, goal: float | None) -> Row:
        return Row(
            group="readings",
            what=f"{READINGS:,} readings, {what}",
            ours=f"{READINGS / seconds:,.0f} rows/s",
            against=against,
            ratio=ratio,
            at_least=goal,
        )

    plain = f"plain COPY: {READINGS / copy:,.0f} rows/s"
    return [
        row("all new", first, plain, copy / first, 0.45),
        row(
            "all new",
            first,
            f"Tortoise's idempotent bulk_create: {orm_per_s:,.0f} rows/s",
            per_s / orm_per_s,
            5,
        ),
        row("a second time", replay, f"the first time: {per_s:,.0f} rows/s", first / replay, 1),
        row("one in a hundred corrected", correction, plain, copy / correction, None),
    ]


def _somebody(c: Connection) -> None:
    execute(
        c, "INSERT INTO athletes (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'Ann') ON CONFLICT DO NOTHING"
    )
    c.commit()


def _store(c: Connection, readings: pl.DataFrame, content: bytes) -> None:
    sourced = Sourced(athlete_id=1, vendor="phone", adapter_version="phone 1", received_at=RECEIVED)
    document = RawDocument(name="export", content=content)
    store_document(c, sourced, document, [ReadingTable(data=readings, rows=readings.height)])


def _empty(c: Connection) -> None:
    tables = "readings, reading_streams, observation_documents, daily_values, daily_effective"
    execute(c, f"TRUNCATE {tables} RESTART IDENTITY")
    c.commit()


def _timed(c: Connection, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    c.commit()
    return time.perf_counter() - begun


def _readings() -> pl.DataFrame:
    """As an adapter tells them: unsorted between its two devices."""
    n = pl.int_range(READINGS, dtype=pl.Int64)
    return pl.select(
        metric=pl.repeat("hr_bpm", READINGS),
        start_at=(pl.lit(BEGUN) + pl.duration(seconds=n // 2 * EVERY_S)).cast(pl.Datetime("us", "UTC")),
        value=(60 + n % 97).cast(pl.Float64()),
        utc_offset_s=pl.repeat(3600, READINGS, dtype=pl.Int32()),
        source=pl.when(n % 2 == 0).then(pl.lit("watch")).otherwise(pl.lit("strap")),
        row=n + 1,
    )


async def _orm(url: str) -> float:
    """Rows a second of the ORM's own idempotent way from the same frame to a table of the same columns.

    Making its objects is part of that way, as making columns is of ours.
    """
    context = await Tortoise.init(
        db_url=url.replace("postgresql://", "asyncpg://", 1),
        modules={"bench": ["benchmarks.readings"]},
        use_tz=True,
        timezone="UTC",
    )
    async with context:
        await context.generate_schemas()
        seconds = []
        for n in range(ROUNDS):
            rows = _readings().head(ORM_READINGS).filter(pl.col("source") == "watch")
            begun = time.perf_counter()
            objects = [
                OrmReading(stream_id=n, at=at, end_at=at, value=value, utc_offset_s=offset, document=1)
                for at, value, offset in rows.select("start_at", "value", "utc_offset_s").iter_rows()
            ]
            await OrmReading.bulk_create(
                objects,
                batch_size=ORM_BATCH,
                on_conflict=["stream_id", "at", "end_at"],
                update_fields=["value", "utc_offset_s", "document"],
            )
            seconds.append((time.perf_counter() - begun) / rows.height)
    return 1 / statistics.median(seconds)
