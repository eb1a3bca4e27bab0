from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from poise_sdk.adapter import FeedConfig, NotModified, Validators
from poise_sdk.budget import Limit, MemoryBudget
from poise_sdk.errors import Fatal, NeedsReauth, PoiseError, Retriable, Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument
from poise_sdk.simulation import Fault, Reply, Request, SimulatedVendor

GAME = b'{"game": {"id": "17"}}'


@pytest.fixture
async def vendor() -> AsyncIterator[SimulatedVendor]:
    vendor = SimulatedVendor()
    vendor.serve("/v1/games/17", Reply(body=GAME))
    vendor.serve("/v1/games/18", Reply(body=GAME))

    @vendor.route("/v1/echo", method="POST")
    def echo(request: Request) -> Reply:
        return Reply.json({"headers": dict(request.headers), "body": request.body.decode()})

    async with vendor:
        yield vendor


@pytest.fixture
async def http(vendor: SimulatedVendor) -> AsyncIterator[HttpKit]:
    async with HttpKit(f"{vendor.base_url}/v1/", headers={"referer": "https://vendor.example/"}) as http:
        yield http


def handled(handler: Callable[[httpx.Request], httpx.Response], **options: object) -> HttpKit:
    return HttpKit("http://vendor.example", transport=httpx.MockTransport(handler), **options)  # type: ignore[arg-type]  # forwarded


async def test_an_answer_is_a_document_with_its_validators(vendor: SimulatedVendor, http: HttpKit) -> None:
    before = dt.datetime.now(dt.UTC)
    answer = await http.get("games/17")
    assert isinstance(answer, Answer)
    assert answer.document("game_17") == RawDocument(name="game_17", content=GAME)
    assert answer.validators.etag
    assert before <= answer.received_at <= dt.datetime.now(dt.UTC)
    (request,) = vendor.requests
    assert request.headers["referer"] == "https://vendor.example/"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"] == "poise-sdk"


async def test_what_has_not_changed_is_not_sent_again(vendor: SimulatedVendor, http: HttpKit) -> None:
    answer = await http.get("games/17")
    again = await http.get("games/17", validators=answer.validators)
    assert isinstance(again, NotModified)
    assert again.validators == answer.validators
    assert vendor.requests[-1].headers["if-none-match"] == answer.validators.etag


async def test_a_vendor_without_validators_is_known_by_its_bytes() -> None:
    async with handled(lambda request: httpx.Response(200, content=GAME)) as http:
        answer = await http.get("games/17")
        assert answer.validators.etag is None
        assert isinstance(await http.get("games/17", validators=answer.validators), NotModified)
        assert isinstance(await http.get("games/17", validators=Validators(sha256="0" * 64)), Answer)


async def test_last_modified_is_given_back_as_it_came() -> None:
    asked: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-modified-since"))
        return httpx.Response(200, content=GAME, headers={"last-modified": "yesterday"})

    async with handled(handler) as http:
        answer = await http.get("x")
        await http.get("x", validators=Validators(last_modified=answer.validators.last_modified))
    assert asked == [None, "yesterday"]


async def test_fetch_gives_what_changed_and_keeps_what_is_known(
    vendor: SimulatedVendor, http: HttpKit
) -> None:
    paths = {"plays": "games/17", "box": "games/18"}
    first = await http.fetch(paths)
    assert [document.name for document in first.documents] == ["plays", "box"]
    second = await http.fetch(paths, first.validators)
    assert (second.unchanged, second.documents, second.validators) == (True, (), first.validators)
    third = await http.fetch(paths, {"plays": first.validators["plays"]})
    assert [document.name for document in third.documents] == ["box"]
    assert not third.unchanged
    assert third.received_at >= first.received_at


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.status(401), NeedsReauth),
        (Fault.firewall(), Retriable),
        (Fault.status(404), Skippable),
        (Fault.status(429), Retriable),
        (Fault.status(500), Retriable),
        (Fault.status(302, {"location": "https://elsewhere.example"}), Fatal),
        (Fault.reset(), Retriable),
        (Fault.truncate(), Retriable),
        (Fault.status(200, {"content-encoding": "gzip"}, b"not gzip"), Retriable),
        (Fault.status(200, {"content-encoding": "gzip"}, gzip.compress(GAME)[:-9]), Retriable),
        (Fault.status(200, {"content-encoding": "br"}, b"x"), Retriable),
    ],
)
async def test_every_trouble_is_an_error_by_recovery_that_names_the_address(
    fault: Fault, kind: type[PoiseError], vendor: SimulatedVendor, http: HttpKit
) -> None:
    vendor.faults.add(fault, times=1)
    with pytest.raises(kind) as caught:
        await http.get("games/17")
    assert "/v1/games/17" in str(caught.value)
    assert len(vendor.requests) == 1, "retrying and redirecting are not the kit's"
    assert isinstance(await http.get("games/17"), Answer)


async def test_a_firewalls_page_is_known_even_compressed() -> None:
    page = gzip.compress(Fault.firewall().body)
    response = httpx.Response(403, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(page))
    async with handled(lambda request: response) as http:
        with pytest.raises(Retriable, match="firewall"):
            await http.get("x")


async def test_a_vendor_that_hangs_meets_the_deadline(vendor: SimulatedVendor) -> None:
    vendor.faults.add(Fault.hang())
    async with HttpKit(vendor.base_url, config=FeedConfig(timeout_s=0.2)) as http:
        with pytest.raises(Retriable):
            await http.get("v1/games/17")


async def test_a_vendor_that_drips_meets_the_total_deadline() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    response = httpx.Response(200, content=drip())
    async with handled(lambda request: response, config=FeedConfig(timeout_s=0.2)) as http:
        with pytest.raises(Retriable, match=r"no complete answer in 0\.2 s"):
            await http.get("x")


async def test_a_body_without_end_is_cut_off(vendor: SimulatedVendor) -> None:
    vendor.faults.add(Fault.oversize(10_000_000))
    async with HttpKit(vendor.base_url, max_body=100_000) as http:
        with pytest.raises(Skippable, match="larger than 100,000 bytes"):
            await http.get("v1/games/17")


async def test_a_body_that_unpacks_without_end_is_cut_off(vendor: SimulatedVendor) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    vendor.faults.add(Fault.status(200, {"content-encoding": "gzip"}, bomb))
    async with HttpKit(vendor.base_url, max_body=100_000) as http:
        with pytest.raises(Skippable, match="larger than 100,000 bytes"):
            await http.get("v1/games/17")


async def test_a_compressed_body_is_unpacked(vendor: SimulatedVendor, http: HttpKit) -> None:
    vendor.faults.add(Fault.status(200, {"content-encoding": "gzip"}, gzip.compress(GAME)))
    answer = await http.get("games/17")
    assert isinstance(answer, Answer)
    assert answer.content == GAME


async def test_nobody_listening_is_retriable() -> None:
    async with HttpKit("http://127.0.0.1:1") as http:
        with pytest.raises(Retriable, match="connection failed"):
            await http.get("x")


async def test_an_address_that_is_none_is_a_mistake_not_a_passing_trouble() -> None:
    async with HttpKit("ftp://vendor.example") as http:
        with pytest.raises(Fatal):
            await http.get("x")


async def test_every_request_asks_the_budget_and_a_429_pauses_it(vendor: SimulatedVendor) -> None:
    budget = MemoryBudget(Limit(3, 3600), patience_s=0)
    async with HttpKit(vendor.base_url, config=FeedConfig(budget=budget)) as http:
        await http.get("v1/games/17")
        vendor.faults.add(Fault.status(429, {"retry-after": "30"}), times=1)
        with pytest.raises(Retriable):
            await http.get("v1/games/17")
        with pytest.raises(Retriable, match="budget"):
            await http.get("v1/games/17")
    assert len(vendor.requests) == 2


async def test_forms_and_json_are_sent_as_such(http: HttpKit) -> None:
    form = json.loads((await http.request("POST", "echo", data={"a": "1&2"})).content)
    assert form["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert form["body"] == "a=1%262"
    sent = json.loads((await http.request("POST", "echo", json={"a": [1]})).content)
    assert (sent["headers"]["content-type"], sent["body"]) == ("application/json", '{"a":[1]}')


async def test_an_expected_status_is_an_answer(vendor: SimulatedVendor, http: HttpKit) -> None:
    vendor.faults.add(Fault.status(400, body=b"why"))
    answer = await http.request("POST", "echo", expect=(400,))
    assert (answer.status, answer.content) == (400, b"why")


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_has_no_business_between_us_and_loopback(
    proxy: str, vendor: SimulatedVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:1")
    async with HttpKit(vendor.base_url) as http:
        assert isinstance(await http.get("v1/games/17"), Answer)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "game.json: empty"),
        (b" \n", "game.json: empty"),
        (b"<!DOCTYPE html><html>", "game.json: a web page instead of JSON"),
        (GAME[:-3], "game.json: JSON that ends in the middle, after 19 bytes"),
        (b"{'a': 1}", "game.json: not JSON"),
        (b"a,b\n1,2\n", "game.json: not JSON"),
        (b"\x00\xff\xfe", "game.json: not JSON"),
        (b"[" * 100_000, "game.json: not JSON"),
        (b'{"a": 1} {"b": 2}', "game.json: not JSON"),
        (b'{"a": "\xff"}', "game.json: not JSON"),
    ],
)
def test_what_is_no_json_is_told_with_its_file_and_what_to_do(content: bytes, reason: str) -> None:
    with pytest.raises(Skippable) as caught:
        parse_json(RawDocument(name="game.json", content=content))
    assert str(caught.value).startswith(reason)
    assert caught.value.hint


def test_json_with_a_byte_order_mark_is_json() -> None:
    assert parse_json(RawDocument(name="g", content=b"\xef\xbb\xbf" + GAME)) == {"game": {"id": "17"}}
