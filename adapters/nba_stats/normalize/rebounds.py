"""Offensive or defensive: told for formats that do not say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from adapters.nba_stats.normalize.drafts import Draft
from poise_sdk.vocabulary import PlayKind

__all__ = ["OFFENSIVE_OR_DEFENSIVE", "Rebounds", "tell_rebounds"]

OFFENSIVE_OR_DEFENSIVE: Final = ("offensive", "defensive")
_TOTALS: Final = re.compile(r"\(off:(\d+) def:(\d+)\)", re.IGNORECASE)


class Rebounds:
    """Follows shots and rebounds in their order.

    A player's running totals ``(Off:1 Def:3)`` in the description decide: the league keeps them. Where
    they do not (a team's rebound, rows out of order), it is offensive if the team that missed got it.
    """

    def __init__(self) -> None:
        self._missed_by: int | None = None
        self._totals: dict[int, tuple[int, int]] = {}

    def shot(self, draft: Draft) -> None:
        """Take note of a shot or free throw."""
        if draft.made is False:
            self._missed_by = draft.team_id

    def tell(self, draft: Draft) -> str:
        """``offensive``, ``defensive``, or an empty text where nothing tells."""
        match = _TOTALS.search(draft.description)
        if match and draft.player_id is not None:
            before = self._totals.get(draft.player_id, (0, 0))
            now = (int(match[1]), int(match[2]))
            self._totals[draft.player_id] = (max(before[0], now[0]), max(before[1], now[1]))
            grown = (now[0] > before[0], now[1] > before[1])
            if grown == (True, False):
                return "offensive"
            if grown == (False, True):
                return "defensive"
        if draft.team_id is None or self._missed_by is None:
            return ""
        return "offensive" if draft.team_id == self._missed_by else "defensive"


def tell_rebounds(drafts: Iterable[Draft]) -> None:
    """Fill in the subtype of every rebound of a game; ``drafts`` are in their order."""
    rebounds = Rebounds()
    for draft in drafts:
        if draft.kind is PlayKind.REBOUND:
            draft.subtype = rebounds.tell(draft)
        elif draft.made is False:
            rebounds.shot(draft)
