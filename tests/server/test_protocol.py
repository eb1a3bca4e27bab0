"""graphql-transport-ws as its specification wants it, and clients who do not keep to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from server.settings import Limits
from tests.server import world
from tests.server.clients import Socket
from tests.server.conftest import Running, Settings, running
from tests.server.test_live import FOLLOW

HELLO = "{ __typename }"


async def closed(socket: Socket) -> tuple[int, str]:
    """Read on until the server closes; returns its code and reason."""
    while True:
        try:
            await socket.receive()
        except ConnectionClosed as ending:
            frame = ending.rcvd
            return (frame.code, frame.reason) if frame else (1006, "the server closed without a word")


def subscription(id: Any = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": payload or {"query": HELLO}}


async def test_a_query_over_a_socket_gives_one_result_and_completes(server: Running):
    async with server.socket() as socket:
        id = await socket.subscribe(HELLO)
        assert await socket.next(id) == {"__typename": "Query"}
        assert (await socket.message(id))["type"] == "complete"


async def test_a_mutation_runs_over_a_socket(server: Running):
    async with server.socket() as socket:
        id = await socket.subscribe('mutation { jobCancel(id: "x") { errors { code } } }')
        assert await socket.next(id) == {"jobCancel": {"errors": [{"code": "INVALID"}]}}


async def test_a_ping_is_answered_and_a_pong_is_not(server: Running):
    async with server.socket() as socket:
        await socket.send({"type": "pong"})
        await socket.send({"type": "ping", "payload": {"any": "thing"}})
        assert await socket.receive() == {"type": "pong"}


async def test_a_ping_is_answered_before_the_init(server: Running):
    async with server.socket(init=False) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_without_init_in_time_the_connection_ends(settings: Settings):
    hasty = settings(limits=Limits(init_timeout_s=0.05))
    async with running(hasty) as server, server.socket(init=False) as socket:
        assert (await closed(socket))[0] == 4408


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([subscription()], 4401),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "unknown"}], 4400),
        ([{"no": "type"}], 4400),
        (["text"], 4400),
        ([[]], 4400),
        ([{"type": "connection_init", "payload": 1}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe"}], 4400),
        ([{"type": "connection_init"}, subscription("")], 4400),
        ([{"type": "connection_init"}, subscription(7)], 4400),
        ([{"type": "connection_init"}, {"id": "1", "type": "subscribe"}], 4400),
        ([{"type": "connection_init"}, subscription(query=7)], 4400),
        ([{"type": "connection_init"}, subscription(query=HELLO, variables=[])], 4400),
        ([{"type": "connection_init"}, {"type": "complete"}], 4400),
    ],
)
async def test_a_breach_of_the_protocol_ends_the_connection(server: Running, messages: list[Any], code: int):
    async with server.socket(init=False) as socket:
        for message in messages:
            await socket.send(message)
        assert (await closed(socket))[0] == code


@pytest.mark.parametrize("raw", ["", "{", b"\x00\x01"])
async def test_what_is_no_json_text_ends_the_connection(server: Running, raw: str | bytes):
    async with server.socket() as socket:
        await socket.raw.send(raw)
        assert (await closed(socket))[0] == 4400


async def test_an_id_in_use_cannot_be_used_again(server: Running):
    async with server.socket() as socket:
        await socket.subscribe(FOLLOW, id="x", game=world.LIVE)
        await socket.next("x")
        await socket.subscribe(FOLLOW, id="x", game=world.LIVE)
        assert await closed(socket) == (4409, "Subscriber for x already exists")


async def test_an_id_is_free_again_after_complete(server: Running):
    async with server.socket() as socket:
        for _ in range(3):
            await socket.subscribe(FOLLOW, id="x", game=world.LIVE)
            assert (await socket.next("x"))["gameUpdates"]["snapshot"]
            await socket.send({"id": "x", "type": "complete"})
        await socket.send({"id": "never", "type": "complete"})
        await socket.subscribe(HELLO, id="x")
        assert await socket.next("x") == {"__typename": "Query"}


async def test_an_id_with_quotes_comes_back_as_it_was(server: Running):
    async with server.socket() as socket:
        id = 'a"b\\c\u2028'
        await socket.subscribe(FOLLOW, id=id, game=world.LIVE)
        assert (await socket.next(id))["gameUpdates"]["snapshot"]


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "query A { __typename } query B { __typename }", "subscription { __typename }"],
)
async def test_an_operation_that_cannot_run_is_an_error_and_the_connection_stays(server: Running, query: str):
    async with server.socket() as socket:
        message = await socket.message(await socket.subscribe(query))
        assert message["type"] == "error"
        assert message["payload"][0]["message"]
        assert await socket.next(await socket.subscribe(HELLO))


async def test_limits_hold_over_sockets(server: Running):
    async with server.socket() as socket:
        deep = (
            "{ games { nodes "
            + "{ plays { nodes { player { name } } } clutchScores { game " * 6
            + "{ key }"
            + "} }" * 6
            + " } }"
        )
        message = await socket.message(await socket.subscribe(deep))
        assert message["payload"][0]["extensions"]["limit"] == "depth"


async def test_a_connection_runs_so_many_operations_and_no_more(settings: Settings):
    async with running(settings(limits=Limits(operations=2))) as server, server.socket() as socket:
        for id in ("1", "2"):
            await socket.subscribe(FOLLOW, id=id, game=world.LIVE)
            await socket.next(id)
        message = await socket.message(await socket.subscribe(FOLLOW, id="3", game=world.LIVE))
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await socket.send({"id": "1", "type": "complete"})
        await socket.subscribe(FOLLOW, id="3", game=world.LIVE)
        assert await socket.next("3")


async def test_a_process_takes_so_many_connections_and_no_more(settings: Settings):
    small = settings(limits=Limits(connections=1))
    async with running(small) as server, server.socket(), server.socket(init=False) as second:
        assert await closed(second) == (1013, "too many connections")


async def test_another_subprotocol_is_refused(server: Running):
    for protocols in (["graphql-ws"], None):
        async with server.socket(init=False, subprotocols=protocols) as socket:
            assert (await closed(socket))[0] == 4406


async def test_a_message_beyond_the_limit_ends_the_connection(settings: Settings):
    async with running(settings(limits=Limits(body_bytes=2_000))) as server, server.socket() as socket:
        await socket.raw.send(json.dumps({"type": "ping", "payload": {"x": "y" * 3_000}}))
        assert (await closed(socket))[0] == 1009


async def test_a_server_that_stops_says_that_it_will_be_back(settings: Settings):
    async with running(settings()) as server:
        manager = server.socket()
        socket = await manager.__aenter__()
        await socket.next(await socket.subscribe(FOLLOW, game=world.LIVE))
        ending = asyncio.create_task(closed(socket))
    assert (await ending)[0] == 1012
    await manager.__aexit__(None, None, None)
