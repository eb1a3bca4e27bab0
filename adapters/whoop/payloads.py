"""WHOOP's words: addresses, scopes, the names of its collections and of its states.

As its description has them (version 2). Everything that is asked for lies below one root: the data at
``/developer``, the consent and the tokens at ``/oauth/oauth2``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from poise_sdk.vocabulary import DataType

__all__ = [
    "ACCESS",
    "AUTHORIZE",
    "COLLECTIONS",
    "MAX_LIMIT",
    "OFFLINE",
    "PREFIX",
    "ROOT",
    "SCOPES",
    "TOKEN",
    "Collection",
    "Kind",
    "ScoreState",
    "kind_of",
    "record_path",
    "recovery_path",
]

ROOT: Final = "https://api.prod.whoop.com"
PREFIX: Final = "developer"
"""What stands before every path of the data."""
AUTHORIZE: Final = "oauth/oauth2/auth"
TOKEN: Final = "oauth/oauth2/token"  # noqa: S105 — an address, not a secret
ACCESS: Final = "v2/user/access"
"""DELETE ends the connection."""

OFFLINE: Final = "offline"
"""The scope without which there is no refresh token, at consent and at every refresh."""
#: The most records of one page.
MAX_LIMIT: Final = 25


class ScoreState(StrEnum):
    """Whether a record has its ``score``."""

    SCORED = "SCORED"
    PENDING_SCORE = "PENDING_SCORE"
    UNSCORABLE = "UNSCORABLE"


class Kind(StrEnum):
    """What a document of the interface holds; the value names it in reasons."""

    SLEEP = "sleep"
    RECOVERY = "recovery"
    CYCLE = "cycle"
    WORKOUT = "workout"
    BODY = "body measurement"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Collection:
    """Where the records of one type are, and what the athlete must have granted."""

    path: str
    scope: str
    listed: bool = True
    """In pages; else one object."""


COLLECTIONS: Final = {
    DataType.SLEEP: Collection("v2/activity/sleep", "read:sleep"),
    DataType.RECOVERY: Collection("v2/recovery", "read:recovery"),
    DataType.CYCLE: Collection("v2/cycle", "read:cycles"),
    DataType.WORKOUT: Collection("v2/activity/workout", "read:workout"),
    DataType.BODY: Collection("v2/user/measurement/body", "read:body_measurement", listed=False),
    DataType.PROFILE: Collection("v2/user/profile/basic", "read:profile", listed=False),
}

SCOPES: Final = (*(collection.scope for collection in COLLECTIONS.values()), OFFLINE)

#: Paths, as documents are named after them, and what is there.
_KINDS: Final = (
    (re.compile(r"v2/activity/sleep(/[^/]+)?|v2/cycle/[^/]+/sleep"), Kind.SLEEP),
    (re.compile(r"v2/recovery|v2/cycle/[^/]+/recovery"), Kind.RECOVERY),
    (re.compile(r"v2/cycle(/[^/]+)?"), Kind.CYCLE),
    (re.compile(r"v2/activity/workout(/[^/]+)?"), Kind.WORKOUT),
    (re.compile(r"v2/user/measurement/body"), Kind.BODY),
    (re.compile(r"v2/user/profile/basic"), Kind.PROFILE),
)


def kind_of(name: str) -> Kind | None:
    """What the document called ``name`` holds, if it is named after a path of the interface."""
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(name)), None)


def record_path(data_type: DataType, record_id: str) -> str:
    """Where the single record ``record_id`` is."""
    return f"{COLLECTIONS[data_type].path}/{record_id}"


def recovery_path(cycle_id: str) -> str:
    """Where the recovery of a cycle is: it has no address of its own."""
    return f"{record_path(DataType.CYCLE, cycle_id)}/recovery"
