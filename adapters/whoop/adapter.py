"""The adapter of WHOOP: identity, capabilities, consent, webhooks; the work is done next door.

``WearableConfig.base_url`` is the root: the data is at ``/developer`` below it, the tokens at ``/oauth``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.whoop import webhooks
from adapters.whoop.client import WhoopClient, exchange, open_http
from adapters.whoop.export import accepts, normalize_csv, read_export
from adapters.whoop.normalize import normalize
from adapters.whoop.payloads import AUTHORIZE, COLLECTIONS, ROOT, SCOPES, kind_of
from poise_sdk import oauth
from poise_sdk.budget import Limit
from poise_sdk.errors import Fatal
from poise_sdk.files import DEFAULT_LIMITS, Limits, read_documents
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import (
    Authorization,
    Capabilities,
    ClientCredentials,
    Credentials,
    Item,
    OAuth,
    WearableAdapter,
    WearableConfig,
    Webhook,
    WebhookEvent,
)

if TYPE_CHECKING:
    from adapters.whoop.simulator import WhoopSimulator

__all__ = ["WhoopAdapter"]

#: Bytes of a document that tell JSON from CSV.
_BEGINNING: Final = 256


class WhoopAdapter(WearableAdapter):
    """The WHOOP strap: nights and naps, recoveries, cycles of strain, workouts, body; and its export."""

    name = "whoop"
    title = "WHOOP"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset(COLLECTIONS),
        metrics=frozenset(
            {
                "recovery_pct",
                "resting_hr_bpm",
                "hrv_rmssd_ms",
                "spo2_pct",
                "skin_temp_c",
                "respiratory_rate_rpm",
                "asleep_min",
                "in_bed_min",
                "awake_min",
                "light_min",
                "deep_min",
                "rem_min",
                "no_data_min",
                "need_min",
                "debt_min",
                "efficiency_pct",
                "performance_pct",
                "consistency_pct",
                "disturbances",
                "sleep_cycles",
                "strain",
                "energy_kj",
                "avg_hr_bpm",
                "max_hr_bpm",
                "duration_min",
                "distance_m",
                "altitude_gain_m",
                "altitude_change_m",
                "recorded_pct",
                *(f"zone_{zone}_min" for zone in range(6)),
                "height_m",
                "weight_kg",
            }
        ),
        # WHOOP's documents ask for the application's secret and name no PKCE.
        oauth=OAuth(scopes=SCOPES, pkce=False, rotates_refresh_tokens=True),
        # Cycles have no webhooks: the strain of a day is polled.
        webhooks=frozenset(webhooks.DATA_TYPES.values()),
        file_import=True,
        limits=(Limit(100, 60.0), Limit(10_000, 86_400.0)),
        # A strap that was out of reach delivers nights late, and a night may be scored hours after.
        overlap=dt.timedelta(days=2),
        window=dt.timedelta(days=30),
    )

    def accepts(self, name: str) -> bool:
        """What an export holds; documents of the interface are not looked for in archives."""
        return accepts(name)

    def read_file(self, path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[RawDocument | Rejected]:
        """The documents of an export (a ZIP, its folder, one CSV), or one document of the interface."""
        if path.is_file() and _json_file(path):
            return read_documents(path, limits=limits)
        return read_export(path, limits)

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        """See :mod:`adapters.whoop.normalize`; for tables of the export :mod:`adapters.whoop.export`."""
        return normalize(document) if _of_interface(document) else normalize_csv(document)

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[WhoopClient]:
        """Open a client; it needs credentials."""
        if config.credentials is None:
            raise Fatal("WHOOP needs an athlete's credentials", hint="poise connect whoop --athlete NAME")
        async with open_http(config) as http:
            yield WhoopClient(http, config.credentials, config.client)

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        """WHOOP's consent page. It wants a state of eight characters or more."""
        return oauth.authorize_url(f"{ROOT}/{AUTHORIZE}", client, authorization)

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        """Credentials for the code."""
        return await exchange(config, authorization, code)

    def verify_webhook(self, webhook: Webhook, client: ClientCredentials) -> bool:
        """See :func:`adapters.whoop.webhooks.verify`."""
        return webhooks.verify(webhook, client)

    def parse_webhook(self, webhook: Webhook) -> tuple[WebhookEvent, ...]:
        """See :func:`adapters.whoop.webhooks.parse`."""
        return webhooks.parse(webhook)

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
    ) -> WhoopSimulator:
        """See :class:`adapters.whoop.simulator.WhoopSimulator`; loaded only by who asks for it."""
        from adapters.whoop.simulator import WhoopSimulator

        return WhoopSimulator(
            athletes=athletes,
            days=days,
            seed=seed,
            port=port,
            now=now,
            client=client,
            webhook_url=webhook_url,
        )


def _of_interface(document: RawDocument) -> bool:
    name = document.name.lower()
    if name.endswith(".csv"):
        return False
    told = kind_of(document.name) is not None or name.endswith(".json")
    return told or _like_json(document.content[:_BEGINNING])


def _json_file(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _like_json(file.read(_BEGINNING))
    except OSError:  # the reader says what is wrong with it
        return False


def _like_json(beginning: bytes) -> bool:
    return beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
