"""What the simulated Oura announces by webhook, to whom, and how; and how the orders are kept up."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.oura.payloads import OPERATIONS, WEBHOOKS
from adapters.oura.simulator import OuraSimulator
from adapters.oura.simulator.orders import LIFETIME
from adapters.oura.webhooks import RENEW_BEFORE
from poise_sdk.errors import Skippable
from poise_sdk.simulation import Fault, Reply, Request, SimulatedVendor
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Subscription, Webhook, WebhookEvent, WebhookKind, verification_token
from tests.adapters.oura.connecting import ADAPTER, connect, consented

NOW = dt.datetime(2025, 11, 20, 12, 0, tzinfo=dt.UTC)
DAY = 24.0
ORDERS = len(WEBHOOKS) * len(OPERATIONS)


class Receiver:
    """Takes webhooks as the host does: the address proved, the sender verified, the event parsed."""

    def __init__(self, server: SimulatedVendor, vendor: OuraSimulator) -> None:
        self.server = server
        self.url = f"{server.base_url}/webhooks/oura"
        self.events: list[WebhookEvent] = []
        self.vendor = vendor
        server.route("/webhooks/oura", method="POST")(self._take)
        server.route("/webhooks/oura")(self._prove)

    async def subscribe(self) -> tuple[Subscription, ...]:
        """As the host does at start and daily."""
        token = verification_token(self.vendor.client, "oura")
        assert token is not None
        return await ADAPTER.subscribe(await consented(self.vendor), self.url, token)

    def _take(self, request: Request) -> Reply:
        webhook = Webhook(headers=request.headers, body=request.body, received_at=dt.datetime.now(dt.UTC))
        assert ADAPTER.verify_webhook(webhook, self.vendor.client)
        self.events += ADAPTER.parse_webhook(webhook)
        return Reply(status=204)

    def _prove(self, request: Request) -> Reply:
        answer = ADAPTER.answer_challenge(request.query, self.vendor.client)
        return Reply(status=403) if answer is None else Reply(body=answer)


@asynccontextmanager
async def listening(*, by_hand: bool = True) -> AsyncIterator[tuple[OuraSimulator, Receiver]]:
    """A vendor and who listens to it: by an address given beforehand, or by orders."""
    async with SimulatedVendor() as server:
        url = f"{server.base_url}/webhooks/oura" if by_hand else None
        async with OuraSimulator(athletes=2, days=20, now=NOW, webhook_url=url) as vendor:
            yield vendor, Receiver(server, vendor)


def desk(vendor: OuraSimulator, method: str) -> int:
    """How often orders were placed (POST) or renewed (PUT)."""
    return sum(r.method == method and "/webhook/" in r.path for r in vendor.requests)


async def test_orders_are_placed_once_and_renewed_before_they_end() -> None:
    async with listening(by_hand=False) as (vendor, receiver):
        vendor.webhooks.silent = True
        standing = await receiver.subscribe()
        assert len(standing) == ORDERS == desk(vendor, "POST")
        assert {one.data_type for one in standing} == ADAPTER.capabilities.webhooks
        assert {one.expires_at for one in standing} == {NOW + LIFETIME}
        assert await receiver.subscribe() == standing
        await vendor.advance(((LIFETIME - RENEW_BEFORE).days - 1) * DAY)
        assert await receiver.subscribe() == standing
        assert desk(vendor, "PUT") == 0
        await vendor.advance(2 * DAY)
        renewed = await receiver.subscribe()
        assert [one.id for one in renewed] == [one.id for one in standing]
        assert {one.expires_at for one in renewed} == {vendor.now + LIFETIME}
        assert (desk(vendor, "POST"), desk(vendor, "PUT")) == (ORDERS, ORDERS)


async def test_orders_that_ended_are_placed_anew_also_when_they_end_in_the_middle() -> None:
    async with listening(by_hand=False) as (vendor, receiver):
        vendor.webhooks.silent = True
        first = await receiver.subscribe()
        await vendor.advance(LIFETIME.days * DAY + 1)
        assert vendor.orders.standing == ()
        second = await receiver.subscribe()
        assert {one.id for one in first}.isdisjoint(one.id for one in second)
        await vendor.advance((LIFETIME - RENEW_BEFORE).days * DAY + 1)
        vendor.faults.add(Fault.status(403), path="*/renew/*", times=1)
        third = await receiver.subscribe()
        assert len({one.id for one in second} - {one.id for one in third}) == 1


async def test_an_address_that_cannot_be_proved_gets_no_orders() -> None:
    async with listening(by_hand=False) as (vendor, receiver):
        receiver.server.faults.add(Fault.status(404))
        with pytest.raises(Skippable):
            await receiver.subscribe()
        assert vendor.orders.standing == ()


async def test_who_ordered_is_told_and_nobody_else() -> None:
    async with listening(by_hand=False) as (vendor, receiver):
        await vendor.advance(DAY)
        await consented(vendor)
        await vendor.advance(DAY)
        assert receiver.server.requests == []
        await receiver.subscribe()
        await vendor.advance(2 * DAY)
        assert {event.vendor_user_id for event in receiver.events} == {vendor.accounts[0].id}
        kinds = {event.data_type for event in receiver.events}
        assert kinds >= {DataType.SLEEP, DataType.RECOVERY, DataType.DAILY}
        assert vendor.webhooks.lost == []


async def test_what_is_announced_can_be_fetched() -> None:
    async with listening() as (vendor, receiver):
        vendor.tokens.lifetime_s = 30 * 86_400
        async with connect(vendor) as client:
            await vendor.advance(4 * DAY)
            assert len(receiver.events) > 12
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
        told = {(event.kind, event.record_id) for event in receiver.events}
        assert told >= {
            (WebhookKind.CHANGED, f"sleep/{night}"),
            (WebhookKind.CHANGED, f"workout/{workout}"),
        }
        assert {event.data_type for event in receiver.events} >= {DataType.RECOVERY, DataType.DAILY}
        receiver.events.clear()
        await vendor.delete_sleep(account, night)
        await vendor.delete_workout(account, workout)
        assert {event.kind for event in receiver.events} == {WebhookKind.DELETED}
        gone = [(event.data_type, event.record_id) for event in receiver.events]
        assert gone[0] == (DataType.SLEEP, night)
        assert gone[-1] == (DataType.WORKOUT, workout)
        assert DataType.RECOVERY in {kind for kind, _ in gone}


async def test_duplicates_bear_one_id_and_come_backwards_on_demand() -> None:
    async with listening() as (vendor, receiver):
        await consented(vendor)
        vendor.webhooks.copies, vendor.webhooks.newest_first = 2, True
        night = await vendor.delete_sleep(vendor.accounts[0].id)
        assert [event.record_id for event in receiver.events[-2:]] == [night] * 2
        assert len({event.event_id for event in receiver.events}) * 2 == len(receiver.events)
        receiver.events.clear()
        vendor.webhooks.copies = 1
        await vendor.advance(DAY)
        times = [event.occurred_at for event in receiver.events if event.occurred_at]
        assert times == sorted(times, reverse=True)


async def test_what_the_receiver_refuses_is_sent_again_and_in_the_end_lost() -> None:
    async with listening() as (vendor, receiver):
        account = vendor.accounts[0].id
        await consented(vendor)
        receiver.server.faults.add(Fault.status(503), times=2)
        await vendor.edit_workout(account)
        assert len(receiver.events) == 1
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
        await vendor.advance(DAY)
        assert receiver.server.requests == []
