"""Live topics as the server hands them on: what came after a cursor, and the state to begin from.

A topic's events are numbered upwards without repetition; numbers may be left out (clutch events
take their game's sequence). Events are written in the transaction that changes what they speak of,
and one game has one writer at a time, so a number read never has a smaller one appear after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from tortoise.transactions import in_transaction

from storage.connect import rows

__all__ = [
    "CLUTCH",
    "GAME",
    "ClutchState",
    "StoredEvent",
    "Topic",
    "clutch_state",
    "events_after",
    "game_state",
    "kept",
    "latest_sequences",
]

Topic = Literal["game", "clutch"]
GAME: Final[Topic] = "game"
CLUTCH: Final[Topic] = "clutch"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of ``live_events``, its payload decoded."""

    sequence: int
    payload: dict[str, Any]
    received_at: dt.datetime
    created_at: dt.datetime


@asynccontextmanager
async def _one_view() -> AsyncIterator[None]:
    """All statements of the body see the database at one instant."""
    async with in_transaction() as transaction:
        await transaction.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


async def events_after(topic: Topic, game_id: str, after: int, limit: int) -> list[StoredEvent]:
    """Return up to ``limit`` events with a sequence above ``after``, in order."""
    found = await rows(
        "SELECT sequence, payload, received_at, created_at FROM live_events"
        " WHERE game_id = $1 AND topic = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
        game_id,
        topic,
        after,
        limit,
    )
    return [_event(row) for row in found]


async def kept(topic: Topic, game_id: str) -> tuple[int, int]:
    """Return the first and the last sequence of a topic: its events from the first kept one on.

    Of a topic without events both are 0, or the game's own sequence if the topic is the game itself:
    an import that nobody could have followed counts there, too.
    """
    [row] = await rows(
        "SELECT min(sequence) AS first, max(sequence) AS last,"
        " (SELECT sequence FROM games WHERE id = $1 AND $2::text = 'game') AS game"
        " FROM live_events WHERE game_id = $1 AND topic = $2",
        game_id,
        topic,
    )
    last = max(row["last"] or 0, row["game"] or 0)
    return (last if row["first"] is None else row["first"]), last


async def latest_sequences(keys: Iterable[tuple[Topic, str]]) -> dict[tuple[Topic, str], int]:
    """Return the last sequence of each topic in ``keys`` that has events, by one statement."""
    wanted = list(keys)
    found = await rows(
        "SELECT wanted.topic, wanted.game_id, last.sequence"
        " FROM unnest($1::text[], $2::text[]) AS wanted(topic, game_id)"
        " CROSS JOIN LATERAL (SELECT sequence FROM live_events AS event"
        "  WHERE event.game_id = wanted.game_id AND event.topic = wanted.topic"
        "  ORDER BY sequence DESC LIMIT 1) AS last",
        [topic for topic, _ in wanted],
        [game_id for _, game_id in wanted],
    )
    return {(row["topic"], row["game_id"]): row["sequence"] for row in found}


async def game_state(game_id: str) -> tuple[int, dict[str, Any], list[dict[str, Any]]] | None:
    """Return a game's sequence, row and plays in order, as of one instant; ``None`` if it is unknown."""
    async with _one_view():
        games = await rows("SELECT * FROM games WHERE id = $1", game_id)
        if not games:
            return None
        plays = await rows("SELECT * FROM plays WHERE game_id = $1 ORDER BY position, number", game_id)
    return games[0]["sequence"], games[0], plays


@dataclass(frozen=True, slots=True)
class ClutchState:
    """A game's clutch time as it stands."""

    game: dict[str, Any]
    """Its row of ``games``; empty if there is none."""
    last: StoredEvent | None
    players: list[dict[str, Any]]
    teams: list[dict[str, Any]]


async def clutch_state(game_id: str, definition_id: str) -> ClutchState:
    """Return a game, its last clutch event, and all lines of its players and teams, as of one instant."""
    async with _one_view():
        games = await rows("SELECT * FROM games WHERE id = $1", game_id)
        last = await rows(
            "SELECT sequence, payload, received_at, created_at FROM live_events"
            " WHERE game_id = $1 AND topic = 'clutch' ORDER BY sequence DESC LIMIT 1",
            game_id,
        )
        players = await rows(
            "SELECT * FROM clutch_player_games WHERE game_id = $1 AND definition_id = $2 ORDER BY player_id",
            game_id,
            definition_id,
        )
        teams = await rows(
            "SELECT * FROM clutch_team_games WHERE game_id = $1 AND definition_id = $2 ORDER BY team_id",
            game_id,
            definition_id,
        )
    return ClutchState(games[0] if games else {}, _event(last[0]) if last else None, players, teams)


def _event(row: dict[str, Any]) -> StoredEvent:
    payload = msgspec.json.decode(row["payload"])
    return StoredEvent(row["sequence"], payload, row["received_at"], row["created_at"])
