"""The vendor itself: WHOOP's paths on loopback, over the books of invented athletes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

import httpx

from adapters.whoop.payloads import ACCESS, AUTHORIZE, COLLECTIONS, OFFLINE, PREFIX, TOKEN, Kind
from adapters.whoop.simulator import rendering
from adapters.whoop.simulator.book import Book, Change
from adapters.whoop.simulator.consent import Consent
from adapters.whoop.simulator.deliveries import Deliveries
from adapters.whoop.simulator.limits import RequestLimits
from adapters.whoop.simulator.paging import BadQuery, page
from adapters.whoop.simulator.people import make_people
from adapters.whoop.simulator.rendering import Payload
from poise_sdk.simulated_oauth import press
from poise_sdk.simulation import FaultPlan, Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Secret

__all__ = ["WhoopSimulator"]

_Answer = Callable[[Book, Request, str], Payload | None]
"""What is said of an account to a request, of the ``key`` in its path; ``None``: there is no such thing."""

#: The application that the simulated vendor knows, unless it is told of another.
_CLIENT: Final = ClientCredentials(
    client_id="simulated-whoop-app", client_secret=Secret("simulated-whoop-secret")
)
#: The kinds of record that are listed, by the type whose collection they are.
_LISTS: Final = {
    DataType.SLEEP: Kind.SLEEP,
    DataType.RECOVERY: Kind.RECOVERY,
    DataType.CYCLE: Kind.CYCLE,
    DataType.WORKOUT: Kind.WORKOUT,
}


class WhoopSimulator:
    """See :class:`poise_sdk.vendors.WearableSimulator`.

    The same ``seed`` gives the same athletes, and a day of theirs the same figures whenever it is looked
    at. ``limits`` are WHOOP's own (switch them off with ``limits.enabled = False``); ``webhooks`` can send
    twice, backwards, or nothing; ``tokens.lifetime_s`` is an access token's life in simulated seconds.
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
        people = make_people(seed, athletes)
        self._books = {str(person.user_id): Book(seed, person, first) for person in people}
        self._accounts = tuple(
            SimulatedAccount(id=str(person.user_id), name=person.name, time_zone=person.home)
            for person in people
        )
        self._client = client or _CLIENT
        self._vendor = SimulatedVendor(port=port)
        self.limits = RequestLimits()
        """How many requests are answered."""
        self.webhooks = Deliveries(webhook_url, self._client)
        """What is announced, and how."""
        self.tokens = Consent(
            self._vendor,
            self._client,
            self._accounts,
            authorize=f"/{AUTHORIZE}",
            token=f"/{TOKEN}",
            clock=lambda: self._now,
            offline_scope=OFFLINE,
        )
        """The consent page and the tokens: they can expire and be withdrawn."""
        self._routes()

    @property
    def base_url(self) -> str:
        """The root; the data is at ``/developer``, the consent page at ``/oauth/oauth2/auth``."""
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

        ``authorize_url`` may name WHOOP itself: the page is opened here. ``granted`` are the scopes that the
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
        if self.webhooks.newest_first:
            news.reverse()
        for change, account in news:
            await self.webhooks.announce(int(account), [change])

    def records(self, account: str, kind: Kind) -> list[Payload]:
        """All that the interface would say now of one account's ``kind``, newest first."""
        return [one.render() for one in self._books[account].listing(kind, self._now)]

    async def edit_sleep(self, account: str, sleep_id: str | None = None, *, minutes: float = 30.0) -> str:
        """The athlete moves the end of a night (the newest scored one) by ``minutes``; its id."""
        book = self._books[account]
        return await self._announce(
            account, book.edit_sleep(sleep_id, self._now, dt.timedelta(minutes=minutes))
        )

    async def edit_workout(self, account: str, workout_id: str | None = None, *, sport: str = "yoga") -> str:
        """The athlete says that a workout (the newest scored one) was another sport; its id."""
        return await self._announce(account, self._books[account].edit_workout(workout_id, self._now, sport))

    async def delete_sleep(self, account: str, sleep_id: str | None = None) -> str:
        """The athlete deletes a sleep (the newest scored night), and its recovery goes too; its id."""
        return await self._announce(account, self._books[account].delete_sleep(sleep_id, self._now))

    async def delete_workout(self, account: str, workout_id: str | None = None) -> str:
        """The athlete deletes a workout (the newest scored one); its id."""
        return await self._announce(account, self._books[account].delete_workout(workout_id, self._now))

    def withdraw(self, account: str) -> None:
        """The athlete ends the connection at WHOOP, which announces nothing."""
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
            await self.webhooks.announce(int(account), changes)
        return changes[0].id

    def _routes(self) -> None:
        for data_type, kind in _LISTS.items():
            self._serve(COLLECTIONS[data_type].path, data_type, self._page_of(kind))
        for data_type, kind in _LISTS.items():
            if kind is not Kind.RECOVERY:  # it has no address of its own
                self._serve(f"{COLLECTIONS[data_type].path}/{{key}}", data_type, self._one_of(kind))
        cycles = COLLECTIONS[DataType.CYCLE].path
        self._serve(f"{cycles}/{{key}}/sleep", DataType.SLEEP, self._of_cycle(Kind.SLEEP))
        self._serve(f"{cycles}/{{key}}/recovery", DataType.RECOVERY, self._of_cycle(Kind.RECOVERY))
        self._serve(COLLECTIONS[DataType.BODY].path, DataType.BODY, self._body)
        self._serve(COLLECTIONS[DataType.PROFILE].path, DataType.PROFILE, self._profile)
        self._vendor.route(f"/{PREFIX}/{ACCESS}", method="DELETE")(self._end)

    def _serve(self, path: str, data_type: DataType, answer: _Answer) -> None:
        """Answer GET ``path`` within the limits, to who was granted ``data_type``."""

        def handle(request: Request, key: str = "") -> Reply:
            allowed, headers = self.limits.take()
            if not allowed:
                return Reply.json({"error": "rate limit exceeded"}, status=429, headers=headers)
            who = self.tokens.account(request, COLLECTIONS[data_type].scope)
            if isinstance(who, Reply):
                # WHOOP describes one answer to a dead token and to a scope that was not granted.
                return Reply.json({"error": "invalid authorization"}, status=401, headers=headers)
            try:
                payload = answer(self._books[who], request, key)
            except BadQuery as error:
                return Reply.json({"error": str(error)}, status=400, headers=headers)
            if payload is None:
                return Reply.json({"error": "not found"}, status=404, headers=headers)
            return Reply.json(payload, headers=headers)

        self._vendor.route(f"/{PREFIX}/{path}")(handle)

    def _page_of(self, kind: Kind) -> _Answer:
        return lambda book, request, _: page(kind, book.listing(kind, self._now), request.query, self._now)

    def _one_of(self, kind: Kind) -> _Answer:
        def answer(book: Book, request: Request, key: str) -> Payload | None:
            return next((one.render() for one in book.listing(kind, self._now) if one.key == key), None)

        return answer

    def _of_cycle(self, kind: Kind) -> _Answer:
        def answer(book: Book, request: Request, key: str) -> Payload | None:
            nights = [night.id for night in book.nights(self._now) if str(night.cycle_id) == key]
            return next((one.render() for one in book.listing(kind, self._now) if one.key in nights), None)

        return answer

    def _body(self, book: Book, request: Request, key: str) -> Payload:
        return rendering.body(book.person, self._now)

    def _profile(self, book: Book, request: Request, key: str) -> Payload:
        return rendering.profile(book.person)

    def _end(self, request: Request) -> Reply:
        """The application gives up its access: the tokens die, and so do the webhooks."""
        allowed, headers = self.limits.take()
        if not allowed:
            return Reply.json({"error": "rate limit exceeded"}, status=429, headers=headers)
        if isinstance(self.tokens.account(request), Reply):
            return Reply.json({"error": "invalid authorization"}, status=401, headers=headers)
        self.tokens.revoke(request)
        return Reply(status=204, headers=headers)
