"""Errors that say how to recover, and the one table from HTTP status to error.

::

    PoiseError              something expected went wrong; has a message and a hint
    ├── Fatal               stop: trying again, or trying the next item, cannot help
    ├── Retriable           try the same again, after ``after`` seconds where they are known
    ├── Skippable           leave this one item out, report it, go on with the next
    └── NeedsReauth         stop for this connection until its owner gives access again

An adapter raises these and nothing else on purpose; whatever else escapes from it is a defect of
the adapter, which the host contains and reports as such.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = [
    "DEFAULT_RATE_LIMIT_PAUSE_S",
    "FIREWALL_PAUSE_S",
    "MAX_RETRY_AFTER_S",
    "STATUS_TABLE",
    "Fatal",
    "NeedsReauth",
    "PoiseError",
    "Retriable",
    "Skippable",
    "from_status",
    "http_date",
    "looks_like_html",
    "retry_after",
]

#: A vendor that asks for a longer pause than a day is not believed: a typo must not silence a feed for ever.
MAX_RETRY_AFTER_S: Final = 86_400.0
#: The pause after a 429 that names none: the window that most vendors count requests in.
DEFAULT_RATE_LIMIT_PAUSE_S: Final = 60.0
#: The pause after a content network's 403 page: its blocks are measured in minutes, not in seconds.
FIREWALL_PAUSE_S: Final = 300.0


class PoiseError(Exception):
    """Base of all expected errors: ``message`` says what happened, ``hint`` what can be done about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Fatal(PoiseError):
    """Nothing to be gained by going on: a wrong configuration, a vendor that changed its protocol."""


class Retriable(PoiseError):
    """A passing trouble. ``after``: the seconds the vendor asked to wait, ``None`` if it named none."""

    def __init__(self, message: str, *, after: float | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after = after


class Skippable(PoiseError):
    """This one document or item is of no use; the others are."""


class NeedsReauth(PoiseError):
    """The vendor no longer accepts the credentials of this connection."""


#: HTTP status → how to recover. What is not listed follows its class: see :func:`from_status`.
#: 403 is not here because its body decides.
STATUS_TABLE: Final[Mapping[int, tuple[type[PoiseError], str]]] = {
    400: (Skippable, "the vendor does not understand this request"),
    401: (NeedsReauth, "the vendor does not accept the credentials"),
    402: (NeedsReauth, "the vendor wants a paid membership"),
    404: (Skippable, "the vendor has no such document"),
    405: (Fatal, "the vendor does not offer this operation"),
    406: (Fatal, "the vendor does not offer this format"),
    407: (Fatal, "a proxy on the way wants credentials"),
    408: (Retriable, "the vendor gave up waiting for the request"),
    409: (Retriable, "the vendor is changing this document right now"),
    410: (Skippable, "the vendor has removed this document"),
    413: (Skippable, "the vendor finds the request too large"),
    422: (Skippable, "the vendor cannot process this request"),
    423: (Retriable, "the vendor has locked this document for now"),
    425: (Retriable, "the vendor wants the request later"),
    426: (Fatal, "the vendor wants a newer protocol"),
    429: (Retriable, "the vendor's request limit is reached"),
    451: (Skippable, "the vendor may not show this document"),
    501: (Fatal, "the vendor does not offer this operation"),
    505: (Fatal, "the vendor does not speak this version of HTTP"),
}

_HINTS: Final[Mapping[int, str]] = {
    401: "connect the account again",
    402: "check the membership at the vendor, then connect the account again",
    407: "check the proxy settings of this machine",
    429: "fewer requests, or a share of the vendor's budget for this process",
}


def looks_like_html(body: bytes) -> bool:
    """Whether ``body`` begins like a web page, whatever its content type claims."""
    start = body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<h1"))


def retry_after(headers: Mapping[str, str], *, now: dt.datetime | None = None) -> float | None:
    """Seconds the vendor asks to wait, or ``None``.

    Reads ``Retry-After`` (RFC 9110 §10.2.3: seconds or an HTTP date), else ``X-RateLimit-Reset`` or
    ``RateLimit-Reset`` where they hold seconds. A date is compared with the response's own ``Date``
    header where there is one, so that a wrong clock on either side does not matter, else with ``now``.
    The answer lies between 0 and :data:`MAX_RETRY_AFTER_S`; nonsense counts as absent.
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("retry-after", "x-ratelimit-reset", "ratelimit-reset"):
        value = known.get(name)
        if not value:
            continue
        seconds = _seconds(value)
        if seconds is None and name == "retry-after":
            until = http_date(value)
            reference = http_date(known.get("date", "")) or now or dt.datetime.now(dt.UTC)
            seconds = None if until is None else (until - reference).total_seconds()
        # A reset header may hold an epoch instead of seconds; that is no pause anybody meant.
        if seconds is None or (name != "retry-after" and seconds > MAX_RETRY_AFTER_S):
            continue
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
    return None


def from_status(
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    what: str = "the request",
    body: bytes = b"",
    now: dt.datetime | None = None,
) -> PoiseError:
    """The error that says how to recover from an HTTP ``status`` that is not a success.

    ``what`` names the document in the message, ``body`` is (the beginning of) the answer. A status
    that :data:`STATUS_TABLE` does not list follows its class: 5xx is :class:`Retriable`, 4xx
    :class:`Skippable`, 3xx (redirects are not followed) and anything else :class:`Fatal`.

    A 403 depends on who speaks. A web page is a content network's firewall: :class:`Retriable` after
    minutes. An XML ``AccessDenied`` is an object store that has no such object: :class:`Skippable`.
    Anything else is the vendor itself: :class:`NeedsReauth`.
    """
    headers = headers or {}
    after = retry_after(headers, now=now)
    if status == 403:
        return _forbidden(what, body, after)
    kind, reason = STATUS_TABLE.get(status) or _by_class(status)
    message = f"{what}: HTTP {status}, {reason}"
    hint = _HINTS.get(status)
    if kind is Retriable:
        if after is None and status == 429:
            after = DEFAULT_RATE_LIMIT_PAUSE_S
        return Retriable(message, after=after, hint=hint)
    return kind(message, hint=hint)


def _forbidden(what: str, body: bytes, after: float | None) -> PoiseError:
    if looks_like_html(body):
        return Retriable(
            f"{what}: HTTP 403 with a web page, a firewall in front of the vendor refuses us",
            after=FIREWALL_PAUSE_S if after is None else after,
            hint="the headers the vendor's own site sends may be missing, or this address is blocked",
        )
    if b"<Error>" in body[:512] and b"AccessDenied" in body[:512]:
        return Skippable(f"{what}: HTTP 403, the vendor has no such document (yet)")
    return NeedsReauth(
        f"{what}: HTTP 403, the vendor does not allow this with these credentials",
        hint="connect the account again and grant everything that is asked for",
    )


def _by_class(status: int) -> tuple[type[PoiseError], str]:
    if 500 <= status <= 599:
        return Retriable, "the vendor has trouble of its own"
    if 400 <= status <= 499:
        return Skippable, "the vendor refuses this request"
    if 300 <= status <= 399:
        return Fatal, "the vendor redirects, which is not followed"
    return Fatal, "an answer that HTTP does not foresee"


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def http_date(value: str) -> dt.datetime | None:
    """The instant an HTTP date names (RFC 9110 §5.6.7), ``None`` for what is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
