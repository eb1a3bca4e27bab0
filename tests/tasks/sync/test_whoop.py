"""The main paths against WHOOP's own protocol: consent, sync, backfill, webhooks, rotation, withdrawal."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from adapters.whoop.payloads import Kind
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk import oauth
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WearableConfig, Webhook
from storage import ledger
from storage.connect import rows
from storage.ledger import Job
from storage.people import athletes, connections, orders, sync_states, vendor_apps, webhooks
from tasks.context import Services
from tasks.handlers import load
from tasks.runner import Runner
from tasks.sync.intake import installed
from tests.tasks.conftest import QUICK, state_of

WHOOP = "whoop"
LISTED = (DataType.SLEEP, DataType.RECOVERY, DataType.CYCLE, DataType.WORKOUT)
TABLES = {
    DataType.SLEEP: ("nights", Kind.SLEEP),
    DataType.RECOVERY: ("recoveries", Kind.RECOVERY),
    DataType.CYCLE: ("cycles", Kind.CYCLE),
    DataType.WORKOUT: ("workouts", Kind.WORKOUT),
}


class Story:
    """One athlete of the simulated vendor, and the jobs about them."""

    def __init__(self, services: Services, vendor: WhoopSimulator, connection_id: int, account: str) -> None:
        self.services = services
        self.vendor = vendor
        self.connection_id = connection_id
        self.account = account
        self._runner = Runner(services, load(), QUICK)

    async def done(self, order: Job) -> dict[str, Any]:
        """Do a job to its end, as if nothing had to be waited for; its result."""
        for _ in range(100):
            await rows("UPDATE jobs SET run_after = clock_timestamp() WHERE id = $1", order.id)
            await self._runner.run(order.id)
            job = await state_of(order.id)
            if not job.open:
                assert job.state == "succeeded", job.error
                assert job.result is not None
                return job.result
        raise AssertionError("the job does not end")

    async def sync(self, data_type: DataType) -> dict[str, Any]:
        return await self.done(await orders.order_sync(self.connection_id, data_type))

    async def answer(self) -> dict[str, Any]:
        """Answer what was announced."""
        await self.done(await orders.order_webhooks(WHOOP))
        found = await rows("SELECT id FROM jobs WHERE kind = 'sync.one' AND state = 'queued'")
        job = await ledger.get(found[0]["id"])
        assert job is not None
        return await self.done(job)

    async def stored(self, data_type: DataType) -> int:
        return int((await rows(f"SELECT count(*) AS n FROM {TABLES[data_type][0]}"))[0]["n"])

    def told(self, data_type: DataType) -> int:
        """How many records the vendor has."""
        return len(self.vendor.records(self.account, TABLES[data_type][1]))


@asynccontextmanager
async def received() -> AsyncIterator[str]:
    """Whoever receives webhooks, as the server does: verified, written down."""
    receiver = SimulatedVendor()

    @receiver.route("/webhooks/whoop", method="POST")
    async def receive(request: Request) -> Reply:
        adapter = installed().wearable(WHOOP)
        app = await vendor_apps.required(WHOOP)
        webhook = Webhook(headers=request.headers, body=request.body, received_at=dt.datetime.now(dt.UTC))
        if not adapter.verify_webhook(webhook, app.client):
            return Reply(status=401)
        await webhooks.record(WHOOP, adapter.parse_webhook(webhook))
        return Reply()

    async with receiver:
        yield f"{receiver.base_url}/webhooks/whoop"


@pytest.fixture
async def story(services: Services) -> AsyncIterator[Story]:
    now = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)  # room for days to come
    async with received() as url, WhoopSimulator(athletes=1, days=50, now=now, webhook_url=url) as vendor:
        vendor.limits.enabled = False
        adapter = installed().wearable(WHOOP)
        await vendor_apps.configure(
            WHOOP,
            client_id=vendor.client.client_id,
            client_secret=vendor.client.client_secret,
            base_url=vendor.base_url,
        )
        assert adapter.capabilities.oauth is not None
        authorization = oauth.begin(
            "http://127.0.0.1/oauth/whoop/callback", adapter.capabilities.oauth.scopes, pkce=False
        )
        account = vendor.accounts[0]
        back = await vendor.consent(adapter.authorize_url(vendor.client, authorization), account.id)
        code = dict(parse_qsl(urlsplit(back).query))["code"]
        config = WearableConfig(client=vendor.client, base_url=vendor.base_url)
        credentials = await adapter.exchange(config, authorization, code)
        athlete = await athletes.add("Ada", time_zone=account.time_zone)
        connection = await connections.connect(athlete.id, WHOOP, credentials, account.id)
        yield Story(services, vendor, connection.id, account.id)


async def test_the_last_days_come_first_and_then_all_history(story: Story) -> None:
    for data_type in LISTED:
        result = await story.sync(data_type)
        assert result["status"] == "ok"
        assert 0 < await story.stored(data_type) < story.told(data_type)
    for data_type in (DataType.BODY, DataType.PROFILE):
        assert (await story.sync(data_type))["status"] == "ok"
    for data_type in (DataType.SLEEP, DataType.CYCLE, DataType.BODY):
        await story.services.redis.flushall()  # a minute's budget passes
        result = await story.done(await orders.order_backfill(story.connection_id, data_type))
        assert result["status"] == "done"
    for data_type in (DataType.SLEEP, DataType.CYCLE):
        assert await story.stored(data_type) == story.told(data_type)
    # a body has no history: the same answer twice is the end of it
    asked = [one for one in story.vendor.requests if "body" in one.path]
    assert len(asked) <= 4


async def test_what_whoop_announces_is_stored_edited_and_deleted(story: Story) -> None:
    for data_type in LISTED:
        await story.sync(data_type)
    before = await story.stored(DataType.SLEEP)
    await story.vendor.advance(24)
    await story.answer()
    assert await story.stored(DataType.SLEEP) > before
    newest = max(story.vendor.records(story.account, Kind.SLEEP), key=lambda one: str(one["start"]))
    key = str(newest["id"])
    assert await rows("SELECT 1 FROM recoveries WHERE night_id = $1", key)

    await story.vendor.edit_sleep(story.account, key, minutes=30)
    (old,) = await rows("SELECT end_at FROM nights WHERE source_id = $1", key)
    await story.answer()
    (new,) = await rows("SELECT end_at FROM nights WHERE source_id = $1", key)
    assert new["end_at"] != old["end_at"]

    await story.vendor.delete_sleep(story.account, key)
    await story.answer()
    assert not await rows("SELECT 1 FROM nights WHERE source_id = $1", key)
    assert not await rows("SELECT 1 FROM recoveries WHERE night_id = $1", key)
    await story.sync(DataType.SLEEP)
    assert not await rows("SELECT 1 FROM nights WHERE source_id = $1", key)


async def test_two_workers_rotate_a_dead_token_once(story: Story) -> None:
    await story.vendor.advance(2)  # a token lives for an hour
    tasks: list[Callable[[], Awaitable[dict[str, Any]]]] = [
        lambda: story.sync(DataType.SLEEP),
        lambda: story.sync(DataType.WORKOUT),
        lambda: story.sync(DataType.CYCLE),
    ]
    results = await asyncio.gather(*(task() for task in tasks))
    assert [result["status"] for result in results] == ["ok", "ok", "ok"]
    refreshes = [one for one in story.vendor.requests if one.path.endswith("/token")]
    assert len(refreshes) == 2  # the exchange of the code, and one refresh


async def test_a_consent_that_was_withdrawn_asks_for_the_owner(story: Story) -> None:
    story.vendor.withdraw(story.account)
    await story.sync(DataType.SLEEP)
    found = await connections.get(story.connection_id)
    assert found is not None
    assert found.status == "needs_reauth"
    assert (await sync_states.get(story.connection_id, DataType.SLEEP)).status == "error"
