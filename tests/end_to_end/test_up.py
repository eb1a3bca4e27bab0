"""``poise up`` begins, is interrupted, is killed, and begins again."""

from __future__ import annotations

import httpx

from tests.end_to_end.conftest import League
from tests.end_to_end.site import Site, gone, poise, run, until

IMPORT = """
mutation { gamesImport(input: {vendor: "nba_stats", path: "season"}) { job { id } errors { message } } }
"""


async def the_job(site: Site) -> tuple[str, int]:
    (job,) = await site.rows("SELECT state, progress_done FROM jobs WHERE kind = 'games.import'")
    return job["state"], job["progress_done"]


async def test_ctrl_c_and_kill_leave_nobody_behind_and_the_next_one_goes_on(
    site: Site, league: League
) -> None:
    league.link(site.data / "imports" / "season")
    async with httpx.AsyncClient() as client:
        answer = await client.post(site.address, json={"query": IMPORT})
    assert answer.json()["data"]["gamesImport"]["errors"] == []

    async def in_the_middle() -> bool:
        state, done = await the_job(site)
        assert state in ("queued", "running"), "the import was too quick"
        return done > 0

    await until(in_the_middle, "the import is under way")
    everybody = site.everybody()
    assert len(everybody) > 8  # guards, servers, programs, the worker's children
    assert await site.interrupt() == 0
    await gone(everybody)
    assert site.locked() == []
    assert not (site.data / "server.url").exists()

    # the worker has handed its job back; another takes it up
    await site.start()

    async def done() -> bool:
        return (await the_job(site))[0] == "succeeded"

    await until(done, "the import is done")
    assert (await site.rows("SELECT count(*) AS n FROM plays"))[0]["n"] == league.plays

    everybody = site.everybody()
    await site.kill()
    await gone(everybody)
    assert site.locked() == []
    # what it left lying about stands in nobody's way
    await site.start()
    assert (await site.rows("SELECT count(*) AS n FROM plays"))[0]["n"] == league.plays
    leaders = await run(poise("clutch", "leaders", "--data", site.data, "--top", "3", "--format", "csv"))
    assert leaders.returncode == 0, leaders.stderr
    assert len(leaders.stdout.splitlines()) == 4
    assert site.locked() == ["database.owner", "redis.owner"]
