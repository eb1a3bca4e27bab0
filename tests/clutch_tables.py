"""Clutch tables as they are stored, and as they would be computed now from the stored plays."""

from __future__ import annotations

import polars as pl
from polars import selectors

from storage import clutch
from storage.arrow import query
from storage.connect import Connection
from tasks.score import tables_of

__all__ = ["Tables", "fresh", "stored"]

Tables = dict[str, list[dict[str, object]]]

_NAMES = ("clutch_situations", "clutch_player_games", "clutch_team_games")
#: Sums of floats may differ in the last digits with the order of their terms.
_DIGITS = 9


def fresh(c: Connection, definition_id: str) -> Tables:
    """The tables of all games, computed now."""
    games = [str(one) for (one,) in query(c, "SELECT id FROM games ORDER BY id").iter_rows()]
    tables, _ = tables_of(c, games, clutch.definition(c, definition_id))
    found = (tables.situations, tables.player_games, tables.team_games)
    return {name: _rows(frame) for name, frame in zip(_NAMES, found, strict=True)}


def stored(c: Connection, definition_id: str) -> Tables:
    """The tables of all games as they are stored."""
    return {
        name: _rows(query(c, f"SELECT * FROM {name} WHERE definition_id = $1", definition_id))
        for name in _NAMES
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Without the percentile, which depends on the rest of the season."""
    plain = frame.drop("percentile", strict=False).with_columns(selectors.float().round(_DIGITS))
    return plain.sort(frame.columns[:3]).select(sorted(plain.columns)).to_dicts()
