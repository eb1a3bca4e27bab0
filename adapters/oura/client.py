"""Oura's API: pages of one athlete's documents, tokens, and the end of a connection.

Every list answers ``{"data": […], "next_token": …}`` and takes days at both ends; which of the two ends
counts differs by collection, so a day more is asked for on either side (a document that comes twice
changes nothing). Heart rate takes instants instead, at most thirty days of them at once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from adapters.oura.payloads import API, COLLECTIONS, REVOKE, SCOPE_OF, TOKEN
from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Fatal, NeedsReauth, Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import ClientCredentials, Credentials, Page, WearableClient, WearableConfig

__all__ = ["OuraClient", "http_for"]

_ROOT: Final = "v2/usercollection"
_DAY: Final = dt.timedelta(days=1)
#: Pages of one request's answer: far beyond a month of any collection, far below an endless vendor.
MAX_PAGES: Final = 2_000
#: Collections that are one document and not a list.
_SINGLE: Final = frozenset({"personal_info"})
#: Between a collection and the vendor's token in our cursor.
_SEPARATOR: Final = "|"
#: An id, which goes into a path: nothing else may.
_KEY: Final = re.compile(r"[0-9A-Za-z_-]{1,128}")


class _Listing(msgspec.Struct):
    """What paging needs to know of an answer."""

    next_token: str | None = None


def http_for(config: WearableConfig) -> HttpKit:
    """The HTTP kit for Oura, or for a simulated one."""
    feed = FeedConfig(
        base_url=config.base_url, budget=config.budget, timeout_s=config.timeout_s, urgent=config.urgent
    )
    return HttpKit(config.base_url or API, config=feed)


class OuraClient(WearableClient):
    """One athlete's connection. ``client`` is needed for :meth:`refresh` only."""

    def __init__(self, http: HttpKit, credentials: Credentials, client: ClientCredentials | None) -> None:
        self._http = http
        self._credentials = credentials
        self._client = client

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        """See :meth:`poise_sdk.wearable.WearableClient.fetch`."""
        collections = self._shared(data_type)
        if since >= min(until, dt.datetime.now(dt.UTC)):
            return
        first, _, token = (cursor or "").partition(_SEPARATOR)
        if cursor and first not in collections:
            raise Fatal(f"{cursor!r} is no place in Oura's {data_type.value}")
        start = collections.index(first) if cursor else 0
        for index, collection in enumerate(collections[start:], start):
            following = collections[index + 1] if index + 1 < len(collections) else None
            async for page in self._pages(collection, since, until, token or None, following):
                yield page
            token = ""

    async def fetch_one(self, data_type: DataType, record_id: str) -> tuple[RawDocument, ...]:
        """The document that a webhook names: ``record_id`` is ``collection/id``."""
        collection, _, key = record_id.partition("/")
        if collection not in self._shared(data_type) or not _KEY.fullmatch(key):
            raise Skippable(f"Oura has no {data_type.value} called {record_id!r}")
        path = f"{_ROOT}/{collection}/{key}"
        return ((await self._get(path, {})).document(path),)

    async def user_id(self) -> str | None:
        """Oura's id of the athlete; ``None`` where the athlete did not grant it."""
        if not self._granted("personal_info"):
            return None
        answer = await self._get(f"{_ROOT}/personal_info", {})
        found = parse_json(answer.document("personal_info"))
        key = found.get("id") if isinstance(found, dict) else None
        return key if isinstance(key, str) else None

    async def refresh(self) -> Credentials:
        """See :meth:`poise_sdk.wearable.WearableClient.refresh`; the old refresh token is spent."""
        if self._client is None:
            raise Fatal("Oura needs the application's client id", hint="poise vendors configure oura")
        self._credentials = await oauth.refresh(self._http, TOKEN, self._client, self._credentials)
        return self._credentials

    async def revoke(self) -> None:
        """End the connection: the access token and its refresh token die."""
        try:
            await self._end()
        except NeedsReauth:
            # The access token may merely have run out while the consent still stands.
            if self._client is None or self._credentials.refresh_token is None:
                return
            try:
                await self.refresh()
                await self._end()
            except NeedsReauth:
                return  # it had ended already

    async def _end(self) -> None:
        # Oura takes the token in the address; no error of HttpKit's shows a query.
        token = self._credentials.access_token.reveal()
        await self._http.request("POST", REVOKE, params={"access_token": token}, headers=self._authorized())

    async def _pages(
        self,
        collection: str,
        since: dt.datetime,
        until: dt.datetime,
        token: str | None,
        following: str | None,
    ) -> AsyncIterator[Page]:
        """The pages of one collection; the last one's cursor leads into the ``following`` collection."""
        window = {} if collection in _SINGLE else _window(collection, since, until)
        seen = {token}
        for _ in range(MAX_PAGES):
            params = window | ({"next_token": token} if token else {})
            answer = await self._get(f"{_ROOT}/{collection}", params)
            document = answer.document(f"{_ROOT}/{collection}")
            token = None if collection in _SINGLE else _next_token(document)
            again = token is not None and token in seen
            onward = f"{following}{_SEPARATOR}" if following else None
            yield Page(
                documents=(document,),
                # What came is kept; a cursor that leads round is no place to resume at.
                next_cursor=None if again else f"{collection}{_SEPARATOR}{token}" if token else onward,
                received_at=answer.received_at,
            )
            if again:
                raise Skippable(f"Oura's {collection} goes round: the same next_token twice")
            if token is None:
                return
            seen.add(token)
        raise Skippable(f"Oura's {collection} does not end after {MAX_PAGES} pages")

    async def _get(self, path: str, params: dict[str, str]) -> Answer:
        answer = await self._http.get(path, params=params, headers=self._authorized())
        assert isinstance(answer, Answer), "no condition was sent"
        return answer

    def _granted(self, collection: str) -> bool:
        """Unknown scopes count as granted: then Oura itself says."""
        return not self._credentials.scopes or SCOPE_OF[collection] in self._credentials.scopes

    def _shared(self, data_type: DataType) -> tuple[str, ...]:
        """The collections of ``data_type`` that the athlete shares; :class:`Skippable` where it is none."""
        collections = COLLECTIONS.get(data_type)
        if collections is None:
            raise Fatal(f"Oura has no {data_type.value}")
        # Asked without the scope, Oura answers as to a lapsed membership: the connection would count as lost.
        if shared := tuple(collection for collection in collections if self._granted(collection)):
            return shared
        raise Skippable(
            f"the athlete does not share this: {SCOPE_OF[collections[0]]} is not granted",
            hint="connect the account again and grant everything that is asked for",
        )

    def _authorized(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._credentials.access_token.reveal()}"}


def _window(collection: str, since: dt.datetime, until: dt.datetime) -> dict[str, str]:
    if collection == "heartrate":
        return {
            "start_datetime": since.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "end_datetime": until.astimezone(dt.UTC).isoformat(timespec="seconds"),
        }
    return {
        "start_date": (since.astimezone(dt.UTC) - _DAY).date().isoformat(),
        "end_date": (until.astimezone(dt.UTC) + _DAY).date().isoformat(),
    }


def _next_token(document: RawDocument) -> str | None:
    try:
        return msgspec.json.decode(document.content, type=_Listing).next_token or None
    except msgspec.DecodeError as error:
        parse_json(document)  # says what it is instead, where it is no JSON at all
        raise Skippable(f"{document.name}: not a list of documents: {error}") from None
