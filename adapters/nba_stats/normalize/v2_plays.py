"""``playbyplayv2``, the format of the archives: numbered event codes, up to three persons a row, one
description per side, ``SCORE`` as ``away - home`` on some rows only, event numbers out of order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from adapters.nba_stats.clocks import seconds
from adapters.nba_stats.identity import is_team, padded
from adapters.nba_stats.normalize import codes
from adapters.nba_stats.normalize.checks import check
from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.games import People, game_of, merged
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.numbers import number_apart
from adapters.nba_stats.normalize.order import chronological
from adapters.nba_stats.normalize.rebounds import tell_rebounds
from adapters.nba_stats.normalize.scores import Said, fill_scores
from adapters.nba_stats.normalize.tables import Row, getter, identifier, number, text
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import PlayKind

__all__ = ["normalize_v2"]

#: PERSONnTYPE: the home and the visiting team itself, then their players; 6 and 7 are their benches.
_TEAM_HOME: Final = 2
_TEAM_AWAY: Final = 3
_PLAYER_HOME: Final = 4
_PLAYER_AWAY: Final = 5
_HOME: Final = (_TEAM_HOME, _PLAYER_HOME, 6)
_AWAY: Final = (_TEAM_AWAY, _PLAYER_AWAY, 7)
_PLAYERS: Final = (_PLAYER_HOME, _PLAYER_AWAY)
_DISTANCE: Final = re.compile(r"(\d+)'")
_SCORE: Final = re.compile(r"(\d{1,3}) *- *(\d{1,3})")
_LARGEST_NUMBER: Final = 10**9
#: The longest game on record had ten periods.
_MOST_PERIODS: Final = 30
_NEEDED: Final = ("EVENTNUM", "EVENTMSGTYPE", "PERIOD")


class _Reader:
    """Reads the rows of one game."""

    def __init__(self, game_id: str, headers: Sequence[object], notes: Notes) -> None:
        self.game_id = game_id
        self.get = getter(headers)
        self.notes = notes
        self.people = People()
        self.home: int | None = None
        self.away: int | None = None

    def person(self, row: Row, which: int) -> tuple[int | None, int | None, int | None]:
        """``(person type, team, player)`` of PLAYER1, 2 or 3; coaches are nobody."""
        get = self.get
        person = identifier(get(row, f"PLAYER{which}_ID"))
        kind = number(get(row, f"PERSON{which}TYPE"))
        if person is not None and is_team(person):
            team: int | None = person
            person = None
        else:
            team = identifier(get(row, f"PLAYER{which}_TEAM_ID"))
            if team is not None:
                prefix = f"PLAYER{which}_TEAM_"
                if team not in self.people.teams:
                    self.people.team(
                        team,
                        text(get(row, prefix + "ABBREVIATION")),
                        text(get(row, prefix + "CITY")),
                        text(get(row, prefix + "NICKNAME")),
                    )
            if kind not in _PLAYERS:
                person = None
            elif person is not None:
                self.people.player(person, team, text(get(row, f"PLAYER{which}_NAME")))
        if team is not None and kind in _HOME and self.home is None:
            self.home = team
        elif team is not None and kind in _AWAY and self.away is None:
            self.away = team
        return kind, team, person

    def side(self, kind: int | None) -> int | None:
        """The team of a bench."""
        return self.home if kind in _HOME else self.away if kind in _AWAY else None


def normalize_v2(
    headers: Sequence[object], rows: Sequence[Row], notes: Notes, *, first_row: int
) -> Normalized:
    """All games of one table; ``first_row`` is the number of its first row in the document."""
    get = getter(headers)
    games: dict[str, list[tuple[int, Row]]] = {}
    for position, row in enumerate(rows, start=first_row):
        game_id = padded(text(get(row, "GAME_ID")))
        if game_id:
            games.setdefault(game_id, []).append((position, row))
        else:
            notes.add("a row without a game's id is left out", row=position, field="GAME_ID")
    return merged(_game(game_id, headers, numbered, notes) for game_id, numbered in games.items())


def _game(
    game_id: str, headers: Sequence[object], numbered: Sequence[tuple[int, Row]], notes: Notes
) -> Normalized:
    reader = _Reader(game_id, headers, notes)
    drafts: list[Draft] = []
    said: dict[int, Said] = {}
    for position, row in numbered:
        draft = _draft(position, row, reader)
        if draft is not None:
            drafts.append(draft)
            said[position] = _said(reader.get(row, "SCORE"), position, draft, reader)
    ordered = number_apart(chronological(drafts), game_id, notes)
    tell_rebounds(ordered)
    fill_scores(ordered, [said[draft.row] for draft in ordered], reader.home, game_id, notes)
    check(ordered, game_id, notes)
    return game_of(game_id, ordered, reader.people, (reader.home, reader.away))


def _draft(position: int, row: Row, reader: _Reader) -> Draft | None:
    get = reader.get
    values = [number(get(row, column)) for column in _NEEDED]
    clock = seconds(text(get(row, "PCTIMESTRING")))
    event, message, period = values
    if event is not None and abs(event) > _LARGEST_NUMBER:
        values[0] = event = None
    if period is not None and not 1 <= period <= _MOST_PERIODS:
        values[2] = period = None
    if event is None or message is None or period is None or clock is None:
        lacking = (name for name, value in zip(_NEEDED, values, strict=True) if value is None)
        missing = next(lacking, "PCTIMESTRING")
        reader.notes.add(
            f"“{text(get(row, missing))}” is no value for {missing}; this row is left out",
            row=position,
            field=missing,
            game_id=reader.game_id,
            play=event,
        )
        return None
    kind = codes.KINDS.get(message, PlayKind.OTHER)
    description = _description(row, get)
    person_type, team, player = reader.person(row, 1)
    draft = Draft(
        number=event,
        period=period,
        clock_s=clock,
        kind=kind,
        team_id=team if team is not None else reader.side(person_type),
        player_id=player,
        description=description,
        row=position,
    )
    action_type = number(get(row, "EVENTMSGACTIONTYPE")) or 0
    draft.subtype = codes.subtype(kind, action_type, description)
    if kind is PlayKind.OTHER:
        draft.subtype = f"type_{message}"
        reader.notes.add(
            f"unknown event type {message} kept as other",
            row=position,
            field="EVENTMSGTYPE",
            game_id=reader.game_id,
            play=event,
        )
    else:
        _others(draft, message, row, reader)
    return draft


def _others(draft: Draft, message: int, row: Row, reader: _Reader) -> None:
    """The second and third persons, by what the row is about."""
    kind = draft.kind
    if kind is PlayKind.FIELD_GOAL:
        draft.made = message == codes.MADE
        draft.shot_value = 3 if "3PT" in draft.description else 2
        if draft.made:
            draft.assist_id = reader.person(row, 2)[2]
        else:
            draft.block_id = reader.person(row, 3)[2]
        if match := _DISTANCE.search(draft.description):
            draft.distance_ft = float(match[1])
    elif kind is PlayKind.FREE_THROW:
        # Now and then a description says neither "MISS" nor the points: then a score on the row tells.
        draft.made = "MISS" not in draft.description and (
            "PTS" in draft.description or bool(text(reader.get(row, "SCORE")))
        )
        draft.shot_value = int(draft.subtype[-1]) if draft.subtype.startswith("for_") else 1
    elif kind is PlayKind.TURNOVER:
        draft.steal_id = reader.person(row, 2)[2]
    elif kind is PlayKind.FOUL:
        draft.foul_drawn_id = reader.person(row, 2)[2]
    elif kind is PlayKind.SUBSTITUTION:
        draft.sub_in_id = reader.person(row, 2)[2]
    elif kind is PlayKind.JUMP_BALL:
        reader.person(row, 2)
        _, draft.team_id, draft.player_id = reader.person(row, 3)
    elif kind is PlayKind.REVIEW:
        draft.team_id = draft.player_id = None
    draft.points = (draft.shot_value or 0) if draft.made else 0


def _description(row: Row, get: Any) -> str:
    """What happened, before its steal or block, which the row of a turnover or miss has on the other side."""
    parts = [
        part
        for column in ("HOMEDESCRIPTION", "NEUTRALDESCRIPTION", "VISITORDESCRIPTION")
        if (part := text(get(row, column)))
    ]
    if len(parts) > 1:
        parts.sort(key=lambda part: " STEAL (" in part or " BLOCK (" in part)
    return ", ".join(parts)


def _said(value: object, position: int, draft: Draft, reader: _Reader) -> Said:
    """``SCORE`` is ``away - home``; canonical is (home, away)."""
    written = text(value)
    if not written:
        return None
    match = _SCORE.fullmatch(written)
    if match is None:
        reader.notes.add(
            f"“{written}” is no score; the score is filled from the plays before",
            row=position,
            field="SCORE",
            game_id=reader.game_id,
            play=draft.number,
        )
        return None
    return int(match[2]), int(match[1])
