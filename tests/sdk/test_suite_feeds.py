"""A game feed's server side with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.feeding import FeedChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.courtside import suite_of

DEFECTS: dict[str, Defect] = {
    "an address of its own": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            async with HttpKit("http://127.0.0.1:1", config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "serves_games",
        "connection failed",
    ),
    "a feed that forgets what is known": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def fetch_game(self, game_id, validators=None):
                    return await super().fetch_game(game_id)
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "not_sent_again",
        "is not reported as unchanged",
    ),
    "a feed that asks no budget": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            config = FeedConfig(base_url=config.base_url, timeout_s=config.timeout_s)
            async with HttpKit(config.base_url, config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "asks_the_budget",
        "asked the budget",
    ),
    "errors of its own": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    try:
                        return await super().live_games()
                    except PoiseError as error:
                        raise RuntimeError("vendor trouble") from error
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "NeedsReauth is right, it raised RuntimeError",
    ),
    "trouble taken for a day without games": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def schedule(self, day):
                    try:
                        return await super().schedule(day)
                    except PoiseError:
                        return Normalized()
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "is right, it answered",
    ),
    "a pause of its own": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    try:
                        return await super().live_games()
                    except Retriable as error:
                        raise Retriable("slow down", after=1.0) from error
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "the vendor asked for 7 s",
    ),
    "patience without end": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            config = FeedConfig(base_url=config.base_url, timeout_s=30)
            async with HttpKit(config.base_url, config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "hangs_is_given_up",
        "ignores the timeout_s",
    ),
    "a web page taken for a day without games": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    return change(await super().live_games(), rejected=())
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "web_page_with_status_200",
        "was taken for a day without games",
    ),
}


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(FeedChecks, DEFECTS)
