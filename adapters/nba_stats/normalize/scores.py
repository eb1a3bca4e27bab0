"""Scores after every play, and which team is at home, told from the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.notes import Notes

__all__ = ["Said", "fill_scores", "sides"]

Said = tuple[int, int] | None
"""The score (home, away) that a row carries, if it carries one."""


def fill_scores(
    drafts: Sequence[Draft], said: Sequence[Said], home_team_id: int | None, game_id: str, notes: Notes
) -> None:
    """Give every play the score after it, from ``said`` (as long as ``drafts``), filled forward.

    The older formats attach scores to rows that were entered or moved later: such a row may carry the
    score of another moment. Where the points of the plays add up to the highest score that is said,
    they are the better witness, and the running sum is used throughout.
    """
    home = away = 0
    summed: list[tuple[int, int]] = []
    for draft in drafts:
        if draft.points and draft.team_id is not None:
            if draft.team_id == home_team_id:
                home += draft.points
            else:
                away += draft.points
        summed.append((home, away))
    told = [score for score in said if score is not None]
    highest = (max((score[0] for score in told), default=0), max((score[1] for score in told), default=0))
    trust_points = home_team_id is not None and (home, away) == highest
    score = (0, 0)
    stale: list[int] = []
    for draft, carried, added in zip(drafts, said, summed, strict=True):
        if trust_points:
            if carried is not None and carried != added:
                stale.append(draft.number)
            score = added
        elif carried is not None:
            score = carried
        draft.score_home, draft.score_away = score
    if stale:
        notes.add(
            f"{len(stale)} plays carry the score of another moment (the first is play {stale[0]}); "
            "the scores are counted from the points instead, which add up to the final score",
            field="SCORE",
            game_id=game_id,
            play=stale[0],
        )


def sides(drafts: Iterable[Draft]) -> tuple[int | None, int | None]:
    """The home and the away team, told by whose made shots move which score; ``None`` where nobody scored."""
    votes: Counter[int] = Counter()
    home = away = 0
    for draft in drafts:
        if draft.points and draft.team_id is not None:
            votes[draft.team_id] += (draft.score_home > home) - (draft.score_away > away)
        home, away = draft.score_home, draft.score_away
    ranked = votes.most_common()
    at_home = ranked[0][0] if ranked and ranked[0][1] > 0 else None
    visiting = ranked[-1][0] if ranked and ranked[-1][1] < 0 else None
    return at_home, visiting
