"""A live game as its poller sees it: where it stands, and the log of what was told about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from storage.arrow import execute, query
from storage.connect import Connection

__all__ = [
    "events_at",
    "forget_plays",
    "game_state",
    "last_events",
    "player_lines",
    "with_plays",
    "write_event",
]

Row = dict[str, Any]

#: What is made of a game's plays, beside its log.
_OF_PLAYS = (
    "plays",
    "play_revisions",
    "clutch_situations",
    "clutch_player_games",
    "clutch_team_games",
    "clutch_scored",
)


def game_state(c: Connection, game_id: str) -> Row:
    """The game's row, ``{}`` if it is not stored yet."""
    found = query(c, "SELECT * FROM games WHERE id = $1", game_id)
    return found.row(0, named=True) if found.height else {}


def player_lines(c: Connection, definition_id: str, game_id: str) -> dict[int, Row]:
    """The stored clutch lines of a game's players, by player."""
    found = query(
        c,
        "SELECT * FROM clutch_player_games WHERE definition_id = $1 AND game_id = $2",
        definition_id,
        game_id,
    )
    return {row["player_id"]: row for row in found.iter_rows(named=True)}


def write_event(
    c: Connection, game_id: str, topic: str, sequence: int, payload: Row, received_at: dt.datetime
) -> None:
    """Add an event to the game's log in the caller's transaction; one that is there already stays."""
    execute(
        c,
        "INSERT INTO live_events (game_id, topic, sequence, payload, received_at) "
        "VALUES ($1, $2, $3, $4::text::jsonb, $5::text::timestamptz) ON CONFLICT DO NOTHING",
        game_id,
        topic,
        sequence,
        msgspec.json.encode(payload).decode(),
        received_at.isoformat(),
    )


def events_at(c: Connection, game_id: str, sequence: int) -> list[tuple[str, bytes]]:
    """``(topic, payload)`` of the events of one sequence number: first the game's, then its clutch."""
    sql = "SELECT topic, payload::text AS payload FROM live_events WHERE game_id = $1 AND sequence = $2"
    return _told(query(c, f"{sql} ORDER BY topic DESC", game_id, sequence).iter_rows())


def last_events(c: Connection, game_id: str) -> list[tuple[str, bytes]]:
    """``(topic, payload)`` of the newest event of each topic: told again, they wake whoever missed them."""
    sql = (
        "SELECT DISTINCT ON (topic) topic, payload::text AS payload FROM live_events "
        "WHERE game_id = $1 ORDER BY topic DESC, sequence DESC"
    )
    return _told(query(c, sql, game_id).iter_rows())


def with_plays(c: Connection, game_ids: Sequence[str]) -> list[str]:
    """Those of the games that are stored with plays."""
    sql = "SELECT DISTINCT game_id FROM plays WHERE game_id = ANY($1::text[]) ORDER BY 1"
    return [str(game_id) for (game_id,) in query(c, sql, list(game_ids)).iter_rows()]


def forget_plays(c: Connection, game_id: str) -> bool:
    """Take a stored game back to before its first play, so that it can be lived through again.

    Its log and its sequence numbers go on: whoever follows it is not confused. ``False`` if the game
    is not stored.
    """
    found = query(
        c,
        "UPDATE games SET status = 'scheduled', period = NULL, clock_s = NULL, home_score = NULL, "
        "away_score = NULL, sequence = sequence + 1, updated_at = now() WHERE id = $1 RETURNING id",
        game_id,
    )
    for table in _OF_PLAYS:
        execute(c, f"DELETE FROM {table} WHERE game_id = $1", game_id)  # noqa: S608 - constants
    # Else an import of the whole game would pass over the documents as stored. Which of them speak of
    # this game is not known, so all are read once more the next time.
    execute(c, "DELETE FROM normalised_documents")
    return bool(found.height)


def _told(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, bytes]]:
    return [(str(topic), str(payload).encode()) for topic, payload in rows]
