"""Attempts to connect: what is remembered between sending an athlete to a vendor and the vendor's answer.

The ``state`` that comes back proves that the answer belongs to an attempt of ours, the session that it
belongs to the person who began it (RFC 6749 §10.12). Both are stored as hashes only, PKCE's verifier sealed:
who reads the table can finish no dance. An attempt serves once, whatever comes of it, and for ten minutes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from poise_sdk.errors import NeedsReauth
from poise_sdk.wearable import Authorization, Secret
from storage.people.sealing import Sealed, current_vault
from storage.people.sql import Row, one, rows

__all__ = ["LIFETIME", "PURPOSE", "Attempt", "AttemptRefused", "begin", "of_session", "prune", "take"]

#: How long an athlete has for the vendor's consent page.
LIFETIME: Final = dt.timedelta(minutes=10)
#: What binds a sealed verifier to this table; the owner is the hash of the state.
PURPOSE: Final = "attempt"
#: Spent and expired attempts are kept so long, for whoever asks what happened.
_KEPT: Final = dt.timedelta(days=1)

_BEGIN: Final = """
INSERT INTO connect_attempts
    (state_hash, session_hash, athlete_id, vendor, key_id, nonce, sealed, redirect_uri, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9)
RETURNING expires_at
"""

# Whoever presents a state has spent it, in the wrong session too: it has fallen into the wrong hands then.
_TAKE: Final = """
UPDATE connect_attempts SET used_at = clock_timestamp() WHERE state_hash = $1 AND used_at IS NULL
RETURNING *, expires_at <= clock_timestamp() AS expired
"""

_OF_SESSION: Final = """
SELECT * FROM connect_attempts
WHERE session_hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp()
ORDER BY created_at DESC LIMIT 1
"""


class AttemptRefused(NeedsReauth):
    """The vendor's answer belongs to no attempt that waits for it."""


class _Text(msgspec.Struct):
    """What of an authorization is sealed."""

    state: str
    scopes: list[str]
    code_verifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt, with what is needed to finish it."""

    athlete_id: int
    vendor: str
    authorization: Authorization
    expires_at: dt.datetime


async def begin(athlete_id: int, vendor: str, authorization: Authorization, session: str) -> Attempt:
    """Remember a dance that ``session`` (a secret of whoever began it) is sent to now."""
    await prune()
    state = authorization.state.reveal()
    state_hash = _hash(state)
    verifier = authorization.code_verifier
    text = _Text(
        state=state,
        scopes=list(authorization.scopes),
        code_verifier=verifier.reveal() if verifier is not None else None,
    )
    sealed = current_vault().seal(
        Secret(msgspec.json.encode(text).decode()), purpose=PURPOSE, owner=state_hash
    )
    row = await one(
        _BEGIN,
        state_hash,
        _hash(session),
        athlete_id,
        vendor,
        sealed.key_id,
        sealed.nonce,
        sealed.sealed,
        authorization.redirect_uri,
        LIFETIME,
    )
    assert row is not None
    return Attempt(
        athlete_id=athlete_id, vendor=vendor, authorization=authorization, expires_at=row["expires_at"]
    )


async def take(state: str, session: str) -> Attempt:
    """The attempt that ``state`` belongs to; it serves no second time.

    Raises :class:`AttemptRefused` if there is none, it was used, it is too old, or another session began it.
    """
    state_hash = _hash(state)
    row = await one(_TAKE, state_hash)
    if row is None:
        known = await one("SELECT used_at FROM connect_attempts WHERE state_hash = $1", state_hash)
        why = "this attempt to connect is not known here" if known is None else "this link was used already"
        raise AttemptRefused(why, hint="begin anew")
    if not hmac.compare_digest(row["session_hash"], _hash(session)):
        raise AttemptRefused("another browser began this attempt to connect", hint="begin anew, in this one")
    if row["expired"]:
        minutes = int(LIFETIME.total_seconds() // 60)
        raise AttemptRefused(f"the attempt to connect took longer than {minutes} minutes", hint="begin anew")
    return _attempt(row)


async def of_session(session: str) -> Attempt | None:
    """The attempt that a session has under way, the latest of several; it is not spent by this."""
    row = await one(_OF_SESSION, _hash(session))
    return _attempt(row) if row is not None else None


async def prune() -> int:
    """Forget attempts that nobody can finish any more; how many."""
    sql = "DELETE FROM connect_attempts WHERE expires_at < clock_timestamp() - $1::interval RETURNING 1"
    return len(await rows(sql, _KEPT))


def _attempt(row: Row) -> Attempt:
    sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    value = current_vault().open(sealed, purpose=PURPOSE, owner=row["state_hash"])
    text = msgspec.json.decode(value.reveal(), type=_Text)
    return Attempt(
        athlete_id=row["athlete_id"],
        vendor=row["vendor"],
        authorization=Authorization(
            redirect_uri=row["redirect_uri"],
            state=Secret(text.state),
            scopes=tuple(text.scopes),
            code_verifier=Secret(text.code_verifier) if text.code_verifier is not None else None,
        ),
        expires_at=row["expires_at"],
    )


def _hash(text: str) -> str:
    # A state and a session are random and long: a plain hash of such cannot be turned around.
    return hashlib.sha256(text.encode()).hexdigest()
