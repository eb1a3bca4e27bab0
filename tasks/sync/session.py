"""One connection's open line to its vendor: credentials, budget, renewal of tokens, pages.

Vendors rotate refresh tokens: of two workers that refresh at once the second would present a token that
is dead, and lose the connection. So whoever renews does it under the connection's lock and reads the
credentials again first: if another worker has renewed them meanwhile, those are taken.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final, Literal, TypeVar

from adapters.apart import apart, at_home
from poise_sdk.budget import RateBudget
from poise_sdk.errors import NeedsReauth, PoiseError, Skippable
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Page, WearableAdapter, WearableClient, WearableConfig
from storage.budget import vendor_budget
from storage.people import vault, vendor_apps
from tasks.context import Services
from tasks.sync.contained import AdapterDefectError, Contained
from tasks.sync.spans import LEAD, Span

__all__ = [
    "Meter",
    "NotSharedError",
    "Priority",
    "Session",
    "config_of",
    "open_session",
]

Priority = Literal["urgent", "routine", "backfill"]

#: Credentials that end sooner than this are renewed before they are used.
_RENEW_BEFORE: Final = dt.timedelta(minutes=2)

_T = TypeVar("_T")


class NotSharedError(PoiseError):
    """The credentials are good, and the vendor does not allow this type of data with them."""


class Session:
    """An open client of one connection; made by :func:`open_session`."""

    def __init__(
        self,
        connection_id: int,
        adapter: WearableAdapter,
        config: WearableConfig,
        version: int,
        contained: Contained,
    ) -> None:
        self.connection_id = connection_id
        self.adapter = adapter
        self._config = config
        self._version = version
        self._contained = contained
        self._client: WearableClient | None = None

    @property
    def requests(self) -> int:
        """How many requests have been sent, as far as the adapter asks its budget before each."""
        budget = self._config.budget
        return budget.requests if isinstance(budget, Meter) else 0

    async def client(self) -> WearableClient:
        """The client, with credentials that are good for the next minutes as far as anybody knows."""
        if self._client is None:
            self._client = await self._connected()
            credentials = self._config.credentials
            ends = credentials.expires_at if credentials else None
            if ends is not None and ends - dt.datetime.now(dt.UTC) < _RENEW_BEFORE:
                await self.renew()
        return self._client

    async def pages(self, data_type: DataType, span: Span, *, lead: bool = True) -> AsyncIterator[Page]:
        """The pages of a span; with ``lead`` of a day more, for one that ends now.

        A token that dies in the middle is renewed, and the page asked for again. Raises
        :class:`NotSharedError` where renewed credentials are refused too, ``NeedsReauth`` where they cannot
        be renewed, :class:`AdapterDefectError` for whatever an adapter should not raise.
        """
        until = span.until + LEAD if lead else span.until
        cursor, begun, renewed, sent = span.cursor, False, False, self.requests
        while True:
            client = await self.client()
            try:
                ask = partial(client.fetch, data_type, span.since, until, cursor=cursor)
                async with aclosing(self._contained.pages(ask)) as pages:
                    async for page in pages:
                        begun, renewed, cursor = True, False, page.next_cursor
                        yield page
                return
            except Skippable as error:
                if self.requests == sent and not begun:
                    # The adapter knows without asking that there is nothing to be had: a scope is missing.
                    raise NotSharedError(error.message, hint=error.hint) from error
                raise
            except NeedsReauth as error:
                if begun and cursor is None:
                    return  # the last page had come
                if renewed:
                    raise NotSharedError(error.message, hint=error.hint) from error
                await self._renew_or_doubt(error)
                renewed = True

    async def call(self, ask: Callable[[WearableClient], Awaitable[_T]]) -> _T:
        """``await ask(client)``, once more with renewed credentials if the first are refused."""
        try:
            return await self._asked(ask)
        except NeedsReauth as error:
            await self._renew_or_doubt(error)
        try:
            return await self._asked(ask)
        except NeedsReauth as error:
            raise NotSharedError(error.message, hint=error.hint) from error

    async def _asked(self, ask: Callable[[WearableClient], Awaitable[_T]]) -> _T:
        client = await self.client()
        return await self._contained.call(lambda: ask(client))

    async def renew(self) -> None:
        """Get new credentials, unless another worker has done so meanwhile.

        Raises ``NeedsReauth`` where the vendor does not renew them. A worker that must leave finishes
        this first: between the vendor's answer and our writing it down the connection hangs by a thread.
        """
        work = asyncio.ensure_future(self._renew())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            if not work.cancelled():
                work.exception()  # nobody asks for it any more
            raise

    async def _renew(self) -> None:
        async with vault.refresh_lock(self.connection_id):
            credentials, version = await vault.load_credentials(self.connection_id)
            if version == self._version:
                credentials = await self._refreshed(credentials)
                try:
                    version = await vault.save_credentials(self.connection_id, credentials, version)
                except vault.StaleCredentials:
                    # The athlete has connected again just now: what they gave is newer than what we renewed.
                    credentials, version = await vault.load_credentials(self.connection_id)
        self._version = version
        self._config = replace(self._config, credentials=credentials)
        # A client opened anew holds the new credentials, whoever fetched them and whatever it remembers.
        await self._contained.close()
        self._client = await self._connected()

    async def _refreshed(self, credentials: Credentials) -> Credentials:
        # Vendors count tokens apart from data: renewing one neither waits for the budget nor uses it.
        config = replace(self._config, credentials=credentials, budget=None)

        async def ask() -> Credentials:
            async with self.adapter.connect(config) as client:
                return await client.refresh()

        return await self._contained.call(ask)

    async def _renew_or_doubt(self, refusal: NeedsReauth) -> None:
        """Renew the credentials; those that cannot be renewed by nature are tried on something else."""
        credentials = self._config.credentials
        if credentials is not None and credentials.refresh_token is None and await self._still_good():
            raise NotSharedError(refusal.message, hint=refusal.hint) from refusal
        await self.renew()

    async def _still_good(self) -> bool:
        """Whether the vendor still knows who we are."""
        client = await self.client()
        try:
            return await self._contained.call(client.user_id) is not None
        except (NeedsReauth, AdapterDefectError):
            return False

    async def _connected(self) -> WearableClient:
        return await self._contained.open(partial(self.adapter.connect, self._config))


@asynccontextmanager
async def open_session(
    services: Services, adapter: WearableAdapter, connection_id: int, *, priority: Priority
) -> AsyncIterator[Session]:
    """A line to the vendor for the body's duration. Raises ``NeedsReauth`` if no credentials are kept."""
    credentials, version = await vault.load_credentials(connection_id)
    config = replace(await config_of(services, adapter, priority=priority), credentials=credentials)
    async with apart(adapter.name) as thread:
        yield Session(connection_id, adapter, config, version, Contained(adapter.name, thread))


async def config_of(services: Services, adapter: WearableAdapter, *, priority: Priority) -> WearableConfig:
    """How this Poise reaches a vendor, without anybody's credentials."""
    app = await vendor_apps.find(adapter.name)
    limits = adapter.capabilities.limits
    budget = vendor_budget(services.redis, adapter.name, limits, priority=priority) if limits else None
    return WearableConfig(
        client=app.client if app else None,
        base_url=app.base_url if app else None,
        budget=Meter(budget),
        urgent=priority == "urgent",
        options=app.options if app else {},
    )


class Meter:
    """Counts the requests that a client asks the vendor's budget for, if there is one to ask.

    The client asks from its own loop; the budget is asked in the one where the meter was made.
    """

    def __init__(self, budget: RateBudget | None) -> None:
        self._budget = budget
        self._home = asyncio.get_running_loop()
        self.requests = 0

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.acquire`."""
        if self._budget is not None:
            await at_home(self._home, partial(self._budget.acquire, n, urgent=urgent))
        self.requests += n

    async def pause(self, seconds: float) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.pause`."""
        if self._budget is not None:
            await at_home(self._home, partial(self._budget.pause, seconds))
