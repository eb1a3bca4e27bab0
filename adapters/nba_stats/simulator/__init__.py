"""An invented league in the vendor's own documents, and recorded games replayed over HTTP.

``GameSimulator`` is what the adapter hands out; :mod:`.league` plays and writes a season,
:mod:`.replay` and :mod:`.feed` serve recordings as they happened, :mod:`.revisions` describes their
format. ``python -m adapters.nba_stats.simulator GAME.json`` runs a feed as a process of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adapters.nba_stats.simulator.feed import FeedServer
from adapters.nba_stats.simulator.league import DEFAULT_GAMES, simulate_league
from adapters.nba_stats.simulator.recording import load
from adapters.nba_stats.simulator.replay import Replay

__all__ = ["GameSimulator"]


class GameSimulator:
    """See :class:`poise_sdk.replay.GameSimulator`."""

    def simulate_league(
        self,
        out: Path,
        *,
        seed: int = 7,
        season: str = "2025-26",
        teams: int = 8,
        games: int = DEFAULT_GAMES,
        on_progress: Callable[[int, int], Any] | None = None,
    ) -> list[Path]:
        """Write an invented season into ``out``; see :func:`.league.simulate_league`."""
        return simulate_league(
            out, seed=seed, season=season, teams=teams, games=games, on_progress=on_progress
        )

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
    ) -> FeedServer:
        """A feed of the recordings ``paths``; see :class:`.replay.Replay` and :class:`.feed.FeedServer`.

        ``start_at`` is a recorded instant of the first game, or its period and seconds left in it.
        """
        replay = Replay(
            [load(path) for path in paths],
            speed=speed,
            max_gap_s=max_gap_s,
            stagger_s=stagger_s,
            lead_s=lead_s,
            endless=endless,
            manual=manual,
        )
        if isinstance(start_at, tuple):
            start_at = replay.moment_of(*start_at)
        if start_at is not None:
            replay.advance_to(start_at)
        return FeedServer(replay, port=port)
