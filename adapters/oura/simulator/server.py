"""The vendor itself: Oura's paths on loopback, over the books of invented athletes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self

import httpx

from adapters.oura.payloads import REVOKE, SCOPE_OF, TOKEN
from adapters.oura.simulator.book import Book, Change
from adapters.oura.simulator.deliveries import Deliveries, Event
from adapters.oura.simulator.documents import personal_info
from adapters.oura.simulator.life import Life
from adapters.oura.simulator.limits import RequestLimit
from adapters.oura.simulator.orders import Orders, unprocessable
from adapters.oura.simulator.paging import (
    HEART_RATE_PAGE,
    PAGE,
    BadQuery,
    Unprocessable,
    documents_page,
    heart_rate_page,
)
from poise_sdk.simulated_oauth import SimulatedConsent, press
from poise_sdk.simulation import FaultPlan, Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.wearable import ClientCredentials, Secret

__all__ = ["OuraSimulator"]

_ROOT: Final = "/v2/usercollection"
_AUTHORIZE: Final = "/oauth/authorize"
_NAMESPACE: Final = uuid.UUID("0b7d7f0e-6f0e-4e2b-9c43-8f5d0a1c7e55")
#: The application that the simulated vendor knows, unless it is told of another.
_CLIENT: Final = ClientCredentials(
    client_id="simulated-oura-app", client_secret=Secret("simulated-oura-secret")
)
#: Seconds that an access token lives.
_LIFETIME_S: Final = 86_400.0

Payload = dict[str, Any]
_Answer = Callable[[Book, Request, str], Payload | None]
"""What is said of an account to a request, of the ``key`` in its path; ``None``: there is no such thing."""


class OuraSimulator:
    """See :class:`poise_sdk.vendors.WearableSimulator`.

    The same ``seed`` gives the same athletes, and a day of theirs the same figures whenever it is looked
    at. Webhooks go to whoever ordered them, and to ``webhook_url`` as if it had ordered everything.
    ``webhooks`` can send twice, backwards, or nothing; ``limit`` is the request limit; ``lapsed`` are the
    accounts whose membership has ended; ``tokens.lifetime_s`` is an access token's life in simulated seconds.
    """

    def __init__(
        self,
        *,
        athletes: int = 3,
        days: int = 30,
        seed: int = 1,
        port: int = 0,
        now: dt.datetime | None = None,
        client: ClientCredentials | None = None,
        webhook_url: str | None = None,
    ) -> None:
        self._now = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
        first = self._now.date() - dt.timedelta(days=days)
        self._books: dict[str, Book] = {}
        for number in range(athletes):
            account = str(uuid.uuid5(_NAMESPACE, f"{seed}/{number}"))
            self._books[account] = Book(account, Life(seed, number), first)
        self._accounts = tuple(
            SimulatedAccount(id=book.account, name=book.life.name, time_zone=book.life.time_zone)
            for book in self._books.values()
        )
        self._client = client or _CLIENT
        self._vendor = SimulatedVendor(port=port)
        self.lapsed: set[str] = set()
        """Accounts whose membership has ended: 403 to everything."""
        self.page = PAGE
        self.heart_rate_page = HEART_RATE_PAGE
        self.limit = RequestLimit()
        """How many requests are answered."""
        self.orders = Orders(self._vendor, self._client, clock=lambda: self._now, seed=seed)
        """Who is to be told what."""
        self.webhooks = Deliveries(webhook_url, self._client, self.orders)
        """What is announced, and how."""
        self.tokens = SimulatedConsent(
            self._vendor,
            self._client,
            self._accounts,
            authorize=_AUTHORIZE,
            token=f"/{TOKEN}",
            clock=lambda: self._now,
            lifetime_s=_LIFETIME_S,
        )
        """The consent page and the tokens: they can expire and be withdrawn."""
        self._vendor.route(f"/{REVOKE}", method="POST")(self._revoke)
        for collection in SCOPE_OF:
            self._routes(collection)

    @property
    def base_url(self) -> str:
        """The root; the consent page, at another host of Oura's, is at ``/oauth/authorize`` below it."""
        return self._vendor.base_url

    @property
    def client(self) -> ClientCredentials:
        """The application that the simulated vendor knows."""
        return self._client

    @property
    def accounts(self) -> tuple[SimulatedAccount, ...]:
        """Its athletes."""
        return self._accounts

    @property
    def now(self) -> dt.datetime:
        """The simulated instant."""
        return self._now

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""
        return self._vendor.faults

    @property
    def requests(self) -> list[Request]:
        """What was asked, oldest first."""
        return self._vendor.requests

    async def consent(self, authorize_url: str, account: str, *, granted: Sequence[str] | None = None) -> str:
        """Press the button of ``account`` on the consent page; the address the browser is sent back to.

        ``authorize_url`` may name Oura itself: the page is opened here. ``granted`` are the scopes that the
        athlete leaves ticked.
        """
        here = httpx.URL(self.base_url)
        url = httpx.URL(authorize_url).copy_with(scheme=here.scheme, host=here.host, port=here.port)
        return await press(str(url), account, granted=granted)

    async def advance(self, hours: float) -> None:
        """Move the simulated instant on; what became known meanwhile is announced, in its order."""
        before, self._now = self._now, self._now + dt.timedelta(hours=hours)
        news = [
            (change, account)
            for account, book in self._books.items()
            if self.tokens.connected(account)
            for change in book.changes(before, self._now)
        ]
        news.sort(key=lambda pair: (pair[0].at, pair[1]))
        await self.webhooks.announce(*(Event(account, change) for change, account in news))

    def documents(self, account: str, collection: str) -> list[Payload]:
        """All that the interface would say now of one account's ``collection``, oldest first."""
        return [one.body for one in self._books[account].everything(collection, self._now)]

    async def edit_sleep(self, account: str, sleep_id: str | None = None, *, minutes: float = 30.0) -> str:
        """The athlete moves the end of a night (the newest) by ``minutes``; its id."""
        return await self._announce(account, self._books[account].edit_sleep(sleep_id, self._now, minutes))

    async def edit_workout(self, account: str, workout_id: str | None = None, *, sport: str = "yoga") -> str:
        """The athlete says that a workout (the newest) was another sport; its id."""
        return await self._announce(account, self._books[account].edit_workout(workout_id, self._now, sport))

    async def delete_sleep(self, account: str, sleep_id: str | None = None) -> str:
        """The athlete deletes a sleep (the newest night), and its day's scores go too; its id."""
        return await self._announce(account, self._books[account].delete_sleep(sleep_id, self._now))

    async def delete_workout(self, account: str, workout_id: str | None = None) -> str:
        """The athlete deletes a workout (the newest); its id."""
        return await self._announce(account, self._books[account].delete_workout(workout_id, self._now))

    def withdraw(self, account: str) -> None:
        """The athlete ends the connection at Oura, which announces nothing."""
        self.tokens.withdraw(account)

    async def __aenter__(self) -> Self:
        await self._vendor.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._vendor.__aexit__(kind, error, traceback)

    async def _announce(self, account: str, changes: list[Change]) -> str:
        if self.tokens.connected(account):
            await self.webhooks.announce(*(Event(account, change) for change in changes))
        return changes[0].id

    def _routes(self, collection: str) -> None:
        def listed(book: Book, request: Request, key: str) -> Payload:
            return documents_page(book, collection, request.query, self._now, self.page)

        def single(book: Book, request: Request, key: str) -> Payload | None:
            found = book.everything(collection, self._now)
            return next((document.body for document in found if document.id == key), None)

        def beats(book: Book, request: Request, key: str) -> Payload:
            return heart_rate_page(book, request.query, self._now, self.heart_rate_page)

        def person(book: Book, request: Request, key: str) -> Payload:
            return personal_info(book.life, book.account)

        if collection == "personal_info":
            self._serve(collection, collection, person)
        elif collection == "heartrate":
            self._serve(collection, collection, beats)
        else:
            self._serve(collection, collection, listed)
            self._serve(f"{collection}/{{key}}", collection, single)

    def _serve(self, path: str, collection: str, answer: _Answer) -> None:
        """Answer GET ``path`` within the limit, to who was granted ``collection``."""

        def handle(request: Request, key: str = "") -> Reply:
            allowed, headers = self.limit.take()
            if not allowed:
                return Reply.json({"detail": "too many requests"}, status=429, headers=headers)
            who = self.tokens.account(request, SCOPE_OF[collection])
            if isinstance(who, Reply):
                return replace(who, headers={**who.headers, **headers})
            if who in self.lapsed:
                detail = {"detail": "the user's subscription to Oura has expired"}
                return Reply.json(detail, status=403, headers=headers)
            try:
                payload = answer(self._books[who], request, key)
            except BadQuery as error:
                return Reply.json({"detail": str(error)}, status=400, headers=headers)
            except Unprocessable as error:
                return unprocessable(error)
            if payload is None:
                return Reply.json({"detail": "not found"}, status=404, headers=headers)
            return Reply.json(payload, headers=headers)

        self._vendor.route(f"{_ROOT}/{path}")(handle)

    def _revoke(self, request: Request) -> Reply:
        """The application gives up its access; the token stands in the address."""
        carried = {"authorization": f"Bearer {request.query.get('access_token', '')}"}
        request = replace(request, headers={**request.headers, **carried})
        if isinstance(self.tokens.account(request), Reply):
            return Reply.json({"detail": "unknown token"}, status=401)
        self.tokens.revoke(request)
        return Reply.json({})
