"""Tokens for apps that post data here (``POST /ingest/{vendor}``): for one athlete and one vendor each."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from poise_sdk.wearable import Secret
from storage.people.sql import one, rows

__all__ = ["IngestGrant", "create", "revoke", "verify"]

#: Tells what it is to whoever finds one lying about, and to scanners for leaked secrets.
_PREFIX: Final = "poise_ingest_"

# Written at most once a minute: an app that posts every second must not make as many row versions.
_USED: Final = """
UPDATE ingest_tokens SET last_used_at = clock_timestamp()
WHERE token_hash = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
"""


@dataclass(frozen=True, slots=True)
class IngestGrant:
    """Whose data a token may bring, and in whose format."""

    athlete_id: int
    vendor: str


async def create(athlete_id: int, vendor: str) -> Secret:
    """A new token; it is shown once, here is kept its hash."""
    token = Secret(_PREFIX + secrets.token_urlsafe(32))
    await rows(
        "INSERT INTO ingest_tokens (token_hash, athlete_id, vendor) VALUES ($1, $2, $3)",
        _hash(token.reveal()),
        athlete_id,
        vendor,
    )
    return token


async def verify(token: str) -> IngestGrant | None:
    """What a token allows; ``None`` if it is none of ours, or was revoked."""
    # Looked up by its hash: how long that takes says nothing about a token close to it.
    hashed = _hash(token)
    row = await one("SELECT athlete_id, vendor FROM ingest_tokens WHERE token_hash = $1", hashed)
    if row is None:
        return None
    await rows(_USED, hashed)
    return IngestGrant(row["athlete_id"], row["vendor"])


async def revoke(athlete_id: int, vendor: str) -> int:
    """End all tokens of an athlete for a vendor; how many."""
    sql = "DELETE FROM ingest_tokens WHERE athlete_id = $1 AND vendor = $2 RETURNING 1"
    return len(await rows(sql, athlete_id, vendor))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
