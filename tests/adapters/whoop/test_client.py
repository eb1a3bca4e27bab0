"""The client against the simulated WHOOP: pages, tokens, limits, single records, the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.whoop.client import MAX_PAGES
from adapters.whoop.payloads import SCOPES, Kind
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk.budget import MemoryBudget
from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable
from poise_sdk.observations import Cycle, HrvNight, Night, Recovery
from poise_sdk.simulation import Fault, Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Page, Secret, WearableConfig
from tests.adapters.whoop.connecting import ADAPTER, connect, consented, records_of

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)
HISTORY = (NOW - dt.timedelta(days=62), NOW)


def simulator(**changes: Any) -> WhoopSimulator:
    return WhoopSimulator(**{"athletes": 2, "days": 60, "now": NOW} | changes)


async def test_pages_come_newest_first_and_are_all_there() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        for data_type, kind in (
            (DataType.SLEEP, Kind.SLEEP),
            (DataType.CYCLE, Kind.CYCLE),
            (DataType.WORKOUT, Kind.WORKOUT),
        ):
            pages = [page async for page in client.fetch(data_type, *HISTORY)]
            records = records_of(*pages)
            truth = [str(one["id"]) for one in vendor.records(vendor.accounts[0].id, kind)]
            assert [record.source_id for record in records] == truth
            assert len(pages) == -(-len(truth) // 25) > 1
            starts = [record.start_at for record in records]
            assert starts == sorted(starts, reverse=True)


async def test_a_span_gives_what_touches_it() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        since, until = NOW - dt.timedelta(days=10), NOW - dt.timedelta(days=7)
        pages = [page async for page in client.fetch(DataType.CYCLE, since, until)]
        cycles = [record for record in records_of(*pages) if isinstance(record, Cycle)]
        assert 3 <= len(cycles) <= 5
        assert all(cycle.start_at < until for cycle in cycles)
        assert all(cycle.end_at is not None and cycle.end_at >= since for cycle in cycles)


async def test_the_cycle_that_lasts_is_part_of_today() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        pages = [page async for page in client.fetch(DataType.CYCLE, NOW - dt.timedelta(hours=1), NOW)]
        (cycle,) = records_of(*pages)
        assert isinstance(cycle, Cycle)
        assert cycle.end_at is None
        assert cycle.strain is not None


async def test_a_token_that_dies_in_the_middle_leaves_a_cursor_to_resume_at() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        whole = records_of(*[page async for page in client.fetch(DataType.SLEEP, *HISTORY)])
        pages: list[Page] = []
        with pytest.raises(NeedsReauth):
            await collect(
                client.fetch(DataType.SLEEP, *HISTORY),
                pages,
                lambda: vendor.tokens.expire(vendor.accounts[0].id),
            )
        await client.refresh()
        cursor = pages[-1].next_cursor
        assert cursor is not None
        rest = [page async for page in client.fetch(DataType.SLEEP, *HISTORY, cursor=cursor)]
        assert records_of(*pages, *rest) == whole


async def test_a_refresh_spends_the_old_token_and_keeps_the_scopes() -> None:
    async with simulator() as vendor:
        config = await consented(vendor)
        assert config.credentials is not None
        async with ADAPTER.connect(config) as client:
            fresh = await client.refresh()
            assert fresh.refresh_token not in (None, config.credentials.refresh_token)
            assert fresh.scopes == config.credentials.scopes == frozenset(SCOPES)
            assert await client.user_id() == vendor.accounts[0].id
            assert (await client.refresh()).refresh_token is not None
        async with ADAPTER.connect(config) as stale:
            with pytest.raises(NeedsReauth):
                await stale.user_id()
            with pytest.raises(NeedsReauth):
                await stale.refresh()


async def test_an_access_token_ends_after_an_hour_of_the_vendors_time() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        await vendor.advance(0.9)
        await client.user_id()
        await vendor.advance(0.2)
        with pytest.raises(NeedsReauth):
            await client.user_id()


@pytest.mark.parametrize("expired", [False, True])
async def test_revoking_ends_the_consent_also_with_an_expired_token(expired: bool) -> None:
    async with simulator() as vendor:
        config = await consented(vendor)
        account = vendor.accounts[0].id
        if expired:
            vendor.tokens.expire(account)
        async with ADAPTER.connect(config) as client:
            await client.revoke()
            assert not vendor.tokens.connected(account)
            await client.revoke()
            with pytest.raises(NeedsReauth):
                await client.refresh()


async def test_the_vendors_429_pauses_the_budget_until_its_window_ends() -> None:
    clock = Clock()
    async with simulator() as vendor:
        vendor.limits.windows = ((3, 60), (10_000, 86_400))
        vendor.limits.clock = clock
        budget = MemoryBudget(clock=clock, patience_s=0)
        async with ADAPTER.connect(replace(await consented(vendor), budget=budget)) as client:
            for _ in range(3):
                await client.user_id()
            clock.now += 20
            with pytest.raises(Retriable) as refused:
                await client.user_id()
            assert refused.value.after == 40
            asked = len(vendor.requests)
            with pytest.raises(Retriable, match="budget"):
                await client.user_id()
            assert len(vendor.requests) == asked
            clock.now += 41
            assert await client.user_id() == vendor.accounts[0].id


async def test_what_the_athlete_does_not_share_is_not_asked_for() -> None:
    async with simulator() as vendor:
        granted = [scope for scope in SCOPES if scope not in ("read:sleep", "read:profile")]
        async with connect(vendor, granted=granted) as client:
            asked = len(vendor.requests)
            with pytest.raises(Skippable, match="read:sleep"):
                await anext(client.fetch(DataType.SLEEP, *HISTORY))
            with pytest.raises(Skippable, match="read:sleep"):
                await client.fetch_one(DataType.SLEEP, "5f0c6c1e-91cf-4a93-8b1d-0a54a0f7a0b1")
            assert await client.user_id() is None
            # Without the sleep a recovery cannot be found by its webhook: the host fetches the last days.
            with pytest.raises(Fatal, match="single recovery"):
                await client.fetch_one(DataType.RECOVERY, "5f0c6c1e-91cf-4a93-8b1d-0a54a0f7a0b1")
            assert len(vendor.requests) == asked
            assert [page async for page in client.fetch(DataType.RECOVERY, *HISTORY)]


async def test_without_offline_there_is_nothing_to_refresh_with() -> None:
    async with simulator() as vendor, connect(vendor, granted=["read:profile"]) as client:
        with pytest.raises(NeedsReauth, match="refresh"):
            await client.refresh()


async def test_a_sleeps_id_leads_to_its_recovery_and_the_cycles_around_it() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        told = vendor.records(vendor.accounts[0].id, Kind.RECOVERY)[3]
        documents = await client.fetch_one(DataType.RECOVERY, told["sleep_id"])
        cycle_id = told["cycle_id"]
        before = vendor.records(vendor.accounts[0].id, Kind.RECOVERY)[4]["cycle_id"]
        assert [document.name for document in documents] == [
            f"v2/activity/sleep/{told['sleep_id']}",
            f"v2/cycle/{cycle_id}/recovery",
            "v2/cycle",
        ]
        items = [item for document in documents for item in ADAPTER.normalize(document)]
        assert [type(item) for item in items[:3]] == [Night, Recovery, HrvNight]
        assert {getattr(item, "cycle_id", str(cycle_id)) for item in items[:3]} == {str(cycle_id)}
        assert [item.source_id for item in items[3:] if isinstance(item, Cycle)] == [
            str(cycle_id),
            str(before),
        ]


async def test_with_a_nights_recovery_comes_the_cycle_it_ended_with_its_end_and_final_strain() -> None:
    evening = NOW - dt.timedelta(hours=14)
    async with simulator(now=evening) as vendor, connect(vendor) as client:
        pages = [page async for page in client.fetch(DataType.CYCLE, evening, NOW)]
        (lasting,) = (one for one in records_of(*pages) if isinstance(one, Cycle))
        assert lasting.end_at is None
        await vendor.advance(17)
        await client.refresh()
        account = vendor.accounts[0].id
        newest, *_ = vendor.records(account, Kind.RECOVERY)
        asked = len(vendor.requests)
        documents = await client.fetch_one(DataType.RECOVERY, newest["sleep_id"])
        assert len(vendor.requests) - asked == len(documents) == 3
        items = [item for document in documents for item in ADAPTER.normalize(document)]
        night = next(item for item in items if isinstance(item, Night))
        cycles = {item.source_id: item for item in items if isinstance(item, Cycle)}
        assert night.cycle_id in cycles
        over = cycles[lasting.source_id]
        truth = next(one for one in vendor.records(account, Kind.CYCLE) if str(one["id"]) == over.source_id)
        assert over.end_at == dt.datetime.fromisoformat(truth["end"])
        assert over.strain == truth["score"]["strain"]
        assert over.strain != lasting.strain
        assert over.quality == ()


async def test_a_single_workout_and_what_is_gone() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        account = vendor.accounts[0].id
        key = await vendor.edit_workout(account, sport="hiking/rucking")
        (document,) = await client.fetch_one(DataType.WORKOUT, key)
        (workout,) = ADAPTER.normalize(document)
        assert (workout.source_id, workout.activity) == (key, "hiking_rucking")
        await vendor.delete_workout(account, key)
        with pytest.raises(Skippable, match="404"):
            await client.fetch_one(DataType.WORKOUT, key)


@pytest.mark.parametrize("record_id", ["", "../../user/access", "12345", "x" * 36])
async def test_an_id_that_is_none_never_reaches_a_path(record_id: str) -> None:
    async with simulator() as vendor, connect(vendor) as client:
        asked = len(vendor.requests)
        with pytest.raises(Skippable):
            await client.fetch_one(DataType.SLEEP, record_id)
        with pytest.raises(Fatal):
            await client.fetch_one(DataType.BODY, record_id)
        assert len(vendor.requests) == asked


async def test_pages_that_go_round_or_never_end_are_given_up() -> None:
    for tokens, pages in ((iter("ababab"), 3), (map(str, range(MAX_PAGES + 2)), MAX_PAGES)):
        async with SimulatedVendor() as vendor:

            @vendor.route("/developer/v2/cycle")
            def page(request: Request, tokens: Iterator[str] = tokens) -> Reply:
                return Reply.json({"records": [], "next_token": next(tokens)})

            async with ADAPTER.connect(_bare(vendor)) as client:
                seen: list[Page] = []
                with pytest.raises(Skippable, match=r"v2/cycle"):
                    await collect(client.fetch(DataType.CYCLE, *HISTORY), seen)
                assert len(seen) == pages


async def test_a_page_that_is_no_page_is_told_with_its_path() -> None:
    async with SimulatedVendor() as vendor:
        for path, body in (("cycle", b"<html>"), ("recovery", b'{"next_token": 3}')):
            vendor.serve(f"/developer/v2/{path}", Reply(body=body))
        async with ADAPTER.connect(_bare(vendor)) as client:
            with pytest.raises(Skippable, match="a web page"):
                await anext(client.fetch(DataType.CYCLE, *HISTORY))
            with pytest.raises(Skippable, match=r"v2/recovery: not what WHOOP describes"):
                await anext(client.fetch(DataType.RECOVERY, *HISTORY))


async def test_requests_are_as_the_vendor_describes_them() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        await anext(client.fetch(DataType.SLEEP, *HISTORY))
        request = vendor.requests[-1]
        assert request.path == "/developer/v2/activity/sleep"
        assert request.query == {
            "limit": "25",
            "start": "2025-09-19T12:00:00.000Z",
            "end": "2025-11-20T12:00:00.000Z",
        }
        assert request.headers["authorization"].startswith("Bearer ")


async def test_nothing_is_asked_of_the_future_or_of_what_there_is_not() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        asked = len(vendor.requests)
        future = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        for since, until in ((future, future + dt.timedelta(days=1)), (NOW, NOW)):
            assert [page async for page in client.fetch(DataType.SLEEP, since, until)] == []
        with pytest.raises(Fatal, match="no journal"):
            await anext(client.fetch(DataType.JOURNAL, *HISTORY))
        assert len(vendor.requests) == asked


async def test_trouble_in_the_middle_keeps_what_came() -> None:
    async with simulator() as vendor, connect(vendor) as client:
        pages: list[Page] = []
        with pytest.raises(Retriable):
            await collect(
                client.fetch(DataType.SLEEP, *HISTORY),
                pages,
                lambda: vendor.faults.add(Fault.truncate(), times=1),
            )
        rest = client.fetch(DataType.SLEEP, *HISTORY, cursor=pages[-1].next_cursor)
        everything = records_of(*pages, *[page async for page in rest])
        truth = vendor.records(vendor.accounts[0].id, Kind.SLEEP)
        assert [record.source_id for record in everything] == [one["id"] for one in truth]


async def test_without_credentials_or_an_application_it_says_what_to_do() -> None:
    with pytest.raises(Fatal, match="poise connect whoop"):
        async with ADAPTER.connect(WearableConfig()):
            pass
    config = WearableConfig(credentials=Credentials(access_token=Secret("a"), refresh_token=Secret("r")))
    async with ADAPTER.connect(config) as client:
        with pytest.raises(Fatal, match="poise vendors configure whoop"):
            await client.refresh()


async def collect(
    source: AsyncIterator[Page], into: list[Page], then: Callable[[], None] = lambda: None
) -> None:
    """All pages of ``source``; ``then`` is called after each."""
    async for page in source:
        into.append(page)
        then()


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _bare(vendor: SimulatedVendor) -> WearableConfig:
    return WearableConfig(credentials=Credentials(access_token=Secret("any")), base_url=vendor.base_url)
