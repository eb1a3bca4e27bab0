"""The text of a failure: enough to find the defect, nothing that must stay secret.

A traceback without the values of variables still quotes messages, and messages quote URLs, headers
and settings. So the secrets this process knows are cut out by value, and whatever looks like one by
its shape.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ["MAX_ERROR_CHARS", "describe", "redact", "secrets_in"]

#: Longer tracebacks keep both ends: the cause stands first in a chain, the final error last.
MAX_ERROR_CHARS: Final = 16_000

_HIDDEN: Final = "•••"

# Shorter "secrets" (an empty password, "x") would blacken half the text and protect nobody.
_MIN_SECRET_CHARS: Final = 4

# Repetitions are bounded everywhere: a message may be long, and an unbounded pattern quadratic in it.
_NAMES = (
    r"(?:[\w-]{0,32}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential)"
    r"[\w-]{0,32}|pwd|sig|code|auth|session)"
)

_SHAPES: Final = (
    # scheme://user:password@host; a password may hold a slash
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s'\"]{0,256}:[^\s'\"]{0,256}@", re.IGNORECASE),
        rf"\1{_HIDDEN}@",
    ),
    # Authorization: Bearer …, Cookie: …, to the end of the value
    (
        re.compile(
            r"(\b(?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)(?:\w+\s+)?[^\s'\",}]+", re.IGNORECASE
        ),
        rf"\1{_HIDDEN}",
    ),
    (re.compile(r"(\b(?:set-)?cookie['\"]?\s*[:=]\s*)[^\n}]+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1{_HIDDEN}"),
    # token=…, "client_secret": "…", password='…'
    (
        re.compile(
            rf"(\b{_NAMES}['\"]?\s*[:=]\s*)(?:b?'[^'\n]*'|b?\"[^\"\n]*\"|[^\s&,;)}}\]'\"]+)", re.IGNORECASE
        ),
        rf"\1{_HIDDEN}",
    ),
    # a JSON web token, wherever it stands
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), _HIDDEN),
)


def describe(error: BaseException, *, secrets: Collection[str] = ()) -> str:
    """Return the traceback of ``error`` with its causes, redacted, at most :data:`MAX_ERROR_CHARS` long."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    return _shorten(redact("".join(lines), secrets=secrets))


def redact(text: str, *, secrets: Collection[str] = ()) -> str:
    """Replace the given secrets, and whatever is shaped like one, by ``•••``."""
    # the longest first: one secret may begin another
    for secret in sorted((one for one in secrets if len(one) >= _MIN_SECRET_CHARS), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def secrets_in(urls: Iterable[str]) -> frozenset[str]:
    """Return the passwords that stand in ``urls``, as written there and as decoded."""
    passwords = {password for url in urls if (password := urlsplit(url).password)}
    return frozenset(passwords | {unquote(password) for password in passwords})


def _shorten(text: str) -> str:
    if len(text) <= MAX_ERROR_CHARS:
        return text
    cut = "\n… shortened …\n"
    head = (MAX_ERROR_CHARS - len(cut)) // 4
    tail = MAX_ERROR_CHARS - len(cut) - head
    return text[:head] + cut + text[-tail:]
