"""A play while it is being put together: the fields of a canonical play, still changeable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from poise_sdk.records import Play
from poise_sdk.vocabulary import PlayKind

__all__ = ["Draft", "finish"]


class Draft(msgspec.Struct, gc=False):
    """A :class:`~poise_sdk.records.Play` without game and position; ``row`` is its place in the document."""

    number: int
    period: int
    clock_s: float
    kind: PlayKind
    subtype: str = ""
    team_id: int | None = None
    player_id: int | None = None
    assist_id: int | None = None
    steal_id: int | None = None
    block_id: int | None = None
    foul_drawn_id: int | None = None
    sub_in_id: int | None = None
    shot_value: int | None = None
    made: bool | None = None
    points: int = 0
    distance_ft: float | None = None
    x_ft: float | None = None
    y_ft: float | None = None
    score_home: int = 0
    score_away: int = 0
    description: str = ""
    occurred_at: dt.datetime | None = None
    edited_at: dt.datetime | None = None
    row: int = 0


def finish(game_id: str, drafts: Iterable[Draft]) -> tuple[Play, ...]:
    """The plays of one game in the order of ``drafts``, with positions 1, 2, 3, …"""
    return tuple(
        [
            Play(
                game_id=game_id,
                number=draft.number,
                position=position,
                period=draft.period,
                clock_s=draft.clock_s,
                kind=draft.kind,
                subtype=draft.subtype,
                team_id=draft.team_id,
                player_id=draft.player_id,
                assist_id=draft.assist_id,
                steal_id=draft.steal_id,
                block_id=draft.block_id,
                foul_drawn_id=draft.foul_drawn_id,
                sub_in_id=draft.sub_in_id,
                shot_value=draft.shot_value,
                made=draft.made,
                points=draft.points,
                distance_ft=draft.distance_ft,
                x_ft=draft.x_ft,
                y_ft=draft.y_ft,
                score_home=draft.score_home,
                score_away=draft.score_away,
                description=draft.description,
                occurred_at=draft.occurred_at,
                edited_at=draft.edited_at,
            )
            for position, draft in enumerate(drafts, start=1)
        ]
    )
