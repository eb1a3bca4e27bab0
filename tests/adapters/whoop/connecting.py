"""The consent dance with the simulated WHOOP, in one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

from adapters.whoop.adapter import WhoopAdapter
from adapters.whoop.client import WhoopClient
from adapters.whoop.payloads import SCOPES
from adapters.whoop.simulator import WhoopSimulator
from poise_sdk import oauth
from poise_sdk.observations import WearableRecord
from poise_sdk.wearable import Page, WearableConfig

__all__ = ["ADAPTER", "connect", "consented", "records_of"]

ADAPTER: Final = WhoopAdapter()
_REDIRECT: Final = "https://poise.example/oauth/whoop/callback"


async def consented(
    vendor: WhoopSimulator, athlete: int = 0, *, granted: Sequence[str] | None = None
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
    vendor: WhoopSimulator, athlete: int = 0, *, granted: Sequence[str] | None = None
) -> AsyncIterator[WhoopClient]:
    """A client of one athlete."""
    async with ADAPTER.connect(await consented(vendor, athlete, granted=granted)) as client:
        yield client


def records_of(*pages: Page) -> list[WearableRecord]:
    """What the pages say; a failure if anything of it is rejected."""
    items = [item for page in pages for document in page.documents for item in ADAPTER.normalize(document)]
    records = [item for item in items if isinstance(item, WearableRecord)]
    assert len(records) == len(items), [item for item in items if not isinstance(item, WearableRecord)]
    return records
