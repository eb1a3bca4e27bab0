"""Writing what clutch analytics computed; every row here can be computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from storage.arrow import execute, query
from storage.bulk import copy_rows
from storage.connect import Connection

__all__ = ["definition", "definitions", "replace_clutch", "replace_leaders", "replace_percentiles"]

_DEFINITION = "SELECT id, name, last_seconds, margin, min_period, built_in FROM clutch_definitions"


def definitions(c: Connection) -> list[dict[str, Any]]:
    """All definitions, built-in ones first: ``id, name, last_seconds, margin, min_period, built_in``."""
    return query(c, f"{_DEFINITION} ORDER BY built_in DESC, id").to_dicts()


def definition(c: Connection, definition_id: str) -> dict[str, Any]:
    """One definition. Raises ``LookupError`` if there is none of that id."""
    found = query(c, f"{_DEFINITION} WHERE id = $1", definition_id).to_dicts()
    if not found:
        raise LookupError(f"there is no clutch definition {definition_id!r}")
    return found[0]


def replace_clutch(
    c: Connection,
    definition_id: str,
    *,
    game_ids: Sequence[str],
    situations: pl.DataFrame,
    player_games: pl.DataFrame,
    team_games: pl.DataFrame,
) -> None:
    """Put the results of these games under a definition in the place of the former ones.

    The frames have the columns of the tables ``clutch_situations``, ``clutch_player_games`` and
    ``clutch_team_games`` and hold rows of ``game_ids`` only; a game without rows had no clutch.
    The games are locked until the caller's transaction ends, so two scorers take turns.
    """
    ids = sorted(set(game_ids))
    execute(c, "SELECT id FROM games WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE", ids)
    tables = {
        "clutch_situations": situations,
        "clutch_player_games": player_games,
        "clutch_team_games": team_games,
    }
    for table, frame in tables.items():
        execute(
            c,
            f"DELETE FROM {table} WHERE definition_id = $1 AND game_id = ANY($2::text[])",  # noqa: S608 - constants
            definition_id,
            ids,
        )
        copy_rows(c, table, frame)


def replace_percentiles(c: Connection, player_games: pl.DataFrame) -> None:
    """Write the column ``percentile`` of these rows of ``clutch_player_games`` where it differs.

    Rows that are no longer stored are passed over: their game has just been scored anew.
    """
    columns = player_games.sort("definition_id", "game_id", "player_id")
    execute(
        c,
        "UPDATE clutch_player_games t SET percentile = u.percentile "
        "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[]) "
        "  AS u (definition_id, game_id, player_id, percentile) "
        "WHERE t.definition_id = u.definition_id AND t.game_id = u.game_id AND t.player_id = u.player_id "
        "  AND t.percentile IS DISTINCT FROM u.percentile",
        *(columns[name].to_list() for name in ("definition_id", "game_id", "player_id", "percentile")),
    )


def replace_leaders(
    c: Connection, definition_id: str, season: str, season_type: str, leaders: pl.DataFrame
) -> None:
    """Put a season's leaderboard (columns of ``clutch_leaders``) in the place of the former one."""
    # whoever replaces another board of this definition waits; scoring games does not
    execute(c, "SELECT id FROM clutch_definitions WHERE id = $1 FOR NO KEY UPDATE", definition_id)
    execute(
        c,
        "DELETE FROM clutch_leaders WHERE definition_id = $1 AND season = $2 AND season_type = $3",
        definition_id,
        season,
        season_type,
    )
    copy_rows(c, "clutch_leaders", leaders.sort("player_id"))
