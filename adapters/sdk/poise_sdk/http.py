"""The HTTP kit of adapters: bounded in time and size, honest about failure.

::

    async with HttpKit(config.base_url or "https://vendor.example/v1", config=config) as http:
        answer = await http.get("games/17", validators=known)
        if isinstance(answer, NotModified): ...
        document = answer.document("games/17")

What it guarantees: every request has a total deadline, every body a bound (also after unpacking),
every failure is one of the errors by recovery (:mod:`poise_sdk.errors`). Redirects are refused: a
vendor's interface does not move, and a redirect carries credentials to strangers. Retries are the
caller's, who knows what else waits; a 429 pauses the shared budget for all.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Final, Self

import httpx
import msgspec

from poise_sdk._bodies import read_beginning, read_body
from poise_sdk.adapter import FeedConfig, Fetched, NotModified, Validators
from poise_sdk.errors import Fatal, Retriable, Skippable, from_status, http_date, looks_like_html
from poise_sdk.records import RawDocument

__all__ = ["MAX_BODY", "USER_AGENT", "Answer", "HttpKit", "parse_json"]

#: Bytes of the largest body taken, unpacked: four times the largest season schedule known.
MAX_BODY: Final = 32 * 1024 * 1024
USER_AGENT: Final = "poise-sdk"
#: Seconds to reach the vendor, and between two pieces of its answer: both far beyond what a healthy
#: vendor needs, both far below the total deadline.
CONNECT_S: Final = 5.0
READ_S: Final = 10.0
#: How much of an error's body is read, to tell a firewall's page from the vendor's own words.
ERROR_BODY: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer, read to its end."""

    url: str
    status: int
    headers: Mapping[str, str]
    """With lower-case names."""
    content: bytes
    validators: Validators
    received_at: dt.datetime
    sent_at: dt.datetime | None = None
    """The vendor's clock when it answered (``Date``, whole seconds), where it tells."""

    def document(self, name: str) -> RawDocument:
        """The body as a document called ``name``."""
        return RawDocument(name=name, content=self.content)


class HttpKit:
    """A client for one vendor; an async context manager.

    ``headers`` go with every request. ``config`` brings budget, deadline and urgency.
    """

    def __init__(
        self,
        base_url: str,
        *,
        config: FeedConfig | None = None,
        headers: Mapping[str, str] | None = None,
        max_body: int = MAX_BODY,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._config = config or FeedConfig()
        self._max_body = max_body
        timeout_s = self._config.timeout_s
        self._client = httpx.AsyncClient(
            # Whatever else is sent, gzip is the only encoding that is unpacked here, within a bound.
            headers={"user-agent": USER_AGENT, **(headers or {}), "accept-encoding": "gzip"},
            timeout=httpx.Timeout(min(READ_S, timeout_s), connect=min(CONNECT_S, timeout_s)),
            follow_redirects=False,
            transport=transport,
            verify=_trust(),
            # A proxy configured for the world has no business between us and a simulator next door.
            trust_env=not _is_loopback(self.base_url),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
    ) -> Answer | NotModified:
        """GET ``path`` (relative to the base URL).

        With ``validators`` of an earlier answer the request is conditional; a body that did not change
        is :class:`~poise_sdk.adapter.NotModified` even if the vendor sent it again.
        """
        conditions = dict(headers or {})
        if validators and validators.etag:
            conditions["if-none-match"] = validators.etag
        if validators and validators.last_modified:
            conditions["if-modified-since"] = validators.last_modified
        answer = await self._send("GET", path, params=params, headers=conditions)
        if answer.status == httpx.codes.NOT_MODIFIED:
            return NotModified(validators or answer.validators, answer.received_at)
        if validators and validators.sha256 and validators.sha256 == answer.validators.sha256:
            return NotModified(answer.validators, answer.received_at)
        return answer

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
        """Any other request; ``data`` is sent as a form, ``json`` as JSON.

        Statuses in ``expect`` are answers too, not errors: where the body says more than the status.
        """
        extra = dict(headers or {})
        content: bytes | None = None
        if json is not None:
            content = msgspec.json.encode(json)
            extra.setdefault("content-type", "application/json")
        return await self._send(
            method, path, params=params, headers=extra, data=data, content=content, expect=expect
        )

    async def fetch(self, paths: Mapping[str, str], known: Mapping[str, Validators] | None = None) -> Fetched:
        """The documents at ``paths`` (document name → path), conditionally on what is ``known``."""
        documents: list[RawDocument] = []
        validators: dict[str, Validators] = {}
        received_at = dt.datetime.now(dt.UTC)
        sent_at = None
        for name, path in paths.items():
            answer = await self.get(path, validators=(known or {}).get(name))
            if isinstance(answer, Answer):
                documents.append(answer.document(name))
                sent_at = answer.sent_at
            validators[name] = answer.validators
            received_at = answer.received_at
        return Fetched(
            documents=tuple(documents),
            validators=validators,
            unchanged=not documents,
            received_at=received_at,
            sent_at=sent_at,
        )

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        expect: Collection[int] = (),
    ) -> Answer:
        url = f"{self.base_url}/{path.lstrip('/')}"
        what = f"{method} {url}"
        config = self._config
        if config.budget is not None:
            await config.budget.acquire(urgent=config.urgent)
        try:
            request = self._client.build_request(
                method,
                url,
                params=params,
                headers=dict(headers),
                data=dict(data) if data else None,
                content=content,
            )
            async with asyncio.timeout(config.timeout_s):
                return await self._exchange(request, what, expect)
        except TimeoutError:
            raise Retriable(f"{what}: no complete answer in {config.timeout_s:g} s") from None
        except httpx.TimeoutException as error:
            raise Retriable(f"{what}: the vendor hangs ({type(error).__name__})") from error
        except httpx.InvalidURL as error:
            raise Skippable(f"{what}: not an address: {error}") from error
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Fatal(f"{what}: cannot be sent: {error}") from error
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            raise Retriable(f"{what}: the connection failed: {str(error) or type(error).__name__}") from error
        except Retriable as error:
            if config.budget is not None and error.after:
                await config.budget.pause(error.after)
            raise

    async def _exchange(self, request: httpx.Request, what: str, expect: Collection[int]) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            status = response.status_code
            if not (response.is_success or status == httpx.codes.NOT_MODIFIED or status in expect):
                raise from_status(
                    status, headers, what=what, body=await read_beginning(response, ERROR_BODY, what)
                )
            content = await read_body(response, self._max_body, what)
        finally:
            await response.aclose()
        return Answer(
            url=str(request.url),
            status=status,
            headers=headers,
            content=content,
            validators=Validators(
                etag=headers.get("etag"),
                last_modified=headers.get("last-modified"),
                sha256=hashlib.sha256(content).hexdigest(),
            ),
            received_at=dt.datetime.now(dt.UTC),
            sent_at=http_date(headers.get("date", "")),
        )


def parse_json(document: RawDocument) -> object:
    """The JSON value in ``document``.

    Raises :class:`~poise_sdk.errors.Skippable`, which names the document and says what it holds
    instead and what to do, for an empty body, a web page, truncated or malformed JSON, other text.
    """
    content = document.content
    if not content.strip():
        raise Skippable(f"{document.name}: empty", hint="download it again")
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if looks_like_html(content):
            raise Skippable(
                f"{document.name}: a web page instead of JSON",
                hint="the vendor refused the download; open the file in a browser to see what it says",
            ) from None
        if "truncated" in str(error):
            raise Skippable(
                f"{document.name}: JSON that ends in the middle, after {len(content):,} bytes",
                hint="download it again",
            ) from None
        raise Skippable(f"{document.name}: not JSON: {error}", hint="is it another vendor's file?") from None


@cache
def _trust() -> ssl.SSLContext:
    """The certificates believed, read once: that takes longer than a request, and a kit lives for few."""
    return httpx.create_ssl_context()


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
