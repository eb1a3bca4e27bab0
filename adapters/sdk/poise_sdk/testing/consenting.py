"""What the suite asks of a wearable's consent dance: the page, the code, the refresh."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from poise_sdk import oauth
from poise_sdk.errors import NeedsReauth, Retriable
from poise_sdk.simulation import Fault
from poise_sdk.testing.connecting import pages_of, span
from poise_sdk.testing.trials import APPLICATION, REDIRECT, Setting, Trial, open_trial
from poise_sdk.testing.troubles import expect
from poise_sdk.wearable import Authorization, Credentials, WearableAdapter, WearableClient

__all__ = ["ConsentChecks"]


class ConsentChecks:
    """Mixed into the suite of a wearable with a consent page."""

    adapter_class: ClassVar[type[WearableAdapter]]
    setting: ClassVar[Setting]

    def test_the_consent_page_is_told_who_asks(self) -> None:
        """State, client id, address to come back to; PKCE's public half if it is offered; no secret."""
        adapter = self.adapter_class()
        offered = adapter.capabilities.oauth
        assert offered is not None
        dance = oauth.begin(REDIRECT, offered.scopes, pkce=offered.pkce)
        url = adapter.authorize_url(APPLICATION, dance)
        assert urlsplit(url).scheme == "https", f"the consent page is not https: {url.split('?')[0]}"
        values = [value for _, value in parse_qsl(urlsplit(url).query)]
        for what, value in (
            ("the state", dance.state.reveal()),
            ("the client id", APPLICATION.client_id),
            ("the redirect_uri", REDIRECT),
        ):
            assert value in values, f"{what} is not in the consent page's address"
        if dance.code_verifier is not None:
            assert oauth.challenge(dance.code_verifier) in values, (
                "PKCE is claimed, the challenge is not sent"
            )
            assert dance.code_verifier.reveal() not in url, "PKCE's secret half is in the address"
        asked = " ".join(values)
        missing = [scope for scope in offered.scopes if scope not in asked]
        assert not missing, f"the scopes {missing} are not asked for"
        assert APPLICATION.client_secret is not None
        assert APPLICATION.client_secret.reveal() not in url, "the client secret is in the address"

    def test_a_code_is_exchanged_for_credentials_that_work(self) -> None:
        """And a wrong one is not: then only the athlete can help."""

        async def check(trial: Trial) -> None:
            credentials = await _connected(trial)
            assert isinstance(credentials, Credentials), f"exchange gave a {type(credentials).__name__}"
            await self._works(trial, credentials)
            await expect(
                lambda: _exchange(trial, trial.begin(), "no-such-code"),
                (NeedsReauth,),
                "exchange, a wrong code",
            )
            trial.faults.add(Fault.status(500))
            await expect(lambda: _exchange(trial, trial.begin(), "any-code"), (Retriable,), "exchange, a 500")

        self._with_trial(check)

    def test_a_verifier_of_another_dance_is_refused(self) -> None:
        """A stolen code is of no use to whoever did not begin the dance."""

        async def check(trial: Trial) -> None:
            mine, other = trial.begin(), trial.begin()
            if mine.code_verifier is None:
                return
            code = await trial.consent(trial.adapter.authorize_url(trial.client, mine))
            await expect(
                lambda: _exchange(trial, other, code),
                (NeedsReauth,),
                "exchange, the verifier of another dance",
            )

        self._with_trial(check)

    def test_a_refresh_gives_credentials_that_work(self) -> None:
        """New ones, for the same account; the client goes on with them, and so does a new one."""

        async def check(trial: Trial) -> None:
            offered = trial.adapter.capabilities.oauth
            assert offered is not None
            old = await _connected(trial)
            if old.vendor_user_id is None:
                old = dataclasses.replace(old, vendor_user_id="who-it-is")
            async with trial.adapter.connect(trial.config(old)) as client:
                if type(client).refresh is WearableClient.refresh:
                    assert not offered.rotates_refresh_tokens, "rotation is claimed, refresh is not written"
                    return
                fresh = await client.refresh()
                assert isinstance(fresh, Credentials), f"refresh gave a {type(fresh).__name__}"
                assert fresh.access_token != old.access_token, "refresh gave the old access token"
                assert fresh.vendor_user_id == old.vendor_user_id, "refresh forgets whose account it is"
                assert fresh.refresh_token, "refresh lost the refresh token"
                rotated = fresh.refresh_token != old.refresh_token
                assert rotated or not offered.rotates_refresh_tokens, "the old refresh token was kept"
                assert offered.rotates_refresh_tokens or not rotated, (
                    "the vendor rotates refresh tokens, capabilities.oauth does not say so"
                )
                trial.requests.clear()
                await self._ask(trial, client)
                token = fresh.access_token.reveal()
                carried = [token in f"{r.headers}{r.query}{r.body!r}" for r in trial.requests]
                assert all(carried), "after refresh the client goes on with the old token"
            await self._works(trial, fresh)

        self._with_trial(check)

    def test_a_dead_refresh_token_needs_reauth(self) -> None:
        """A wrong one, none, and one that rotation has ended."""

        async def check(trial: Trial) -> None:
            good = await _connected(trial)
            dead = dataclasses.replace(good, refresh_token=APPLICATION.client_secret)
            none = dataclasses.replace(good, refresh_token=None)
            for what, credentials in (("a wrong", dead), ("no", none)):
                async with trial.adapter.connect(trial.config(credentials)) as client:
                    await expect(client.refresh, (NeedsReauth,), f"refresh, {what} refresh token")
            offered = trial.adapter.capabilities.oauth
            if offered is not None and offered.rotates_refresh_tokens:
                async with trial.adapter.connect(trial.config(good)) as client:
                    await client.refresh()
                async with trial.adapter.connect(trial.config(good)) as client:
                    await expect(client.refresh, (NeedsReauth,), "refresh, a refresh token that is spent")

        self._with_trial(check)

    async def _works(self, trial: Trial, credentials: Credentials) -> None:
        async with trial.adapter.connect(trial.config(credentials)) as client:
            await self._ask(trial, client)

    async def _ask(self, trial: Trial, client: WearableClient) -> None:
        kind = min(self.adapter_class.capabilities.data_types)
        try:
            await pages_of(client, kind, *span(trial))
        except NeedsReauth as error:
            raise AssertionError(f"the new credentials are not accepted: {error}") from error

    def _with_trial(self, check: Callable[[Trial], Awaitable[None]]) -> None:
        async def run() -> None:
            async with open_trial(self.adapter_class(), self.setting) as trial:
                await check(trial)

        asyncio.run(run())


async def _connected(trial: Trial) -> Credentials:
    dance = trial.begin()
    code = await trial.consent(trial.adapter.authorize_url(trial.client, dance))
    return await _exchange(trial, dance, code)


async def _exchange(trial: Trial, dance: Authorization, code: str) -> Credentials:
    return await trial.adapter.exchange(trial.config(None), dance, code)
