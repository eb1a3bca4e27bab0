"""Snapshots: the present state of a topic, in the words of its events."""

from __future__ import annotations

import datetime as dt

from server.live.log import LiveEvent
from storage.reads import streams as reads

__all__ = ["LEAGUE", "clutch_snapshot", "game_snapshot"]

#: The clutch definition that is followed live.
LEAGUE = "league"


async def game_snapshot(game_id: str) -> LiveEvent | None:
    """Return the game with all its plays as one event."""
    state = await reads.game_state(game_id)
    if state is None:
        return None
    sequence, game, plays = state
    shown = ("status", "period", "clock_s", "home_score", "away_score")
    payload = {
        "game_id": game_id,
        "sequence": sequence,
        **{name: game[name] for name in shown},
        "plays": [{"kind": "inserted", "play": play} for play in plays],
    }
    return LiveEvent(game_id, sequence, payload, None, dt.datetime.now(dt.UTC), snapshot=True)


async def clutch_snapshot(game_id: str) -> LiveEvent:
    """Return the open situation with all lines as one event."""
    state = await reads.clutch_state(game_id, LEAGUE)
    last = state.last
    payload = {
        "active": bool(last and last.payload["active"]),
        "situation": last.payload["situation"] if last else None,
        "source_at": last.payload.get("source_at") if last else None,
        **{name: state.game.get(name) for name in ("period", "clock_s", "home_score", "away_score")},
        "players": state.players,
        "teams": state.teams,
    }
    sequence, received_at = (last.sequence, last.received_at) if last else (0, None)
    return LiveEvent(game_id, sequence, payload, received_at, dt.datetime.now(dt.UTC), snapshot=True)
