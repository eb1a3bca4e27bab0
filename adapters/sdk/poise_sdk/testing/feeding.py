"""What the suite asks of a feed: the right documents, and the right error for every trouble."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

import pytest

from poise_sdk.adapter import FeedConfig, Fetched, GameFeed, GameFeedAdapter
from poise_sdk.errors import PoiseError, Retriable
from poise_sdk.records import Normalized
from poise_sdk.simulation import Fault, Handler, Reply, SimulatedVendor
from poise_sdk.testing.troubles import PAUSE_S, SHORT_TIMEOUT_S, TIMEOUT_S, TROUBLES, CountingBudget, expect

__all__ = ["FeedChecks"]

#: A day for ``schedule``; any will do, the vendor is simulated.
_DAY: Final = dt.date(2024, 1, 15)


class FeedChecks:
    """Mixed into the suite of an adapter that has a feed."""

    adapter_class: ClassVar[type[GameFeedAdapter]]
    routes: ClassVar[Mapping[str, bytes | Handler]]
    game_id: ClassVar[str]
    day: ClassVar[dt.date] = _DAY

    def test_the_feed_serves_games(self) -> None:
        """Live games, the day's games and one game's documents, all from ``base_url``."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            for what, result in (
                ("live_games", await feed.live_games()),
                ("schedule", await feed.schedule(self.day)),
            ):
                assert isinstance(result, Normalized), f"{what} gave a {type(result).__name__}"
                assert result.games or not result.rejected, f"{what}: {result.rejected[:3]}"
            asked = len(vendor.requests)
            fetched = await feed.fetch_game(self.game_id)
            assert isinstance(fetched, Fetched)
            assert len(vendor.requests) > asked, "fetch_game does not ask base_url"
            assert fetched.documents, "fetch_game gives no document"
            assert not fetched.unchanged
            assert fetched.received_at.utcoffset() == dt.timedelta(0), "received_at is not UTC"
            plays = [self.adapter_class().normalize(document).plays for document in fetched.documents]
            assert any(plays), "no fetched document has plays"

        self._with_feed(check)

    def test_an_unchanged_game_is_not_sent_again(self) -> None:
        """With the validators of the first answer: nothing new, and the vendor could say 304."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            first = await feed.fetch_game(self.game_id)
            vendor.requests.clear()
            again = await feed.fetch_game(self.game_id, validators=first.validators)
            assert again.unchanged, "an unchanged game is not reported as unchanged"
            assert not again.documents
            assert any("if-none-match" in r.headers for r in vendor.requests), (
                "the request is not conditional"
            )
            third = await feed.fetch_game(self.game_id, validators=again.validators)
            assert third.unchanged, "the validators of an unchanged answer are of no use"
            assert (await feed.fetch_game(self.game_id)).documents, "without validators everything is sent"

        self._with_feed(check)

    def test_every_request_asks_the_budget(self) -> None:
        """The vendor's limit is shared by all workers; a request that does not ask breaks it for all."""
        budget = CountingBudget()

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            await feed.live_games()
            await feed.fetch_game(self.game_id)
            assert budget.taken >= len(vendor.requests), (
                f"{len(vendor.requests)} requests, {budget.taken} of them asked the budget"
            )
            vendor.faults.add(TROUBLES["429 with Retry-After"][0])
            with pytest.raises(Retriable):
                await feed.fetch_game(self.game_id)
            assert budget.paused == PAUSE_S, "a 429 does not pause the budget"

        self._with_feed(check, budget=budget)

    def test_trouble_gives_the_error_that_says_how_to_recover(self) -> None:
        """401, 403, 404, 429, 5xx, drop, truncation, endless body: for each method."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            for trouble, (fault, right) in TROUBLES.items():
                for method, call in self._methods(feed).items():
                    vendor.faults.clear()
                    vendor.faults.add(fault)
                    await expect(call, right, f"{method}, {trouble}")
            vendor.faults.clear()
            assert (await feed.fetch_game(self.game_id)).documents, "after the trouble the feed stays broken"

        self._with_feed(check)

    def test_a_vendor_that_hangs_is_given_up_in_time(self) -> None:
        """``FeedConfig.timeout_s`` bounds every request; then it is Retriable."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            vendor.faults.add(Fault.hang())
            for method, call in self._methods(feed).items():
                await expect(call, (Retriable,), f"{method}, a hang")

        self._with_feed(check, timeout_s=SHORT_TIMEOUT_S)

    def test_a_web_page_with_status_200_never_becomes_games(self) -> None:
        """Content networks do that: it is an error or a rejection, never an empty day."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            vendor.faults.add(Fault.status(200, body=Fault.firewall().body))
            try:
                result = await feed.live_games()
            except PoiseError:
                return
            assert result.rejected, "a web page was taken for a day without games"
            assert not result.games

        self._with_feed(check)

    def _methods(self, feed: GameFeed) -> dict[str, Callable[[], Awaitable[object]]]:
        return {
            "live_games": feed.live_games,
            "schedule": lambda: feed.schedule(self.day),
            "fetch_game": lambda: feed.fetch_game(self.game_id),
        }

    def _with_feed(
        self,
        check: Callable[[SimulatedVendor, GameFeed], Awaitable[None]],
        *,
        budget: CountingBudget | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        async def run() -> None:
            vendor = SimulatedVendor()
            for path, answer in self.routes.items():
                if isinstance(answer, bytes):
                    vendor.serve(path, Reply(body=answer, headers={"content-type": "application/json"}))
                else:
                    vendor.route(path)(answer)
            async with vendor:
                config = FeedConfig(base_url=vendor.base_url, timeout_s=timeout_s, budget=budget)
                async with self.adapter_class().connect(config) as feed:
                    assert isinstance(feed, GameFeed), (
                        f"connect gives a {type(feed).__name__}, not a GameFeed"
                    )
                    await check(vendor, feed)

        asyncio.run(run())
