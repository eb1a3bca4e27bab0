"""The consent dance with the simulated Oura, in one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from adapters.oura.adapter import OuraAdapter
from adapters.oura.client import OuraClient
from adapters.oura.payloads import SCOPES
from adapters.oura.simulator import OuraSimulator
from poise_sdk import oauth
from poise_sdk.observations import WearableRecord
from poise_sdk.wearable import Page, WearableConfig

__all__ = ["ADAPTER", "bearer", "connect", "consented", "records_of"]

ADAPTER: Final = OuraAdapter()
_REDIRECT: Final = "https://poise.example/oauth/oura/callback"


async def consented(
    vendor: OuraSimulator, athlete: int = 0, *, granted: Sequence[str] | None = None
) -> WearableConfig:
    """Credentials of one athlete, by the real dance."""
    dance = oauth.begin(_REDIRECT, SCOPES, pkce=False)
    url = ADAPTER.authorize_url(vendor.client, dance)
    back = parse_qs(urlsplit(await vendor.consent(url, vendor.accounts[athlete].id, granted=granted)).query)
    oauth.check_state(dance, back["state"][0])
    config = WearableConfig(client=vendor.client, base_url=vendor.base_url)
    return replace(config, credentials=await ADAPTER.exchange(config, dance, back["code"][0]))


@asynccontextmanager
async def connect(
    vendor: OuraSimulator, athlete: int = 0, *, granted: Sequence[str] | None = None
) -> AsyncIterator[OuraClient]:
    """A client of one athlete."""
    async with ADAPTER.connect(await consented(vendor, athlete, granted=granted)) as client:
        yield client


async def bearer(vendor: OuraSimulator, athlete: int = 0, **options: Any) -> httpx.AsyncClient:
    """Bare HTTP with one athlete's access token."""
    config = await consented(vendor, athlete, **options)
    assert config.credentials is not None
    return httpx.AsyncClient(
        base_url=f"{vendor.base_url}/v2/usercollection/",
        headers={"authorization": f"Bearer {config.credentials.access_token.reveal()}"},
        trust_env=False,
    )


def records_of(*pages: Page) -> list[WearableRecord]:
    """What the pages say; a failure if anything of it is rejected."""
    items = [item for page in pages for document in page.documents for item in ADAPTER.normalize(document)]
    records = [item for item in items if isinstance(item, WearableRecord)]
    assert len(records) == len(items), [item for item in items if not isinstance(item, WearableRecord)]
    return records
