"""Which games wait to be scored, and which seasons' leaderboards are out of date.

Both are told from what is stored, never from what a job remembers: scoring can be killed at any
point and taken up by another worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storage.connect import Connection

__all__ = ["Season", "due_games", "hold", "mark_fresh", "mark_scored", "sequences", "stale_seasons"]


class Season(NamedTuple):
    """One part of one season: what leaderboards and percentiles are computed over."""

    season: str
    season_type: str


_DUE = """
SELECT g.id FROM games g
LEFT JOIN clutch_scored s ON s.game_id = g.id AND s.definition_id = $1
WHERE g.sequence > coalesce(s.sequence, 0)
  AND EXISTS (SELECT 1 FROM plays p WHERE p.game_id = g.id)
ORDER BY g.season, g.id
"""

_MARK_SCORED = """
INSERT INTO clutch_scored (definition_id, game_id, sequence)
SELECT $1, u.game_id, u.sequence
FROM unnest(string_to_array($2, ','), string_to_array($3, ',')::integer[]) AS u (game_id, sequence)
ORDER BY 2
ON CONFLICT (definition_id, game_id)
DO UPDATE SET sequence = greatest(clutch_scored.sequence, excluded.sequence)
"""

_MARK_STALE = """
INSERT INTO clutch_stale_seasons (definition_id, season, season_type)
SELECT DISTINCT $1, g.season, g.season_type FROM games g
WHERE g.id = ANY (string_to_array($2, ',')) AND g.season IS NOT NULL AND g.season_type IS NOT NULL
ORDER BY 2, 3
ON CONFLICT (definition_id, season, season_type) DO UPDATE SET season = excluded.season
"""


def due_games(c: Connection, definition_id: str) -> list[str]:
    """Return the ids of games with plays that changed since they were scored, season by season."""
    return [str(game_id) for (game_id,) in _fetch(c, _DUE, (definition_id,))]


def sequences(c: Connection, game_ids: Sequence[str]) -> dict[str, int]:
    """Return how far each game has come. Read it *before* the plays: too low costs one more scoring."""
    found = _fetch(
        c, "SELECT id, sequence FROM games WHERE id = ANY (string_to_array($1, ','))", (",".join(game_ids),)
    )
    return {str(game_id): int(str(sequence)) for game_id, sequence in found}


def hold(c: Connection, reached: Mapping[str, int]) -> list[str]:
    """Lock the games until the transaction ends; returns those still as far as ``reached`` says."""
    sql = (
        "SELECT id, sequence FROM games WHERE id = ANY (string_to_array($1, ',')) "
        "ORDER BY id FOR NO KEY UPDATE"
    )
    found = _fetch(c, sql, (",".join(reached),))
    return [str(game_id) for game_id, sequence in found if reached[str(game_id)] == sequence]


def mark_scored(c: Connection, definition_id: str, scored: Mapping[str, int]) -> None:
    """Record that the games were scored as of their sequences and that their seasons' boards are stale."""
    if not scored:
        return
    games = ",".join(scored)
    with c.cursor() as cursor:
        cursor.execute(_MARK_SCORED, (definition_id, games, ",".join(map(str, scored.values()))))
        cursor.execute(_MARK_STALE, (definition_id, games))


def stale_seasons(c: Connection, definition_id: str) -> list[Season]:
    """Return the seasons whose leaderboards wait to be refreshed."""
    sql = "SELECT season, season_type FROM clutch_stale_seasons WHERE definition_id = $1 ORDER BY 1, 2"
    return [Season(str(season), str(part)) for season, part in _fetch(c, sql, (definition_id,))]


def mark_fresh(c: Connection, definition_id: str, season: Season) -> None:
    """Record that a season's leaderboards are up to date; call it *before* reading what they are made of.

    Marking a season stale locks its row until the scoring commits, so this waits for scorings under
    way, and one that begins later marks the season stale again.
    """
    with c.cursor() as cursor:
        cursor.execute(
            "DELETE FROM clutch_stale_seasons WHERE definition_id = $1 AND season = $2 AND season_type = $3",
            (definition_id, season.season, season.season_type),
        )


def _fetch(c: Connection, sql: str, parameters: tuple[object, ...]) -> list[tuple[object, ...]]:
    with c.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
