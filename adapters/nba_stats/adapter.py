"""The NBA's game feed as an adapter: files of every format, and the live feed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from adapters.nba_stats.client import open_feed
from adapters.nba_stats.normalize import normalize
from poise_sdk.adapter import FeedConfig, GameFeed, GameFeedAdapter
from poise_sdk.records import Normalized, RawDocument
from poise_sdk.replay import GameSimulator

__all__ = ["NbaStats"]


class NbaStats(GameFeedAdapter):
    """The statistics of the NBA, the WNBA and the G League."""

    name = "nba_stats"
    title = "NBA"
    version = "1"

    def normalize(self, document: RawDocument) -> Normalized:
        """See :func:`adapters.nba_stats.normalize.normalize`."""
        return normalize(document)

    def connect(self, config: FeedConfig) -> AbstractAsyncContextManager[GameFeed]:
        """The live feed of ``cdn.nba.com``, or of a server with the same paths at ``config.base_url``."""
        return open_feed(config)

    def simulator(self) -> GameSimulator:
        """An invented league, and recorded games replayed; loaded only by who asks for it."""
        from adapters.nba_stats.simulator import GameSimulator as Simulator

        return Simulator()
