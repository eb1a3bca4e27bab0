"""Vendors that nobody has heard of, as third parties add them: a sound one, one of teams, a broken one."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from adapters.host import Origin, Registry
from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.simulated_oauth import SimulatedConsent
from poise_sdk.simulation import Reply, Request, SimulatedVendor
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
    Webhook,
    WebhookEvent,
    WebhookKind,
    verification_token,
)

CLIENT = ClientCredentials(client_id="poise-at-tidewatch", client_secret=Secret("a secret of the operator's"))
SCOPES = {DataType.SLEEP: "sleep", DataType.RECOVERY: "recovery", DataType.CYCLE: "strain"}
ROOT = "https://tidewatch.example"
FRESH = dt.timedelta(minutes=5)


class TidewatchClient(WearableClient):
    def __init__(self, http: HttpKit, config: WearableConfig) -> None:
        assert config.credentials is not None
        self._http = http
        self._credentials = config.credentials

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        if SCOPES[data_type] not in self._credentials.scopes:
            raise Skippable(f"{data_type.value} was not granted")
        answer = await self._http.get(f"data/{data_type.value}", headers=self._headers())
        assert isinstance(answer, Answer)
        document = answer.document(f"data/{data_type.value}")
        yield Page(documents=(document,), received_at=answer.received_at)

    async def user_id(self) -> str | None:
        answer = await self._http.get("me", headers=self._headers())
        assert isinstance(answer, Answer)
        return str(json.loads(answer.content)["id"])

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._credentials.access_token.reveal()}"}


class Tidewatch(WearableAdapter):
    """A strap with a consent page, webhooks and an export file."""

    name = "tidewatch"
    title = "Tidewatch"
    version = "1"
    capabilities = Capabilities(
        data_types=frozenset(SCOPES),
        metrics=frozenset({"hrv_rmssd_ms", "strain", "tidewatch_drift"}),
        oauth=OAuth(scopes=tuple(SCOPES.values()), pkce=True, rotates_refresh_tokens=True),
        webhooks=frozenset({DataType.SLEEP}),
        file_import=True,
        backfill_days=365,
    )

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        yield Rejected(file=document.name, reason="nothing is told here")

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[TidewatchClient]:
        async with _http(config) as http:
            yield TidewatchClient(http, config)

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        return oauth.authorize_url(f"{ROOT}/authorize", client, authorization)

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        assert config.client is not None
        async with _http(config) as http:
            return await oauth.exchange(http, "token", config.client, authorization, code)

    def verify_webhook(self, webhook: Webhook, client: ClientCredentials) -> bool:
        sent = webhook.headers.get("x-tide-time", "")
        if not sent.isdigit() or client.client_secret is None:
            return False
        age = abs(webhook.received_at - dt.datetime.fromtimestamp(int(sent), dt.UTC))
        wanted = signature(webhook.body, sent, client.client_secret)
        return age <= FRESH and hmac.compare_digest(wanted, webhook.headers.get("x-tide-signature", ""))

    def answer_challenge(self, query: Mapping[str, str], client: ClientCredentials) -> bytes | None:
        token = verification_token(client, self.name)
        if token is None or not hmac.compare_digest(query.get("token", ""), token.reveal()):
            return None
        return json.dumps({"challenge": query.get("challenge")}).encode()

    def parse_webhook(self, webhook: Webhook) -> tuple[WebhookEvent, ...]:
        told: Any = parse_json(RawDocument(name="webhook", content=webhook.body))
        return tuple(
            WebhookEvent(
                kind=WebhookKind.CHANGED,
                vendor_user_id=one["user"],
                data_type=DataType.SLEEP,
                record_id=one["record"],
                event_id=one["id"],
            )
            for one in told["events"]
        )


class HarbourClient(WearableClient):
    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        raise Skippable("nothing")
        yield  # a generator

    async def athletes(self) -> tuple[VendorAthlete, ...]:
        return (VendorAthlete(id="7", name="Ada"), VendorAthlete(id="8", name="Ben"))


class Harbour(WearableAdapter):
    """A vendor of teams: one token, many athletes."""

    name = "harbour"
    title = "Harbour"
    version = "1"
    capabilities = Capabilities(data_types=frozenset({DataType.WORKOUT}), team_token=True)

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        yield from ()

    @asynccontextmanager
    async def connect(self, config: WearableConfig) -> AsyncIterator[HarbourClient]:
        yield HarbourClient()


class Rude(Tidewatch):
    """An adapter that fails wherever it can, with secrets in its messages."""

    name = "rude"
    title = "Rude"

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        raise ValueError(f"the code {code} is no good")

    def verify_webhook(self, webhook: Webhook, client: ClientCredentials) -> bool:
        raise KeyError("x-rude-signature")

    def answer_challenge(self, query: Mapping[str, str], client: ClientCredentials) -> bytes | None:
        raise RuntimeError("no")


def registry() -> Registry:
    """The strangers alone."""
    adapters = {one.name: one for one in (Tidewatch(), Harbour(), Rude())}
    origin = Origin(distribution="strangers", version="1", entry_point="strangers", module="strangers")
    return Registry(adapters, dict.fromkeys(adapters, origin), ())


def signature(body: bytes, sent: str, secret: Secret) -> str:
    return hmac.new(secret.reveal().encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed(events: list[dict[str, str]], *, sent: dt.datetime | None = None) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a webhook."""
    body = json.dumps({"events": events}).encode()
    moment = str(int((sent or dt.datetime.now(dt.UTC)).timestamp()))
    assert CLIENT.client_secret is not None
    return body, {"x-tide-time": moment, "x-tide-signature": signature(body, moment, CLIENT.client_secret)}


class TidewatchVendor(SimulatedVendor):
    """The vendor itself, with two accounts."""

    def __init__(self) -> None:
        super().__init__()
        accounts = [
            SimulatedAccount(id=id_, name=name, time_zone="UTC")
            for id_, name in (("u1", "Ada"), ("u2", "Ben"))
        ]
        self.consent = SimulatedConsent(
            self,
            CLIENT,
            accounts,
            authorize="/authorize",
            token="/token",
            clock=lambda: dt.datetime.now(dt.UTC),
        )
        self.route("/me")(self._me)

    def _me(self, request: Request) -> Reply:
        who = self.consent.account(request)
        return who if isinstance(who, Reply) else Reply.json({"id": who})


def _http(config: WearableConfig) -> HttpKit:
    return HttpKit(
        config.base_url or ROOT, config=FeedConfig(budget=config.budget, timeout_s=config.timeout_s)
    )
