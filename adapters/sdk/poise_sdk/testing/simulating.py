"""What the suite can ask where the adapter brings its own simulated vendor, with athletes and a clock."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from poise_sdk.observations import WearableRecord
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.testing.connecting import pages_of, said_by
from poise_sdk.testing.fetching import FetchChecks
from poise_sdk.testing.hooking import HookCase, HookChecks, parsed
from poise_sdk.testing.observing import records_of
from poise_sdk.testing.trials import SimulatorTrial, Trial, open_trial
from poise_sdk.wearable import (
    Credentials,
    Item,
    Secret,
    WearableClient,
    Webhook,
    WebhookKind,
    verification_token,
)

__all__ = ["SimulatedFetchChecks", "SimulatedHookChecks"]

#: The span of a daily sync, against the window of the history.
_LATELY: Final = dt.timedelta(days=3)
#: Where the suite waits for a simulator's webhooks, the days it is moved on, the seconds it then has.
_PATH: Final = "/webhooks"
_DAYS: Final = 3
_ARRIVES_S: Final = 5.0


class SimulatedFetchChecks(FetchChecks):
    """Mixed into the suite of a wearable whose simulator answers by span and by athlete."""

    def test_a_later_since_gives_only_what_is_late(self) -> None:
        """An incremental sync asks for a few days and gets them: part of the whole, and less than it."""

        async def check(trial: Trial, client: WearableClient) -> None:
            less = 0
            for kind in self._kinds():
                whole = _ids(said_by(trial.adapter, await self._fetched(trial, client, kind)))
                pages = await pages_of(client, kind, trial.now - _LATELY, trial.now)
                late = _ids(said_by(trial.adapter, pages))
                beyond = sorted(late - whole)
                assert not beyond, (
                    f"fetch({kind}) of {_LATELY.days} days gives {beyond[0]}, the whole window does not"
                )
                less += len(whole) - len(late)
            assert less > 0, "fetch gives the same whatever since is: the span is not passed on"

        self._with_client(check)

    def test_the_account_is_the_one_that_consented(self) -> None:
        """``user_id`` tells it: by this id webhooks find the connection."""

        async def check(trial: Trial, client: WearableClient) -> None:
            assert isinstance(trial, SimulatorTrial)
            told = await client.user_id()
            if trial.adapter.capabilities.webhooks or told is not None:
                assert told == trial.account, f"user_id() is {told!r}, {trial.account!r} consented"

        self._with_client(check)


class SimulatedHookChecks(HookChecks):
    """The same with webhooks that the adapter's own simulator sends."""

    def test_what_a_webhook_names_can_be_fetched(self) -> None:
        """The record that changed, by the id in the event, of the account that user_id tells."""

        async def check() -> None:
            async with (
                self._announced() as (trial, credentials, hooks),
                trial.adapter.connect(trial.config(credentials)) as client,
            ):
                account = await client.user_id()
                events = [event for hook in hooks for event in parsed(trial.adapter, hook)]
                for event in events:
                    assert event.vendor_user_id == account, (
                        f"a webhook names the account {event.vendor_user_id!r}, user_id() is {account!r}"
                    )
                    if event.kind is not WebhookKind.CHANGED or event.data_type is None:
                        continue
                    documents = await client.fetch_one(event.data_type, event.record_id or "")
                    said = [i for d in documents for i in records_of(trial.adapter, d, "what it names")]
                    assert any(isinstance(item, WearableRecord) for item in said), (
                        f"fetch_one gives no record for {event}"
                    )

        asyncio.run(check())

    def case(self) -> HookCase:
        """The author's sample, else the first webhook that the simulator sends."""
        if self.webhook is not None:
            return super().case()

        async def get() -> HookCase:
            async with self._announced() as (trial, _, hooks):
                return HookCase(trial.adapter, trial.client, hooks[0])

        return asyncio.run(get())

    @asynccontextmanager
    async def _announced(self) -> AsyncIterator[tuple[Trial, Credentials, list[Webhook]]]:
        """A trial with an athlete connected, and the webhooks that the simulator has sent."""
        adapter, receiver = self.adapter_class(), SimulatedVendor()
        hooks: list[Webhook] = []
        came = asyncio.Event()

        @receiver.route(_PATH, method="POST")
        def take(request: Request) -> Reply:
            received_at = dt.datetime.now(dt.UTC)
            hooks.append(Webhook(headers=request.headers, body=request.body, received_at=received_at))
            came.set()
            return Reply(status=204)

        async with receiver:
            address = f"{receiver.base_url}{_PATH}"
            async with open_trial(adapter, self.setting, webhook_url=address) as trial:
                assert isinstance(trial, SimulatorTrial)

                @receiver.route(_PATH)
                def prove(request: Request) -> Reply:
                    answer = adapter.answer_challenge(request.query, trial.client)
                    return Reply(status=403) if answer is None else Reply(body=answer)

                credentials = await trial.grant()
                token = verification_token(trial.client, adapter.name) or Secret("")
                await adapter.subscribe(trial.config(credentials), address, token)
                for _ in range(_DAYS):
                    await trial.simulator.advance(24.0)
                    if hooks:
                        break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(came.wait(), _ARRIVES_S)
                assert hooks, f"the simulator has announced nothing after {_DAYS} days"
                # Days have passed: access tokens live for hours.
                yield trial, await trial.grant(), [_in_its_time(trial, hook) for hook in hooks]


def _ids(items: list[Item]) -> set[tuple[str, str]]:
    return {
        (type(item).__name__, item.source_id)
        for item in items
        if isinstance(item, WearableRecord) and item.source_id is not None
    }


def _in_its_time(trial: SimulatorTrial, hook: Webhook) -> Webhook:
    """``hook`` as received by the clock that the simulator signs with: the world's, or its own."""
    simulated = dataclasses.replace(hook, received_at=trial.now)
    return simulated if trial.adapter.verify_webhook(simulated, trial.client) else hook
