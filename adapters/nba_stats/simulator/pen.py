"""What all actions of a game share: the clock, the wall clock, the score, and the common fields."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from adapters.nba_stats.simulator.court import (
    OVERTIME,
    QUARTER,
    REGULATION_PERIODS,
    SECOND,
    Man,
    Side,
)

__all__ = ["Action", "Pen", "stamp"]

Action = dict[str, Any]


def stamp(base: dt.datetime, tenths: int) -> str:
    """``base`` plus ``tenths`` as the vendor writes it: ``2025-10-21T23:40:12.3Z``."""
    moment = base + dt.timedelta(milliseconds=100 * tenths)
    return moment.isoformat(timespec="milliseconds")[:21] + "Z"


class Pen:
    """Keeps the clock, the wall clock and the score, and writes what happens into :attr:`actions`."""

    def __init__(self, rng: Random, home: Side, away: Side, tip: dt.datetime, officials: list[int]) -> None:
        self.rng = rng
        self.home, self.away = home, away
        self.tip = tip
        self.officials = officials
        self.actions: list[Action] = []
        self.period = 0
        self.clock = 0
        self.wall = 0
        self.elapsed = 0
        self.possession: Side | None = None
        self.last_shot: Action | None = None
        self._clock_text: tuple[int, str] = (-1, "")
        self._wall_text: tuple[int, str] = (-1, "")

    def tick(self, tenths: int) -> None:
        """Let the game clock run; above a minute it shows whole seconds, as the vendor's does."""
        left = max(0, self.clock - tenths)
        if left > 60 * SECOND:
            left -= left % SECOND
        gone = self.clock - left
        self.clock = left
        self.elapsed += gone
        self.wall += gone

    def wait(self, tenths: int) -> None:
        """Let the wall clock run while the game clock stands."""
        self.wall += tenths

    def open_period(self) -> None:
        """Set the clock for the next period."""
        self.period += 1
        self.clock = QUARTER if self.period <= REGULATION_PERIODS else OVERTIME

    def _score(self, side: Side, points: int) -> None:
        other = self.away if side is self.home else self.home
        side.score += points
        side.run += points
        other.run = 0

    def _times(self) -> tuple[str, str]:
        if self._clock_text[0] != self.clock:
            minutes, tenths = divmod(self.clock, 60 * SECOND)
            seconds, tenth = divmod(tenths, SECOND)
            self._clock_text = (self.clock, f"PT{minutes:02}M{seconds:02}.{tenth}0S")
        if self._wall_text[0] != self.wall:
            self._wall_text = (self.wall, stamp(self.tip, self.wall))
        return self._clock_text[1], self._wall_text[1]

    def _base(
        self,
        kind: str,
        sub: str | None,
        qualifiers: list[str],
        side: Side | None = None,
        man: Man | None = None,
        *,
        descriptor: str | None = None,
    ) -> Action:
        clock, wall = self._times()
        person = man.person.id if man else 0
        action: Action = {
            "actionNumber": 0,
            "clock": clock,
            "timeActual": wall,
            "period": self.period,
            "periodType": "REGULAR" if self.period <= REGULATION_PERIODS else "OVERTIME",
            "teamId": side and side.team.id,
            "teamTricode": side and side.tricode,
            "actionType": kind,
            "subType": sub,
            "descriptor": descriptor,
            "qualifiers": qualifiers,
            "personId": person,
            "x": None,
            "y": None,
            "possession": self.possession.team.id if self.possession else 0,
            "scoreHome": str(self.home.score),
            "scoreAway": str(self.away.score),
            "edited": "",
            "orderNumber": 0,
            "xLegacy": None,
            "yLegacy": None,
            "isFieldGoal": 0,
            "personIdsFilter": [person] if person else [],
        }
        if side is None:
            del action["teamId"], action["teamTricode"]
        if sub is None:
            del action["subType"]
        if descriptor is None:
            del action["descriptor"]
        if man:
            action["playerName"] = man.person.family
            action["playerNameI"] = man.person.initialed
        action["_wall"] = self.wall
        self.actions.append(action)
        return action
