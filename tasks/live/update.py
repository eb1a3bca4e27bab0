"""From new documents of one live game to stored plays, clutch tables and events: one transaction.

Everything here blocks (ADBC) and runs in a thread of its own connection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from analytics.clutch import ClutchTables
from analytics.frames import COUNTS
from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import GameStatus
from storage import archive, clutch, live, scoring
from storage.connect import Connection
from storage.games import store
from tasks.ingest import named, translate
from tasks.score import LEAGUE, replace_tables, tables_of

__all__ = ["Look", "take_in"]

Row = dict[str, Any]

#: A game that is close and this near to the window's opening is looked at as if it were clutch already.
_SOON_S = 60.0

#: Figures of a player that change with every second on the floor: alone they are no news.
_QUIET = ("seconds", "percentile", "tipoff_at", "lineups_complete")


class Look(msgspec.Struct, kw_only=True):
    """What one look at a game found."""

    changed: bool
    sequence: int
    final: bool
    clutch: bool
    """Worth looking at often: inside the clutch window, or about to be."""
    unchanged_s: float
    """Seconds since the stored game last changed."""
    note: str
    """Where the game stands, in a line."""
    events: list[tuple[str, bytes]]
    """``(topic, payload)`` to publish, already stored."""
    rejected: list[Rejected]


def take_in(
    c: Connection,
    adapter: GameFeedAdapter,
    raw: archive.Archive,
    game_id: str,
    documents: Sequence[RawDocument],
    received_at: dt.datetime,
    clock_offset: dt.timedelta = dt.timedelta(0),
) -> Look:
    """Archive, translate, store, score ``documents``, commit; without any, tell where the game stands.

    ``clock_offset``: how far our clock is ahead of the source's.
    """
    rejected: list[Rejected] = []
    sequence = before = scoring.sequences(c, [game_id]).get(game_id, 0)
    if documents:
        raw.put_many(adapter.name, documents)
        archive.index(c, adapter.name, documents)
        normalized = [translate(adapter, document) for document in documents]
        stored = store(c, adapter.name, normalized, received_at=received_at, clock_offset=clock_offset)
        rejected = [row for one in normalized for row in one.rejected]
        rejected += named(stored.rejected, list(zip(documents, normalized, strict=True)))
        sequence = stored.revisions.get(game_id, before)
    definition = clutch.definition(c, LEAGUE)
    state = live.game_state(c, game_id)
    if sequence != before:
        former = live.player_lines(c, LEAGUE, game_id)
        told = dict(live.last_events(c, game_id))
        tables, unscorable = tables_of(c, [game_id], definition)
        if not unscorable:
            replace_tables(c, LEAGUE, tables, {game_id: sequence})
            active = _in_window(state, definition)
            if active or _was_active(told) or _moved(former, tables):
                news = _clutch_news(sequence, former, tables, state, told, active, received_at)
                live.write_event(c, game_id, "clutch", sequence, news, received_at)
    events = live.events_at(c, game_id, sequence) if sequence != before else []
    c.commit()
    return Look(
        changed=sequence != before,
        sequence=sequence,
        final=state.get("status") == GameStatus.FINAL,
        clutch=_in_window(state, definition, sooner_s=_SOON_S),
        unchanged_s=(received_at - state["updated_at"]).total_seconds() if state else 0.0,
        note=_standing(state),
        events=events,
        rejected=rejected,
    )


def _clutch_news(
    sequence: int,
    former: dict[int, Row],
    tables: ClutchTables,
    state: Row,
    told: dict[str, bytes],
    active: bool,
    received_at: dt.datetime,
) -> Row:
    """The clutch event of one revision: where the game stands, and the lines that differ from before.

    ``{"game_id", "sequence", "active", "period", "clock_s", "home_score", "away_score", "situation",
    "players", "teams", "source_at", "received_at", "computed_at"}``. ``situation`` is the open one;
    a player whose line is gone (all his clutch plays were retracted) comes with zeros and no score.
    """
    open_situation = tables.situations.sort("number").tail(1).to_dicts() if active else []
    lines = {row["player_id"]: row for row in tables.player_games.iter_rows(named=True)}
    nothing = {**dict.fromkeys((*COUNTS, "seconds", "actions", "successes", "expected_points", "poe"), 0)}
    gone = [{**row, **nothing, "score": None} for player, row in former.items() if player not in lines]
    source = msgspec.json.decode(told["game"]).get("source_at") if "game" in told else None
    return {
        "game_id": state["id"],
        "sequence": sequence,
        "active": active,
        **{name: state[name] for name in ("period", "clock_s", "home_score", "away_score")},
        "situation": open_situation[0] if open_situation else None,
        "players": [row for player, row in lines.items() if _differs(row, former.get(player))] + gone,
        "teams": tables.team_games.to_dicts(),
        "source_at": source,
        "received_at": received_at,
        "computed_at": dt.datetime.now(dt.UTC),
    }


def _moved(former: dict[int, Row], tables: ClutchTables) -> bool:
    """Whether any line is new, gone or different."""
    lines = {row["player_id"]: row for row in tables.player_games.iter_rows(named=True)}
    return lines.keys() != former.keys() or any(_differs(row, former[who]) for who, row in lines.items())


def _differs(line: Row, former: Row | None) -> bool:
    """Whether a line says something new: more than that time has passed."""
    return former is None or any(line[name] != former[name] for name in line if name not in _QUIET)


def _was_active(told: dict[str, bytes]) -> bool:
    return "clutch" in told and bool(msgspec.json.decode(told["clutch"])["active"])


def _in_window(state: Row, definition: Row, *, sooner_s: float = 0.0) -> bool:
    """Whether the next play would be clutch: the game goes on, late enough and close enough."""
    if state.get("status") != GameStatus.LIVE or state["period"] is None or state["clock_s"] is None:
        return False
    late = state["period"] >= definition["min_period"]
    margin = (state["home_score"] or 0) - (state["away_score"] or 0)
    soon = state["clock_s"] <= definition["last_seconds"] + sooner_s
    return bool(late and soon and abs(margin) <= definition["margin"])


def _standing(state: Row) -> str:
    """Where the game stands, for the log and the job's progress."""
    if not state:
        return "not known to the feed yet"
    minutes, seconds = divmod(int(state["clock_s"] or 0), 60)
    score = f"{state['home_score'] or 0}–{state['away_score'] or 0}"
    return f"{state['status']} period {state['period'] or 0} {minutes:02d}:{seconds:02d} {score}"
