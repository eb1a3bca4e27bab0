"""Every play of a game gets a number of its own: rows that share one are told apart or thrown together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.notes import Notes
from poise_sdk.vocabulary import PlayKind

__all__ = ["SECOND_NUMBER", "number_apart"]

#: A different play under a number that is taken gets ``-(SECOND_NUMBER + number)``: negative, because the
#: vendor never is, and told by its own number alone, so that it is the same after every correction.
SECOND_NUMBER: Final = 1000
_BRACKETS: Final = {PlayKind.PERIOD_START: 1, PlayKind.PERIOD_END: 0}


def number_apart(drafts: Sequence[Draft], game_id: str, notes: Notes) -> Sequence[Draft]:
    """``drafts`` with unique numbers.

    The same play twice is kept once (the one edited last, else the later one). A period's start or end
    whose number belongs to a play as well makes way for it in silence and becomes ``-(2 * period - 1)``
    or ``-(2 * period)``: nothing is lost by that. Any other two plays are both kept and noted.
    """
    if len({draft.number for draft in drafts}) == len(drafts):
        return drafts
    kept: dict[int, Draft] = {}
    for draft in sorted(drafts, key=lambda draft: draft.kind in _BRACKETS):
        first = kept.get(draft.number)
        if first is None:
            kept[draft.number] = draft
        elif _same(first, draft):
            newer = draft if _edited(draft) >= _edited(first) else first
            kept[draft.number] = newer
            notes.add(
                f"action {draft.number} stands there twice; the one edited last (else the later one) is kept",
                row=draft.row,
                game_id=game_id,
                play=draft.number,
            )
        elif draft.kind in _BRACKETS and -(2 * draft.period - _BRACKETS[draft.kind]) not in kept:
            draft.number = -(2 * draft.period - _BRACKETS[draft.kind])
            kept[draft.number] = draft
        else:
            _second(kept, draft, game_id, notes)
    survivors = {id(draft) for draft in kept.values()}
    return [draft for draft in drafts if id(draft) in survivors]


def _second(kept: dict[int, Draft], draft: Draft, game_id: str, notes: Notes) -> None:
    taken = draft.number
    second = -(SECOND_NUMBER + abs(taken))
    if second in kept:
        notes.add(
            f"action number {taken} is used by more than two plays; this one is left out: "
            "fetch the game again",
            row=draft.row,
            field="number",
            game_id=game_id,
            play=taken,
        )
        return
    draft.number = second
    kept[second] = draft
    notes.add(
        f"action number {taken} is used by two different plays; both are kept, this one as play {second}",
        row=draft.row,
        field="number",
        game_id=game_id,
        play=taken,
    )


def _same(first: Draft, second: Draft) -> bool:
    return (first.kind, first.period, first.team_id, first.player_id, first.sub_in_id) == (
        second.kind,
        second.period,
        second.team_id,
        second.player_id,
        second.sub_in_id,
    ) and (first.clock_s == second.clock_s or _edited(first) != _edited(second))


def _edited(draft: Draft) -> float:
    return draft.edited_at.timestamp() if draft.edited_at else 0.0
