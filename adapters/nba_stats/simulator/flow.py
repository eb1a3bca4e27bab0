"""The state that passes from one possession to the next, and what happens whenever the ball is dead."""

from __future__ import annotations

from random import Random
from typing import Literal

from adapters.nba_stats.simulator.court import SECOND, TIMEOUTS, Man, Side
from adapters.nba_stats.simulator.endgame import MINUTE, SHOT_CLOCK
from adapters.nba_stats.simulator.rotation import rotate
from adapters.nba_stats.simulator.scribe import Scribe

__all__ = ["Flow", "Origin"]

Origin = Literal["start", "made", "rebound", "steal", "dead", "second", "retained"]
#: After an offensive rebound or a kept ball.
SHORT_SHOT_CLOCK = 14 * SECOND
#: A shot this soon after the ball was won is a fast break.
BREAK = 7 * SECOND
#: The clock at which the first and the second mandatory timeout of a quarter fall due.
MANDATORY = (7 * MINUTE, 3 * MINUTE)
MOST_IN_FOURTH, MOST_LATE, MOST_IN_OVERTIME = 4, 2, 2


class Flow:
    """Who has the ball, how he got it, and how long he may keep it."""

    def __init__(self, rng: Random, scribe: Scribe) -> None:
        self.rng = rng
        self.scribe = scribe
        self.home, self.away = scribe.home, scribe.away
        self.off = self.home
        self.tip_winner = self.home
        self.origin: Origin = "start"
        self.shot_clock = SHOT_CLOCK
        self.shot_clock_at = 0
        self.from_turnover = False
        self.second_chance = False
        self.gained = 0
        self.mandatory = 0
        self.stopped_at = -1

    @property
    def defence(self) -> Side:
        """The side without the ball."""
        return self.away if self.off is self.home else self.home

    @property
    def lead(self) -> int:
        """The offence's lead."""
        return self.off.score - self.defence.score

    @property
    def close_and_late(self) -> bool:
        """The league's clutch window."""
        return self.scribe.period >= 4 and self.scribe.clock <= 5 * MINUTE and abs(self.lead) <= 5

    def give(self, side: Side, origin: Origin, *, turnover: bool = False) -> None:
        """``side`` has the ball from now on."""
        self.off = side
        self.origin = origin
        self.shot_clock, self.shot_clock_at = SHOT_CLOCK, self.scribe.elapsed
        self.from_turnover = turnover
        self.second_chance = False
        self.gained = self.scribe.elapsed
        self.scribe.possession = side

    def keep(self, origin: Origin) -> None:
        """The offence keeps the ball; a new shot clock of fourteen seconds, unless more was left."""
        self.origin = origin
        self.second_chance = self.second_chance or origin == "second"
        left = SHORT_SHOT_CLOCK if origin == "second" else max(self.shot_left(), SHORT_SHOT_CLOCK)
        self.shot_clock, self.shot_clock_at = left, self.scribe.elapsed

    def shot_left(self) -> int:
        """What is left on the shot clock."""
        return max(0, self.shot_clock - (self.scribe.elapsed - self.shot_clock_at))

    def fast(self) -> bool:
        """Whether a shot now would be a fast break."""
        won = self.origin in ("rebound", "steal")
        return won and self.scribe.elapsed - self.gained <= BREAK

    def qualifiers(self, *, paint: bool = False, fast: bool = False) -> list[str]:
        """The vendor's words for the kind of points, in its order."""
        words = ["fastbreak"] if fast else []
        if paint:
            words.insert(0 if self.scribe.elapsed % 2 else len(words), "pointsinthepaint")
        if self.from_turnover:
            words.append("fromturnover")
        if self.second_chance:
            words.append("2ndchance")
        return words

    # -- dead balls ---------------------------------------------------------------------------

    def open_period(self) -> None:
        """Forget the team fouls and, in overtime, hand out new timeouts."""
        self.mandatory = 0
        for side in (self.home, self.away):
            side.fouls = side.late_fouls = 0
            if self.scribe.period == 4:
                side.timeouts = min(side.timeouts, MOST_IN_FOURTH)
            elif self.scribe.period > 4:
                side.timeouts, side.late_timeouts = MOST_IN_OVERTIME, 0

    def dead_ball(self, *, stays: Man | None = None) -> None:
        """Play stands: a timeout that is due or wanted, then changes; ``stays`` is about to shoot."""
        self._timeout()
        for side in (self.off, self.defence):
            if rotate(self.rng, self.scribe, side, stays=stays):
                self.scribe.wait(int(self.rng.triangular(60, 200)))

    def after_basket(self) -> None:
        """The side that was scored upon may stop the game at once."""
        late = self.scribe.period >= 4 and self.scribe.clock <= 2 * MINUTE
        behind = -9 <= self.lead <= 0
        if late and behind and self.scribe.clock > 5 and self.rng.random() < 0.6:
            called = self._call(self.off)
        else:
            called = self.defence.run >= 7 and self.rng.random() < 0.7 and self._call(self.off)
        if called:
            self.origin = "dead"
            self._bring_on()

    def _timeout(self) -> None:
        clock, period = self.scribe.clock, self.scribe.period
        due = period <= 4 and self.mandatory < 2 and clock < MANDATORY[self.mandatory]
        if due:
            fewer, more = sorted((self.away, self.home), key=lambda side: side.timeouts)
            if not self._call(more):
                self._call(fewer)
        elif self.defence.run >= 6 and self.rng.random() < 0.7:
            self._call(self.off)

    def _call(self, side: Side) -> bool:
        late = self.scribe.period == 4 and self.scribe.clock <= 3 * MINUTE
        if self.stopped_at == self.scribe.elapsed:  # one timeout is enough for one stop
            return False
        if not side.timeouts or (late and side.late_timeouts >= MOST_LATE):
            return False
        mandatory = self.scribe.period <= 4 and self.mandatory < 2
        self.mandatory += mandatory
        self.stopped_at = self.scribe.elapsed
        side.timeouts -= 1
        side.late_timeouts += late
        for each in (self.home, self.away):
            each.run = 0  # whoever stopped a run has answered it
        self.scribe.wait(int(self.rng.triangular(40, 150)))
        self.scribe.timeout(side, mandatory=mandatory)
        long = mandatory and side.timeouts < TIMEOUTS
        self.scribe.wait(int(self.rng.triangular(1600, 2200) if long else self.rng.triangular(900, 1400)))
        return True

    def _bring_on(self) -> None:
        for side in (self.off, self.defence):
            side.looked_at = 0
            rotate(self.rng, self.scribe, side)
