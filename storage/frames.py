"""Stored rows as polars frames for analytics, by way of Arrow: about two million rows a second."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from storage.arrow import query
from storage.columns import GAME_COLUMNS, PLAY_COLUMNS, ROSTER_COLUMNS
from storage.connect import Connection

__all__ = ["clutch_player_games_frame", "games_frame", "plays_frame", "rosters_frame"]


def plays_frame(c: Connection, game_ids: Sequence[str]) -> pl.DataFrame:
    """The plays of these games, all columns (``storage.columns.PLAY_COLUMNS``), in the order of each game."""
    names = ", ".join(PLAY_COLUMNS)
    found = query(c, f"SELECT {names} FROM plays WHERE game_id = ANY($1::text[])", list(game_ids))  # noqa: S608 - constants
    return found.sort("game_id", "position", "number")


def games_frame(c: Connection, game_ids: Sequence[str]) -> pl.DataFrame:
    """These games: ``game_id`` and the other columns of ``storage.columns.GAME_COLUMNS``."""
    names = ", ".join(name for name in GAME_COLUMNS if name != "id")
    return query(
        c,
        f"SELECT id AS game_id, {names} FROM games WHERE id = ANY($1::text[]) ORDER BY id",  # noqa: S608 - constants
        list(game_ids),
    )


def rosters_frame(c: Connection, game_ids: Sequence[str]) -> pl.DataFrame:
    """``game_id, player_id, team_id, starter`` of these games, by game and player."""
    names = ", ".join(ROSTER_COLUMNS)
    return query(
        c,
        f"SELECT {names} FROM game_players WHERE game_id = ANY($1::text[]) ORDER BY game_id, player_id",  # noqa: S608 - constants
        list(game_ids),
    )


def clutch_player_games_frame(
    c: Connection, definition_id: str, season: str, season_type: str
) -> pl.DataFrame:
    """All columns of the table ``clutch_player_games`` for one part of a season, by game and player."""
    return query(
        c,
        "SELECT * FROM clutch_player_games WHERE definition_id = $1 AND season = $2 AND season_type = $3 "
        "ORDER BY game_id, player_id",
        definition_id,
        season,
        season_type,
    )
