"""``full_pbp`` of the league's old mobile application: the event codes of ``playbyplayv2``, one person a
row plus two more by their meaning, the score on every row, home and away told by whose points move which.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.nba_stats.clocks import seconds
from adapters.nba_stats.normalize import codes
from adapters.nba_stats.normalize.checks import check
from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.games import People, game_of
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.numbers import number_apart
from adapters.nba_stats.normalize.order import chronological
from adapters.nba_stats.normalize.rebounds import tell_rebounds
from adapters.nba_stats.normalize.scores import sides
from adapters.nba_stats.normalize.tables import identifier
from adapters.nba_stats.payloads import MobileEvent, MobileGame
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import PlayKind

__all__ = ["normalize_mobile"]

_SCORED: Final = re.compile(r"\[\w+ \d+-\d+\]")
#: Places are in tenths of a foot.
_UNITS_PER_FT: Final = 10.0


def normalize_mobile(game: MobileGame, notes: Notes) -> Normalized:
    """One game of ``full_pbp``."""
    people = People()
    drafts: list[Draft] = []
    row = 0
    for period in game.pd:
        if not period.pla:
            notes.add(f"no event of period {period.p}; fetch it again", field="pla", game_id=game.gid)
        for event in period.pla:
            row += 1
            draft = _draft(row, period.p, event, game.gid, notes)
            if draft is None:
                continue
            drafts.append(draft)
            for person in (draft.player_id, draft.assist_id, draft.sub_in_id):
                if person is not None and draft.team_id is not None and draft.kind is not PlayKind.JUMP_BALL:
                    people.player(person, draft.team_id, None)
    for draft in drafts:
        if draft.kind is PlayKind.JUMP_BALL and draft.player_id is not None:
            draft.team_id = people.team_of.get(draft.player_id)
    ordered = number_apart(chronological(drafts), game.gid, notes)
    tell_rebounds(ordered)
    check(ordered, game.gid, notes)
    return game_of(game.gid, ordered, people, sides(ordered))


def _draft(row: int, period: int, event: MobileEvent, game_id: str, notes: Notes) -> Draft | None:
    clock = seconds(event.cl)
    if clock is None:
        notes.add(
            f"“{event.cl}” is no clock; this event is left out",
            row=row,
            field="cl",
            game_id=game_id,
            play=event.evt,
        )
        return None
    kind = codes.KINDS.get(event.etype, PlayKind.OTHER)
    draft = Draft(
        number=event.evt,
        period=period,
        clock_s=clock,
        kind=kind,
        subtype=codes.subtype(kind, event.mtype, event.de),
        team_id=event.tid or None,
        player_id=event.pid or None,
        score_home=event.hs or 0,
        score_away=event.vs or 0,
        description=event.de,
        row=row,
    )
    if kind is PlayKind.OTHER:
        draft.subtype = f"type_{event.etype}"
        notes.add(
            f"unknown event type {event.etype} kept as other",
            row=row,
            field="etype",
            game_id=game_id,
            play=event.evt,
        )
    _others(draft, event)
    return draft


def _others(draft: Draft, event: MobileEvent) -> None:
    """``opid`` is the opponent (steals, blocks, draws a foul), ``epid`` the helper (assists, comes in)."""
    opponent, helper = identifier(event.opid), identifier(event.epid)
    kind = draft.kind
    if kind is PlayKind.FIELD_GOAL:
        draft.made = event.etype == codes.MADE
        draft.shot_value = 3 if "3pt" in event.de.lower() else 2
        draft.assist_id = helper if draft.made else None
        draft.block_id = None if draft.made else opponent
        if event.locX is not None and event.locY is not None:
            draft.x_ft, draft.y_ft = event.locX / _UNITS_PER_FT, event.locY / _UNITS_PER_FT
    elif kind is PlayKind.FREE_THROW:
        draft.made = _SCORED.match(event.de) is not None
        draft.shot_value = 1
    elif kind is PlayKind.TURNOVER:
        draft.steal_id = opponent
    elif kind is PlayKind.FOUL:
        draft.foul_drawn_id = opponent
    elif kind is PlayKind.SUBSTITUTION:
        draft.sub_in_id = helper
    elif kind is PlayKind.JUMP_BALL:
        # Who gets the ball; his team is filled in from his other plays.
        draft.player_id, draft.team_id = helper, None
    elif kind is PlayKind.REVIEW:
        draft.team_id = draft.player_id = None
    draft.points = (draft.shot_value or 0) if draft.made else 0
