"""Sharing: one execution for all who ask the same, and a slow client who delays nobody."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import Iterator
from typing import Any

import pytest

from server.graphql.executor import RowExecutor
from server.live import connection
from server.live import group as live_group
from server.live.outbox import Outbox
from server.settings import Limits
from tests.server import clients, world
from tests.server.conftest import Running, Settings, own_home, running, serving
from tests.server.test_live import FOLLOW, follow, numbers, update
from tests.server.test_protocol import closed

home = pytest.fixture(own_home)


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each event executed for a group."""
    seen: list[Any] = []
    execute = live_group.execute_subscription_event

    def counted(executor: Any) -> Any:
        seen.append(executor.root_value)
        return execute(executor)

    monkeypatch.setattr(live_group, "execute_subscription_event", counted)
    return seen


async def test_an_event_is_executed_once_however_many_follow(
    server: Running, feed: world.Feed, executions: list[Any]
):
    async with asyncio.TaskGroup() as group:
        everybody_is_there = asyncio.Barrier(31)

        async def one() -> None:
            async with server.socket() as socket:
                id = await follow(socket)
                await update(socket, id)
                await everybody_is_there.wait()
                for number in (4, 5):
                    assert numbers(await update(socket, id)) == [number]

        for _ in range(30):
            group.create_task(one())
        await everybody_is_there.wait()
        await feed.game(4)
        await feed.game(5)
    assert len(executions) == 3, "the snapshot and two events"


async def test_followers_who_resume_at_different_places_share_too(
    server: Running, feed: world.Feed, executions: list[Any]
):
    async with server.socket() as socket:
        id = await follow(socket)
        cursors = [(await update(socket, id))["cursor"]]
        for number in (4, 5, 6):
            await feed.game(number)
            cursors.append((await update(socket, id))["cursor"])
        before = len(executions)
        for position, cursor in enumerate(cursors[:-1]):
            again = await follow(socket, after=cursor)
            assert [numbers(await update(socket, again))[0] for _ in range(3 - position)] == list(
                range(4 + position, 7)
            )
        assert len(executions) == before, "what they missed was executed before"


async def test_other_documents_variables_and_games_are_other_groups(
    server: Running, feed: world.Feed, executions: list[Any]
):
    other = FOLLOW.replace("homeScore", "awayScore")
    optional = FOLLOW.replace("$after: String", "$after: String, $no: Boolean = false").replace(
        "clockS", "clockS @include(if: $no)"
    )
    async with server.socket() as socket:
        ids = [
            await socket.subscribe(FOLLOW, game=world.LIVE),
            await socket.subscribe(other, game=world.LIVE),
            await socket.subscribe(optional, game=world.LIVE),
            await socket.subscribe(optional, game=world.LIVE, no=True),
            await socket.subscribe(FOLLOW, game="g1"),
        ]
        for id in ids:
            await update(socket, id)
        executions.clear()
        await feed.game(4)
        events = [await update(socket, id) for id in ids[:4]]
        assert len(executions) == 4
        assert [("awayScore" in event, "clockS" in event) for event in events] == [
            (False, True),
            (True, True),
            (False, False),
            (False, True),
        ]


async def test_two_ids_on_one_socket_get_their_own_envelopes(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        ids = [await follow(socket), await follow(socket)]
        for id in ids:
            await update(socket, id)
        await feed.game(4)
        for id in ids:
            assert numbers(await update(socket, id)) == [4]


async def test_who_completed_hears_nothing_more(server: Running, feed: world.Feed):
    async with server.socket() as socket:
        gone, staying = await follow(socket), await follow(socket)
        for id in (gone, staying):
            await update(socket, id)
        await socket.send({"id": gone, "type": "complete"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await feed.game(4)
        assert (await socket.receive())["id"] == staying


async def test_a_client_who_does_not_read_delays_nobody_and_is_asked_to_come_back(
    settings: Settings, feed: world.Feed, monkeypatch: pytest.MonkeyPatch
):
    # The sleeper wakes when all events are out. A machine under load takes longer for them than a server
    # waits to say goodbye, and then a client would find the connection closed without a word.
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_S", 120.0)
    monkeypatch.setattr(clients, "PATIENCE_S", 120.0)
    limits = Limits(backlog_messages=3, backlog_bytes=10**9)
    async with (
        running(settings(limits=limits), send_buffer=65_536) as server,
        server.socket() as reader,
    ):
        narrow = sockets.socket()
        narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65_536)
        # Loopback's segments are as large as this window: one that is nearly full would stay shut for long.
        narrow.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_MAXSEG, 1_400)
        narrow.connect(("127.0.0.1", server.port))
        async with server.socket(sock=narrow, max_queue=1, max_size=None) as sleeper:
            for one in (reader, sleeper):
                id = await one.subscribe(FOLLOW, id="1", game=world.LIVE)
                cursor = (await update(one, id))["cursor"]
            fat = FOLLOW.replace("number player", "number description player")
            await sleeper.subscribe(fat, id="2", game=world.LIVE)
            for number in range(4, 28):
                # the sockets' buffers take some of them before the server notices anything
                await feed.game(number, description="x" * 100_000)
                assert numbers(await update(reader, "1")) == [number]
            code, reason = await closed(sleeper)
        assert code == 1013
        assert "after" in reason
        again = await reader.subscribe(FOLLOW, id="2", game=world.LIVE, after=cursor)
        assert [numbers(await update(reader, again)) for _ in range(24)] == [[n] for n in range(4, 28)]


class Slow:
    """An ASGI send that waits when told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.free = asyncio.Event()
        self.free.set()
        self.broken = False

    async def __call__(self, message: Any) -> None:
        await self.free.wait()
        if self.broken:
            raise ConnectionError
        self.sent.append(message["text"])


@pytest.fixture
def slow() -> Iterator[Slow]:
    return Slow()


def outbox(slow: Slow, overflowed: list[bool], messages: int = 3, size: int = 1_000) -> Outbox:
    return Outbox(slow, max_messages=messages, max_bytes=size, overflowed=lambda: overflowed.append(True))


async def test_a_send_that_need_not_wait_is_done_at_once():
    slow, overflowed = Slow(), []
    box = outbox(slow, overflowed)
    for number in range(10):
        box.put(str(number))
    assert slow.sent == [str(number) for number in range(10)], "not one turn of the loop was needed"


async def test_what_waits_keeps_its_order():
    slow, overflowed = Slow(), []
    box = outbox(slow, overflowed)
    box.put("a")
    slow.free.clear()
    for text in "bcd":
        box.put(text)
    assert slow.sent == ["a"]
    slow.free.set()
    await box.settled()
    box.put("e")
    assert slow.sent == list("abcde")
    assert overflowed == []


@pytest.mark.parametrize(("messages", "size"), [(3, 1_000), (100, 4)])
async def test_a_backlog_that_grows_too_long_is_dropped_and_told_once(messages: int, size: int):
    slow, overflowed = Slow(), []
    box = outbox(slow, overflowed, messages, size)
    slow.free.clear()
    for text in "abcdefgh":
        box.put(text)
    slow.free.set()
    await asyncio.sleep(0)
    await box.settled()
    assert overflowed == [True]
    assert slow.sent == []


async def test_a_broken_connection_swallows_what_is_sent():
    slow, overflowed = Slow(), []
    box = outbox(slow, overflowed)
    slow.broken = True
    box.put("a")
    slow.broken = False
    box.put("b")
    assert slow.sent == []
    waiting = outbox(slow, overflowed)
    slow.free.clear()
    waiting.put("c")
    waiting.put("d")
    slow.broken = True
    slow.free.set()
    await waiting.settled()
    assert slow.sent == []


async def test_the_short_way_through_the_executor_gives_what_the_long_way_gives(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    query = (
        "{ games { nodes { id key vendor season seasonType status tipoffAt period clockS homeScore sequence"
        " homeTeam { id key name }"
        " plays(first: 5) { edges { cursor node { id kind made xFt occurredAt description } } }"
        " clutchScores { id minutes reb poe score percentile lineupsComplete } } pageInfo { hasNextPage } } }"
    )
    async with serving(settings()) as api:
        short = await api.data(query)
        monkeypatch.setattr(RowExecutor, "_column", lambda *_: None)
        assert await api.data(query) == short


async def test_a_column_that_is_missing_or_does_not_fit_is_reported_where_it_stands(
    settings: Settings, feed: world.Feed
):
    await feed.sql("UPDATE clutch_leaders SET poe = 'NaN', seconds = 'Infinity' WHERE rank = 1")
    async with serving(settings()) as api:
        query = f'{{ clutchLeaderboard(season: "{world.SEASON}", first: 1) {{ nodes {{ poe }} }} }}'
        [error] = await api.errors(query)
    assert error["path"] == ["clutchLeaderboard", "nodes", 0, "poe"]
    assert isinstance(error["message"], str)


async def test_leaving_ends_the_group_and_its_log(server: Running, feed: world.Feed):
    before = {task.get_name() for task in asyncio.all_tasks()}
    async with server.socket() as socket:
        await update(socket, await follow(socket))
    deadline = asyncio.get_running_loop().time() + 5
    while True:
        left = {task.get_name() for task in asyncio.all_tasks()} - before
        if not any("log" in name or "operation" in name for name in left):
            break
        assert asyncio.get_running_loop().time() < deadline, left
        await asyncio.sleep(0.01)
    async with server.socket() as socket:
        await feed.game(4)
        state = await update(socket, await follow(socket))
        assert numbers(state) == [1, 2, 3, 4]
