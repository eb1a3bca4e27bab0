"""What the simulated WHOOP announces by webhook, and how."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.whoop.payloads import Kind
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk.simulation import Fault, Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Webhook, WebhookEvent, WebhookKind
from tests.adapters.whoop.connecting import ADAPTER, connect, consented

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)


class Receiver:
    """Takes webhooks as the host does: verified, then parsed."""

    def __init__(self, server: SimulatedVendor, vendor: WhoopSimulator) -> None:
        self.server = server
        self.events: list[WebhookEvent] = []
        self._vendor = vendor
        server.route("/webhooks/whoop", method="POST")(self._take)

    def _take(self, request: Request) -> Reply:
        webhook = Webhook(headers=request.headers, body=request.body, received_at=dt.datetime.now(dt.UTC))
        assert ADAPTER.verify_webhook(webhook, self._vendor.client)
        self.events += ADAPTER.parse_webhook(webhook)
        return Reply(status=204)


@asynccontextmanager
async def listening(athletes: int = 2) -> AsyncIterator[tuple[WhoopSimulator, Receiver]]:
    async with SimulatedVendor() as server:
        url = f"{server.base_url}/webhooks/whoop"
        async with WhoopSimulator(athletes=athletes, days=20, now=NOW, webhook_url=url) as vendor:
            yield vendor, Receiver(server, vendor)


async def test_a_day_is_announced_for_who_is_connected_and_for_nobody_else() -> None:
    async with listening() as (vendor, receiver):
        await vendor.advance(24)
        assert receiver.events == []
        await consented(vendor, 1)
        known = {one["id"] for one in vendor.records(vendor.accounts[1].id, Kind.SLEEP)}
        await vendor.advance(24)
        assert {event.vendor_user_id for event in receiver.events} == {vendor.accounts[1].id}
        new = {one["id"] for one in vendor.records(vendor.accounts[1].id, Kind.SLEEP)} - known
        announced = {e.record_id for e in receiver.events if e.data_type is DataType.SLEEP}
        assert new
        assert announced >= new
        recoveries = {e.record_id for e in receiver.events if e.data_type is DataType.RECOVERY}
        assert recoveries
        assert recoveries <= announced  # a recovery is announced by its sleep's id
        assert vendor.webhooks.lost == []


async def test_what_is_announced_can_be_fetched() -> None:
    async with listening() as (vendor, receiver):
        vendor.tokens.lifetime_s = 7 * 86_400
        async with connect(vendor) as client:
            await vendor.advance(30)
            assert receiver.events
            for event in receiver.events:
                assert event.data_type is not None
                assert event.record_id is not None
                assert await client.fetch_one(event.data_type, event.record_id)


async def test_edits_and_deletions_are_announced_at_once() -> None:
    async with listening() as (vendor, receiver):
        account = vendor.accounts[0].id
        await consented(vendor)
        night = await vendor.edit_sleep(account)
        workout = await vendor.edit_workout(account)
        assert await vendor.delete_sleep(account, night) == night
        assert await vendor.delete_workout(account, workout) == workout
        changed, deleted = WebhookKind.CHANGED, WebhookKind.DELETED
        assert [(e.kind, e.data_type, e.record_id) for e in receiver.events] == [
            (changed, DataType.SLEEP, night),
            (changed, DataType.RECOVERY, night),
            (changed, DataType.WORKOUT, workout),
            (deleted, DataType.SLEEP, night),
            (deleted, DataType.RECOVERY, night),
            (deleted, DataType.WORKOUT, workout),
        ]
        assert len({event.event_id for event in receiver.events}) == 6


async def test_duplicates_bear_one_id_and_come_backwards_on_demand() -> None:
    async with listening() as (vendor, receiver):
        await consented(vendor)
        vendor.webhooks.copies, vendor.webhooks.newest_first = 2, True
        night = await vendor.delete_sleep(vendor.accounts[0].id)
        told = [(event.data_type, event.record_id) for event in receiver.events]
        assert told == [(DataType.RECOVERY, night)] * 2 + [(DataType.SLEEP, night)] * 2
        assert len({event.event_id for event in receiver.events}) == 2


async def test_what_the_receiver_refuses_is_sent_again_and_in_the_end_lost() -> None:
    async with listening() as (vendor, receiver):
        account = vendor.accounts[0].id
        await consented(vendor)
        receiver.server.faults.add(Fault.status(503), times=2)
        await vendor.edit_workout(account)
        assert len(receiver.events) == 1
        assert len(receiver.server.requests) == 3
        receiver.server.faults.add(Fault.reset())
        await vendor.delete_workout(account)
        receiver.server.faults.clear()
        assert len(receiver.events) == 1
        (lost,) = vendor.webhooks.lost
        await vendor.webhooks.send(lost)
        assert receiver.events[-1].kind is WebhookKind.DELETED


@pytest.mark.parametrize("how", ["silent", "withdrawn", "revoked"])
async def test_a_vendor_that_fell_silent_and_an_athlete_who_left_announce_nothing(how: str) -> None:
    async with listening() as (vendor, receiver):
        account = vendor.accounts[0].id
        async with connect(vendor) as client:
            if how == "revoked":
                await client.revoke()
        if how == "silent":
            vendor.webhooks.silent = True
        if how == "withdrawn":
            vendor.withdraw(account)
        await vendor.delete_sleep(account)
        await vendor.advance(24)
        assert receiver.server.requests == []
