"""A stranger's adapters, as small as adapters can be; `tests.cli.vendor` is their vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec

from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.hooks import Register, hookimpl
from poise_sdk.http import HttpKit, parse_json
from poise_sdk.observations import Night
from poise_sdk.records import RawDocument
from poise_sdk.simulated_oauth import press
from poise_sdk.simulation import Reply, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import (
    Authorization,
    Capabilities,
    ClientCredentials,
    Credentials,
    Item,
    OAuth,
    Page,
    Secret,
    VendorAthlete,
    WearableAdapter,
    WearableClient,
    WearableConfig,
)

__all__ = ["ArmbandAdapter", "DrawerAdapter", "RingAdapter", "SquadAdapter", "poise_register_adapters"]


class Client(WearableClient):
    """Nights, by pages."""

    def __init__(self, http: HttpKit, config: WearableConfig) -> None:
        self._http = http
        self._config = config

    @property
    def _headers(self) -> dict[str, str]:
        assert self._config.credentials is not None
        return {"authorization": f"Bearer {self._config.credentials.access_token.reveal()}"}

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        while True:
            query = {"since": since.isoformat(), "until": until.isoformat(), "from": cursor or "0"}
            answer = await self._http.request("GET", "nights", params=query, headers=self._headers)
            cursor = answer.headers.get("x-next")
            yield Page(
                documents=(answer.document("nights"),), next_cursor=cursor, received_at=answer.received_at
            )
            if cursor is None:
                return

    async def user_id(self) -> str | None:
        answer = await self._http.request("GET", "me", headers=self._headers)
        return str(msgspec.json.decode(answer.content)["id"])

    async def athletes(self) -> tuple[VendorAthlete, ...]:
        answer = await self._http.request("GET", "team", headers=self._headers)
        return tuple(
            VendorAthlete(id=one["id"], name=one["name"]) for one in msgspec.json.decode(answer.content)
        )

    async def refresh(self) -> Credentials:
        assert self._config.client is not None
        assert self._config.credentials is not None
        return await oauth.refresh(self._http, "oauth/token", self._config.client, self._config.credentials)

    async def revoke(self) -> None:
        await self._http.request("DELETE", "me", headers=self._headers)


class ArmbandAdapter(WearableAdapter):
    """Asks for consent."""

    name = "armband"
    title = "Armband"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset({DataType.SLEEP}),
        oauth=OAuth(scopes=("nights", "offline"), pkce=True, rotates_refresh_tokens=True),
        backfill_days=60,
    )

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[WearableClient]:
        async with _http(config) as http:
            yield Client(http, config)

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        return oauth.authorize_url("https://armband.example/oauth/authorize", client, authorization)

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        assert config.client is not None
        async with _http(config) as http:
            return await oauth.exchange(http, "oauth/token", config.client, authorization, code)

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        nights = parse_json(document)
        assert isinstance(nights, list)
        for night in nights:
            end = dt.datetime.fromisoformat(night["end"])
            yield Night(
                source_id=night["id"],
                start_at=end - dt.timedelta(hours=8),
                end_at=end,
                asleep_min=night["asleep"],
            )


class SquadAdapter(ArmbandAdapter):
    """Takes a team's token; its simulated vendor is the same."""

    name = "squad"
    title = "Squad"
    capabilities = Capabilities(data_types=frozenset({DataType.SLEEP}), team_token=True, backfill_days=60)


class DrawerAdapter(WearableAdapter):
    """Files only."""

    name = "drawer"
    title = "Drawer"
    version = "1"
    capabilities = Capabilities(data_types=frozenset({DataType.BODY}), file_import=True)

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        return ()


class RingVendor(SimulatedVendor):
    """A simulated vendor that tells how far its clock was moved."""

    client = ClientCredentials(client_id="ring-app", client_secret=Secret("ring-secret"))

    def __init__(self, port: int, athletes: int, now: dt.datetime) -> None:
        super().__init__(port=port)
        self.accounts = tuple(
            SimulatedAccount(id=f"r{n}", name=f"Ring {n}", time_zone="UTC") for n in range(athletes)
        )
        self.begun = self.now = now
        self.route("/clock")(lambda request: Reply.json((self.now - self.begun).total_seconds()))

    async def advance(self, hours: float) -> None:
        self.now += dt.timedelta(hours=hours)

    async def consent(self, authorize_url: str, account: str) -> str:
        return await press(authorize_url, account)


class RingAdapter(ArmbandAdapter):
    """Has a vendor of its own to play with."""

    name = "ring"
    title = "Ring"

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
    ) -> RingVendor:
        return RingVendor(port, athletes, now or dt.datetime.now(dt.UTC))


@hookimpl
def poise_register_adapters(register: Register) -> None:
    for adapter in (ArmbandAdapter(), SquadAdapter(), DrawerAdapter(), RingAdapter()):
        register(adapter)


def _http(config: WearableConfig) -> HttpKit:
    return HttpKit(
        config.base_url or "https://armband.example",
        config=FeedConfig(budget=config.budget, timeout_s=config.timeout_s),
    )
