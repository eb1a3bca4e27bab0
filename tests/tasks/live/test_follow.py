"""Following a game from a real feed: revisions, events, corrections, the end."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
from contextlib import closing
from typing import Any

import pytest

from poise_sdk.simulation import Fault
from storage import events, ledger
from storage.connect import connect, rows
from tasks.context import Services
from tasks.inline import run_inline
from tests.clutch_tables import fresh, stored
from tests.leagues import Recorded
from tests.tasks.conftest import QUICK, until
from tests.tasks.live.conftest import Follow, assert_the_same_as_an_import, moment

SOON = dt.timedelta(seconds=0.2)


class Story:
    """The instants of a recording at which something worth seeing happens."""

    def __init__(self, game: Recorded) -> None:
        revisions = game.document["revisions"]
        (gone,) = (one for one in revisions if one["op"] == "retract")
        self.phantom: int = gone["actionNumber"]
        (came,) = (one for one in revisions if one.get("action", {}).get("actionNumber") == self.phantom)
        # the basket that counts three for a while: typed in as one, a two in the end
        final = {one["actionNumber"]: one for one in game.document["game"]["actions"]}
        wrong = next(
            one["action"]
            for one in revisions
            if one["op"] == "insert"
            and one["action"]["actionType"] == "3pt"
            and final.get(one["action"]["actionNumber"], {}).get("actionType") == "2pt"
        )
        self.overrated: int = wrong["actionNumber"]
        right = next(
            one for one in revisions if one["op"] == "change" and one.get("actionNumber") == self.overrated
        )
        seen = (came["at"], gone["at"], wrong["timeActual"], right["at"])
        # just before the basket is put right too, so that nothing else moves the score between
        self.moments = [moment(right["at"]) - SOON, *(moment(text) + SOON for text in seen)]


async def test_a_game_is_followed_through_its_corrections_to_its_end(
    follow: Follow, services: Services, game: Recorded
) -> None:
    story = Story(game)
    async with follow(game, start_at=(1, 700.0)) as following:
        clock = following.feed.replay
        moments = [clock.moment_of(4, left) for left in (420, 330, 290, 200, 120, 40, 1)]
        job = await following.begin()
        await following.looked()
        await following.looked_at(*sorted([*story.moments, *moments]))
        clock.advance_to_end()
        job = await following.ended()
        assert job.result is not None
        assert job.result["ended"] == "the game is over and no longer corrected"
        told, clutch = await following.events("game"), await following.events("clutch")
        assert await following.sequence() == told[-1]["sequence"]

    # every change has its event, numbered without a hole, and says when it was received
    assert [one["sequence"] for one in told] == list(range(told[0]["sequence"], told[-1]["sequence"] + 1))
    assert all(one["sequence"] == one["filed"] and one["received_at"] for one in (*told, *clutch))
    assert [told[0]["status"], told[-1]["status"]] == ["live", "final"]

    # the phantom foul came and went, the basket was put right, and the score stepped back
    revisions = await rows("SELECT sequence, number, kind FROM play_revisions ORDER BY sequence")
    assert {row["kind"] for row in revisions} == {"inserted", "changed", "retracted"}
    assert [row["number"] for row in revisions if row["kind"] == "retracted"] == [story.phantom]
    assert (story.overrated, "changed") in {(row["number"], row["kind"]) for row in revisions}
    scores = [(one["home_score"] or 0) + (one["away_score"] or 0) for one in told]
    assert any(later < sooner for sooner, later in itertools.pairwise(scores))

    # clutch time begins, and its end is told
    assert {one["active"] for one in clutch} == {True, False}
    assert not clutch[-1]["active"]
    for one in clutch:
        assert (one["situation"] is not None) == one["active"]
    assert {one["sequence"] for one in clutch} <= {one["sequence"] for one in told}
    assert (clutch[-1]["home_score"], clutch[-1]["away_score"]) == (
        told[-1]["home_score"],
        told[-1]["away_score"],
    )

    # what the events said last of each player is what is stored, and that is what the plays give
    with closing(connect(services.endpoints.database_url)) as c:
        tables = stored(c, "league")
        assert tables == fresh(c, "league")
    lines = {line["player_id"]: line for one in clutch for line in one["players"]}
    counted = ("fgm", "fga", "ftm", "fta", "pts", "ast", "tov", "pf", "actions", "plus_minus")
    # the line of a player whose clutch plays were all another's in the end was told to be empty
    said = {who: [line[name] for name in counted] for who, line in lines.items() if line["seconds"]}
    assert said == {
        row["player_id"]: [row[name] for name in counted] for row in tables["clutch_player_games"]
    }
    await assert_the_same_as_an_import(services, game)


async def test_what_is_published_is_what_is_stored_and_is_told_again_by_the_next_shift(
    follow: Follow, services: Services, game: Recorded
) -> None:
    heard: list[tuple[str, int]] = []

    async def listen(subscription: events.Subscription) -> None:
        async for event in subscription:
            assert isinstance(event, events.Message)
            heard.append((event.channel, json.loads(event.payload)["sequence"]))

    async with (
        events.subscribe(services.redis, events.LIVE_GAME, events.LIVE_CLUTCH) as subscription,
        follow(game, start_at=(4, 250.0)) as following,
    ):
        listening = asyncio.create_task(listen(subscription))
        job = await following.begin(shift_s=0.0)  # each look is a shift of its own
        await following.looked()
        for left in (200, 120, 60):
            await following.looked_at(following.feed.replay.moment_of(4, left))
        assert job.state == "queued"
        stored = {
            *((events.LIVE_GAME, one["filed"]) for one in await following.events("game")),
            *((events.LIVE_CLUTCH, one["filed"]) for one in await following.events("clutch")),
        }

        async def all_heard() -> bool:
            return set(heard) == stored

        await until(all_heard)
        listening.cancel()
    assert len(stored) >= 6
    assert len(heard) > len(stored)
    # told again or not, nobody hears an older number after a newer one
    for channel in (events.LIVE_GAME, events.LIVE_CLUTCH):
        sequence = [number for where, number in heard if where == channel]
        assert sequence == sorted(sequence)


async def test_nothing_is_done_while_nothing_changes(
    follow: Follow, services: Services, game: Recorded
) -> None:
    async def traces() -> list[dict[str, Any]]:
        counted = ("raw_documents", "live_events", "play_revisions", "plays")
        counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in counted)
        return await rows(f"SELECT sequence, updated_at, {counts} FROM games")

    async with follow(game, start_at=(2, 300.0)) as following:
        await following.begin()
        await following.looked()
        before = await traces()
        asked = following.asked()
        await following.looked()
        await following.looked()
        assert await traces() == before
        requests = [one for one in following.feed.requests if "/playbyplay/" in one.path][asked:]
        assert len(requests) >= 4
        assert all("if-none-match" in one.headers for one in requests)


async def test_when_the_game_is_over_every_definition_and_the_boards_follow(
    follow: Follow, services: Services, game: Recorded
) -> None:
    columns = "id, name, last_seconds, margin, min_period"
    await rows(f"INSERT INTO clutch_definitions ({columns}) VALUES ('wide', 'wide', 720, 50, 1)")
    async with follow(game, start_at=(4, 20.0)) as following:
        await following.begin()
        await following.looked()
        following.feed.replay.advance_to_end()
        await following.ended()
    ordered = await rows("SELECT id, args FROM jobs WHERE kind = 'clutch.score' AND state = 'queued'")
    assert {json.loads(row["args"])["definition_id"] for row in ordered} == {"league", "wide"}
    for row in ordered:
        assert (await run_inline(row["id"], services, options=QUICK)).state == "succeeded"
    with closing(connect(services.endpoints.database_url)) as c:
        for definition in ("league", "wide"):
            assert stored(c, definition) == fresh(c, definition)
    board = "SELECT DISTINCT definition_id FROM clutch_leaders ORDER BY 1"
    assert [row["definition_id"] for row in await rows(board)] == ["league", "wide"]


async def test_a_game_is_not_over_before_the_vendor_says_so(follow: Follow, game: Recorded) -> None:
    async with follow(game, start_at=(4, 5.0), endless=True) as following:
        # the last period has ended, one side leads, and there is no word of the end
        following.feed.replay.advance_to_end()
        await following.begin()
        await following.looked()
        assert await rows("SELECT status FROM games") == [{"status": "live"}]
        assert not following.over()


@pytest.mark.parametrize("trouble", ["endless", "silent"])
async def test_a_game_that_never_ends_is_given_up(follow: Follow, game: Recorded, trouble: str) -> None:
    async with follow(game, start_at=(4, 5.0), endless=True) as following:
        if trouble == "silent":
            following.feed.faults.add(Fault.status(500))
        await following.begin(give_up_s=1.0)
        job = await following.ended()
        assert job.result is not None
        assert job.result["ended"].startswith("given up: the feed has not called the game over in ")
        assert bool(job.result["looks"]) == (trouble == "endless")


async def test_a_poller_nobody_can_be_is_a_dead_letter_with_a_reason(services: Services) -> None:
    job = await ledger.enqueue("live.poll", {"vendor": "nba_stats"})
    job = await run_inline(job.id, services, options=QUICK)
    assert job.state == "dead"
    assert "Object missing required field `game_id`" in (job.error or "")
