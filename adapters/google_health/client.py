"""Google Health's API: pages of one account's data points, tokens, and the end of a connection.

Every list answers ``{"dataPoints": […], "nextPageToken": …}``; the token is absent or empty on the last
page, and what is empty is left out: a page of nothing is ``{}`` and gives no document. Google's API and its
token endpoint live on two hosts; a simulated vendor is both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

import httpx
import msgspec

from adapters.google_health.payloads import (
    API,
    COLLECTIONS,
    IDENTITY,
    REVOKE,
    ROOT,
    TOKEN,
    Collection,
    Span,
)
from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Fatal, NeedsReauth, Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Credentials, Page, WearableClient, WearableConfig

__all__ = ["GoogleHealthClient", "http_for"]

_DAY: Final = dt.timedelta(days=1)
#: Pages of one collection's answer: far beyond a fortnight of heart rate, far below an endless vendor.
MAX_PAGES: Final = 2_000
#: Between a collection and the vendor's token in our cursor.
_SEPARATOR: Final = "|"


class _Listing(msgspec.Struct):
    """What paging needs to know of an answer."""

    nextPageToken: str | None = None


class _Nothing(_Listing, forbid_unknown_fields=True):
    """An answer without data points, and without anything else but the way onward."""


def http_for(config: WearableConfig, host: str = API) -> HttpKit:
    """The HTTP kit for one of Google's hosts, or for a simulated vendor."""
    feed = FeedConfig(
        base_url=config.base_url, budget=config.budget, timeout_s=config.timeout_s, urgent=config.urgent
    )
    return HttpKit(config.base_url or host, config=feed)


class GoogleHealthClient(WearableClient):
    """One account's connection: ``http`` asks the API, ``tokens`` the token endpoint."""

    def __init__(
        self, http: HttpKit, tokens: HttpKit, credentials: Credentials, client: ClientCredentials | None
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._credentials = credentials
        self._client = client

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        """See :meth:`poise_sdk.wearable.WearableClient.fetch`.

        A person may untick scopes: what is not granted is left out, and ``Skippable`` if nothing is left.
        """
        collections = self._granted(data_type)
        if since >= min(until, dt.datetime.now(dt.UTC)):
            return
        first, _, token = (cursor or "").partition(_SEPARATOR)
        names = [collection.name for collection in collections]
        if cursor and first not in names:
            raise Fatal(f"{cursor!r} is no place in Google Health's {data_type.value}")
        start = names.index(first) if cursor else 0
        for index, collection in enumerate(collections[start:], start):
            onward = f"{names[index + 1]}{_SEPARATOR}" if index + 1 < len(names) else None
            async for page in self._pages(collection, _filter(collection, since, until), token, onward):
                yield page
            token = ""

    async def user_id(self) -> str | None:
        """Google Health's id of the account."""
        found = parse_json((await self._get(IDENTITY, {})).document(IDENTITY))
        key = found.get("healthUserId") if isinstance(found, dict) else None
        return key if isinstance(key, str) and key else None

    async def refresh(self) -> Credentials:
        """See :meth:`poise_sdk.wearable.WearableClient.refresh`; Google keeps the refresh token."""
        if self._client is None:
            raise Fatal(
                "Google Health needs the application's client id",
                hint="poise vendors configure google_health",
            )
        self._credentials = await oauth.refresh(self._tokens, TOKEN, self._client, self._credentials)
        return self._credentials

    async def revoke(self) -> None:
        """End the connection: either token ends both, but an access token that has run out ends nothing."""
        for token in (self._credentials.access_token, self._credentials.refresh_token):
            if token is None:
                continue
            try:
                answer = await self._tokens.request(
                    "POST", REVOKE, data={"token": token.reveal()}, expect=(httpx.codes.BAD_REQUEST,)
                )
            except NeedsReauth:
                continue  # it had ended already
            if answer.status != httpx.codes.BAD_REQUEST:
                return

    def _granted(self, data_type: DataType) -> tuple[Collection, ...]:
        """The collections of a type that were granted; unknown scopes count as granted: Google says then."""
        collections = COLLECTIONS.get(data_type)
        if collections is None:
            raise Fatal(f"Google Health has no {data_type.value}")
        scopes = self._credentials.scopes
        granted = tuple(one for one in collections if not scopes or one.scope in scopes)
        if not granted:
            raise Skippable(
                f"the athlete does not share this: {collections[0].scope} is not granted",
                hint="connect the account again and grant everything that is asked for",
            )
        return granted

    async def _pages(
        self, collection: Collection, condition: str, token: str, onward: str | None
    ) -> AsyncIterator[Page]:
        """The pages of one collection; the last one's cursor leads ``onward``."""
        path = f"{ROOT}/{collection.name}/dataPoints"
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            params = {"pageSize": str(collection.page_size), "filter": condition}
            answer = await self._get(path, params | ({"pageToken": token} if token else {}))
            document = answer.document(path)
            token = _next_token(document)
            yield Page(
                documents=() if _is_empty(document) else (document,),
                next_cursor=f"{collection.name}{_SEPARATOR}{token}" if token else onward,
                received_at=answer.received_at,
            )
            if not token:
                return
            if token in seen:
                raise Skippable(f"Google Health's {collection.name} repeats its pages: the same token twice")
            seen.add(token)
        raise Skippable(f"Google Health's {collection.name} does not end after {MAX_PAGES} pages")

    async def _get(self, path: str, params: dict[str, str]) -> Answer:
        token = self._credentials.access_token.reveal()
        answer = await self._http.get(path, params=params, headers={"authorization": f"Bearer {token}"})
        assert isinstance(answer, Answer), "no condition was sent"
        return answer


def _filter(collection: Collection, since: dt.datetime, until: dt.datetime) -> str:
    """AIP-160's condition for ``[since, until)``.

    Where local time or days count, a day more is asked for on either side (a point that comes twice changes
    nothing); so it is before an interval's start and after a sleep's end, for what reaches into the span.
    """
    first, last = since.astimezone(dt.UTC), until.astimezone(dt.UTC)
    if collection.span is Span.END:
        last += _DAY
    elif collection.span is Span.START:
        first -= _DAY
    if collection.span in (Span.DAY, Span.CIVIL_START):
        low, high = (first - _DAY).date().isoformat(), (last + 2 * _DAY).date().isoformat()
    else:
        low, high = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (first, last))
    return f'{collection.in_filter} >= "{low}" AND {collection.in_filter} < "{high}"'


def _is_empty(document: RawDocument) -> bool:
    try:
        msgspec.json.decode(document.content, type=_Nothing)
    except msgspec.DecodeError:
        return False
    return True


def _next_token(document: RawDocument) -> str:
    try:
        return msgspec.json.decode(document.content, type=_Listing).nextPageToken or ""
    except msgspec.DecodeError as error:
        parse_json(document)  # says what it is instead, where it is no JSON at all
        raise Skippable(f"{document.name}: not a list of data points: {error}") from None
