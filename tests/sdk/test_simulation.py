from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from poise_sdk.simulation import Fault, Reply, Request, SimulatedVendor


@pytest.fixture
async def vendor() -> AsyncIterator[SimulatedVendor]:
    vendor = SimulatedVendor()

    @vendor.route("/games/{game_id}")
    def game(request: Request, game_id: str) -> Reply:
        return Reply.json({"id": game_id, "page": request.query.get("page")})

    @vendor.route("/files/{path:path}")
    async def file(request: Request, path: str) -> Reply:
        await asyncio.sleep(0)
        return Reply(body=path.encode())

    @vendor.route("/tokens", method="POST")
    def token(request: Request) -> Reply:
        return Reply(status=201, body=request.body)

    @vendor.route("/broken")
    def broken(request: Request) -> Reply:
        raise KeyError("x")

    async with vendor:
        yield vendor


@pytest.fixture
async def client(vendor: SimulatedVendor) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=vendor.base_url, timeout=10, trust_env=False) as client:
        yield client


async def test_routes_answer_with_their_parameters(client: httpx.AsyncClient) -> None:
    assert (await client.get("/games/a%20b", params={"page": "2"})).json() == {"id": "a b", "page": "2"}
    assert (await client.get("/files/a/b/c.json")).text == "a/b/c.json"
    assert (await client.post("/tokens", content=b"secret")).content == b"secret"


async def test_what_is_not_there_is_404_and_a_handlers_defect_is_500(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).status_code == 404
    assert (await client.post("/games/1")).status_code == 404
    broken = await client.get("/broken")
    assert (broken.status_code, broken.json()) == (500, {"error": "KeyError: 'x'"})


async def test_conditional_requests_are_answered_by_the_server_itself(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/games/1")).headers["etag"]
    again = await client.get("/games/1", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/games/2", headers={"if-none-match": etag})).status_code == 200


async def test_a_connection_serves_many_requests(vendor: SimulatedVendor, client: httpx.AsyncClient) -> None:
    for n in range(20):
        assert (await client.get(f"/games/{n}")).status_code == 200
    assert len(vendor._connections) == 1
    assert [request.path for request in vendor.requests] == [f"/games/{n}" for n in range(20)]


async def test_faults_strike_where_and_as_often_as_planned(
    vendor: SimulatedVendor, client: httpx.AsyncClient
) -> None:
    vendor.faults.add(Fault.status(500), path="/games/1", times=2)
    vendor.faults.add(Fault.status(429, {"retry-after": "5"}), path="/games/*", times=1)
    statuses = [(await client.get(f"/games/{n}")).status_code for n in (2, 1, 1, 1, 2)]
    assert statuses == [429, 500, 500, 200, 200]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.reset(), httpx.TransportError),
        (Fault.truncate(), httpx.RemoteProtocolError),
        (Fault.hang(), httpx.ReadTimeout),
    ],
)
async def test_faults_of_the_wire(
    fault: Fault, error: type[Exception], vendor: SimulatedVendor, client: httpx.AsyncClient
) -> None:
    vendor.faults.add(fault, times=1)
    with pytest.raises(error):
        await client.get("/games/1", timeout=0.3)
    assert (await client.get("/games/1")).status_code == 200


async def test_an_oversize_body_is_sent_unannounced(
    vendor: SimulatedVendor, client: httpx.AsyncClient
) -> None:
    vendor.faults.add(Fault.oversize(300_000))
    response = await client.get("/games/1")
    assert len(response.content) >= 300_000
    assert "content-length" not in response.headers


async def test_a_slow_vendor_answers_rightly(vendor: SimulatedVendor, client: httpx.AsyncClient) -> None:
    vendor.faults.add(Fault.slow(0.05))
    assert (await client.get("/games/1")).json()["id"] == "1"


async def test_it_ends_at_once_even_with_a_client_that_hangs() -> None:
    async with SimulatedVendor() as vendor:
        vendor.faults.add(Fault.hang())
        reader, writer = await asyncio.open_connection(vendor.host, vendor.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await writer.drain()
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(RuntimeError, match="not running"):
        _ = vendor.base_url


@pytest.mark.parametrize("rubbish", [b"\r\n\r\n", b"x" * 70_000, b"GET /\r\n\r\n", b"\x16\x03\x01\x00"])
async def test_rubbish_on_the_wire_ends_the_connection_only(
    rubbish: bytes, vendor: SimulatedVendor, client: httpx.AsyncClient
) -> None:
    reader, writer = await asyncio.open_connection(vendor.host, vendor.port)
    writer.write(rubbish)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert (await client.get("/games/1")).status_code == 200
