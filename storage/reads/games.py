"""Games, teams, players, rosters and plays, as the API and the command line read them.

Pages are keyset pages: ``after`` is the sort key of the last row seen, so a page costs the same
wherever it lies and rows that arrive meanwhile shift nothing. Ask for one row more than wanted to
learn whether there is a next page. Functions that take many ids answer all of them in one
statement and return a mapping, ready for a DataLoader; ids that are unknown are missing from it
(lists: are empty).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from storage.connect import rows

__all__ = [
    "GameFilter",
    "count_games",
    "games_by_ids",
    "games_page",
    "players_by_ids",
    "plays_by_games",
    "revisions_page",
    "rosters_by_games",
    "seasons",
    "teams_by_ids",
]

Row = dict[str, Any]

# Games without a known tip-off sort as the oldest of all (an index holds this very expression).
_TIPOFF = "coalesce(tipoff_at, TIMESTAMPTZ 'epoch')"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class GameFilter(NamedTuple):
    """Which games are wanted; ``None`` means any."""

    season: str | None = None
    season_type: str | None = None
    team_id: int | None = None
    """Home or away."""
    status: str | None = None
    since: dt.datetime | None = None
    """Tip-off at or after this instant."""
    until: dt.datetime | None = None
    """Tip-off before this instant."""


_FILTER = """
    ($1::text IS NULL OR season = $1) AND ($2::text IS NULL OR season_type = $2)
    AND ($3::bigint IS NULL OR home_team_id = $3 OR away_team_id = $3)
    AND ($4::text IS NULL OR status = $4)
    AND ($5::timestamptz IS NULL OR tipoff_at >= $5) AND ($6::timestamptz IS NULL OR tipoff_at < $6)
"""


async def games_page(
    where: GameFilter | None = None,
    *,
    after: tuple[dt.datetime | None, str] | None = None,
    limit: int = 100,
    newest_first: bool = True,
) -> list[Row]:
    """Games in the order of ``(tipoff_at, id)``; ``after`` is that pair of the last game seen."""
    order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
    # left out without a cursor: "$8 IS NULL OR …" would keep the index from being entered in the middle
    seek = f"AND ({_TIPOFF}, id) {beyond} ($8::timestamptz, $9)" if after else ""
    return await rows(
        f"SELECT * FROM games WHERE {_FILTER} {seek} ORDER BY {_TIPOFF} {order}, id {order} LIMIT $7",  # noqa: S608 - constants
        *(where or GameFilter()),
        limit,
        *((after[0] or _EPOCH, after[1]) if after else ()),
    )


async def count_games(where: GameFilter | None = None) -> int:
    """How many games a page would be cut from."""
    found = await rows(f"SELECT count(*) AS n FROM games WHERE {_FILTER}", *(where or GameFilter()))  # noqa: S608 - a constant
    return int(found[0]["n"])


async def seasons() -> list[Row]:
    """``season, season_type, games`` of everything stored, latest season first."""
    return await rows(
        "SELECT season, season_type, count(*) AS games FROM games "
        "WHERE season IS NOT NULL AND season_type IS NOT NULL "
        "GROUP BY season, season_type ORDER BY season DESC, season_type"
    )


async def games_by_ids(ids: Sequence[str]) -> dict[str, Row]:
    """Games by id."""
    return _by_id(await rows("SELECT * FROM games WHERE id = ANY($1::text[])", list(ids)))


async def teams_by_ids(ids: Sequence[int]) -> dict[int, Row]:
    """``id, abbreviation, city, name`` by id."""
    return _by_id(await rows("SELECT * FROM teams WHERE id = ANY($1::bigint[])", list(ids)))


async def players_by_ids(ids: Sequence[int]) -> dict[int, Row]:
    """``id, name`` by id."""
    return _by_id(await rows("SELECT * FROM players WHERE id = ANY($1::bigint[])", list(ids)))


async def rosters_by_games(game_ids: Sequence[str]) -> dict[str, list[Row]]:
    """``game_id, player_id, team_id, starter`` by game, starters first."""
    found = await rows(
        "SELECT * FROM game_players WHERE game_id = ANY($1::text[]) "
        "ORDER BY game_id, team_id, starter DESC NULLS LAST, player_id",
        list(game_ids),
    )
    return _by_game(game_ids, found)


async def plays_by_games(
    game_ids: Sequence[str], *, after: tuple[int, int] | None = None, limit: int | None = None
) -> dict[str, list[Row]]:
    """Plays of each game in the order of ``(position, number)``: the first ``limit`` beyond ``after``."""
    position, number = after or (-1, -1)
    found = await rows(
        "SELECT p.* FROM unnest($1::text[]) AS g (id) CROSS JOIN LATERAL ("
        "  SELECT * FROM plays WHERE game_id = g.id AND position >= $2 AND (position, number) > ($2, $3)"
        "  ORDER BY position, number LIMIT $4"
        ") AS p",
        sorted(set(game_ids)),
        position,
        number,
        limit,
    )
    return _by_game(game_ids, found)


async def revisions_page(
    game_id: str, *, after: tuple[int, int] | None = None, limit: int = 100
) -> list[Row]:
    """Corrections to a game's plays by ``(sequence, number)``; ``before`` and ``after`` are JSON text."""
    sequence, number = after or (-1, -1)
    return await rows(
        "SELECT * FROM play_revisions WHERE game_id = $1 AND (sequence, number) > ($2, $3) "
        "ORDER BY sequence, number LIMIT $4",
        game_id,
        sequence,
        number,
        limit,
    )


def _by_id(found: Iterable[Row]) -> dict[Any, Row]:
    return {row["id"]: row for row in found}


def _by_game(game_ids: Iterable[str], found: Iterable[Row]) -> dict[str, list[Row]]:
    games: dict[str, list[Row]] = {game_id: [] for game_id in game_ids}
    for row in found:
        games[row["game_id"]].append(row)
    return games
