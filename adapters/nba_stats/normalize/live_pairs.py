"""What the live feed says in two actions, as one play: substitutions, steals, blocks."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from adapters.nba_stats.clocks import seconds
from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.games import People
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.payloads import Action
from poise_sdk.vocabulary import PlayKind

__all__ = ["adopt", "leaving_first"]


def leaving_first(drafts: Sequence[Draft], game_id: str, notes: Notes) -> list[Draft]:
    """One play for each pair of substitution halves: the first out with the first in, and so on.

    Halves belong together that have the same team and the same instant. The pair has the number and
    place of its "out". A half that finds no other (a feed caught in the middle of an edit) is kept.
    """
    coming: defaultdict[tuple[int, float, int | None], deque[Draft]] = defaultdict(deque)
    leaving = 0
    for draft in drafts:
        if draft.kind is PlayKind.SUBSTITUTION:
            if draft.subtype == "in":
                coming[draft.period, draft.clock_s, draft.team_id].append(draft)
            else:
                leaving += 1
    if not coming and not leaving:
        return list(drafts)
    paired: set[int] = set()
    for draft in drafts:
        if draft.kind is PlayKind.SUBSTITUTION and draft.subtype != "in":
            draft.subtype = ""
            if queue := coming.get((draft.period, draft.clock_s, draft.team_id)):
                other = queue.popleft()
                draft.sub_in_id = other.player_id
                # The later edit of the two halves is the pair's.
                if other.edited_at and draft.edited_at:
                    draft.edited_at = max(draft.edited_at, other.edited_at)
                draft.description = f"{draft.description}, {other.description}"
                paired.add(id(other))
            else:
                _alone(draft, "nobody comes in", game_id, notes)
    kept = [draft for draft in drafts if id(draft) not in paired]
    for draft in kept:
        if draft.kind is PlayKind.SUBSTITUTION and draft.subtype == "in":
            draft.subtype = ""
            draft.player_id, draft.sub_in_id = None, draft.player_id
            _alone(draft, "nobody leaves", game_id, notes)
    return kept


def _alone(draft: Draft, what: str, game_id: str, notes: Notes) -> None:
    notes.add(
        f"a substitution in which {what}: kept as half of one",
        row=draft.row,
        field="subType",
        game_id=game_id,
        play=draft.number,
    )


def adopt(
    folded: Sequence[tuple[int, Action]], drafts: list[Draft], people: People, game_id: str, notes: Notes
) -> None:
    """Give a steal or block that no turnover or shot names to the one it belongs to.

    Normally every one is named, and nothing is to be done. Otherwise it goes to the other team's
    turnover or miss of the same instant that has none; failing that it is left out and noted.
    """
    named: Counter[tuple[int, int | None, str]] = Counter(
        [(draft.period, draft.steal_id, "steal") for draft in drafts if draft.steal_id is not None]
        + [(draft.period, draft.block_id, "block") for draft in drafts if draft.block_id is not None]
    )
    for row, action in folded:
        if action.playerName and action.personId and action.teamId:
            people.player(action.personId, action.teamId, action.playerNameI or action.playerName)
        key = (action.period, action.personId, action.actionType)
        if named[key] > 0:
            named[key] -= 1
            continue
        clock = seconds(action.clock)
        candidates = (draft for draft in drafts if clock is not None and _belongs(action, clock, draft))
        owner = next(candidates, None)
        if owner is not None and action.actionType == "steal":
            owner.steal_id = action.personId
        elif owner is not None:
            owner.block_id = action.personId
        else:
            lacking = "turnover" if action.actionType == "steal" else "shot"
            notes.add(
                f"a {action.actionType} without its {lacking}; left out: fetch the game again",
                row=row,
                game_id=game_id,
                play=action.actionNumber,
            )


def _belongs(action: Action, clock: float, draft: Draft) -> bool:
    if (draft.period, draft.clock_s) != (action.period, clock) or draft.team_id == action.teamId:
        return False
    if action.actionType == "steal":
        return draft.kind is PlayKind.TURNOVER and draft.steal_id is None
    return draft.kind is PlayKind.FIELD_GOAL and draft.made is False and draft.block_id is None
