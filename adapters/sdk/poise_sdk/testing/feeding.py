"""What the suite asks of a feed: the right documents, and the right error for every trouble."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

import pytest

from poise_sdk.adapter import FeedConfig, Fetched, GameFeed, GameFeedAdapter
from poise_sdk.errors import NeedsReauth, PoiseError, Retriable, Skippable
from poise_sdk.http import MAX_BODY
from poise_sdk.records import Normalized
from poise_sdk.simulation import Fault, Reply, SimulatedVendor

__all__ = ["FeedChecks"]

#: The deadline given to the feed; a short one for the vendor that hangs, and when that counts as ignored.
_TIMEOUT_S: Final = 30.0
_SHORT_TIMEOUT_S: Final = 0.3
_HANGING_S: Final = 3.0
_PAUSE_S: Final = 7.0

#: Trouble → the errors that are right for it.
TROUBLES: Final[Mapping[str, tuple[Fault, tuple[type[PoiseError], ...]]]] = {
    "401": (Fault.status(401), (NeedsReauth,)),
    "403 with a web page": (Fault.firewall(), (Retriable,)),
    "404": (Fault.status(404), (Skippable,)),
    "429 with Retry-After": (Fault.status(429, {"retry-after": f"{_PAUSE_S:g}"}), (Retriable,)),
    "500": (Fault.status(500), (Retriable,)),
    "503": (Fault.status(503), (Retriable,)),
    "a dropped connection": (Fault.reset(), (Retriable,)),
    "a truncated body": (Fault.truncate(), (Retriable,)),
    "a body without end": (Fault.oversize(MAX_BODY + 1_000_000), (Skippable,)),
}
#: A day for ``schedule``; any will do, the vendor is simulated.
_DAY: Final = dt.date(2024, 1, 15)


class _Budget:
    """Counts what the feed asks for."""

    def __init__(self) -> None:
        self.taken = 0
        self.paused = 0.0

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        self.taken += n

    async def pause(self, seconds: float) -> None:
        self.paused = seconds


class FeedChecks:
    """Mixed into the suite of an adapter that has a feed."""

    adapter_class: ClassVar[type[GameFeedAdapter]]
    routes: ClassVar[Mapping[str, bytes]]
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
        budget = _Budget()

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            await feed.live_games()
            await feed.fetch_game(self.game_id)
            assert budget.taken >= len(vendor.requests), (
                f"{len(vendor.requests)} requests, {budget.taken} of them asked the budget"
            )
            vendor.faults.add(TROUBLES["429 with Retry-After"][0])
            with pytest.raises(Retriable):
                await feed.fetch_game(self.game_id)
            assert budget.paused == _PAUSE_S, "a 429 does not pause the budget"

        self._with_feed(check, budget=budget)

    def test_trouble_gives_the_error_that_says_how_to_recover(self) -> None:
        """401, 403, 404, 429, 5xx, drop, truncation, endless body: for each method."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            for trouble, (fault, right) in TROUBLES.items():
                for method, call in self._methods(feed).items():
                    vendor.faults.clear()
                    vendor.faults.add(fault)
                    await _expect(call, right, f"{method}, {trouble}")
            vendor.faults.clear()
            assert (await feed.fetch_game(self.game_id)).documents, "after the trouble the feed stays broken"

        self._with_feed(check)

    def test_a_vendor_that_hangs_is_given_up_in_time(self) -> None:
        """``FeedConfig.timeout_s`` bounds every request; then it is Retriable."""

        async def check(vendor: SimulatedVendor, feed: GameFeed) -> None:
            vendor.faults.add(Fault.hang())
            for method, call in self._methods(feed).items():
                await _expect(call, (Retriable,), f"{method}, a hang")

        self._with_feed(check, timeout_s=_SHORT_TIMEOUT_S)

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
        budget: _Budget | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        async def run() -> None:
            vendor = SimulatedVendor()
            for path, body in self.routes.items():
                vendor.serve(path, Reply(body=body, headers={"content-type": "application/json"}))
            async with vendor:
                config = FeedConfig(base_url=vendor.base_url, timeout_s=timeout_s, budget=budget)
                async with self.adapter_class().connect(config) as feed:
                    assert isinstance(feed, GameFeed), (
                        f"connect gives a {type(feed).__name__}, not a GameFeed"
                    )
                    await check(vendor, feed)

        asyncio.run(run())


async def _expect(
    call: Callable[[], Awaitable[object]], right: tuple[type[PoiseError], ...], where: str
) -> None:
    names = " or ".join(kind.__name__ for kind in right)
    try:
        async with asyncio.timeout(_HANGING_S):
            result = await call()
    except TimeoutError:
        raise AssertionError(f"{where}: the feed hangs and ignores FeedConfig.timeout_s") from None
    except right as error:
        if "Retry-After" in where and getattr(error, "after", None) != _PAUSE_S:
            raise AssertionError(f"{where}: the vendor asked for {_PAUSE_S:g} s: {error!r}") from error
        return
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise AssertionError(f"{where}: {names} is right, it raised {said}") from error
    raise AssertionError(f"{where}: {names} is right, it answered {result!r:.200}")
