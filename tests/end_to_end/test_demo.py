"""``poise demo`` and ``poise watch``: everything from nothing, a game live, and somebody who follows it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.site import Site, gone, poise, run

UPDATES = 2


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "site" / "data")
    await site.start("demo")
    yield site
    await site.remove()


async def test_the_demo_plays_a_game_live_that_can_be_watched_until_ctrl_c(demo: Site) -> None:
    command = poise("watch", "--data", demo.data, "--count", str(UPDATES), "--format", "json")
    watched = await run(command)
    assert watched.returncode == 0, watched.stderr + demo.log()
    updates = [json.loads(line) for line in watched.stdout.splitlines()]
    assert len(updates) == UPDATES
    sequences = [update["sequence"] for update in updates]
    assert sequences == sorted(set(sequences))
    assert updates[0]["snapshot"]
    assert updates[-1]["period"] >= 4
    assert {"active", "clockS", "homeScore", "awayScore", "sourceLagMs", "ownLagMs", "players"} <= set(
        updates[-1]
    )

    table = await run(poise("clutch", "table", "--data", demo.data, "--format", "csv"))
    assert len(table.stdout.splitlines()) == 1 + 8, table.stderr
    everybody = demo.everybody()
    assert await demo.interrupt() == 0
    await gone(everybody)
    assert demo.locked() == []
