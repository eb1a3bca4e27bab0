"""A feed in trouble: the poller says so, waits, and goes on where it was."""

from __future__ import annotations

import pytest

from poise_sdk.simulation import Fault
from tests.leagues import Recorded
from tests.tasks.conftest import until
from tests.tasks.live.conftest import Follow

PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>back soon</body></html>"

#: What goes wrong with which document, and the words by which the poller tells it.
TROUBLES = {
    "too many requests": ("boxscore", Fault.status(429, {"retry-after": "1"}), "HTTP 429", "; again in 1 s"),
    "an internal error": ("playbyplay", Fault.status(500), "HTTP 500", "; again in 0 s"),
    "a hang": ("playbyplay", Fault.hang(), "no complete answer in 1 s", "; again in 0 s"),
    "a body cut short": ("playbyplay", Fault.truncate(), "the connection failed", "; again in 0 s"),
    "a connection dropped": ("boxscore", Fault.reset(), "the connection failed", "; again in 0 s"),
    "a firewall": (
        "playbyplay",
        Fault.status(403, {"content-type": "text/html", "retry-after": "1"}, PAGE),
        "a firewall in front of the vendor refuses us",
        "; again in 1 s",
    ),
    "a web page": (
        "playbyplay",
        Fault.status(200, {"content-type": "text/html"}, PAGE),
        "a web page instead of data",
        "",
    ),
    "half a document": (
        "boxscore",
        Fault.status(200, body=b'{"game": {"gameId"'),
        "probably cut off on its way",
        "",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_feed_in_trouble_is_told_of_and_waited_for(
    follow: Follow, game: Recorded, trouble: str
) -> None:
    document, fault, words, pause = TROUBLES[trouble]
    async with follow(game, start_at=(4, 320.0)) as following:
        clock = following.feed.replay
        await following.begin(timeout_s=1.0)
        await following.looked()
        before = await following.sequence()
        following.feed.faults.add(fault, path=f"*/{document}/*")
        clock.advance_to(clock.moment_of(4, 200))
        await following.says(words)
        assert pause in await following.note()
        assert document in await following.note()
        following.feed.faults.clear()

        async def moved_on() -> bool:
            note = await following.note()
            return note.startswith("live period 4") and words not in note

        await until(moved_on)
        assert await following.sequence() > before
        assert [one["status"] for one in await following.events("game")].count("live") == (
            await following.sequence()
        )


async def test_a_game_that_has_not_begun_is_waited_for(follow: Follow, game: Recorded) -> None:
    async with follow(game, lead_s=60.0) as following:
        await following.begin()
        await following.says("the vendor has no such document (yet); again in 0 s")
        assert await following.sequence() == 0
        following.feed.replay.advance(90.0)
        await following.says("live period 1")
        assert await following.events("game")
