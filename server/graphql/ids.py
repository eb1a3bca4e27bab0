"""Global ids: opaque to clients, ``Type:key`` to us."""

from __future__ import annotations

import base64
import binascii

from server.graphql.characters import NUL
from server.graphql.errors import Refused

__all__ = ["a", "global_id", "key_of", "number_of", "parse"]


def global_id(type_name: str, key: object) -> str:
    """Return the id of ``key`` among all things of the graph."""
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")


def parse(value: str) -> tuple[str, str] | None:
    """Return ``(type, key)`` of a global id, ``None`` if ``value`` is not one."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    name, separator, key = text.partition(":")
    return (name, key) if separator and name.isidentifier() and key and NUL not in key else None


def a(type_name: str) -> str:
    """``an Athlete``, ``a Game``."""
    return f"{'an' if type_name[0] in 'AEIOU' else 'a'} {type_name}"


def key_of(type_name: str, value: str) -> str:
    """Return the key behind ``value``, which may be a global id of ``type_name`` or the plain key itself.

    Raises `Refused` for a global id of another type.
    """
    parsed = parse(value)
    if parsed is None:
        return value
    if parsed[0] != type_name:
        raise Refused(f"expected the id of {a(type_name)}, got one of {a(parsed[0])}")
    return parsed[1]


def number_of(type_name: str, value: str) -> int:
    """Return the 64-bit key behind ``value``, as `key_of`; raises `Refused` if it is no number."""
    key = key_of(type_name, value)
    if not (key.lstrip("-").isascii() and key.lstrip("-").isdigit()) or not -(2**63) <= int(key) < 2**63:
        raise Refused(f"{value!r} is not the id of {a(type_name)}")
    return int(key)
