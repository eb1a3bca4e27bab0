"""Live streams over real sockets: nothing lost, nothing twice, whatever breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from server.live import hub as live_hub
from server.live import log as live_log
from server.live.cursor import encode
from storage import ledger
from storage.ledger import connect_redis
from tests.server import world
from tests.server.clients import Socket
from tests.server.conftest import Running, Settings, own_home, running

home = pytest.fixture(own_home)

FOLLOW = """
subscription Follow($game: ID!, $after: String) {
  gameUpdates(gameId: $game, after: $after) {
    sequence cursor snapshot status homeScore clockS sourceLagMs ownLagMs receivedAt publishedAt
    plays { kind play { number player { name } } }
  }
}
"""
CLUTCH = """
subscription Clutch($game: ID!, $after: String) {
  clutchUpdates(gameId: $game, after: $after) {
    sequence cursor snapshot active margin situation { number homePoints }
    players { id pts poe score player { name } } teams { pts } game { key }
  }
}
"""


async def follow(socket: Socket, *, after: str | None = None, query: str = FOLLOW) -> str:
    return await socket.subscribe(query, game=world.LIVE, after=after)


async def update(socket: Socket, id: str) -> dict[str, Any]:
    [event] = (await socket.next(id)).values()
    return event


def numbers(event: dict[str, Any]) -> list[int]:
    return [change["play"]["number"] for change in event["plays"]]


async def test_a_new_follower_gets_the_present_state_first_and_then_what_changes(
    server: Running, feed: world.Feed
):
    async with server.socket() as socket:
        id = await follow(socket)
        state = await update(socket, id)
        assert (state["snapshot"], state["sequence"], numbers(state)) == (True, 1, [1, 2, 3])
        await feed.game(4)
        event = await update(socket, id)
        assert (event["snapshot"], event["sequence"], event["homeScore"]) == (False, 2, 8)
        assert event["plays"] == [
            {"kind": "INSERTED", "play": {"number": 4, "player": {"name": "Player 105"}}}
        ]
        assert 2_900 < event["sourceLagMs"] < 60_000
        assert 0 <= event["ownLagMs"] < 60_000


async def test_a_correction_and_a_retraction_say_so(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        for kind in ("changed", "retracted"):
            await feed.game(3, kind=kind)
            [change] = (await update(socket, id))["plays"]
            assert (change["kind"], change["play"]["number"]) == (kind.upper(), 3)


async def test_a_client_that_was_cut_off_resumes_where_it_was(server: Running, feed: world.Feed):
    seen = []
    cursor = None
    for round_ in range(4):
        async with server.socket() as socket:
            id = await follow(socket, after=cursor)
            if cursor is None:
                cursor = (await update(socket, id))["cursor"]
            for number in (4 + 2 * round_, 5 + 2 * round_):
                if round_ != 2:  # in this round nothing arrives before the cut
                    await feed.game(number)
            while round_ != 2 and (not seen or seen[-1] < 5 + 2 * round_):
                event = await update(socket, id)
                seen += numbers(event)
                cursor = event["cursor"]
            socket.raw.transport.abort()
        if round_ == 2:
            for number in (8, 9):
                await feed.game(number)
    assert seen == list(range(4, 12))


async def test_a_lost_message_is_made_good_by_the_next(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        for number in (4, 5, 6):
            await feed.game(number, tell=number == 6)
        assert [numbers(await update(socket, id)) for _ in range(3)] == [[4], [5], [6]]


async def test_a_message_that_is_doubled_or_late_changes_nothing(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        for number in (4, 5):
            sequence = await feed.game(number)
            for earlier in (sequence, 1, 0, 10_000):
                feed.tell(world.LIVE, "game", earlier)
        assert [numbers(await update(socket, id)) for _ in range(2)] == [[4], [5]]
        await feed.game(6)
        assert numbers(await update(socket, id)) == [6]


async def test_the_last_message_of_all_may_be_lost(
    settings: Settings, feed: world.Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_hub, "RECONCILE_S", 0.05)
    async with running(settings()) as server, server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        await feed.game(4, tell=False)
        assert numbers(await update(socket, id)) == [4]


async def test_nonsense_on_redis_is_survived(server: Running, feed: world.Feed, redis_url: str):
    async with server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        redis = connect_redis(redis_url)
        for nonsense in (b"", b"[]", b"{}", b"\xff", b'{"game_id": 7}', b'{"game_id": ["x"]}'):
            await redis.publish("poise:live:game", nonsense)
        await redis.aclose(close_connection_pool=True)
        await feed.game(4)
        assert numbers(await update(socket, id)) == [4]


async def test_a_stream_outlives_the_connections_of_redis_and_of_the_database(
    server: Running, feed: world.Feed, redis_url: str
):
    async with server.socket() as socket:
        id = await follow(socket)
        await update(socket, id)
        redis = connect_redis(redis_url)
        await redis.client_kill_filter(_type="pubsub")
        await redis.aclose(close_connection_pool=True)
        await feed.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for number in (4, 5, 6):
            await feed.game(number)
        assert [numbers(await update(socket, id)) for _ in range(3)] == [[4], [5], [6]]


async def test_a_cursor_older_than_what_is_kept_gives_the_whole_state_once(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        old = (await update(socket, await follow(socket)))["cursor"]
    for number in (4, 5, 6):
        await feed.game(number)
    await feed.forget(3)
    async with server.socket() as socket:
        again = await follow(socket, after=old)
        state = await update(socket, again)
        assert (state["snapshot"], state["sequence"]) == (True, 4)
        assert numbers(state) == [1, 2, 3, 4, 5, 6]
        await feed.game(7)
        assert numbers(await update(socket, again)) == [7]


async def test_a_cursor_from_a_future_that_never_was_gives_the_whole_state(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        id = await follow(socket, after=encode("game", world.LIVE, 999))
        state = await update(socket, id)
        assert (state["snapshot"], state["sequence"]) == (True, 1)
        await feed.game(4)
        assert numbers(await update(socket, id)) == [4]


async def test_another_servers_cursor_is_understood_before_the_word_of_it_has_come(
    server: Running, feed: world.Feed
):
    async with server.socket() as socket:
        await update(socket, await follow(socket))
        for number in (4, 5):
            await feed.game(number, tell=False)
        id = await follow(socket, after=encode("game", world.LIVE, 3))
        await feed.game(6)
        event = await update(socket, id)
        assert (event["snapshot"], numbers(event)) == (False, [6])


async def test_many_missed_events_are_read_page_by_page(
    server: Running, feed: world.Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_log, "PAGE", 3)
    monkeypatch.setattr(live_log, "REMEMBERED", 4)
    async with server.socket() as socket:
        cursor = (await update(socket, await follow(socket)))["cursor"]
    for number in range(4, 24):
        await feed.game(number, tell=False)
    async with server.socket() as socket:
        id = await follow(socket, after=cursor)
        assert [numbers(await update(socket, id))[0] for _ in range(20)] == list(range(4, 24))


async def test_a_cursor_of_another_stream_is_refused(server: Running):
    async with server.socket() as socket:
        for cursor in ("x", "", encode("clutch", world.LIVE, 1), encode("game", "g1", 1)):
            message = await socket.message(await follow(socket, after=cursor))
            assert message["type"] == "error"
            assert "after" in message["payload"][0]["message"]


async def test_a_game_that_does_not_exist_cannot_be_followed(server: Running):
    async with server.socket() as socket:
        id = await socket.subscribe(FOLLOW, game="nothing")
        message = await socket.message(id)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"
        # the id is free again
        assert (await socket.message(await socket.subscribe("{ __typename }", id=id)))["type"] == "next"


async def test_clutch_updates_carry_the_situation_and_the_lines(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        id = await follow(socket, query=CLUTCH)
        state = await update(socket, id)
        assert (state["snapshot"], state["active"], state["players"]) == (True, False, [])
        await feed.clutch(7, lines=1)
        event = await update(socket, id)
        assert (event["sequence"], event["active"], event["margin"]) == (7, True, 2)
        assert event["situation"] == {"number": 1, "homePoints": 4}
        line = world.line(world.LIVE, 101)
        [player] = event["players"]
        assert (player["pts"], player["poe"], player["score"]) == (line["pts"], line["poe"], line["score"])
        assert player["player"] == {"name": "Player 101"}
        assert event["game"] == {"key": world.LIVE}


async def test_sequences_of_clutch_events_may_leave_numbers_out(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        await feed.clutch(7)
        id = await follow(socket, query=CLUTCH)
        cursor = (await update(socket, id))["cursor"]
        for sequence in (9, 14):
            await feed.clutch(sequence)
        assert [(await update(socket, id))["sequence"] for _ in range(2)] == [9, 14]
        again = await follow(socket, query=CLUTCH, after=cursor)
        assert [(await update(socket, again))["sequence"] for _ in range(2)] == [9, 14]


async def test_a_hundred_followers_who_come_and_go_all_see_every_event_once(
    server: Running, feed: world.Feed
):
    async def one(delay: float) -> list[int]:
        await asyncio.sleep(delay)
        async with server.socket() as socket:
            id = await follow(socket)
            state = await update(socket, id)
            seen, cursor = numbers(state), state["cursor"]
            while len(seen) < 10:
                event = await update(socket, id)
                seen += numbers(event)
                cursor = event["cursor"]
        async with server.socket() as socket:
            id = await follow(socket, after=cursor)
            while len(seen) < 23:
                seen += numbers(await update(socket, id))
        return seen

    async def write() -> None:
        for number in range(4, 24):
            await feed.game(number, tell=number % 3 != 0 or number == 23)

    followers = [asyncio.create_task(one(0.002 * n)) for n in range(60)]
    await write()
    for seen in await asyncio.gather(*followers):
        assert seen == list(range(1, 24))


async def test_a_job_is_followed_to_its_end(server: Running, redis_url: str, home: str):
    async def say(job_id: Any, **columns: Any) -> None:
        connection = await asyncpg.connect(home)
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
        await connection.execute(f"UPDATE jobs SET {sets} WHERE id = $1", job_id, *columns.values())
        await connection.close()
        await redis.publish("poise:jobs", f'{{"job_id": "{job_id}"}}')

    redis = connect_redis(redis_url)
    job = await ledger.enqueue("games.import", {}, key="k")
    async with server.socket() as socket:
        id = await socket.subscribe(
            "subscription($job: ID!) { jobProgress(jobId: $job) { state progress { done total } result } }",
            job=str(job.id),
        )
        assert (await update(socket, id))["state"] == "QUEUED"
        await say(job.id, state="running", progress_done=3, progress_total=9)
        assert (await update(socket, id))["progress"] == {"done": 3, "total": 9}
        await say(job.id, state="succeeded", result='{"games": 9}')
        assert await update(socket, id) == {
            "state": "SUCCEEDED",
            "progress": {"done": 3, "total": 9},
            "result": {"games": 9},
        }
        assert (await socket.message(id))["type"] == "complete"
    await redis.aclose(close_connection_pool=True)
