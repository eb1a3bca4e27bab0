"""Pages and batches that only the GraphQL server needs, beside those of the other modules here.

Keyset pages and mappings as in :mod:`storage.reads.games`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from storage.connect import rows

__all__ = [
    "PlayFilter",
    "ScoreFilter",
    "clutch_scores_page",
    "definitions_by_ids",
    "definitions_page",
    "open_jobs_of_key",
    "play",
    "players_page",
    "plays_by_games",
    "rejections_by_jobs",
    "situations_page",
    "teams_page",
]

Row = dict[str, Any]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class PlayFilter(NamedTuple):
    """Which plays of a game are wanted."""

    period: int | None = None
    clutch_definition: str | None = None
    """Only plays within the clutch situations of this definition."""
    after: tuple[int, int] | None = None
    """``(position, number)`` of the last play seen."""
    limit: int = 100


async def plays_by_games(game_ids: Sequence[str], where: PlayFilter) -> dict[str, list[Row]]:
    """Plays of each game in the order of ``(position, number)``."""
    position, number = where.after or (-1, -1)
    found = await rows(
        "SELECT page.* FROM unnest($1::text[]) AS game (id) CROSS JOIN LATERAL ("
        "  SELECT * FROM plays WHERE game_id = game.id"
        "  AND position >= $2 AND (position, number) > ($2, $3) AND ($4::int IS NULL OR period = $4)"
        "  AND ($5::text IS NULL OR EXISTS (SELECT FROM clutch_situations AS s"
        "    WHERE s.definition_id = $5 AND s.game_id = game.id"
        "    AND (plays.period, -plays.clock_s) >= (s.start_period, -s.start_clock_s)"
        "    AND (plays.period, -plays.clock_s) <= (s.end_period, -s.end_clock_s)))"
        "  ORDER BY position, number LIMIT $6"
        ") AS page",
        sorted(set(game_ids)),
        position,
        number,
        where.period,
        where.clutch_definition,
        where.limit,
    )
    return _grouped(game_ids, "game_id", found)


async def play(game_id: str, number: int) -> Row | None:
    """One play, if there is such a one."""
    found = await rows("SELECT * FROM plays WHERE game_id = $1 AND number = $2", game_id, number)
    return found[0] if found else None


async def open_jobs_of_key(key: str) -> list[UUID]:
    """Ids of the queued or running job of ``key``, if there is one."""
    found = await rows("SELECT id FROM jobs WHERE key = $1 AND state IN ('queued', 'running')", key)
    return [row["id"] for row in found]


async def teams_page(*, after: tuple[int] | None = None, limit: int = 100) -> list[Row]:
    """Teams by id."""
    return await rows(
        "SELECT * FROM teams WHERE id > $1 ORDER BY id LIMIT $2", (after or (-(2**63),))[0], limit
    )


async def players_page(
    *, search: str | None = None, after: tuple[int] | None = None, limit: int = 100
) -> list[Row]:
    """Players by id, all or those whose name contains ``search`` (in any case of letters)."""
    pattern = None if search is None else f"%{_literal(search)}%"
    return await rows(
        "SELECT id, name FROM players WHERE ($1::text IS NULL OR name ILIKE $1) AND id > $2"
        " ORDER BY id LIMIT $3",
        pattern,
        (after or (-(2**63),))[0],
        limit,
    )


async def definitions_page(*, after: tuple[str] | None = None, limit: int = 100) -> list[Row]:
    """Clutch definitions by id."""
    return await rows(
        "SELECT * FROM clutch_definitions WHERE id > $1 ORDER BY id LIMIT $2", (after or ("",))[0], limit
    )


async def definitions_by_ids(ids: Sequence[str]) -> dict[str, Row]:
    """Clutch definitions by id."""
    found = await rows("SELECT * FROM clutch_definitions WHERE id = ANY($1::text[])", list(ids))
    return {row["id"]: row for row in found}


async def situations_page(
    definition_id: str,
    *,
    game_id: str | None = None,
    season: str | None = None,
    season_type: str | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> list[Row]:
    """Clutch situations by ``(game_id, number)``."""
    last_game, number = after or ("", -1)
    return await rows(
        "SELECT s.* FROM clutch_situations AS s JOIN games AS g ON g.id = s.game_id"
        " WHERE s.definition_id = $1 AND ($2::text IS NULL OR s.game_id = $2)"
        " AND ($3::text IS NULL OR g.season = $3) AND ($4::text IS NULL OR g.season_type = $4)"
        " AND (s.game_id, s.number) > ($5, $6) ORDER BY s.game_id, s.number LIMIT $7",
        definition_id,
        game_id,
        season,
        season_type,
        last_game,
        number,
        limit,
    )


class ScoreFilter(NamedTuple):
    """Which players' clutch lines are wanted; ``None`` means any."""

    definition_id: str = "league"
    season: str | None = None
    season_type: str | None = None
    game_id: str | None = None
    player_id: int | None = None
    team_id: int | None = None


async def clutch_scores_page(
    where: ScoreFilter, *, after: tuple[dt.datetime | None, str, int] | None = None, limit: int = 100
) -> list[Row]:
    """Players' clutch lines, newest game first; ``after`` is ``(tipoff_at, game_id, player_id)``."""
    tipoff, game_id, player_id = after or (None, None, None)
    return await rows(
        "SELECT * FROM clutch_player_games WHERE definition_id = $1"
        " AND ($2::text IS NULL OR season = $2) AND ($3::text IS NULL OR season_type = $3)"
        " AND ($4::text IS NULL OR game_id = $4) AND ($5::bigint IS NULL OR player_id = $5)"
        " AND ($6::bigint IS NULL OR team_id = $6)"
        " AND ($8::text IS NULL OR (coalesce(tipoff_at, TIMESTAMPTZ 'epoch'), game_id, player_id)"
        "   < ($7::timestamptz, $8, $9::bigint))"
        " ORDER BY coalesce(tipoff_at, TIMESTAMPTZ 'epoch') DESC, game_id DESC, player_id DESC LIMIT $10",
        *where,
        tipoff or _EPOCH,
        game_id,
        player_id,
        limit,
    )


async def rejections_by_jobs(job_ids: Sequence[UUID], after: int, limit: int) -> dict[UUID, list[Row]]:
    """What each job could not understand, by its running number ``n`` beyond ``after``."""
    found = await rows(
        "SELECT page.* FROM unnest($1::uuid[]) AS job (id) CROSS JOIN LATERAL ("
        "  SELECT * FROM job_rejections WHERE job_id = job.id AND n > $2 ORDER BY n LIMIT $3"
        ") AS page",
        list(job_ids),
        after,
        limit,
    )
    return _grouped(job_ids, "job_id", found)


def _grouped(keys: Iterable[Any], column: str, found: Iterable[Row]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {key: [] for key in keys}
    for row in found:
        groups[row[column]].append(row)
    return groups


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
