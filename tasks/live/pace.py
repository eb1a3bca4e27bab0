"""How soon to look at a live game again.

Every ``CLUTCH_S`` while the game is clutch, every ``CALM_S`` otherwise, and less and less often while
nothing changes. A replay at ``speed`` N is looked at N times as often, within what a local server and
we can bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CALM_S", "CLUTCH_S", "LONGEST_S", "Pace"]

CLUTCH_S: Final = 5.0
CALM_S: Final = 15.0
#: Each look that finds nothing new makes the pause this much longer, up to ``LONGEST_S``.
BACKOFF: Final = 1.5
LONGEST_S: Final = 60.0
#: After a game's end the vendor still corrects it for up to an hour.
CORRECTIONS_S: Final = 3600.0
#: No game lasts that long; a feed that never says "final" is given up.
ENDLESS_S: Final = 8 * 3600.0
#: However fast a replay runs: no more than five looks a second.
SHORTEST_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one followed game. ``quiet`` counts the looks in a row that found nothing new."""

    speed: float = 1.0
    quiet: int = 0

    def after(self, *, changed: bool) -> Pace:
        """The pace after a look that did or did not find something new."""
        return Pace(self.speed, 0 if changed else self.quiet + 1)

    def pause_s(self, *, clutch: bool, final: bool) -> float:
        """Seconds until the next look."""
        base = LONGEST_S if final else CLUTCH_S if clutch else CALM_S
        # While the game is clutch silence is a dead ball, not the end: coming late would cost what matters.
        longest = CALM_S if clutch else LONGEST_S
        return max(min(base * BACKOFF**self.quiet, longest) / self.speed, SHORTEST_S)

    def corrections_s(self) -> float:
        """How long to go on looking after the end."""
        return CORRECTIONS_S / self.speed

    def endless_s(self) -> float:
        """How long to follow a game that does not end."""
        return ENDLESS_S / self.speed
