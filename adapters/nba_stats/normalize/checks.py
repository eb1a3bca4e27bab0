"""What is odd about a game as a whole: kept as it is, and said."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.nba_stats.normalize.drafts import Draft
from adapters.nba_stats.normalize.notes import Notes

__all__ = ["check"]


def check(drafts: Sequence[Draft], game_id: str, notes: Notes) -> None:
    """Note a game without plays, missing periods, clocks that run backwards, scores that do not add up.

    One note per oddity and game, naming the first play: a broken game does not bury the others.
    """
    if not drafts:
        notes.add(
            "the play-by-play holds no action (the game has not begun, or the document is broken); "
            "plays that are stored already stay",
            game_id=game_id,
        )
        return
    backwards: list[Draft] = []
    period, clock = 0, 0.0
    home = away = points = 0
    seen: set[int] = set()
    for draft in drafts:
        if draft.period != period:
            if draft.period < period:
                backwards.append(draft)
            period = draft.period
            seen.add(period)
        elif draft.clock_s > clock:
            backwards.append(draft)
        clock = draft.clock_s
        if draft.score_home < home or draft.score_away < away:
            notes.add(
                f"the score steps back from {home}-{away} to {draft.score_home}-{draft.score_away} "
                f"(home-away) at play {draft.number}; kept as the league's own correction",
                row=draft.row,
                game_id=game_id,
                play=draft.number,
            )
        home, away = draft.score_home, draft.score_away
        points += draft.points
    if backwards:
        first = backwards[0]
        notes.add(
            f"the clock runs backwards at {len(backwards)} plays (the first is play {first.number}, period "
            f"{first.period}); the plays are kept in the order of the document",
            row=first.row,
            field="clock",
            game_id=game_id,
            play=first.number,
        )
    if missing := sorted(set(range(1, max(seen) + 1)) - seen):
        periods = ", ".join(map(str, missing))
        notes.add(
            f"no play of period {periods}: the game is kept without; fetch it again if it has been played",
            field="period",
            game_id=game_id,
        )
    if points != home + away:
        notes.add(
            f"the plays hold {points} points but the last score is {home}-{away}; a play is missing or "
            "counted twice: fetch the game again",
            field="score",
            game_id=game_id,
        )
