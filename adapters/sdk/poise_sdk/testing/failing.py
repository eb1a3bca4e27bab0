"""What the suite asks of a wearable's client in trouble: the error that says how to recover."""

from __future__ import annotations

import traceback
from typing import Final

from poise_sdk.errors import Fatal, NeedsReauth, PoiseError, Retriable, Skippable
from poise_sdk.records import Rejected
from poise_sdk.simulation import Fault
from poise_sdk.testing.connecting import ClientTries, said_by
from poise_sdk.testing.trials import Trial
from poise_sdk.testing.troubles import PAUSE_S, SHORT_TIMEOUT_S, TROUBLES, CountingBudget, expect
from poise_sdk.wearable import WearableClient

__all__ = ["FailureChecks"]

_ENDLESS: Final = "a body without end"
#: As for game feeds, except that a vendor of bodies may itself forbid something: to this athlete
#: (the connection), or of this athlete (a scope that was not granted).
_TROUBLES: Final = {
    **{trouble: right for trouble, right in TROUBLES.items() if trouble != "404"},
    "403 of the vendor itself": (
        Fault.status(403, {"content-type": "application/json"}, b'{"message": "forbidden"}'),
        (NeedsReauth, Skippable),
    ),
}


class FailureChecks(ClientTries):
    """Mixed into the suite of a wearable that has a client."""

    def test_every_request_asks_the_budget(self) -> None:
        """The vendor's limit is shared by all workers; a request that does not ask breaks it for all."""
        budget = CountingBudget()

        async def check(trial: Trial, client: WearableClient) -> None:
            trial.requests.clear()
            budget.taken = 0
            for kind in self._kinds():
                await self._fetched(trial, client, kind)
            asked = len(trial.requests)
            assert budget.taken >= asked, f"{asked} requests, {budget.taken} of them asked the budget"
            trial.faults.add(TROUBLES["429 with Retry-After"][0])
            await expect(lambda: self._fetched(trial, client, self._kinds()[0]), (Retriable,), "429")
            assert budget.paused == PAUSE_S, "a 429 does not pause the budget"

        self._with_client(check, budget=budget)

    def test_trouble_gives_the_error_that_says_how_to_recover(self) -> None:
        """401, 403, 429, 5xx, drop, truncation, endless body: for each data type and request."""

        async def check(trial: Trial, client: WearableClient) -> None:
            for trouble, (fault, right) in _TROUBLES.items():
                calls = self._calls(trial, client)
                for name, call in calls.items() if trouble != _ENDLESS else list(calls.items())[:1]:
                    trial.faults.clear()
                    trial.faults.add(fault)
                    await expect(call, right, f"{name}, {trouble}")
            trial.faults.clear()
            fresh = trial.config(await trial.grant())
            async with trial.adapter.connect(fresh) as client:
                await self._fetched(trial, client, self._kinds()[0])

        self._with_client(check)

    def test_a_vendor_that_hangs_is_given_up_in_time(self) -> None:
        """``WearableConfig.timeout_s`` bounds every request; then it is Retriable."""

        async def check(trial: Trial, client: WearableClient) -> None:
            trial.faults.add(Fault.hang())
            calls = self._calls(trial, client)
            fetches = [name for name in calls if name.startswith("fetch(")]
            for name in fetches[1:]:
                del calls[name]  # one and the same request with another path
            for name, call in calls.items():
                await expect(call, (Retriable,), f"{name}, a hang")

        self._with_client(check, timeout_s=SHORT_TIMEOUT_S)

    def test_a_web_page_with_status_200_never_becomes_records(self) -> None:
        """Content networks do that: it is an error or a rejection, never an empty answer."""

        async def check(trial: Trial, client: WearableClient) -> None:
            trial.faults.add(Fault.status(200, body=Fault.firewall().body))
            for kind in self._kinds():
                try:
                    pages = await self._fetched(trial, client, kind)
                except PoiseError:
                    continue
                items = said_by(trial.adapter, pages)
                assert items, f"fetch({kind}): a web page was taken for an empty answer"
                assert all(isinstance(item, Rejected) for item in items), (
                    f"fetch({kind}): a web page became records"
                )

        self._with_client(check)

    def test_a_record_that_is_gone_is_skippable(self) -> None:
        """A webhook may name what the vendor has deleted meanwhile; Fatal where single ones are not given."""

        async def check(trial: Trial, client: WearableClient) -> None:
            for kind in self._kinds():
                await expect(
                    lambda kind=kind: client.fetch_one(kind, "no-such-record"),  # type: ignore[misc]  # a default binds the loop's value
                    (Skippable, Fatal),
                    f"fetch_one({kind}), a record that is gone",
                )

        self._with_client(check)

    def test_errors_show_no_secret(self) -> None:
        """Errors are logged and stored: no token and no client secret in them, nor in their causes."""

        async def check(trial: Trial, client: WearableClient) -> None:
            credentials = await trial.grant()
            secrets = [credentials.access_token, credentials.refresh_token, trial.client.client_secret]
            texts = [secret.reveal() for secret in secrets if secret]
            async with trial.adapter.connect(trial.config(credentials)) as client:
                for trouble in (
                    "401",
                    "500",
                    "a dropped connection",
                    "a truncated body",
                    "429 with Retry-After",
                ):
                    for name, call in {**self._calls(trial, client), "revoke": client.revoke}.items():
                        trial.faults.clear()
                        trial.faults.add(TROUBLES[trouble][0])
                        try:
                            await call()
                        except Exception as error:
                            shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
                            assert not any(text in shown for text in texts), (
                                f"{name}, {trouble}: the error shows a secret"
                            )

        self._with_client(check)
