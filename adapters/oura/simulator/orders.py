"""Standing orders for webhooks: placed by the application, proved by a challenge, ended after weeks."""

from __future__ import annotations

import datetime as dt
import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any, Final

import httpx
import msgspec

from adapters.oura.payloads import ANNOUNCED, OPERATIONS, SUBSCRIPTIONS
from adapters.oura.simulator.outgoing import open_http
from adapters.oura.simulator.paging import Unprocessable
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.wearable import ClientCredentials

__all__ = ["LIFETIME", "Order", "Orders", "unprocessable"]

#: How long an order stands; Oura says the end of each and not the rule.
LIFETIME: Final = dt.timedelta(days=90)
#: Words that Oura takes and we do not read.
_OTHERS: Final = (
    "tag",
    "enhanced_tag",
    "sleep_time",
    "rest_mode_period",
    "ring_configuration",
    "daily_cardiovascular_age",
    "daily_resilience",
    "meal",
)


@dataclass(frozen=True, slots=True)
class Order:
    """An order of webhooks about ``operation`` on ``word``."""

    id: str
    callback_url: str
    operation: str
    word: str
    ends_at: dt.datetime

    def rendered(self) -> dict[str, str]:
        """As Oura lists it."""
        return {
            "id": self.id,
            "callback_url": self.callback_url,
            "event_type": self.operation,
            "data_type": self.word,
            "expiration_time": self.ends_at.isoformat().replace("+00:00", "Z"),
        }


class Orders:
    """Adds the order desk to ``vendor``. ``clock`` is the simulated instant."""

    def __init__(
        self,
        vendor: SimulatedVendor,
        client: ClientCredentials,
        *,
        clock: Callable[[], dt.datetime],
        seed: int,
    ) -> None:
        self._client = client
        self._clock = clock
        self._dice = random.Random(f"orders/{seed}")  # noqa: S311 - ids, not secrets
        self._orders: dict[str, Order] = {}
        one = f"/{SUBSCRIPTIONS}/{{key}}"
        vendor.route(f"/{SUBSCRIPTIONS}")(self._list)
        vendor.route(f"/{SUBSCRIPTIONS}", method="POST")(self._place)
        vendor.route(one)(self._get)
        vendor.route(one, method="PUT")(self._change)
        vendor.route(one, method="DELETE")(self._drop)
        vendor.route(f"/{SUBSCRIPTIONS}/renew/{{key}}", method="PUT")(self._renew)

    @property
    def standing(self) -> tuple[Order, ...]:
        """The orders that have not ended."""
        now = self._clock()
        self._orders = {key: order for key, order in self._orders.items() if order.ends_at > now}
        return tuple(self._orders.values())

    def listeners(self, word: str, operation: str) -> list[str]:
        """Where such an event is to be sent, each address once."""
        wanted = (word, operation)
        return sorted({o.callback_url for o in self.standing if (o.word, o.operation) == wanted})

    def _list(self, request: Request) -> Reply:
        return self._refused(request) or self._said([order.rendered() for order in self.standing])

    async def _place(self, request: Request) -> Reply:
        if refused := self._refused(request):
            return refused
        try:
            told = _object(request.body)
            made = Order(
                id=str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
                callback_url=_text(told, "callback_url"),
                operation=_one_of(told, "event_type", OPERATIONS),
                word=_one_of(told, "data_type", (*ANNOUNCED, *_OTHERS)),
                ends_at=self._clock() + LIFETIME,
            )
            await _prove(made.callback_url, _text(told, "verification_token"))
        except Unprocessable as error:
            return unprocessable(error)
        self._orders[made.id] = made
        return self._said(made.rendered(), status=201)

    def _get(self, request: Request, key: str) -> Reply:
        order = self._find(key)
        return self._refused(request) or (self._said(order.rendered()) if order else _unknown())

    async def _change(self, request: Request, key: str) -> Reply:
        if refused := self._refused(request):
            return refused
        if (order := self._find(key)) is None:
            return _unknown()
        try:
            told = _object(request.body)
            changed = replace(
                order,
                callback_url=_text(told, "callback_url") if told.get("callback_url") else order.callback_url,
                operation=_one_of(told, "event_type", OPERATIONS)
                if told.get("event_type")
                else order.operation,
                word=_one_of(told, "data_type", (*ANNOUNCED, *_OTHERS))
                if told.get("data_type")
                else order.word,
            )
            await _prove(changed.callback_url, _text(told, "verification_token"))
        except Unprocessable as error:
            return unprocessable(error)
        self._orders[key] = changed
        return self._said(changed.rendered())

    def _drop(self, request: Request, key: str) -> Reply:
        if refused := self._refused(request):
            return refused
        if self._find(key) is None:
            return _unknown()
        del self._orders[key]
        return Reply(status=204)

    def _renew(self, request: Request, key: str) -> Reply:
        if refused := self._refused(request):
            return refused
        if (order := self._find(key)) is None:
            return _unknown()
        self._orders[key] = replace(order, ends_at=self._clock() + LIFETIME)
        return self._said(self._orders[key].rendered())

    def _find(self, key: str) -> Order | None:
        return next((order for order in self.standing if order.id == key), None)

    def _refused(self, request: Request) -> Reply | None:
        """The answer to whoever is not the application."""
        secret = self._client.client_secret
        given = request.headers.get("x-client-id", ""), request.headers.get("x-client-secret", "")
        ours = self._client.client_id, secret.reveal() if secret else ""
        if all(secrets.compare_digest(a.encode(), b.encode()) for a, b in zip(given, ours, strict=True)):
            return None
        return Reply.json({"detail": "unknown application"}, status=401)

    def _said(self, value: object, *, status: int = 200) -> Reply:
        """With the simulated date: the ends of orders are to be judged by the vendor's own clock."""
        return Reply.json(value, status=status, headers={"date": format_datetime(self._clock(), usegmt=True)})


def unprocessable(error: Unprocessable) -> Reply:
    """The answer 422."""
    detail = {"loc": [error.where, error.name], "msg": str(error), "type": "value_error"}
    return Reply.json({"detail": [detail]}, status=422)


async def _prove(callback_url: str, token: str) -> None:
    """Ask the address with a challenge; who answers it knows the token."""
    challenge = secrets.token_hex(16)
    query = {"verification_token": token, "challenge": challenge}
    try:
        async with open_http() as http:
            answer = await http.get(callback_url, params=query)
        proved = answer.is_success and answer.json() == {"challenge": challenge}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        proved = False
    if not proved:
        raise Unprocessable("body", "callback_url", "the address did not answer the challenge")


def _unknown() -> Reply:
    return Reply.json({"detail": "Webhook with specified id does not exist."}, status=403)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        value = None
    if not isinstance(value, dict):
        raise Unprocessable("body", "", "not an object")
    return value


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise Unprocessable("body", name, "a text is needed")
    return value


def _one_of(told: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str:
    if told.get(name) not in words:
        raise Unprocessable("body", name, f"one of {', '.join(words)} is needed")
    return _text(told, name)
