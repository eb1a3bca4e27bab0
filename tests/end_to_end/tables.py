"""What a season leaves in the tables, to be held against what another way of storing it leaves there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl
from polars import selectors

from storage.arrow import query
from storage.connect import Connection

__all__ = ["TABLES", "differences", "read", "save", "saved"]

#: Columns that tell when and in how many steps something was stored, not what.
_HISTORY: Final = ("sequence", "updated_at")

TABLES: Final = {
    "teams": ("id",),
    "players": ("id",),
    "games": ("id",),
    "game_players": ("game_id", "player_id"),
    "plays": ("game_id", "number"),
    "clutch_situations": ("definition_id", "game_id", "number"),
    "clutch_player_games": ("definition_id", "game_id", "player_id"),
    "clutch_team_games": ("definition_id", "game_id", "team_id"),
    "clutch_leaders": ("definition_id", "season", "season_type", "player_id"),
}


def read(c: Connection) -> dict[str, pl.DataFrame]:
    """Every table, sorted by its key; sums of floats without their last digits."""
    tables = {}
    for name, key in TABLES.items():
        frame = query(c, f"SELECT * FROM {name}").drop(_HISTORY, strict=False)
        tables[name] = frame.sort(key).with_columns(selectors.float().round(9))
    c.rollback()
    return tables


def save(tables: dict[str, pl.DataFrame], folder: Path) -> None:
    """Write the tables into ``folder``, which then exists in whole or not at all."""
    half = folder.with_name(f"{folder.name}.half")
    half.mkdir()
    for name, frame in tables.items():
        frame.write_parquet(half / f"{name}.parquet")
    half.rename(folder)


def saved(folder: Path) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES}


def differences(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> dict[str, object]:
    """By table: rows that only one of the two has, a few of each; empty if they are equal."""
    different: dict[str, object] = {}
    for name in TABLES:
        if not found[name].equals(expected[name]):
            columns = expected[name].columns
            surplus = (
                found[name].select(columns).join(expected[name], on=columns, how="anti", nulls_equal=True)
            )
            missing = expected[name].join(found[name], on=columns, how="anti", nulls_equal=True)
            different[name] = {
                "rows": (found[name].height, expected[name].height),
                "surplus": surplus.head(3).to_dicts(),
                "missing": missing.head(3).to_dicts(),
            }
    return different
