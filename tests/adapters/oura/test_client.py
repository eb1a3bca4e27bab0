"""The client of Oura against the simulated vendor."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from adapters.oura.payloads import COLLECTIONS
from adapters.oura.simulator import OuraSimulator
from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable
from poise_sdk.observations import Deleted, Night, Profile, Reading
from poise_sdk.simulation import Fault, Reply, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Credentials, Page, Secret, WearableConfig
from tests.adapters.oura.connecting import ADAPTER, connect, consented, records_of

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)
WEEK = NOW - dt.timedelta(days=7)


def simulator(**changes: Any) -> OuraSimulator:
    return OuraSimulator(**{"athletes": 2, "days": 45, "now": NOW} | changes)


async def fetched(client: Any, kind: DataType, since: dt.datetime = WEEK, **options: Any) -> list[Page]:
    return [page async for page in client.fetch(kind, since, NOW, **options)]


async def test_what_is_fetched_is_what_the_vendor_knows() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        account = vendor.accounts[0].id
        since = NOW - dt.timedelta(days=28)
        for kind in (DataType.SLEEP, DataType.RECOVERY, DataType.WORKOUT, DataType.JOURNAL, DataType.DAILY):
            pages = await fetched(client, kind, since)
            told = {
                record.source_id
                for record in records_of(*pages)
                if not isinstance(record, Reading) and record.data_type is kind
            }
            known = {
                one["id"]
                for name in COLLECTIONS[kind]
                for one in vendor.documents(account, name)
                if one["day"] >= since.date().isoformat()
            }
            assert known
            assert told >= known
        (profile, _) = records_of(*await fetched(client, DataType.PROFILE))
        assert isinstance(profile, Profile)
        assert profile.vendor_user_id == await client.user_id() == account


async def test_pages_resume_at_any_cursor() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        vendor.page = 3
        whole = await fetched(client, DataType.DAILY)
        assert len(whole) > 8
        assert [page.next_cursor is None for page in whole] == [False] * (len(whole) - 1) + [True]
        for n in range(1, len(whole)):
            rest = await fetched(client, DataType.DAILY, cursor=whole[n - 1].next_cursor)
            assert [p.documents for p in rest] == [p.documents for p in whole[n:]]
        with pytest.raises(Fatal):
            await fetched(client, DataType.SLEEP, cursor="vO2_max|x")


async def test_a_span_of_the_host_is_short_enough_for_heart_rate() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        ahead = dt.timedelta(days=1)  # the host asks a day beyond the present
        since = NOW - ADAPTER.capabilities.window
        pages = [page async for page in client.fetch(DataType.READING, since, NOW + ahead)]
        assert len(pages) > 1
        assert all(isinstance(record, Reading) for record in records_of(*pages))


async def test_a_deleted_sleep_is_told_by_the_list() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        key = await vendor.delete_sleep(vendor.accounts[0].id)
        records = records_of(*await fetched(client, DataType.SLEEP))
        assert [r.source_id for r in records if isinstance(r, Deleted)] == [key]
        assert key not in {r.source_id for r in records if isinstance(r, Night)}


async def test_a_single_document_is_fetched_by_its_collection_and_id() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        key = vendor.documents(vendor.accounts[0].id, "vO2_max")[-1]["id"]
        (found,) = await client.fetch_one(DataType.DAILY, f"vO2_max/{key}")
        assert [type(item).__name__ for item in ADAPTER.normalize(found)] == ["DailySummary"]
        foreign = vendor.documents(vendor.accounts[1].id, "sleep")[-1]["id"]
        asked = len(vendor.requests)
        for kind, record in (
            (DataType.SLEEP, key),
            (DataType.SLEEP, f"workout/{key}"),
            (DataType.SLEEP, "sleep/../personal_info"),
            (DataType.SLEEP, "sleep/"),
        ):
            with pytest.raises(Skippable):
                await client.fetch_one(kind, record)
        assert len(vendor.requests) == asked
        with pytest.raises(Skippable):
            await client.fetch_one(DataType.SLEEP, f"sleep/{foreign}")


async def test_a_lapsed_membership_needs_the_athlete() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        vendor.lapsed.add(vendor.accounts[0].id)
        with pytest.raises(NeedsReauth):
            await fetched(client, DataType.SLEEP)
        vendor.lapsed.clear()
        assert await fetched(client, DataType.SLEEP)


async def test_what_is_not_shared_is_not_asked_for() -> None:
    async with simulator() as vendor, connect(vendor, granted=("daily",)) as client:
        asked = len(vendor.requests)
        for kind in (DataType.WORKOUT, DataType.READING, DataType.PROFILE):
            with pytest.raises(Skippable, match="not granted"):
                await fetched(client, kind)
        assert await client.user_id() is None
        assert len(vendor.requests) == asked
        assert records_of(*await fetched(client, DataType.DAILY))
        assert not [r for r in vendor.requests if r.path.endswith("daily_spo2")]


async def test_the_vendors_pause_is_kept() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        vendor.limit.count = 0
        with pytest.raises(Retriable) as refused:
            await fetched(client, DataType.SLEEP)
        assert refused.value.after == 300


async def test_ending_the_connection_ends_it_at_the_vendor() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        account = vendor.accounts[0].id
        vendor.tokens.expire(account)  # the consent stands, the access token does not
        await client.revoke()
        assert not vendor.tokens.connected(account)
        await client.revoke()
        with pytest.raises(NeedsReauth):
            await fetched(client, DataType.SLEEP)


async def test_a_failed_end_does_not_show_the_token() -> None:
    async with simulator() as vendor:
        config = await consented(vendor)
        assert config.credentials is not None
        async with ADAPTER.connect(config) as client:
            vendor.faults.add(Fault.status(500), path="/oauth/revoke")
            with pytest.raises(Retriable) as failed:
                await client.revoke()
        assert config.credentials.access_token.reveal() not in f"{failed.value!r} {failed.value}"


async def test_a_vendor_whose_pages_go_round_is_left() -> None:
    vendor = SimulatedVendor()
    vendor.serve("/v2/usercollection/sleep", Reply.json({"data": [], "next_token": "again"}))
    credentials = Credentials(access_token=Secret("a"))
    async with (
        vendor,
        ADAPTER.connect(WearableConfig(credentials=credentials, base_url=vendor.base_url)) as client,
    ):
        answer = client.fetch(DataType.SLEEP, WEEK, NOW)
        assert [(await anext(answer)).next_cursor for _ in range(2)] == ["sleep|again", None]
        with pytest.raises(Skippable, match="goes round"):
            await anext(answer)
        vendor.serve("/v2/usercollection/workout", Reply.json([]))
        with pytest.raises(Skippable, match="not a list"):
            await fetched(client, DataType.WORKOUT)
        with pytest.raises(Fatal):
            await fetched(client, DataType.CYCLE)
        with pytest.raises(Fatal, match="client id"):
            await client.refresh()


async def test_an_application_must_be_known() -> None:
    async with simulator() as vendor:
        config = await consented(vendor)
        with pytest.raises(Fatal):
            async with ADAPTER.connect(replace(config, credentials=None)):
                pass
        wrong = ClientCredentials(client_id="another", client_secret=Secret("x"))
        with pytest.raises(Fatal):
            await ADAPTER.subscribe(replace(config, client=wrong), "http://127.0.0.1/x", Secret("t"))
        with pytest.raises(Fatal):
            await ADAPTER.subscribe(replace(config, client=None), "http://127.0.0.1/x", Secret("t"))
