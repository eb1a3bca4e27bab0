"""``poise demo`` and ``poise watch``: everything from nothing, a game live, and somebody who follows it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.site import Site, gone, poise, run, until

UPDATES = 2
#: What the demo says once an athlete's data is there: where to ask, about whom, and what.
INVITATION = re.compile(r"ask (http://\S+) about (.+)'s day: (\{ .+ \})$", re.MULTILINE)
ATHLETES = """
{ athletes { nodes { name player { id } connections { vendor status subscribed } } } }
"""


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "site" / "data")
    await site.start("demo")
    yield site
    await site.remove()


async def asked(address: str, query: str) -> Any:
    async with httpx.AsyncClient(trust_env=False) as client:
        said = (await client.post(address, json={"query": query})).json()
    assert "errors" not in said, said
    return said["data"]


async def test_the_demo_plays_a_game_live_and_connects_athletes_until_ctrl_c(demo: Site) -> None:
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

    async def invited() -> list[tuple[str, str, str]]:
        found = INVITATION.findall(demo.log())
        assert "could not be connected" not in demo.log()
        return found if len(found) == 3 else []

    invitations = await until(invited, "everybody's first nights are there")
    athletes = (await asked(demo.address, ATHLETES))["athletes"]["nodes"]
    worn = {one["name"]: {one["vendor"] for one in one["connections"]} for one in athletes}
    assert len(worn) == 3
    assert {frozenset(vendors) for vendors in worn.values()} == {
        frozenset({"whoop"}),
        frozenset({"oura"}),
        frozenset({"whoop", "oura"}),
    }
    assert {one["status"] for athlete in athletes for one in athlete["connections"]} == {"CONNECTED"}
    [player] = [one for one in athletes if one["player"]]
    assert worn[player["name"]] == {"whoop", "oura"}

    for address, name, query in invitations:
        assert address == demo.address
        summary = (await asked(address, query))["athlete"]["dailySummary"]
        assert {night["vendor"] for night in summary["nights"]} >= worn[name]
        assert {one["metric"] for one in summary["metrics"]} >= {"asleep_min"}

    table = await run(poise("clutch", "table", "--data", demo.data, "--format", "csv"))
    assert len(table.stdout.splitlines()) == 1 + 8, table.stderr

    everybody = demo.everybody()
    assert await demo.interrupt() == 0
    await gone(everybody)
    assert demo.locked() == []
