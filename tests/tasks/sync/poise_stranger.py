"""A stranger's adapter, small and trusting: what its vendor's documents hold decides how it behaves.

A record's ``trouble`` makes ``normalize`` raise, hang, end the process, yield rubbish or the wrong unit.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.budget import Limit
from poise_sdk.errors import Fatal
from poise_sdk.hooks import Register, hookimpl
from poise_sdk.http import HttpKit
from poise_sdk.observations import Night, Workout
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import (
    Capabilities,
    Credentials,
    Item,
    OAuth,
    Page,
    Secret,
    Subscription,
    WearableAdapter,
    WearableClient,
    WearableConfig,
)


class StrangerClient(WearableClient):
    def __init__(self, http: HttpKit, config: WearableConfig) -> None:
        self._http = http
        self._config = config
        assert config.credentials is not None
        self._credentials: Credentials = config.credentials

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        if self._config.options.get("blocks"):
            time.sleep(float(self._config.options["blocks"]))  # noqa: ASYNC251 - the trouble
        while True:
            params = {"since": since.isoformat(), "until": until.isoformat()}
            document, received_at = await self._get(
                f"v1/{data_type.value}", params | ({"cursor": cursor} if cursor else {})
            )
            cursor = json.loads(document.content)["next"]
            yield Page(documents=(document,), next_cursor=cursor, received_at=received_at)
            if cursor is None:
                return

    async def fetch_one(self, data_type: DataType, record_id: str) -> tuple[RawDocument, ...]:
        if self._config.options.get("no_single_records"):
            raise Fatal("this vendor does not give single records")
        document, _ = await self._get(f"v1/{data_type.value}/{record_id}", {})
        return (document,)

    async def user_id(self) -> str | None:
        document, _ = await self._get("v1/me", {})
        return str(json.loads(document.content)["id"])

    async def refresh(self) -> Credentials:
        assert self._config.client is not None
        self._credentials = await oauth.refresh(self._http, "token", self._config.client, self._credentials)
        return self._credentials

    async def revoke(self) -> None:
        await self._http.request("POST", "revoke", headers=self._headers())

    async def _get(self, path: str, params: dict[str, str]) -> tuple[RawDocument, dt.datetime]:
        answer = await self._http.get(path, params=params, headers=self._headers())
        return answer.document(path), answer.received_at  # type: ignore[union-attr]

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._credentials.access_token.reveal()}"}


class StrangerAdapter(WearableAdapter):
    name = "stranger"
    title = "Stranger"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset({DataType.SLEEP, DataType.WORKOUT, DataType.PROFILE}),
        oauth=OAuth(scopes=("all",), pkce=True, rotates_refresh_tokens=True),
        webhooks=frozenset({DataType.SLEEP, DataType.WORKOUT}),
        limits=(Limit(600, 60.0),),
        backfill_days=400,
    )

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[StrangerClient]:
        feed = FeedConfig(base_url=config.base_url, budget=config.budget, timeout_s=5, urgent=config.urgent)
        assert config.base_url is not None
        async with HttpKit(config.base_url, config=feed) as http:
            yield StrangerClient(http, config)

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        found = json.loads(document.content)
        for row, record in enumerate(found.get("records", [found]), 1):
            yield from self._record(document.name, row, record)

    def _record(self, file: str, row: int, record: dict[str, Any]) -> Iterator[Item]:
        match record.get("trouble"):
            case "raise":
                raise KeyError("score")
            case "hang":
                time.sleep(3600)
            case "exit":
                os._exit(3)
            case "rubbish":
                yield "a night"  # type: ignore[misc]
                return
            case "malformed":
                yield Rejected(file=file, row=row, field="end", reason="there is none")
                return
        minutes = float(record["deep_min"]) * (60 if record.get("trouble") == "seconds" else 1)
        start, end = (dt.datetime.fromisoformat(record[name]) for name in ("start", "end"))
        updated = dt.datetime.fromisoformat(record["updated"])
        if record["type"] == DataType.SLEEP:
            yield Night(
                source_id=record["id"],
                row=row,
                start_at=start,
                end_at=end,
                deep_min=minutes,
                vendor_updated_at=updated,
            )
        else:
            yield Workout(
                source_id=record["id"],
                row=row,
                start_at=start,
                end_at=end,
                activity="running",
                vendor_updated_at=updated,
            )

    async def subscribe(
        self, config: WearableConfig, callback_url: str, verification_token: Secret
    ) -> tuple[Subscription, ...]:
        assert config.base_url is not None
        async with HttpKit(config.base_url) as http:
            wanted = {"url": callback_url, "token": verification_token.reveal()}
            await http.request("POST", "subscriptions", json=wanted)
        return (Subscription(id="1", data_type=DataType.SLEEP),)


@hookimpl
def poise_register_adapters(register: Register) -> None:
    register(StrangerAdapter())
