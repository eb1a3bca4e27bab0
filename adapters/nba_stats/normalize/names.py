"""Players by the names that ``playbyplayv3`` uses in its descriptions.

That format tells who comes in, who assists and who wins a jump ball in words only (``SUB: Osman FOR
Stevens``), by family name, with an initial or a first name where two share it, and without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from adapters.nba_stats.payloads import Action

__all__ = ["Names", "folded"]

#: The words behind a player's name where the row itself tells who he is.
_SUBJECT: Final = re.compile(
    r"(?:MISS )?(?P<name>.+?)(?: {1,2}\d+'| {1,2}3PT| REBOUND| STEAL| BLOCK| Free Throw|"
    r" \S*FOUL| Offensive| Personal| Violation)"
)
_LEAVING: Final = re.compile(r"SUB: .+ FOR (?P<name>.+)")
#: Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN: Final = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "ð": "d", "þ": "th"}
)


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """A name without accents and capitals: ``Vučević`` → ``vucevic``."""
    apart = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN).strip()


class Names:
    """Who is meant by a name: by team, learned from all rows that carry name and id."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._ids: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        self._families: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for action in actions:
            if not action.personId or not action.teamId or not action.playerName:
                continue
            self._families[action.teamId, folded(action.playerName)].add(action.personId)
            pattern = _LEAVING if action.actionType == "Substitution" else _SUBJECT
            if match := pattern.match(action.description or ""):
                self._ids[action.teamId, folded(match["name"])].add(action.personId)

    def find(
        self, team_ids: Iterable[int], name: str, *, excluding: frozenset[int] = frozenset()
    ) -> int | None:
        """The one player of ``team_ids`` who is called ``name``; ``None`` if nobody or several are."""
        key = folded(name)
        teams = tuple(team_ids)
        for table in (self._ids, self._families):
            candidates = set().union(*(table.get((team, key), ()) for team in teams))
            if len(candidates) > 1:
                candidates -= excluding
            if len(candidates) == 1:
                return candidates.pop()
        return None
