"""Connecting an athlete to a vendor: the two halves of the consent dance, and what a new connection needs.

::

    browser   connectionBegin ─▶ ticket ─▶ GET /connect/V/start: the attempt begins, its secret is the
              browser's cookie ─▶ the vendor ─▶ GET /oauth/V/callback: cookie and state, then the code
    app       connectionBegin: the attempt begins, its secret is the app's ─▶ the vendor ─▶ the app's own
              address ─▶ connectionComplete: secret, state, code

Either way the code is exchanged only for whoever holds the secret of the attempt, once, within its time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

import orjson
from arq.connections import ArqRedis
from tortoise.transactions import in_transaction

from adapters.apart import apart
from poise_sdk import oauth
from poise_sdk.errors import Fatal, NeedsReauth, PoiseError, Retriable, Skippable
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Authorization, Credentials, Secret, WearableAdapter, WearableConfig
from storage import ledger
from storage.people import connections, orders, sync_states, vendor_apps
from storage.people.attempts import LIFETIME, Attempt, begin
from storage.people.connections import Connection, ConnectionTaken, NoSuchAthlete

__all__ = [
    "Begun",
    "ConsentError",
    "Ticket",
    "attach",
    "begin_dance",
    "complete_dance",
    "issue_ticket",
    "redeem_ticket",
]

_log = logging.getLogger("poise.consent")

#: Seconds for the vendor's answers while somebody waits for a page.
_PATIENCE_S: Final = 30.0
_REQUEST_S: Final = 15.0
_ENTROPY: Final = 32
#: A span that is asked for only to see whether it may be.
_PROBED: Final = dt.timedelta(hours=1)

Reason = Literal["disabled", "refused", "taken", "gone", "unavailable"]

_T = TypeVar("_T")


class ConsentError(Exception):
    """The connection was not made; the message is for the athlete and shows no secret."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to begin one dance in whatever browser opens it first."""

    athlete_id: int
    vendor: str
    return_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A dance that has begun."""

    authorize_url: str
    session: Secret
    """Whoever has it may finish the dance."""
    attempt: Attempt


async def issue_ticket(redis: ArqRedis, ticket: Ticket) -> str:
    """Write down a ticket for ten minutes; raises `ConsentError` if Redis is away.

    Redis keeps its hash only, and what it stands for holds no secret.
    """
    text = secrets.token_urlsafe(_ENTROPY)
    value = {"athlete_id": ticket.athlete_id, "vendor": ticket.vendor, "return_to": ticket.return_to}
    try:
        async with asyncio.timeout(_REQUEST_S):
            await redis.set(_key(text), orjson.dumps(value), ex=int(LIFETIME.total_seconds()))
    except Exception as error:
        _log.warning("no ticket could be written: %s", type(error).__name__)
        raise ConsentError("unavailable", "connecting is not possible for the moment") from None
    return text


async def redeem_ticket(redis: ArqRedis, text: str) -> Ticket | None:
    """What a ticket stands for, once; ``None`` if it is spent, over or none."""
    try:
        async with asyncio.timeout(_REQUEST_S), redis.pipeline(transaction=True) as pipe:
            pipe.get(_key(text))
            pipe.delete(_key(text))
            found, _ = await pipe.execute()
    except Exception as error:
        _log.warning("no ticket could be read: %s", type(error).__name__)
        raise ConsentError("unavailable", "connecting is not possible for the moment") from None
    return None if found is None else Ticket(**orjson.loads(found))


async def begin_dance(
    adapter: WearableAdapter, athlete_id: int, redirect_uri: str, session: Secret | None = None
) -> Begun:
    """Remember an attempt and say where the athlete is to be sent. Raises `ConsentError`."""
    asks = adapter.capabilities.oauth
    if asks is None:
        raise ConsentError("disabled", f"{adapter.title} has no consent page")
    try:
        app = await vendor_apps.required(adapter.name)
    except PoiseError as error:
        raise ConsentError("disabled", str(error)) from None
    authorization = oauth.begin(redirect_uri, asks.scopes, pkce=asks.pkce)
    try:
        url = adapter.authorize_url(app.client, authorization)
    except Exception as error:
        raise _defect(adapter, error) from None
    secret = session or Secret(secrets.token_urlsafe(_ENTROPY))
    attempt = await begin(athlete_id, adapter.name, authorization, secret.reveal())
    return Begun(authorize_url=vendor_apps.consent_url(app, url), session=secret, attempt=attempt)


async def complete_dance(
    redis: ArqRedis, adapter: WearableAdapter, attempt: Attempt, code: str
) -> Connection:
    """Exchange the code, keep the connection, order its data. Raises `ConsentError`: then nothing is kept."""
    config = await _config(adapter)
    credentials = await _contained(adapter, lambda: adapter.exchange(config, attempt.authorization, code))
    known = replace(config, credentials=credentials)
    account = credentials.vendor_user_id or await _contained(adapter, lambda: _account(adapter, known))
    withheld = await _withheld(adapter, known, attempt.authorization)
    return await _keep(redis, adapter, attempt.athlete_id, credentials, account, withheld)


async def attach(
    redis: ArqRedis, adapter: WearableAdapter, athlete_id: int, vendor_athlete_id: str, token: Secret | None
) -> Connection:
    """Connect an athlete whom a team's account at the vendor covers.

    ``token`` is the team's; ``None``: the secret of the operator's registration. Raises `ConsentError`.
    """
    config = await _config(adapter)
    secret = token or (config.client.client_secret if config.client else None)
    if secret is None:
        raise ConsentError("disabled", f"{adapter.title} needs the team's token")
    credentials = Credentials(access_token=secret, vendor_user_id=vendor_athlete_id)
    known = replace(config, credentials=credentials)
    covered = await _contained(adapter, lambda: _covered(adapter, known))
    if vendor_athlete_id not in {one.id for one in covered}:
        names = ", ".join(f"{one.id} ({one.name})" for one in covered[:20]) or "nobody"
        message = f"the team's account does not cover {vendor_athlete_id!r}; it covers {names}"
        raise ConsentError("refused", message)
    return await _keep(redis, adapter, athlete_id, credentials, vendor_athlete_id, frozenset())


async def _keep(
    redis: ArqRedis,
    adapter: WearableAdapter,
    athlete_id: int,
    credentials: Credentials,
    account: str | None,
    withheld: frozenset[DataType],
) -> Connection:
    try:
        async with in_transaction():
            made = await connections.connect(athlete_id, adapter.name, credentials, account)
            for data_type in sorted(withheld):
                await sync_states.fail(
                    made.id, data_type, "the athlete did not grant it", status="not_shared"
                )
            jobs = await orders.order_first(made.id, adapter.capabilities.data_types - withheld)
    except ConnectionTaken as error:
        raise ConsentError("taken", error.message) from None
    except NoSuchAthlete as error:
        raise ConsentError("gone", error.message) from None
    for job in jobs:
        await ledger.dispatch(redis, job)
    return made


async def _config(adapter: WearableAdapter) -> WearableConfig:
    try:
        app = await vendor_apps.find(adapter.name)
    except PoiseError as error:
        raise ConsentError("disabled", error.message) from None
    return WearableConfig(
        client=app.client if app else None,
        base_url=app.base_url if app else None,
        timeout_s=_REQUEST_S,
        urgent=True,
        options=app.options if app else {},
    )


async def _account(adapter: WearableAdapter, config: WearableConfig) -> str | None:
    async with adapter.connect(config) as client:
        return await client.user_id()


async def _covered(adapter: WearableAdapter, config: WearableConfig) -> tuple[Any, ...]:
    async with adapter.connect(config) as client:
        return await client.athletes()


async def _withheld(
    adapter: WearableAdapter, config: WearableConfig, authorization: Authorization
) -> frozenset[DataType]:
    """The types the athlete did not grant, as far as the adapter can tell without a request."""
    granted = config.credentials.scopes if config.credentials else frozenset()
    if granted >= set(authorization.scopes):
        return frozenset()
    found: set[DataType] = set()

    async def probe() -> None:
        async with adapter.connect(replace(config, budget=_NoRequests())) as client:
            now = dt.datetime.now(dt.UTC)
            for data_type in adapter.capabilities.data_types:
                try:
                    async for _ in client.fetch(data_type, now - _PROBED, now):
                        break
                except Skippable:
                    found.add(data_type)
                except PoiseError:
                    continue  # it was about to ask: that it may at all is the sync's to find out

    try:
        async with apart(adapter.name) as thread:
            await thread.call(probe, within_s=_REQUEST_S)
    except Exception as error:
        _log.warning("%s cannot tell what was granted: %s", adapter.name, type(error).__name__)
    return frozenset(found)


class _NoRequests:
    """A budget that is used up: whoever asks it was about to send a request."""

    async def acquire(self, n: int = 1, *, urgent: bool = False) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.acquire`."""
        raise Retriable("no request is meant to be sent")

    async def pause(self, seconds: float) -> None:
        """See :meth:`poise_sdk.budget.RateBudget.pause`."""


async def _contained(adapter: WearableAdapter, work: Callable[[], Awaitable[_T]]) -> _T:
    """What an adapter's call gives, in time; whatever it raises becomes a `ConsentError`."""
    try:
        async with apart(adapter.name) as thread:
            return await thread.call(work, within_s=_PATIENCE_S)
    except NeedsReauth as error:
        _log.info("%s refuses a consent: %s", adapter.name, type(error).__name__)
        raise ConsentError("refused", f"{adapter.title} does not accept this consent: begin anew") from None
    except (Retriable, TimeoutError):
        message = f"{adapter.title} does not answer for now: try again later"
        raise ConsentError("unavailable", message) from None
    except Fatal as error:
        _log.error("%s cannot be connected to: %s", adapter.name, error.message)
        raise ConsentError("disabled", f"{adapter.title}: {error.message}") from None
    except PoiseError:
        raise ConsentError("refused", f"{adapter.title} does not accept this consent: begin anew") from None
    except Exception as error:
        raise _defect(adapter, error) from None


def _defect(adapter: WearableAdapter, error: Exception) -> ConsentError:
    # The type and the place only: a message or a traceback of a stranger's may hold what was sent.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "nowhere"
    _log.error("the adapter %s failed: %s at %s", adapter.name, type(error).__name__, where)
    return ConsentError("unavailable", f"the adapter of {adapter.title} failed")


def _key(ticket: str) -> str:
    return f"poise:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
