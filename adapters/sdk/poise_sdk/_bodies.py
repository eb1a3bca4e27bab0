"""Bodies of HTTP answers, read piece by piece and bounded also after unpacking."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

from poise_sdk.errors import Retriable, Skippable

__all__ = ["read_beginning", "read_body"]


async def read_beginning(response: httpx.Response, bound: int, what: str) -> bytes:
    """The first ``bound`` bytes of an error's body; an error is told even if its body cannot be read."""
    body = b""
    try:
        unpack = _unpacker(response, what)
        async for chunk in _pieces(response):
            body += unpack.decompress(chunk, bound) if unpack else chunk
            if len(body) >= bound:
                break
    except (httpx.HTTPError, zlib.error, Retriable):
        pass
    return body[:bound]


async def read_body(response: httpx.Response, bound: int, what: str) -> bytes:
    """The whole body, unpacked, of at most ``bound`` bytes packed and unpacked.

    Raises :class:`~poise_sdk.errors.Skippable` if there is more, :class:`~poise_sdk.errors.Retriable` if
    it is cut short or broken.
    """
    too_large = Skippable(
        f"{what}: the answer is larger than {bound:,} bytes", hint="not a document of this vendor"
    )
    parts: list[bytes] = []
    received = unpacked = 0
    unpack = _unpacker(response, what)
    async for chunk in _pieces(response):
        received += len(chunk)
        if received > bound:
            raise too_large
        try:
            part = unpack.decompress(chunk, bound + 1 - unpacked) if unpack else chunk
        except zlib.error as error:
            raise Retriable(f"{what}: the answer's gzip is broken: {error}") from error
        unpacked += len(part)
        if unpacked > bound:
            raise too_large
        parts.append(part)
    if unpack and received and not unpack.eof:
        raise Retriable(f"{what}: the answer was cut short")
    return b"".join(parts)


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:  # a transport of a test may give a whole answer at once
        yield response.content
        return
    async for piece in response.aiter_raw():
        yield piece


def _unpacker(response: httpx.Response, what: str) -> zlib._Decompress | None:
    """gzip is the only encoding we ask for; httpx would unpack without a bound."""
    if response.is_stream_consumed:
        return None
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    if encoding == "identity":
        return None
    raise Retriable(f"{what}: the answer is in an encoding nobody asked for: {encoding}")
