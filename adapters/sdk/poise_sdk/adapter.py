"""The contract of a game feed: what an author implements and what the host relies on.

An adapter object is stateless: an identity, ``normalize`` and ``read_file``. What talks to the
vendor is a *feed*, open as long as somebody needs it::

    adapter = CourtsideAdapter()
    for document in adapter.read_file(Path("season.zip")):
        if isinstance(document, Rejected):
            print(document.reason)
        else:
            normalized = adapter.normalize(document)

    async with adapter.connect(FeedConfig()) as feed:
        today = await feed.live_games()
        fetched = await feed.fetch_game(today.games[0].id)
        again = await feed.fetch_game(today.games[0].id, validators=fetched.validators)
        assert again.unchanged

``FeedConfig.base_url`` points a feed at another server that speaks the vendor's protocol: a simulator,
a replayed game, a proxy. The contract of wearables is :mod:`poise_sdk.wearable`.
"""

from __future__ import annotations

import abc
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from poise_sdk.budget import RateBudget
from poise_sdk.errors import Fatal
from poise_sdk.files import DEFAULT_LIMITS, Limits, read_documents
from poise_sdk.records import Normalized, RawDocument, Rejected

__all__ = [
    "Adapter",
    "FeedConfig",
    "Fetched",
    "GameFeed",
    "GameFeedAdapter",
    "NotModified",
    "Validators",
]


@dataclass(frozen=True, slots=True)
class Validators:
    """What to tell a vendor so that it need not send again what we have.

    ``etag`` and ``last_modified`` are the vendor's own words (RFC 9110 §8.8), given back unread.
    ``sha256`` (of the body) recognises an unchanged document from a vendor that offers neither.
    """

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The answer to a conditional request for a document that has not changed."""

    validators: Validators
    received_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """How to reach a vendor; every field has a default that is right in production."""

    base_url: str | None = None
    """Another server with the vendor's protocol; ``None``: the vendor's own."""
    budget: RateBudget | None = None
    """The vendor's request budget; ``None``: no limit but the vendor's own refusals."""
    timeout_s: float = 20.0
    """The longest one request may take from its first byte out to its last byte in."""
    urgent: bool = False
    """Somebody is waiting for the answer: requests may use the budget's reserve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The documents of one game that changed since the given validators.

    A document the vendor reported unchanged is absent from ``documents`` but keeps its entry in
    ``validators``, whose keys are the feed's own (document names) and mean nothing to the caller.
    """

    documents: tuple[RawDocument, ...] = ()
    validators: Mapping[str, Validators] = field(default_factory=dict)
    unchanged: bool = False
    """No document changed."""
    received_at: dt.datetime
    """When the last byte arrived (UTC)."""
    sent_at: dt.datetime | None = None
    """What the vendor's clock said when it answered: ages of plays are told by the clock that dated them."""


@runtime_checkable
class GameFeed(Protocol):
    """An open connection to a vendor's game feed.

    Every method raises only :class:`~poise_sdk.errors.PoiseError`; retrying is the caller's affair.
    """

    async def schedule(self, day: dt.date) -> Normalized:
        """The games of ``day`` in the league's own calendar: ``games`` (and ``teams``), no plays."""

    async def live_games(self) -> Normalized:
        """The games of the league's current day with their status: ``games``, no plays."""

    async def fetch_game(self, game_id: str, validators: Mapping[str, Validators] | None = None) -> Fetched:
        """The documents of one game, as raw as they arrived.

        ``validators`` are those of an earlier answer. Raises :class:`~poise_sdk.errors.Skippable` for
        a game the vendor does not know (yet).
        """


class Adapter(abc.ABC):
    """What every adapter is: a name that never changes, a title, a version, a reader, a translator."""

    name: ClassVar[str]
    """The adapter's identity: lower case, digits and underscores, unique among all adapters."""
    title: ClassVar[str]
    """What people call the vendor."""
    version: ClassVar[str]
    """Goes up whenever ``normalize`` would give another answer to the same document."""

    def accepts(self, name: str) -> bool:
        """Whether a file of a folder or archive, by its relative ``name``, may be this vendor's.

        The default takes JSON and CSV. What it refuses is passed over; what it takes and ``normalize``
        cannot read is reported.
        """
        return name.lower().endswith((".json", ".csv"))

    def read_file(self, path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[RawDocument | Rejected]:
        """The documents in a file, a folder, a zip or a tar, one at a time, in a stable order.

        Memory holds one document at a time. What is unsafe (a path that climbs out, a bomb) or broken
        comes as :class:`~poise_sdk.records.Rejected` and the rest goes on. Raises
        :class:`~poise_sdk.errors.Fatal` where ``path`` itself cannot be read.
        """
        return read_documents(path, accepts=self.accepts, limits=limits)


class GameFeedAdapter(Adapter):
    """An adapter for a vendor of games and plays.

    An author sets ``name``, ``title`` and ``version`` and writes :meth:`normalize`; :meth:`connect`
    too, where the vendor has a feed and not only files.
    """

    @abc.abstractmethod
    def normalize(self, document: RawDocument) -> Normalized:
        """Translate one document. Pure and total.

        Pure: no clock, no network, no file, no memory of earlier documents; the same document gives
        the same answer for ever (else ``version`` goes up). Total: never raises. An unknown field is
        ignored; a malformed row becomes a :class:`~poise_sdk.records.Rejected` that says which row,
        which field and why, and the other rows go on; a document that is not this vendor's gives one
        :class:`~poise_sdk.records.Rejected` and nothing else.

        Of the plays: ``number`` is unique in its game, ``position`` runs 1, 2, 3, …, ``clock_s`` is
        not negative, ``points`` of all plays add up to the last score.
        """

    def connect(self, config: FeedConfig) -> AbstractAsyncContextManager[GameFeed]:
        """Open the vendor's feed: ``async with adapter.connect(FeedConfig()) as feed``.

        The default is for a vendor of files only: it raises :class:`~poise_sdk.errors.Fatal`.
        """
        raise Fatal(
            f"{self.title} offers files only", hint=f"import its files: poise import {self.name} PATH"
        )

    @property
    def has_feed(self) -> bool:
        """Whether :meth:`connect` leads anywhere."""
        return type(self).connect is not GameFeedAdapter.connect
