"""Clutch results as the API and the command line read them.

Keyset pages and mappings as in :mod:`storage.reads.games`. ``reb`` is derived here
(``oreb + dreb``); it is not stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from storage.connect import rows

__all__ = [
    "SeasonKey",
    "definition",
    "definitions",
    "leaders_by_players",
    "leaders_page",
    "player_games_by_games",
    "player_table",
    "player_timeline",
    "situations_by_games",
    "team_games_by_games",
    "team_table",
]

Row = dict[str, Any]

#: The league's column names (beside GP and MIN) and how each comes out of a game's row.
LEAGUE_COLUMNS = {
    "FGM": "fgm",
    "FGA": "fga",
    "FG3M": "fg3m",
    "FG3A": "fg3a",
    "FTM": "ftm",
    "FTA": "fta",
    "OREB": "oreb",
    "DREB": "dreb",
    "REB": "oreb + dreb",
    "AST": "ast",
    "TOV": "tov",
    "STL": "stl",
    "BLK": "blk",
    "PF": "pf",
    "PTS": "pts",
    "PLUS_MINUS": "plus_minus",
}
_TOTALS = ", ".join(f'sum({column})::integer AS "{name}"' for name, column in LEAGUE_COLUMNS.items())

# A player's games without a known tip-off come last in his timeline, which runs from new to old.
_TIPOFF = "coalesce(tipoff_at, TIMESTAMPTZ 'epoch')"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


# Likewise players without a rank in a leaderboard: they sort as if theirs were the largest integer.
_UNRANKED = 2**31 - 1
_RANK = f"coalesce(rank, {_UNRANKED})"


class SeasonKey(NamedTuple):
    """A season under a definition."""

    season: str
    season_type: str = "regular"
    definition_id: str = "league"


async def definitions() -> list[Row]:
    """All clutch definitions, built-in ones first."""
    return await rows("SELECT * FROM clutch_definitions ORDER BY built_in DESC, id")


async def definition(definition_id: str) -> Row | None:
    """One clutch definition, if there is such a one."""
    found = await rows("SELECT * FROM clutch_definitions WHERE id = $1", definition_id)
    return found[0] if found else None


async def situations_by_games(game_ids: Sequence[str], definition_id: str = "league") -> dict[str, list[Row]]:
    """Clutch situations of each game, in order."""
    found = await rows(
        "SELECT * FROM clutch_situations WHERE definition_id = $1 AND game_id = ANY($2::text[]) "
        "ORDER BY game_id, number",
        definition_id,
        list(game_ids),
    )
    return _by_game(game_ids, found)


async def player_games_by_games(
    game_ids: Sequence[str], definition_id: str = "league"
) -> dict[str, list[Row]]:
    """Every player's clutch line of each game, best score first."""
    found = await rows(
        "SELECT *, oreb + dreb AS reb FROM clutch_player_games "
        "WHERE definition_id = $1 AND game_id = ANY($2::text[]) "
        "ORDER BY game_id, score DESC NULLS LAST, player_id",
        definition_id,
        list(game_ids),
    )
    return _by_game(game_ids, found)


async def team_games_by_games(game_ids: Sequence[str], definition_id: str = "league") -> dict[str, list[Row]]:
    """Both teams' clutch lines of each game."""
    found = await rows(
        "SELECT *, oreb + dreb AS reb FROM clutch_team_games "
        "WHERE definition_id = $1 AND game_id = ANY($2::text[]) ORDER BY game_id, team_id",
        definition_id,
        list(game_ids),
    )
    return _by_game(game_ids, found)


async def player_timeline(
    player_id: int,
    *,
    season: str | None = None,
    season_type: str | None = None,
    definition_id: str = "league",
    after: tuple[dt.datetime | None, str] | None = None,
    limit: int = 100,
) -> list[Row]:
    """A player's clutch games, newest first; ``after`` is ``(tipoff_at, game_id)`` of the last one seen."""
    seek = f"AND ({_TIPOFF}, game_id) < ($6::timestamptz, $7)" if after else ""
    return await rows(
        "SELECT *, oreb + dreb AS reb FROM clutch_player_games "  # noqa: S608 - constants of this module
        "WHERE player_id = $1 AND definition_id = $2 "
        "AND ($3::text IS NULL OR season = $3) AND ($4::text IS NULL OR season_type = $4) "
        f"{seek} ORDER BY {_TIPOFF} DESC, game_id DESC LIMIT $5",
        player_id,
        definition_id,
        season,
        season_type,
        limit,
        *((after[0] or _EPOCH, after[1]) if after else ()),
    )


async def team_table(of: SeasonKey) -> list[Row]:
    """The league's clutch table by team: ``TEAM_ID``, ``GP``, ``MIN`` (minutes), :data:`LEAGUE_COLUMNS`."""
    return await _table("clutch_team_games", "team_id", of)


async def player_table(of: SeasonKey) -> list[Row]:
    """As :func:`team_table`, by player: ``PLAYER_ID`` leads."""
    return await _table("clutch_player_games", "player_id", of)


async def leaders_page(
    of: SeasonKey, *, after: tuple[int | None, int] | None = None, limit: int = 100
) -> list[Row]:
    """The leaderboard by ``(rank, player_id)``, beyond that pair of the last row seen.

    Players without a rank (too few games) follow behind all who have one; give their ``None`` as it is.
    """
    rank, player_id = after or (-1, -1)
    return await rows(
        "SELECT *, oreb + dreb AS reb FROM clutch_leaders "  # noqa: S608 - constants of this module
        "WHERE season = $1 AND season_type = $2 AND definition_id = $3 "
        f"AND ({_RANK}, player_id) > ($4, $5::bigint) ORDER BY {_RANK}, player_id LIMIT $6",
        *of,
        _UNRANKED if rank is None else rank,
        player_id,
        limit,
    )


async def leaders_by_players(of: SeasonKey, player_ids: Sequence[int]) -> dict[int, Row]:
    """Players' rows of the leaderboard."""
    found = await rows(
        "SELECT *, oreb + dreb AS reb FROM clutch_leaders "
        "WHERE season = $1 AND season_type = $2 AND definition_id = $3 AND player_id = ANY($4::bigint[])",
        *of,
        list(player_ids),
    )
    return {row["player_id"]: row for row in found}


async def _table(table: str, who: str, of: SeasonKey) -> list[Row]:
    # a foul without a second on the floor counts, the game does not
    played = "(count(*) FILTER (WHERE seconds > 0))::integer"
    return await rows(
        f'SELECT {who} AS "{who.upper()}", {played} AS "GP", sum(seconds) / 60 AS "MIN", {_TOTALS} '  # noqa: S608 - constants
        f"FROM {table} WHERE season = $1 AND season_type = $2 AND definition_id = $3 "
        f"GROUP BY {who} ORDER BY {who}",
        *of,
    )


def _by_game(game_ids: Iterable[str], found: Iterable[Row]) -> dict[str, list[Row]]:
    games: dict[str, list[Row]] = {game_id: [] for game_id in game_ids}
    for row in found:
        games[row["game_id"]].append(row)
    return games
