"""Recorded games on a clock of their own."""

from __future__ import annotations

import datetime as dt
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from adapters.nba_stats.simulator.documents import count, final_text, refresh_box
from adapters.nba_stats.simulator.recording import History, Recording
from adapters.nba_stats.simulator.season import status_text
from adapters.nba_stats.simulator.tally import clock_tenths

__all__ = ["GameReplay", "Replay"]

Document = dict[str, Any]
SCHEDULED, LIVE, FINAL = 1, 2, 3


class GameReplay:
    """One game; a *position* is seconds on the replay's clock since the game's first action."""

    def __init__(
        self,
        recording: Recording,
        *,
        begins: float = 0.0,
        max_gap_s: float | None = None,
        endless: bool = False,
    ) -> None:
        self.recording = recording
        self.history = History(recording, endless=endless)
        self.begins = begins
        self._positions = _positions(self.history.moments, max_gap_s)
        self._bodies: dict[str, tuple[int, bytes]] = {}

    @property
    def lasts(self) -> float:
        """Seconds from the first action to the last revision."""
        return self._positions[-1]

    def version(self, elapsed: float) -> int:
        """The version of the play-by-play that stands ``elapsed`` seconds into the replay."""
        return bisect_right(self._positions, elapsed - self.begins)

    def moment(self, elapsed: float) -> dt.datetime:
        """The recorded time that ``elapsed`` stands for; a shortened gap runs faster."""
        position = elapsed - self.begins
        moments, positions = self.history.moments, self._positions
        place = bisect_right(positions, position)
        if place == 0 or place == len(positions):
            edge = 0 if place == 0 else -1
            return moments[edge] + dt.timedelta(seconds=position - positions[edge])
        share = (position - positions[place - 1]) / (positions[place] - positions[place - 1])
        return moments[place - 1] + (moments[place] - moments[place - 1]) * share

    def elapsed(self, moment: dt.datetime) -> float:
        """The inverse of :meth:`moment`."""
        moments, positions = self.history.moments, self._positions
        place = bisect_right(moments, moment)
        if place == 0 or place == len(moments):
            edge = 0 if place == 0 else -1
            return self.begins + positions[edge] + (moment - moments[edge]).total_seconds()
        share = (moment - moments[place - 1]) / (moments[place] - moments[place - 1])
        return self.begins + positions[place - 1] + (positions[place] - positions[place - 1]) * share

    def status(self, version: int) -> int:
        """1 scheduled, 2 live, 3 final."""
        if version == 0:
            return SCHEDULED
        actions = self.history.actions(version)
        return FINAL if actions and actions[-1]["actionType"] == "game" else LIVE

    def play_by_play(self, version: int) -> bytes:
        """The document of a version; the last is the recorded one, byte for byte if it was the vendor's."""

        def write() -> bytes:
            recorded = self.recording.document
            actions = self.history.actions(version)
            if actions is self.recording.actions:
                return self.recording.body
            game = {**recorded["game"], "actions": actions}
            return msgspec.json.encode({**recorded, "game": game})

        return self._body("playbyplay", version, write)

    def box(self, version: int) -> Document:
        """The box score of a version, its statistics counted from the plays."""
        actions = self.history.actions(version)
        counted = count(self.recording.box, actions)
        status = self.status(version)
        began = self.history.moments[0]
        minutes = (self.history.moments[max(version - 1, 0)] - began).total_seconds() // 60
        recorded = self.recording.box["game"].get("duration")
        clock = actions[-1]["clock"] if actions else ""
        text = _status_text(self.recording.box, actions, status)
        return refresh_box(
            self.recording.box,
            counted,
            status=status,
            text=text,
            clock=clock,
            duration=int(minutes if status == LIVE else recorded or minutes),
        )

    def box_body(self, version: int) -> bytes:
        """The box score as served; once nothing will change any more, the recorded one."""
        recorded = self.recording.box_body
        if recorded is not None and self.history.actions(version) is self.recording.actions:
            return recorded
        return self._body("boxscore", version, lambda: msgspec.json.encode(self.box(version)))

    def _body(self, name: str, version: int, write: Callable[[], bytes]) -> bytes:
        """What was written last is kept: many ask for the same version."""
        kept = self._bodies.get(name)
        if kept is None or kept[0] != version:
            kept = self._bodies[name] = (version, write())
        return kept[1]


def _positions(moments: Sequence[dt.datetime], max_gap_s: float | None) -> list[float]:
    """Seconds from the first change to each, no gap longer than ``max_gap_s``."""
    positions = [0.0]
    for before, after in pairwise(moments):
        gap = (after - before).total_seconds()
        positions.append(positions[-1] + (gap if max_gap_s is None else min(gap, max_gap_s)))
    return positions


def _status_text(box: Document, actions: Sequence[Mapping[str, Any]], status: int) -> str:
    """``7:30 pm ET``, ``Q3 5:23``, ``Half``, ``End Q1``, ``Final/OT``."""
    if status == SCHEDULED:
        return status_text(dt.datetime.fromisoformat(box["game"]["gameTimeUTC"]))
    last = actions[-1]
    period = int(last["period"])
    if status == FINAL:
        return final_text(period)
    name = f"Q{period}" if period <= 4 else f"OT{period - 4 if period > 5 else ''}"
    if last["actionType"] == "period" and last["subType"] == "end":
        return "Half" if period == 2 else f"End {name}"
    tenths = clock_tenths(last["clock"])
    minutes, seconds = divmod(tenths // 10, 60)
    return f"{name} {minutes}:{seconds:02}" if minutes else f"{name} :{seconds:02}.{tenths % 10}"


class Replay:
    """Games on one clock: ``elapsed = (now - started) * speed``, or moved by hand.

    ``speed``: recorded seconds in one of ours. ``start_at``: a recorded instant of the first game to
    begin at. ``max_gap_s``: where nothing happens for longer (half-time, timeouts, the wait for late
    edits), skip to this many seconds. ``stagger_s``: each game begins this much later than the one
    before; recordings of different days so play at once. ``lead_s``: so long before the first action the
    replay begins, the games scheduled. ``endless``: no game ever ends. ``manual``: time stands until
    :meth:`advance` or :meth:`advance_to`. Raises :class:`ValueError` for no game, one twice, or a speed
    that is not positive.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        speed: float = 1.0,
        start_at: dt.datetime | None = None,
        max_gap_s: float | None = None,
        stagger_s: float = 0.0,
        lead_s: float = 0.0,
        endless: bool = False,
        manual: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if not recordings:
            raise ValueError("there is no game to replay")
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.games = {
            one.game_id: GameReplay(one, begins=place * stagger_s, max_gap_s=max_gap_s, endless=endless)
            for place, one in enumerate(recordings)
        }
        if len(self.games) < len(recordings):
            raise ValueError("a game is given twice")
        self.speed = speed
        self.manual = manual
        self._now = now
        self._origin = -lead_s if start_at is None else self.first.elapsed(start_at)
        self._started: float | None = None

    @property
    def first(self) -> GameReplay:
        """The game whose recorded time is the replay's."""
        return next(iter(self.games.values()))

    @property
    def lasts(self) -> float:
        """Seconds of recorded time until nothing changes any more."""
        return max(game.begins + game.lasts for game in self.games.values())

    @property
    def finished(self) -> bool:
        """Whether every document has its final form."""
        return self.elapsed() >= self.lasts

    def start(self) -> None:
        """Let the clock run; a second start changes nothing."""
        if self._started is None:
            self._started = self._now()

    def elapsed(self) -> float:
        """Recorded seconds since the first game's first action."""
        if self.manual or self._started is None:
            return self._origin
        return self._origin + (self._now() - self._started) * self.speed

    def advance(self, seconds: float) -> None:
        """Move the clock on by recorded seconds (negative: back)."""
        self._origin += seconds

    def advance_to(self, moment: dt.datetime) -> None:
        """Move the clock to a recorded instant of the first game."""
        self._origin += self.first.elapsed(moment) - self.elapsed()

    def advance_to_end(self) -> None:
        """Move the clock past the last revision."""
        self._origin += max(self.lasts - self.elapsed(), 0.0)

    def moment_of(self, period: int, clock_s: float) -> dt.datetime:
        """The recorded instant at which the first game's clock first shows ``clock_s`` in ``period``."""
        for action in self.first.recording.actions:
            if int(action["period"]) > period or (
                int(action["period"]) == period and clock_tenths(action["clock"]) <= clock_s * 10
            ):
                return dt.datetime.fromisoformat(action["timeActual"])
        return self.first.history.moments[-1]
