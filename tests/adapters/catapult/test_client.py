"""The client against the simulated OpenField: tokens, pages, limits, corrections."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from adapters.catapult.adapter import CatapultAdapter
from adapters.catapult.payloads import ACTIVITIES, PAGE_SIZE, STATS, api
from adapters.catapult.simulator import CatapultSimulator
from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable
from poise_sdk.observations import Deleted, Workout
from poise_sdk.simulation import Reply, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Item, Secret, WearableConfig

ADAPTER = CatapultAdapter()
NOW = dt.datetime(2025, 3, 20, 12, tzinfo=dt.UTC)


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[CatapultSimulator]:
    async with ADAPTER.vendor_simulator(athletes=3, days=40, seed=7, now=NOW) as simulator:
        yield simulator


async def _fetched(
    vendor: CatapultSimulator,
    credentials: Credentials | None = None,
    *,
    options: Mapping[str, str] | None = None,
    days: int = 40,
) -> list[Item]:
    config = WearableConfig(
        credentials=credentials or vendor.credentials(), base_url=vendor.base_url, options=options or {}
    )
    async with ADAPTER.connect(config) as client:
        since = vendor.now - dt.timedelta(days=days)
        return [
            item
            async for page in client.fetch(DataType.WORKOUT, since, vendor.now)
            for document in page.documents
            for item in ADAPTER.normalize(document)
        ]


async def test_the_teams_athletes_are_listed_for_the_mapping(vendor: CatapultSimulator) -> None:
    config = WearableConfig(credentials=Credentials(access_token=vendor.team_token), base_url=vendor.base_url)
    async with ADAPTER.connect(config) as client:
        listed = await client.athletes()
    assert [(one.id, one.name) for one in listed] == [(one.id, one.name) for one in vendor.accounts]


async def test_a_span_of_many_activities_comes_in_pages_and_whole(vendor: CatapultSimulator) -> None:
    assert len(vendor.sessions) > PAGE_SIZE
    workouts = await _fetched(vendor, days=45)
    assert len(workouts) == len(vendor.sessions)
    asked = [request.query["page"] for request in vendor.requests if request.path.endswith("/activities")]
    assert asked == ["1", "2"]


@pytest.mark.parametrize("many", [PAGE_SIZE, PAGE_SIZE + 7])
async def test_a_server_that_does_not_page_is_asked_no_longer_than_it_has_news(many: int) -> None:
    rows = [{"id": f"act-{number}", "start_time": 1742000000 + number} for number in range(many)]
    async with SimulatedVendor() as bare:
        bare.serve(f"/{ACTIVITIES}", Reply.json(rows))
        bare.serve(f"/{STATS}", Reply.json([]), method="POST")
        credentials = Credentials(access_token=Secret("a-token"), vendor_user_id="an-athlete")
        config = WearableConfig(credentials=credentials, base_url=bare.base_url)
        async with ADAPTER.connect(config) as client:
            since = NOW - dt.timedelta(days=30)
            pages = [page async for page in client.fetch(DataType.WORKOUT, since, NOW)]
    assert len(pages) == 1


async def test_two_athletes_of_a_team_get_each_their_own_figures(vendor: CatapultSimulator) -> None:
    [one, *_] = await _fetched(vendor, vendor.credentials(0))
    [two, *_] = await _fetched(vendor, vendor.credentials(1))
    assert isinstance(one, Workout)
    assert isinstance(two, Workout)
    assert one.source_id == two.source_id
    assert one.player_load != two.player_load


async def test_the_teams_bands_are_what_is_asked_for(vendor: CatapultSimulator) -> None:
    [workout, *_] = await _fetched(vendor, options={"high_speed_bands": "7, 8", "sprint_bands": "8"})
    assert isinstance(workout, Workout)
    figures = next(one for one in vendor.sessions if one.id == workout.source_id).figures
    mine = figures[vendor.accounts[0].id]
    assert workout.sprint_distance_m == mine["velocity_band8_total_distance"]
    parameters = json.loads(vendor.requests[-1].body)["parameters"]
    assert [name for name in parameters if "band" in name] == [
        "velocity_band7_total_distance",
        "velocity_band8_total_distance",
    ]


async def test_a_correction_and_a_deletion_come_with_a_later_answer(vendor: CatapultSimulator) -> None:
    corrected, deleted = vendor.sessions[-2:]
    before = {item.source_id: item for item in await _fetched(vendor) if isinstance(item, Workout)}
    vendor.correct(corrected, 0, total_player_load=123.0)
    vendor.delete(deleted)
    after = await _fetched(vendor)
    [gone] = [item for item in after if isinstance(item, Deleted)]
    assert gone.source_id == deleted.id
    workouts = {item.source_id: item for item in after if isinstance(item, Workout)}
    assert set(before) - set(workouts) == {deleted.id}
    old, new = before[corrected.id], workouts[corrected.id]
    assert new.player_load == 123.0
    assert old.vendor_updated_at is not None
    assert new.vendor_updated_at is not None
    assert new.vendor_updated_at > old.vendor_updated_at


async def test_sessions_that_end_later_appear_later(vendor: CatapultSimulator) -> None:
    before = len(await _fetched(vendor, days=5))
    await vendor.advance(72)
    assert len(await _fetched(vendor, days=8)) > before


async def test_tokens_that_are_wrong_or_too_narrow_are_told_apart(vendor: CatapultSimulator) -> None:
    athlete = vendor.accounts[0].id
    with pytest.raises(NeedsReauth):
        await _fetched(vendor, Credentials(access_token=Secret("of-nobody"), vendor_user_id=athlete))
    with pytest.raises((NeedsReauth, Skippable), match="403"):
        await _fetched(vendor, Credentials(access_token=vendor.narrow_token, vendor_user_id=athlete))


async def test_a_limit_tells_how_long_to_wait(vendor: CatapultSimulator) -> None:
    vendor.remaining = 1
    with pytest.raises(Retriable) as caught:
        await _fetched(vendor)
    assert caught.value.after == vendor.retry_after_s


async def test_a_connection_that_names_no_athlete_says_so(vendor: CatapultSimulator) -> None:
    nobody = dataclasses.replace(vendor.credentials(), vendor_user_id=None)
    with pytest.raises(Fatal, match="names no athlete"):
        await _fetched(vendor, nobody)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"high_speed_bands": "5,9"}, "high_speed_bands"),
        ({"sprint_bands": ""}, "sprint_bands"),
        ({"speed_unit": "mph"}, "speed_unit"),
    ],
)
async def test_options_that_make_no_sense_are_fatal(
    vendor: CatapultSimulator, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(Fatal, match=reason):
        await _fetched(vendor, options=options)


def test_the_region_is_part_of_the_address() -> None:
    assert api({}) == "https://connect-us.catapultsports.com"
    assert api({"region": "EU"}) == "https://connect-eu.catapultsports.com"
    with pytest.raises(Fatal, match="region"):
        api({"region": "evil.example/"})
