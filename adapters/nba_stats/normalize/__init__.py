"""Vendor documents → canonical records: pure, total, and by content, never by a file's name.

:func:`normalize` recognises every document that the vendor's live feed (play-by-play, box score,
scoreboard, schedule), its newer statistics (``playbyplayv3``, ``boxscoretraditionalv3``,
``scoreboardv3``) and its archives (``playbyplayv2`` as JSON and CSV, ``boxscoretraditionalv2``,
``boxscoresummaryv2``, the mobile ``full_pbp``, tables derived from the live feed) are made of.
"""

from __future__ import annotations

from typing import Final

from adapters.nba_stats.normalize.box_scores import (
    live_box_score,
    summary,
    table_box_score,
    traditional_box_score,
)
from adapters.nba_stats.normalize.csv_tables import normalize_csv
from adapters.nba_stats.normalize.decoding import decode
from adapters.nba_stats.normalize.live_plays import normalize_live
from adapters.nba_stats.normalize.mobile_plays import normalize_mobile
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.scoreboards import normalize_schedule, normalize_scoreboard
from adapters.nba_stats.normalize.v2_plays import normalize_v2
from adapters.nba_stats.normalize.v3_plays import normalize_v3
from adapters.nba_stats.payloads import Envelope, GameDocument, ResultSet
from poise_sdk.records import Normalized, RawDocument

__all__ = ["normalize"]

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: Tables of the older endpoints that are understood, with what they hold.
_SHOT_CHART: Final = "Shot_Chart_Detail"
_PLAY_BY_PLAY: Final = "PlayByPlay"
_PLAYER_STATS: Final = "PlayerStats"
_GAME_SUMMARY: Final = "GameSummary"


def normalize(document: RawDocument) -> Normalized:
    """Translate one document; see :meth:`poise_sdk.adapter.GameFeedAdapter.normalize`."""
    notes = Notes(document.name)
    content = document.content.removeprefix(_BYTE_ORDER_MARK).strip()
    if not content:
        notes.add("the file is empty: fetch it again")
        answer = Normalized()
    elif content.startswith(b"<"):
        notes.add(
            "a web page instead of data: the vendor refused the request (403 without its Referer); "
            "fetch it again"
        )
        answer = Normalized()
    elif content.startswith((b"{", b"[")):
        envelope = decode(content, notes)
        answer = Normalized() if envelope is None else _json(envelope, notes)
    else:
        answer = _text(content, notes)
    return Normalized(
        games=answer.games,
        teams=answer.teams,
        players=answer.players,
        plays=answer.plays,
        rejected=notes.done(),
    )


def _text(content: bytes, notes: Notes) -> Normalized:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        notes.add(f"neither JSON nor text in UTF-8 ({error.reason} at byte {error.start})")
        return Normalized()
    return normalize_csv(text, notes)


def _json(envelope: Envelope, notes: Notes) -> Normalized:
    if envelope.game is not None:
        return _game(envelope.game, notes)
    if envelope.scoreboard is not None:
        return normalize_scoreboard(envelope.scoreboard)
    if envelope.leagueSchedule is not None:
        return normalize_schedule(envelope.leagueSchedule, notes)
    if envelope.boxScoreTraditional is not None:
        return traditional_box_score(envelope.boxScoreTraditional)
    if envelope.g is not None:
        return normalize_mobile(envelope.g, notes)
    if envelope.resultSets is not None:
        return _tables({table.name: table for table in envelope.resultSets}, envelope.resource, notes)
    notes.add("JSON, but not a document of the NBA's: it has no game, scoreboard, schedule or result sets")
    return Normalized()


def _game(game: GameDocument, notes: Notes) -> Normalized:
    actions = game.actions
    if actions is None:
        if game.homeTeam is None and game.awayTeam is None:
            notes.add("a game without actions and without teams: neither play-by-play nor box score")
            return Normalized()
        return live_box_score(game)
    if any(action.actionId is not None for action in actions[:1]):
        return normalize_v3(game.gameId, actions, notes)
    return normalize_live(game.gameId, actions, notes)


def _tables(sets: dict[str, ResultSet], resource: str | None, notes: Notes) -> Normalized:
    for name in (_PLAY_BY_PLAY, _PLAYER_STATS, _GAME_SUMMARY):
        if name in sets and not sets[name].rowSet:
            notes.add(f"the table {name} is empty: the vendor has nothing of this game (yet)")
    if _PLAY_BY_PLAY in sets:
        table = sets[_PLAY_BY_PLAY]
        return normalize_v2(table.headers, table.rowSet, notes, first_row=1)
    if _PLAYER_STATS in sets:
        return table_box_score(sets, notes)
    if _GAME_SUMMARY in sets:
        return summary(sets, notes)
    if _SHOT_CHART in sets:
        notes.add("a shot chart carries no plays; import the play-by-play")
    else:
        notes.add(f"“{resource or ', '.join(sets)}” carries neither plays nor games; import the play-by-play")
    return Normalized()
