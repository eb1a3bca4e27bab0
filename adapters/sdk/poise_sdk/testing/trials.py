"""A vendor to try a wearable's client against: a simulator of the author's, or routes that they gave.

Both stand behind one face, :class:`Trial`. Behind routes the suite itself plays the rest of the vendor:
a request that carries no access token gets a 401, and a POST with a ``grant_type`` is the token endpoint.
"""

from __future__ import annotations

import abc
import base64
import datetime as dt
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from poise_sdk import oauth
from poise_sdk.budget import RateBudget
from poise_sdk.simulation import FaultPlan, Handler, Reply, Request, SimulatedVendor
from poise_sdk.testing.troubles import TIMEOUT_S
from poise_sdk.vendors import WearableSimulator
from poise_sdk.wearable import (
    Authorization,
    ClientCredentials,
    Credentials,
    Secret,
    WearableAdapter,
    WearableConfig,
)

__all__ = ["APPLICATION", "REDIRECT", "Setting", "Simulator", "Trial", "open_trial"]

#: The application as which the suite presents itself.
APPLICATION: Final = ClientCredentials(
    client_id="poise-suite", client_secret=Secret("suite-secret-of-the-application")
)
REDIRECT: Final = "https://poise.example/oauth/callback"
_NUMBERS: Final = itertools.count(1)

Simulator = Callable[..., WearableSimulator]
"""``vendor_simulator`` of an adapter, or whatever takes the same keywords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an author gave to try their client with."""

    routes: Mapping[str, bytes | Handler] = field(default_factory=dict)
    simulator: Simulator | None = None
    credentials: Credentials | Callable[[WearableSimulator], Credentials] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    paged: bool = True


class Trial(abc.ABC):
    """A vendor that runs, for one test."""

    adapter: WearableAdapter
    client: ClientCredentials
    options: Mapping[str, str]
    granted: Credentials | None = None
    """What :meth:`grant` gave last."""

    @property
    @abc.abstractmethod
    def base_url(self) -> str:
        """Where it listens."""

    @property
    @abc.abstractmethod
    def faults(self) -> FaultPlan:
        """What goes wrong."""

    @property
    @abc.abstractmethod
    def requests(self) -> list[Request]:
        """What was asked."""

    @property
    @abc.abstractmethod
    def now(self) -> dt.datetime:
        """The vendor's present."""

    @abc.abstractmethod
    async def consent(self, url: str) -> str:
        """Consent at the page ``url``; the code that the vendor sends back."""

    async def grant(self) -> Credentials:
        """Credentials that the vendor accepts."""
        self.granted = await self._grant()
        return self.granted

    @abc.abstractmethod
    async def _grant(self) -> Credentials: ...

    def config(
        self,
        credentials: Credentials | None,
        *,
        timeout_s: float = TIMEOUT_S,
        budget: RateBudget | None = None,
    ) -> WearableConfig:
        """How to reach this vendor."""
        return WearableConfig(
            credentials=credentials,
            client=self.client,
            base_url=self.base_url,
            budget=budget,
            timeout_s=timeout_s,
            options=self.options,
        )

    def begin(self) -> Authorization:
        """A consent dance as the host begins it."""
        offered = self.adapter.capabilities.oauth
        assert offered is not None, "only asked of vendors with a consent page"
        return oauth.begin(REDIRECT, offered.scopes, pkce=offered.pkce)


@asynccontextmanager
async def open_trial(
    adapter: WearableAdapter, setting: Setting, webhook_url: str | None = None
) -> AsyncIterator[Trial]:
    """The vendor of ``setting``, running; its webhooks go to ``webhook_url``."""
    if setting.simulator is None:
        served = RoutesTrial(adapter, setting)
        async with served.vendor:
            yield served
        return
    # A few nights more than the span that is asked for at once, and a second person to be told apart.
    days = max(adapter.capabilities.window.days, 1) + 3
    async with setting.simulator(athletes=2, days=days, webhook_url=webhook_url) as simulator:
        yield SimulatorTrial(adapter, setting, simulator)


class SimulatorTrial(Trial):
    """An author's own simulator."""

    def __init__(self, adapter: WearableAdapter, setting: Setting, simulator: WearableSimulator) -> None:
        self.adapter = adapter
        self.client = simulator.client
        self.options = setting.options
        self.simulator = simulator
        self.account = simulator.accounts[0].id
        self._credentials = setting.credentials

    @property
    def base_url(self) -> str:
        return self.simulator.base_url

    @property
    def faults(self) -> FaultPlan:
        return self.simulator.faults

    @property
    def requests(self) -> list[Request]:
        return self.simulator.requests

    @property
    def now(self) -> dt.datetime:
        return self.simulator.now

    async def consent(self, url: str) -> str:
        # Where a simulator stands in for the vendor, the browser is led to it.
        here = httpx.URL(self.base_url)
        page = httpx.URL(url).copy_with(scheme=here.scheme, host=here.host, port=here.port)
        back = parse_qs(urlsplit(await self.simulator.consent(str(page), self.account)).query)
        assert "code" in back, f"the simulator's consent page sends back no code: {sorted(back)}"
        return back["code"][0]

    async def _grant(self) -> Credentials:
        if isinstance(self._credentials, Credentials):
            return self._credentials
        if self._credentials is not None:
            return self._credentials(self.simulator)
        dance = self.begin()
        code = await self.consent(self.adapter.authorize_url(self.client, dance))
        return await self.adapter.exchange(self.config(None), dance, code)


class RoutesTrial(Trial):
    """The routes that an author gave, behind a vendor that the suite plays."""

    def __init__(self, adapter: WearableAdapter, setting: Setting) -> None:
        self.adapter = adapter
        self.client = APPLICATION
        self.options = setting.options
        self.vendor = SimulatedVendor()
        self._credentials = setting.credentials
        self._access: set[str] = set()
        self._refresh: set[str] = set()
        self._codes: dict[str, str | None] = {}
        for key, answer in setting.routes.items():
            method, path = key.split(" ", 1) if " " in key else ("GET", key)
            self.vendor.route(path, method=method)(self._guarded(answer))
        # After the author's, because the first route that fits answers.
        self.vendor.route("/{rest:path}", method="POST")(self._post)
        self.vendor.route("/{rest:path}", method="DELETE")(self._end)

    @property
    def base_url(self) -> str:
        return self.vendor.base_url

    @property
    def faults(self) -> FaultPlan:
        return self.vendor.faults

    @property
    def requests(self) -> list[Request]:
        return self.vendor.requests

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def consent(self, url: str) -> str:
        query = dict(parse_qsl(urlsplit(url).query))
        code = f"suite-code-{next(_NUMBERS)}-of-the-consent"
        self._codes[code] = query.get("code_challenge")
        return code

    async def _grant(self) -> Credentials:
        offered = self.adapter.capabilities.oauth
        given = self._credentials
        if not isinstance(given, Credentials):
            given = Credentials(
                access_token=Secret(self._token(self._access, "access")),
                refresh_token=Secret(self._token(self._refresh, "refresh")),
                scopes=frozenset(offered.scopes if offered else ()),
                vendor_user_id="suite-user",
            )
        self._access.add(given.access_token.reveal())
        return given

    def _guarded(self, answer: bytes | Handler) -> Handler:
        def handle(request: Request, **parameters: str) -> Any:
            if self._carried(request) is None:
                return Reply.json({"error": "invalid_token"}, status=401)
            if isinstance(answer, bytes):
                return Reply(body=answer, headers={"content-type": "application/json"})
            return answer(request, **parameters)

        return handle

    def _carried(self, request: Request) -> str | None:
        """The live access token that the request carries, wherever this vendor wants it."""
        places = [*request.headers.values(), *request.query.values(), request.body.decode("latin-1")]
        return next((t for t in self._access if any(t in place for place in places)), None)

    def _post(self, request: Request, rest: str) -> Reply:
        form = _form(request)
        if "grant_type" not in form:
            return self._end(request, rest)
        assert self.client.client_secret is not None
        secret = self.client.client_secret.reveal()
        basic = base64.b64encode(f"{self.client.client_id}:{secret}".encode()).decode()
        if form.get("client_secret") != secret and basic not in request.headers.get("authorization", ""):
            return Reply.json({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "refresh_token" and form.get("refresh_token", "") in self._refresh:
            return self._issue(form["refresh_token"])
        challenge = self._codes.pop(form.get("code", ""), "unknown")
        verifier = form.get("code_verifier")
        if challenge is None or (verifier and oauth.challenge(Secret(verifier)) == challenge):
            return self._issue(None)
        return Reply.json({"error": "invalid_grant"}, status=400)

    def _end(self, request: Request, rest: str) -> Reply:
        """Whatever else is asked by POST or DELETE with a token: that the connection ends."""
        if (token := self._carried(request)) is None:
            return Reply.json({"error": "invalid_token"}, status=401)
        self._access.discard(token)
        return Reply(status=204)

    def _issue(self, old: str | None) -> Reply:
        offered = self.adapter.capabilities.oauth
        answer = {"access_token": self._token(self._access, "access"), "token_type": "bearer"}
        if old is None or (offered is not None and offered.rotates_refresh_tokens):
            self._refresh.discard(old or "")
            answer["refresh_token"] = self._token(self._refresh, "refresh")
        return Reply.json({**answer, "expires_in": 3600})

    def _token(self, known: set[str], kind: str) -> str:
        token = f"suite-{kind}-{next(_NUMBERS)}-{'x' * 24}"
        known.add(token)
        return token


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    if not text.lstrip().startswith("{"):
        return dict(parse_qsl(text))
    try:
        return {name: str(value) for name, value in json.loads(text).items()}
    except ValueError:
        return {}
