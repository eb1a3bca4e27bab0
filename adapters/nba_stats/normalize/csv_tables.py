"""CSV documents: the archive's ``playbyplayv2`` columns, and tables derived from the live feed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from adapters.nba_stats.identity import padded
from adapters.nba_stats.normalize.games import merged
from adapters.nba_stats.normalize.live_plays import normalize_live
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.tables import Row, getter, identifier, number, text
from adapters.nba_stats.normalize.v2_plays import normalize_v2
from adapters.nba_stats.payloads import Action
from poise_sdk.records import Normalized

__all__ = ["normalize_csv"]

#: Columns by which a header is recognised.
_V2: Final = frozenset({"GAME_ID", "EVENTNUM", "EVENTMSGTYPE", "PERIOD", "PCTIMESTRING"})
_DERIVED: Final = frozenset({"game_id", "actionNumber", "actionType", "period", "clock", "scoreHome"})
#: The header is the first row of the document.
_FIRST_ROW: Final = 2
_LARGEST_NUMBER: Final = 10**9
#: The longest game on record had ten periods.
_MOST_PERIODS: Final = 30


def normalize_csv(content: str, notes: Notes) -> Normalized:
    """A CSV with a header of one of the two known kinds; any other gives one note."""
    reader = csv.reader(io.StringIO(content, newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        notes.add(f"not a readable CSV: {error}", row=reader.line_num)
        return Normalized()
    headers = [header.strip() for header in rows[0]] if rows else []
    if len(rows) == 1:
        notes.add("a header without rows")
    if frozenset(headers) >= _V2:
        return normalize_v2(headers, rows[1:], notes, first_row=_FIRST_ROW)
    if frozenset(headers) >= _DERIVED:
        return _derived(headers, rows[1:], notes)
    notes.add("not play-by-play of the NBA's: the first row has none of the known columns")
    return Normalized()


def _derived(headers: list[str], rows: Sequence[Row], notes: Notes) -> Normalized:
    """A table made from the live feed: its rows are that feed's actions with fewer fields.

    Such tables leave out the rows of periods, so that they do not tell whether a game has ended.
    """
    get = getter(headers)
    games: dict[str, list[Action]] = {}
    for position, row in enumerate(rows, start=_FIRST_ROW):
        action = _action(row, get)
        game_id = padded(text(get(row, "game_id")))
        if action is None or not game_id:
            notes.add(
                "a row without number, period, clock or game is left out",
                row=position,
                game_id=game_id or None,
            )
        else:
            games.setdefault(game_id, []).append(action)
    return merged(
        normalize_live(game_id, actions, notes, status_told=False) for game_id, actions in games.items()
    )


def _action(row: Row, get: Callable[[Row, str], Any]) -> Action | None:
    event, period = number(get(row, "actionNumber")), number(get(row, "period"))
    clock = text(get(row, "clock"))
    if event is None or abs(event) > _LARGEST_NUMBER or not clock:
        return None
    if period is None or not 1 <= period <= _MOST_PERIODS:
        return None
    return Action(
        actionNumber=event,
        actionType=text(get(row, "actionType")),
        period=period,
        clock=clock,
        description=text(get(row, "description")),
        playerName=text(get(row, "playerName")),
        scoreHome=text(get(row, "scoreHome")),
        scoreAway=text(get(row, "scoreAway")),
        shotResult=text(get(row, "shotResult")),
        personId=identifier(get(row, "person_id")),
        teamId=identifier(get(row, "teamId")),
        assistPersonId=identifier(get(row, "assister_id")),
        stealPersonId=identifier(get(row, "stealPersonId")),
        blockPersonId=identifier(get(row, "blockPersonId")),
        foulDrawnPersonId=identifier(get(row, "foulDrawnPersonId")),
    )
