"""WHOOP's interface: pages of one athlete's records, tokens, and the end of a connection.

Every list answers ``{"records": […], "next_token": …}``, newest first, twenty-five at most, and takes
``start`` (what ends at or after it), ``end`` (what begins before it) and ``nextToken``. A cycle that is
not over yet counts as reaching up to now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec

from adapters.whoop.payloads import (
    ACCESS,
    COLLECTIONS,
    MAX_LIMIT,
    OFFLINE,
    PREFIX,
    ROOT,
    TOKEN,
    record_path,
    recovery_path,
)
from poise_sdk import oauth
from poise_sdk.adapter import FeedConfig
from poise_sdk.errors import Fatal, NeedsReauth, Skippable
from poise_sdk.http import Answer, HttpKit, parse_json
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import (
    Authorization,
    ClientCredentials,
    Credentials,
    Page,
    WearableClient,
    WearableConfig,
)

__all__ = ["MAX_PAGES", "WhoopClient", "WhoopHttp", "exchange", "open_http"]

_T = TypeVar("_T")

#: Pages of one request's answer: ten years of nights, and an end to an endless vendor.
MAX_PAGES: Final = 400

#: A night's cycle and the one it ended are among those that were not over so long before it began.
_BEFORE_A_NIGHT: Final = dt.timedelta(hours=12)
_AROUND_A_NIGHT: Final = 5

_Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class _Listing(msgspec.Struct):
    """What paging needs to know of an answer."""

    next_token: str | None = None


class _Owner(msgspec.Struct):
    """What the profile says of the account."""

    user_id: int


class _Night(msgspec.Struct):
    """What leads from a sleep to its recovery, and to the cycles around it."""

    cycle_id: int
    start: _Moment
    end: _Moment


class WhoopHttp(HttpKit):
    """The HTTP kit, for a vendor that wants to be told at each refresh that another one will come."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        json: object = None,
        expect: Collection[int] = (),
    ) -> Answer:
        """As :meth:`HttpKit.request`; a refresh of tokens gets ``scope=offline``.

        Without it WHOOP answers with an access token only, and the connection would end in an hour.
        """
        if data is not None and data.get("grant_type") == "refresh_token":
            data = {**data, "scope": OFFLINE}
        return await super().request(
            method, path, params=params, headers=headers, data=data, json=json, expect=expect
        )


def open_http(config: WearableConfig) -> WhoopHttp:
    """The HTTP kit for WHOOP, or for a simulated one."""
    feed = FeedConfig(
        base_url=config.base_url, budget=config.budget, timeout_s=config.timeout_s, urgent=config.urgent
    )
    return WhoopHttp(config.base_url or ROOT, config=feed, headers={"accept": "application/json"})


async def exchange(config: WearableConfig, authorization: Authorization, code: str) -> Credentials:
    """Credentials for the ``code`` of the consent page."""
    async with open_http(config) as http:
        return await oauth.exchange(http, TOKEN, _application(config.client), authorization, code)


class WhoopClient(WearableClient):
    """One athlete's connection. ``client`` is needed for :meth:`refresh` only."""

    def __init__(self, http: WhoopHttp, credentials: Credentials, client: ClientCredentials | None) -> None:
        self._http = http
        self._credentials = credentials
        self._client = client

    async def fetch(
        self, data_type: DataType, since: dt.datetime, until: dt.datetime, *, cursor: str | None = None
    ) -> AsyncIterator[Page]:
        """See :meth:`poise_sdk.wearable.WearableClient.fetch`.

        Raises :class:`~poise_sdk.errors.Skippable` where the athlete did not grant the scope, and for a
        vendor whose pages do not end.
        """
        collection = COLLECTIONS.get(data_type)
        if collection is None:
            raise Fatal(f"WHOOP has no {data_type.value}")
        self._must_be_granted(data_type)
        if since >= min(until, dt.datetime.now(dt.UTC)):
            return
        if not collection.listed:
            answer = await self._get(collection.path)
            yield Page(documents=(answer.document(collection.path),), received_at=answer.received_at)
            return
        window = {"limit": str(MAX_LIMIT), "start": _instant(since), "end": _instant(until)}
        token, seen = cursor, {cursor}
        for _ in range(MAX_PAGES):
            answer = await self._get(collection.path, window | ({"nextToken": token} if token else {}))
            document = answer.document(collection.path)
            token = _next_token(document)
            again = token is not None and token in seen
            # What came is kept; a cursor that leads round is no place to resume at.
            following = None if again else token
            yield Page(documents=(document,), next_cursor=following, received_at=answer.received_at)
            if again:
                raise Skippable(f"{collection.path}: WHOOP's pages go round: the same next_token twice")
            if token is None:
                return
            seen.add(token)
        raise Skippable(f"{collection.path}: WHOOP's pages do not end after {MAX_PAGES}")

    async def fetch_one(self, data_type: DataType, record_id: str) -> tuple[RawDocument, ...]:
        """The documents that a webhook about ``record_id`` makes new.

        A recovery is asked for by its *sleep's* id, which leads to its cycle and from there to the
        recovery. Cycles have no webhooks: the one that the night began comes with it, and so does the one
        that it ended, whose strain is final only now.
        """
        self._must_be_granted(data_type)
        if data_type in (DataType.SLEEP, DataType.WORKOUT):
            return (await self._document(record_path(data_type, _uuid(record_id))),)
        if data_type is not DataType.RECOVERY or not self._granted(DataType.SLEEP):
            raise Fatal(f"WHOOP does not give a single {data_type.value}")
        sleep = await self._document(record_path(DataType.SLEEP, _uuid(record_id)))
        night = _decode(sleep, _Night)
        documents = [sleep, await self._document(recovery_path(str(night.cycle_id)))]
        if self._granted(DataType.CYCLE):
            documents.append(await self._cycles_around(night))
        return tuple(documents)

    async def _cycles_around(self, night: _Night) -> RawDocument:
        """The cycle that the night began and the one before it, in one request."""
        window = {
            "limit": str(_AROUND_A_NIGHT),
            "start": _instant(night.start - _BEFORE_A_NIGHT),
            "end": _instant(night.end),
        }
        path = COLLECTIONS[DataType.CYCLE].path
        return (await self._get(path, window)).document(path)

    async def user_id(self) -> str | None:
        """WHOOP's id of the account; ``None`` where the athlete did not grant the profile."""
        if not self._granted(DataType.PROFILE):
            return None
        profile = await self._document(COLLECTIONS[DataType.PROFILE].path)
        return str(_decode(profile, _Owner).user_id)

    async def refresh(self) -> Credentials:
        """See :meth:`poise_sdk.wearable.WearableClient.refresh`; the old refresh token is spent."""
        fresh = await oauth.refresh(self._http, TOKEN, _application(self._client), self._credentials)
        # Only ``offline`` is asked for again; what the athlete granted stands, whatever the answer names.
        self._credentials = replace(fresh, scopes=self._credentials.scopes or fresh.scopes)
        return self._credentials

    async def revoke(self) -> None:
        """End the connection at WHOOP; its tokens die."""
        try:
            await self._delete_access()
        except NeedsReauth:
            # The access token may merely have run out while the consent still stands.
            if self._client is None or self._credentials.refresh_token is None:
                return
            try:
                await self.refresh()
                await self._delete_access()
            except NeedsReauth:
                return  # it had ended already

    async def _delete_access(self) -> None:
        await self._http.request("DELETE", f"{PREFIX}/{ACCESS}", headers=self._authorized())

    async def _document(self, path: str) -> RawDocument:
        return (await self._get(path)).document(path)

    async def _get(self, path: str, params: dict[str, str] | None = None) -> Answer:
        answer = await self._http.get(f"{PREFIX}/{path}", params=params, headers=self._authorized())
        assert isinstance(answer, Answer), "no condition was sent"
        return answer

    def _authorized(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._credentials.access_token.reveal()}"}

    def _granted(self, data_type: DataType) -> bool:
        """Unknown scopes count as granted: then WHOOP itself says."""
        return not self._credentials.scopes or COLLECTIONS[data_type].scope in self._credentials.scopes

    def _must_be_granted(self, data_type: DataType) -> None:
        # Asked without the scope, WHOOP answers as to a dead token, and the connection would count as lost.
        if data_type in COLLECTIONS and not self._granted(data_type):
            raise Skippable(
                f"the athlete does not share this: {COLLECTIONS[data_type].scope} is not granted",
                hint="connect the account again and grant everything that is asked for",
            )


def _application(client: ClientCredentials | None) -> ClientCredentials:
    if client is None:
        raise Fatal("WHOOP needs the application's client id", hint="poise vendors configure whoop")
    return client


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _uuid(record_id: str) -> str:
    """The id, which goes into a path: nothing else may."""
    try:
        return str(UUID(record_id))
    except ValueError:
        raise Skippable(f"{record_id!r} is no id of WHOOP's", hint="version 2 uses UUIDs") from None


def _next_token(document: RawDocument) -> str | None:
    return _decode(document, _Listing).next_token or None


def _decode(document: RawDocument, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(document.content, type=shape)
    except msgspec.DecodeError as error:
        parse_json(document)  # says what it is instead, where it is no JSON at all
        raise Skippable(f"{document.name}: not what WHOOP describes: {error}") from None
