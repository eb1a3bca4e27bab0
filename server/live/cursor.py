"""Resume cursors: where in which stream a client stands, opaque to it."""

from __future__ import annotations

import base64
import binascii

from server.graphql.errors import Refused

__all__ = ["decode", "encode"]


def encode(topic: str, key: str, sequence: int) -> str:
    """Return the cursor of the event ``sequence``."""
    return base64.urlsafe_b64encode(f"{topic} {sequence} {key}".encode()).decode().rstrip("=")


def decode(topic: str, key: str, cursor: str) -> int:
    """Return the sequence in ``cursor``; raises `Refused` if it is not one of this very stream."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        found_topic, sequence, found_key = text.split(" ", 2)
        position = int(sequence)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refused("`after` is not a cursor of this subscription") from None
    if (found_topic, found_key) != (topic, key):
        raise Refused("`after` is the cursor of another subscription")
    return position
