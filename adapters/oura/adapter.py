"""The adapter of Oura: identity, capabilities, consent, webhooks; the work is done next door."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from adapters.oura import webhooks
from adapters.oura.client import OuraClient, http_for
from adapters.oura.normalize import normalize
from adapters.oura.payloads import AUTHORIZE, COLLECTIONS, SCOPES, TOKEN, WEBHOOKS
from poise_sdk import oauth
from poise_sdk.budget import Limit
from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument
from poise_sdk.wearable import (
    Authorization,
    Capabilities,
    ClientCredentials,
    Credentials,
    Item,
    OAuth,
    Secret,
    Subscription,
    WearableAdapter,
    WearableConfig,
    Webhook,
    WebhookEvent,
)

if TYPE_CHECKING:
    from adapters.oura.simulator import OuraSimulator

__all__ = ["OuraAdapter"]


class OuraAdapter(WearableAdapter):
    """The Oura ring: nights with stages, naps, readiness, activity, stress, SpO2, heart rate, workouts."""

    name = "oura"
    title = "Oura"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset(COLLECTIONS),
        metrics=frozenset(
            {
                "hr_bpm",
                "hrv_rmssd_ms",
                "avg_hr_bpm",
                "min_hr_bpm",
                "respiratory_rate_rpm",
                "spo2_pct",
                "temp_deviation_c",
                "recovery_pct",
                "sleep_score",
                "activity_score",
                "asleep_min",
                "in_bed_min",
                "awake_min",
                "light_min",
                "deep_min",
                "rem_min",
                "latency_min",
                "disturbances",
                "duration_min",
                "efficiency_pct",
                "steps",
                "energy_kj",
                "active_energy_kj",
                "active_min",
                "sedentary_min",
                "stress_min",
                "restored_min",
                "distance_m",
                "vo2max_ml_kg_min",
                "weight_kg",
                "height_m",
            }
        ),
        # Oura's description names no PKCE; a refresh token serves once.
        oauth=OAuth(scopes=SCOPES, pkce=False, rotates_refresh_tokens=True),
        webhooks=frozenset(WEBHOOKS.values()),
        # Oura states no figures any more; 5,000 in five minutes were its published limit for years, and
        # its 429 tells how long to wait.
        limits=(Limit(5_000, 300.0),),
        overlap=dt.timedelta(days=3),
        # Heart rate is given for thirty days at once; the host asks a day beyond its span.
        window=dt.timedelta(days=28),
    )

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[OuraClient]:
        """Open a client; it needs credentials."""
        if config.credentials is None:
            raise Fatal("Oura needs an athlete's credentials", hint="poise connect oura --athlete NAME")
        async with http_for(config) as http:
            yield OuraClient(http, config.credentials, config.client)

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        """See :mod:`adapters.oura.normalize`."""
        return normalize(document)

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        """Oura's consent page."""
        return oauth.authorize_url(AUTHORIZE, client, authorization)

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        """Credentials for the code."""
        if config.client is None:
            raise Fatal("Oura needs the application's client id", hint="poise vendors configure oura")
        async with http_for(config) as http:
            return await oauth.exchange(http, TOKEN, config.client, authorization, code)

    def verify_webhook(self, webhook: Webhook, client: ClientCredentials) -> bool:
        """See :func:`adapters.oura.webhooks.verify`."""
        return webhooks.verify(webhook, client)

    def answer_challenge(self, query: Mapping[str, str], client: ClientCredentials) -> bytes | None:
        """See :func:`adapters.oura.webhooks.answer`."""
        return webhooks.answer(query, client)

    def parse_webhook(self, webhook: Webhook) -> tuple[WebhookEvent, ...]:
        """See :func:`adapters.oura.webhooks.parse`."""
        return webhooks.parse(webhook)

    async def subscribe(
        self, config: WearableConfig, callback_url: str, verification_token: Secret
    ) -> tuple[Subscription, ...]:
        """See :func:`adapters.oura.webhooks.subscribe`."""
        async with http_for(config) as http:
            return await webhooks.subscribe(http, config.client, callback_url, verification_token)

    def vendor_simulator(
        self,
        *,
        athletes: int = 3,
        days: int = 30,
        seed: int = 1,
        port: int = 0,
        now: dt.datetime | None = None,
        client: ClientCredentials | None = None,
        webhook_url: str | None = None,
    ) -> OuraSimulator:
        """See :class:`adapters.oura.simulator.OuraSimulator`; loaded only by who asks for it."""
        from adapters.oura.simulator import OuraSimulator

        return OuraSimulator(
            athletes=athletes,
            days=days,
            seed=seed,
            port=port,
            now=now,
            client=client,
            webhook_url=webhook_url,
        )
