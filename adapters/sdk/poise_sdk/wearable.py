"""The contract of a wearable: consent by OAuth, pages of documents, webhooks, exported files.

As with game feeds, an adapter object is stateless: identity, capabilities, ``normalize``,
``read_file``. What talks to the vendor is a *client*, open for one connection at a time::

    async with adapter.connect(WearableConfig(credentials=credentials)) as client:
        async for page in client.fetch(DataType.SLEEP, since, until):
            for document in page.documents:
                for item in adapter.normalize(document):
                    ...  # a record, a table of readings, or a Rejected

Secrets travel in :class:`Secret`, whose ``repr`` and ``str`` hide them; the value is read by
``.reveal()`` at the one place where it is sent.
"""

from __future__ import annotations

import abc
import datetime as dt
import enum
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from poise_sdk.adapter import Adapter
from poise_sdk.budget import Limit, RateBudget
from poise_sdk.errors import Fatal, NeedsReauth
from poise_sdk.observations import ReadingTable, WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType

__all__ = [
    "Authorization",
    "Capabilities",
    "ClientCredentials",
    "Credentials",
    "Item",
    "OAuth",
    "Page",
    "Secret",
    "Subscription",
    "VendorAthlete",
    "WearableAdapter",
    "WearableClient",
    "WearableConfig",
    "Webhook",
    "WebhookEvent",
    "WebhookKind",
    "verification_token",
]


class Secret:
    """A text that does not show itself: ``repr``, ``str``, logs and tracebacks say ``Secret(…)``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one place that sends or seals it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """What the vendor gave the operator of this Poise: the application's own identity."""

    client_id: str
    client_secret: Secret | None = None
    """``None`` for a public client, which proves itself by PKCE alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the vendor gave one athlete's connection."""

    access_token: Secret
    refresh_token: Secret | None = None
    expires_at: dt.datetime | None = None
    """When the access token ends (UTC); ``None`` if the vendor does not say."""
    scopes: frozenset[str] = frozenset()
    vendor_user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How a vendor asks the athlete for consent (RFC 6749; PKCE: RFC 7636)."""

    scopes: tuple[str, ...]
    pkce: bool
    rotates_refresh_tokens: bool
    """A refresh ends the old refresh token: the host refreshes under a lock, one worker at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a vendor offers; the host asks for nothing else."""

    data_types: frozenset[DataType]
    metrics: frozenset[str] = frozenset()
    """Names of canonical metrics, with units: ``hrv_rmssd_ms``, ``resting_hr_bpm``, …"""
    oauth: OAuth | None = None
    """``None``: no consent dance (files only, or a team's key)."""
    webhooks: frozenset[DataType] = frozenset()
    """What the vendor announces by itself; the rest is polled."""
    file_import: bool = False
    backfill_days: int | None = None
    """How far back the vendor answers; ``None``: to the first day."""
    team_token: bool = False
    """A team's key stands for consent; a connection names the athlete by the vendor's id."""
    limits: tuple[Limit, ...] = ()
    """The vendor's request limits for the whole application, all athletes together."""
    overlap: dt.timedelta = dt.timedelta(days=2)
    """How far behind its last sync the host asks again: late scores, late uploads."""
    window: dt.timedelta = dt.timedelta(days=30)
    """The span the host asks for at once when it fetches history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A consent dance under way. The host binds ``state`` to the session that began it."""

    redirect_uri: str
    state: Secret
    scopes: tuple[str, ...]
    code_verifier: Secret | None = None
    """PKCE's secret half; ``None`` where the vendor does not offer PKCE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a vendor's answer."""

    documents: tuple[RawDocument, ...]
    next_cursor: str | None = None
    """The vendor's own cursor to what follows; ``None`` on the last page. A host that stores it may
    resume with ``fetch(…, cursor=…)``."""
    received_at: dt.datetime


class WebhookKind(enum.StrEnum):
    """What a webhook says about a record."""

    CHANGED = "changed"
    DELETED = "deleted"
    REVOKED = "revoked"
    """The athlete ended the connection at the vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook request as it arrived. ``headers`` have lower-case names."""

    headers: Mapping[str, str]
    body: bytes
    """Raw: a signature covers bytes, not what a parser made of them."""
    received_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """One event of a verified webhook."""

    kind: WebhookKind
    vendor_user_id: str
    data_type: DataType | None = None
    record_id: str | None = None
    """The id to fetch or delete, in the vendor's terms for ``data_type``."""
    event_id: str
    """The same for the same event sent twice: the host deduplicates by it."""
    occurred_at: dt.datetime | None = None


Item: TypeAlias = WearableRecord | ReadingTable | Rejected
"""What ``normalize`` yields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A standing order at the vendor to send webhooks of one type."""

    id: str
    data_type: DataType
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAthlete:
    """An athlete as a team's account at the vendor lists them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WearableConfig:
    """How to reach a vendor for one connection."""

    credentials: Credentials | None = None
    client: ClientCredentials | None = None
    base_url: str | None = None
    """Another server with the vendor's protocol (a simulator); ``None``: the vendor's own."""
    budget: RateBudget | None = None
    timeout_s: float = 30.0
    urgent: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """What only this vendor needs (a team's region, …); documented by the adapter."""


class WearableClient(abc.ABC):
    """An open client for one connection. Methods raise only :class:`~poise_sdk.errors.PoiseError`."""

    @abc.abstractmethod
    def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        """The pages of ``data_type`` that touch ``[since, until)`` (UTC), in the vendor's order.

        ``cursor`` resumes at a page's ``next_cursor`` (after a token died in the middle, or a worker). A
        ``since`` in the future gives no page.
        """

    async def fetch_one(self, data_type: DataType, record_id: str) -> tuple[RawDocument, ...]:
        """The documents that a webhook about ``record_id`` makes new: the record, and what hangs on it.

        Raises :class:`~poise_sdk.errors.Skippable` where the vendor no longer has it. The default says
        that the vendor has no such request: the host then fetches the last days instead.
        """
        raise Fatal("this vendor does not give single records")

    async def user_id(self) -> str | None:
        """The vendor's id of the account, by which webhooks name it; ``None`` if the vendor tells none."""
        return None

    async def athletes(self) -> tuple[VendorAthlete, ...]:
        """Of a team's account: whom it covers."""
        return ()

    async def refresh(self) -> Credentials:
        """New credentials for the old refresh token; the client goes on with them.

        Raises :class:`~poise_sdk.errors.NeedsReauth` where the vendor does not accept it any more.
        """
        raise NeedsReauth("this vendor's credentials cannot be renewed", hint="connect the account again")

    async def revoke(self) -> None:
        """End the connection at the vendor. Ending an ended one is no error; the default does nothing."""
        return None


def verification_token(client: ClientCredentials, vendor: str) -> Secret | None:
    """What a vendor is told when webhooks are ordered, and says when it checks our address.

    Made of the application's secret, so that whoever answers the challenge needs no memory of who ordered;
    ``None`` for an application without a secret.
    """
    if client.client_secret is None:
        return None
    message = f"poise webhook verification {vendor}".encode()
    return Secret(hmac.new(client.client_secret.reveal().encode(), message, hashlib.sha256).hexdigest())


class WearableAdapter(Adapter):
    """An adapter for a vendor of body data."""

    capabilities: ClassVar[Capabilities]

    @abc.abstractmethod
    def normalize(self, document: RawDocument) -> Iterable[Item]:
        """Translate one document (a page, a file's member). Pure and total, as for game feeds.

        Lazily where a document may be large: the host takes one record at a time. What no body shows need
        not be told here: the host holds every record to :mod:`poise_sdk.plausibility`.
        """

    def connect(self, config: WearableConfig) -> AbstractAsyncContextManager[WearableClient]:
        """Open a client for one connection; the default is for a vendor of files only: ``Fatal``."""
        raise Fatal(
            f"{self.title} offers files only", hint=f"import its files: poise import {self.name} PATH"
        )

    def authorize_url(self, client: ClientCredentials, authorization: Authorization) -> str:
        """The address at the vendor to which the athlete is sent for consent."""
        raise Fatal(f"{self.title} has no consent page")

    async def exchange(self, config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
        """Credentials for the ``code`` that the vendor sent back.

        The host has compared the returned state with ``authorization.state`` before. Raises
        :class:`~poise_sdk.errors.NeedsReauth` where the vendor does not accept the code.
        """
        raise Fatal(f"{self.title} has no consent page")

    def verify_webhook(self, webhook: Webhook, client: ClientCredentials) -> bool:
        """Whether the vendor itself signed ``webhook``, recently. Compares in constant time.

        "Recently" is judged against ``webhook.received_at``: no clock is read.
        """
        return False

    def answer_challenge(self, query: Mapping[str, str], client: ClientCredentials) -> bytes | None:
        """The answer to the vendor's check of a webhook address; ``None`` refuses it."""
        return None

    def parse_webhook(self, webhook: Webhook) -> tuple[WebhookEvent, ...]:
        """The events of a verified webhook. Raises :class:`~poise_sdk.errors.Skippable` for rubbish."""
        raise Fatal(f"{self.title} sends no webhooks")

    async def subscribe(
        self, config: WearableConfig, callback_url: str, verification_token: Secret
    ) -> tuple[Subscription, ...]:
        """See to it that the vendor sends webhooks to ``callback_url``; what stands after it.

        The host gives the :func:`verification_token` of its application.

        Called at start and daily: creates what is missing, renews what ends soon, leaves the rest. The
        default is for vendors whose webhooks are set up by hand, or who have none.
        """
        return ()
