"""What a game feed may offer beside its contract: an invented league, and recorded games replayed.

An adapter that can do this has a method ``simulator``; who wants it asks::

    if isinstance(adapter, SimulatesGames):
        feed = adapter.simulator().replay([Path("GAME.json")], speed=20)
        async with feed:
            config = FeedConfig(base_url=feed.base_url)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from poise_sdk.simulation import FaultPlan, Request

__all__ = ["GameSimulator", "ReplayClock", "ReplayFeed", "SimulatesGames"]


class ReplayClock(Protocol):
    """The clock of a replay, in recorded time."""

    @property
    def finished(self) -> bool:
        """Whether every document has its final form."""

    def elapsed(self) -> float:
        """Recorded seconds since the first game's first action."""

    def advance(self, seconds: float) -> None:
        """Move the clock on by recorded seconds."""

    def advance_to(self, moment: dt.datetime) -> None:
        """Move the clock to a recorded instant of the first game."""

    def advance_to_end(self) -> None:
        """Move the clock past the last revision."""

    def moment_of(self, period: int, clock_s: float) -> dt.datetime:
        """The recorded instant at which the first game's clock shows ``clock_s`` in ``period``."""


class ReplayFeed(Protocol):
    """A local server that speaks the vendor's protocol; an async context manager."""

    @property
    def base_url(self) -> str:
        """What to give to ``FeedConfig.base_url``, once the server runs."""

    @property
    def game_ids(self) -> tuple[str, ...]:
        """The games it serves."""

    @property
    def replay(self) -> ReplayClock:
        """Its clock."""

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""

    @property
    def requests(self) -> list[Request]:
        """What was asked, oldest first."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class GameSimulator(Protocol):
    """Makes up games, and serves recorded ones as they happened."""

    def simulate_league(
        self,
        out: Path,
        *,
        seed: int = ...,
        season: str = ...,
        teams: int = ...,
        games: int = ...,
        on_progress: Callable[[int, int], Any] | None = None,
    ) -> list[Path]:
        """Write an invented season into the folder ``out``; the recorded games, in order of time.

        The same arguments write the same bytes. Raises :class:`ValueError` for impossible numbers.
        """

    def replay(
        self,
        paths: Sequence[Path],
        *,
        speed: float = 1.0,
        port: int = 0,
        start_at: dt.datetime | tuple[int, float] | None = None,
        max_gap_s: float | None = None,
        stagger_s: float = 0.0,
        lead_s: float = 0.0,
        endless: bool = False,
        manual: bool = False,
    ) -> ReplayFeed:
        """A feed of the recorded games ``paths``, ``speed`` times as fast as they were.

        ``start_at``: a recorded instant of the first game, or its period and seconds left;
        ``max_gap_s``: no pause longer than this; ``stagger_s``: between the beginnings of the games;
        ``lead_s``: before the first; ``endless``: no game ends; ``manual``: time stands until moved.
        Raises :class:`ValueError` for what is no recording.
        """


@runtime_checkable
class SimulatesGames(Protocol):
    """An adapter that has a simulator."""

    def simulator(self) -> GameSimulator:
        """The vendor's simulator."""
