"""The client: what is asked of Google, and how a connection begins and ends."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Collection
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import pytest_asyncio

from adapters.google_health.adapter import GoogleHealthAdapter
from adapters.google_health.payloads import REVOKE, SCOPES
from poise_sdk import oauth
from poise_sdk.errors import Skippable
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Credentials, Secret, WearableConfig
from tests.adapters.google_health.serving import ROUTES

ADAPTER = GoogleHealthAdapter()
SINCE = dt.datetime(2026, 5, 10, 22, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 5, 12, 6, tzinfo=dt.UTC)


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[SimulatedVendor]:
    async with SimulatedVendor() as simulated:
        for path, handler in ROUTES.items():
            simulated.route(path)(handler)
        yield simulated


def _config(vendor: SimulatedVendor) -> WearableConfig:
    credentials = Credentials(access_token=Secret("an-access-token"), refresh_token=Secret("a-refresh-token"))
    return WearableConfig(credentials=credentials, base_url=vendor.base_url)


def test_consent_is_asked_for_offline_and_again() -> None:
    dance = oauth.begin("https://poise.example/oauth/google_health/callback", SCOPES)
    url = urlsplit(ADAPTER.authorize_url(ClientCredentials(client_id="app"), dance))
    query = parse_qs(url.query)
    assert url.netloc == "accounts.google.com"
    assert (query["access_type"], query["prompt"]) == (["offline"], ["consent"])
    assert query["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("data_type", "filters"),
    [
        (
            DataType.SLEEP,
            {
                'sleep.interval.end_time >= "2026-05-10T22:00:00Z"'
                ' AND sleep.interval.end_time < "2026-05-13T06:00:00Z"'
            },
        ),
        (
            DataType.WORKOUT,
            {
                'exercise.interval.civil_start_time >= "2026-05-09"'
                ' AND exercise.interval.civil_start_time < "2026-05-14"'
            },
        ),
        (
            DataType.BODY,
            {
                'weight.sample_time.physical_time >= "2026-05-10T22:00:00Z"'
                ' AND weight.sample_time.physical_time < "2026-05-12T06:00:00Z"'
            },
        ),
    ],
)
async def test_each_collection_is_filtered_by_its_own_member(
    vendor: SimulatedVendor, data_type: DataType, filters: Collection[str]
) -> None:
    async with ADAPTER.connect(_config(vendor)) as client:
        pages = [page async for page in client.fetch(data_type, SINCE, UNTIL)]
    assert [len(page.documents) for page in pages] == [1, 0]
    assert {request.query["filter"] for request in vendor.requests} == set(filters)


async def test_the_account_is_told(vendor: SimulatedVendor) -> None:
    async with ADAPTER.connect(_config(vendor)) as client:
        assert await client.user_id() == "4711"


@pytest.mark.parametrize(
    ("alive", "sent"),
    [
        ({"an-access-token", "a-refresh-token"}, ["an-access-token"]),
        ({"a-refresh-token"}, ["an-access-token", "a-refresh-token"]),
        (set(), ["an-access-token", "a-refresh-token"]),
    ],
)
async def test_a_connection_ends_even_if_its_access_token_ran_out(
    vendor: SimulatedVendor, alive: set[str], sent: list[str]
) -> None:
    got: list[str] = []

    @vendor.route(f"/{REVOKE}", method="POST")
    def revoke(request: Request) -> Reply:
        token = dict(parse_qsl(request.body.decode()))["token"]
        got.append(token)
        if token in alive:
            return Reply.json({})
        return Reply.json({"error": "invalid_token"}, status=400)

    async with ADAPTER.connect(_config(vendor)) as client:
        await client.revoke()
    assert got == sent


async def test_what_is_not_granted_is_left_out_and_told_if_nothing_is_left(vendor: SimulatedVendor) -> None:
    config = _config(vendor)
    assert config.credentials is not None
    activity = frozenset(scope for scope in SCOPES if "activity" in scope)
    narrow = dataclasses.replace(config.credentials, scopes=activity)
    async with ADAPTER.connect(dataclasses.replace(config, credentials=narrow)) as client:
        assert [page async for page in client.fetch(DataType.READING, SINCE, UNTIL)]
        assert {request.path.split("/")[-2] for request in vendor.requests} == {"steps"}
        with pytest.raises(Skippable, match="sleep"):
            await anext(client.fetch(DataType.SLEEP, SINCE, UNTIL))
