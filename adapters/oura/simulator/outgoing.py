"""The simulated vendor as a client: what it sends and asks itself."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Final

import httpx

__all__ = ["open_http"]

_TIMEOUT_S: Final = 10.0


def open_http() -> httpx.AsyncClient:
    """A client for one turn of requests."""
    return httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=_context())


@cache
def _context() -> ssl.SSLContext:
    """Made once: reading all certificates takes longer than a webhook."""
    return ssl.create_default_context()
