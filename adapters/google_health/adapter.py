"""The adapter of Google Health: identity, capabilities, consent; the work is done next door."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from adapters.google_health.client import GoogleHealthClient, http_for
from adapters.google_health.normalize import normalize
from adapters.google_health.payloads import AUTHORIZE, COLLECTIONS, OAUTH, SCOPES, TOKEN
from poise_sdk import oauth
from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument
from poise_sdk.wearable import (
    Authorization,
    Capabilities,
    ClientCredentials,
    Credentials,
    Item,
    WearableAdapter,
    WearableConfig,
)
from poise_sdk.wearable import OAuth as OAuthOffer

__all__ = ["GoogleHealthAdapter"]


class GoogleHealthAdapter(WearableAdapter):
    """Google Health, the successor of Fitbit's Web API: sleep with stages, heart rate, HRV, SpO2, steps.

    Written from Google's public reference of the Google Health API, v4 (data points, filters, paging,
    scopes) and of its OAuth; it was not exercised against Google. Google tells changes by webhooks that an
    operator registers for a whole project; they are not used: all is polled. A point that somebody deletes
    is not told by a list and stays here.
    """

    name = "google_health"
    title = "Google Health"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset(COLLECTIONS),
        metrics=frozenset(
            {
                "hr_bpm",
                "avg_hr_bpm",
                "resting_hr_bpm",
                "hrv_rmssd_ms",
                "spo2_pct",
                "steps",
                "weight_kg",
                "asleep_min",
                "in_bed_min",
                "awake_min",
                "light_min",
                "deep_min",
                "rem_min",
                "latency_min",
                "efficiency_pct",
                "duration_min",
                "energy_kj",
                "distance_m",
                "altitude_gain_m",
            }
        ),
        oauth=OAuthOffer(scopes=SCOPES, pkce=True, rotates_refresh_tokens=False),
        # Quotas belong to the operator's Google project, which can have them raised; a 429 tells the rest.
        limits=(),
        # A tracker hands over days at once when its phone comes near.
        overlap=dt.timedelta(days=4),
        # Heart rate comes every few seconds.
        window=dt.timedelta(days=14),
    )

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[GoogleHealthClient]:
        """Open a client; it needs credentials."""
        if config.credentials is None:
            raise Fatal(
                "Google Health needs an athlete's credentials",
                hint="poise connect google_health --athlete NAME",
            )
        async with http_for(config) as http, http_for(config, OAUTH) as tokens:
            yield GoogleHealthClient(http, tokens, config.credentials, config.client)

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        """See :mod:`adapters.google_health.normalize`."""
        return normalize(document)

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        """Google's consent page. Without ``offline`` and ``consent`` it gives no refresh token again."""
        extra = {"access_type": "offline", "prompt": "consent"}
        return oauth.authorize_url(AUTHORIZE, client, authorization, extra=extra)

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        """Credentials for the code."""
        if config.client is None:
            raise Fatal(
                "Google Health needs the application's client id",
                hint="poise vendors configure google_health",
            )
        async with http_for(config, OAUTH) as http:
            return await oauth.exchange(http, TOKEN, config.client, authorization, code)
