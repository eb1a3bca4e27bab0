"""One athlete has one writer at a time."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from storage.arrow import execute
from storage.connect import Connection

__all__ = ["lock_athlete"]

_CLASS: Final = crc32(b"poise observations of an athlete") - 2**31  # a signed 32-bit number is wanted


def lock_athlete(c: Connection, athlete_id: int) -> None:
    """Wait for our turn to write this athlete's observations; it lasts until the transaction ends.

    What is stored is read, compared and written in several steps, and documents of one athlete seldom
    come at once; different athletes do not wait for each other (save two in 2^31).
    """
    execute(c, "SELECT pg_advisory_xact_lock($1::int, ($2::bigint % 2147483647)::int)", _CLASS, athlete_id)
