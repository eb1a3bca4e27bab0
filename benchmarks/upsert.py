"""Plays into their table: the idempotent upsert against a plain COPY of the same rows."""

from __future__ import annotations

import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing

import polars as pl

from benchmarks.harness import Row
from storage.arrow import execute
from storage.bulk import copy_rows, upsert
from storage.columns import PLAY_COLUMNS
from storage.connect import Connection, connect
from storage.embedded.runtime import runtime
from storage.settings import Settings

__all__ = ["run"]

GAMES, PLAYS = 400, 500
ROUNDS = 3
KEY = ("game_id", "number")


def run() -> list[Row]:
    """Measure; about half a minute."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # the database's own user must be able to come in; the folder is ours
        with (
            runtime(Settings(data=folder / "data")) as endpoints,
            closing(connect(endpoints.database_url)) as c,
        ):
            return _measure(c)


def _measure(c: Connection) -> list[Row]:
    plays = _plays()
    third = plays.with_columns(
        description=pl.when(pl.col("number") % 3 == 0).then(pl.lit("corrected")).otherwise("description")
    )

    def empty() -> None:
        execute(c, "TRUNCATE plays")
        c.commit()

    copies, news, sames, thirds = [], [], [], []
    for _ in range(ROUNDS):
        copies.append(_timed(c, empty, lambda: copy_rows(c, "plays", plays)))
        news.append(_timed(c, empty, lambda: upsert(c, "plays", plays, key=KEY)))
        sames.append(_timed(c, None, lambda: upsert(c, "plays", plays, key=KEY)))
        thirds.append(_timed(c, None, lambda: upsert(c, "plays", third, key=KEY)))
    copy = statistics.median(copies)

    def row(what: str, seconds: list[float], goal: float | None) -> Row:
        spent = statistics.median(seconds)
        return Row(
            group="upsert",
            what=f"{plays.height:,} plays, {what}",
            ours=f"{plays.height / spent:,.0f} rows/s",
            against=f"plain COPY: {plays.height / copy:,.0f} rows/s",
            ratio=copy / spent,
            at_least=goal,
        )

    return [
        row("all new", news, 0.45),
        row("all unchanged", sames, None),
        row("a third changed", thirds, None),
    ]


def _timed(c: Connection, before: Callable[[], None] | None, work: Callable[[], object]) -> float:
    if before is not None:
        before()
    begun = time.perf_counter()
    work()
    c.commit()
    return time.perf_counter() - begun


def _plays() -> pl.DataFrame:
    """Rows as wide as real ones."""
    rows = pl.DataFrame({"game": range(GAMES)}).select(
        game_id=pl.format("00224{}", pl.col("game").cast(pl.String).str.zfill(5)),
        number=pl.int_ranges(1, PLAYS + 1, dtype=pl.Int32),
    )
    rows = rows.explode("number")
    values = {
        "position": pl.col("number"),
        "period": (pl.col("number") - 1) // (PLAYS // 4) + 1,
        "clock_s": pl.col("number").cast(pl.Float64) % 720,
        "kind": pl.lit("field_goal"),
        "subtype": pl.lit("jump_shot"),
        "team_id": pl.lit(1_610_600_001),
        "player_id": pl.col("number") % 13 + 1_990_000,
        "made": pl.col("number") % 2 == 0,
        "shot_value": pl.lit(2),
        "points": pl.col("number") % 2 * 2,
        "distance_ft": pl.col("number") % 25,
        "score_home": pl.col("number") // 2,
        "score_away": pl.col("number") // 3,
        "description": pl.format("N. Body {}' pullup Jump Shot", pl.col("number")),
    }
    return rows.select(
        (pl.col(name) if name in rows.columns else values.get(name, pl.lit(None))).cast(dtype).alias(name)
        for name, dtype in PLAY_COLUMNS.items()
    )
