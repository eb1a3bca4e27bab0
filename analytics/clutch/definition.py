"""What counts as clutch, as data."""

from __future__ import annotations

import dataclasses
import re

__all__ = ["LEAGUE", "ClutchDefinition"]

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_LONGEST_PERIOD_S = 1200  # a half of college basketball, the longest period played
_HIGHEST_MARGIN = 100
_LAST_PERIOD = 20


@dataclasses.dataclass(frozen=True)
class ClutchDefinition:
    """The last seconds of late periods while the game is close.

    A play belongs to the window when its period is at least ``min_period``, its clock shows at most
    ``last_seconds`` and the teams were at most ``margin`` points apart *before* it. The defaults are
    the league's own ("last 5 minutes, ahead or behind, 5 points", fourth period and overtimes).
    """

    id: str
    """A slug: lower-case letters, digits, ``-`` and ``_``, at most 64."""
    last_seconds: int = 300
    margin: int = 5
    min_period: int = 4

    def __post_init__(self) -> None:
        """Raise ``ValueError`` that names every field out of range."""
        wrong = []
        if not _SLUG.fullmatch(self.id):
            wrong.append(f"id {self.id!r} is not a slug (a-z, 0-9, - and _, at most 64 characters)")
        for name, low, high in (
            ("last_seconds", 1, _LONGEST_PERIOD_S),
            ("margin", 0, _HIGHEST_MARGIN),
            ("min_period", 1, _LAST_PERIOD),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                wrong.append(f"{name} {value!r} is not a whole number from {low} to {high}")
        if wrong:
            raise ValueError("clutch definition: " + "; ".join(wrong))


#: The league's definition; its tables come out cell by cell under it.
LEAGUE = ClutchDefinition("league")
