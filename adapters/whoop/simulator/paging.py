"""Pages as WHOOP cuts them: newest first, by ``limit``, ``start``, ``end`` and ``nextToken``."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.whoop.payloads import MAX_LIMIT, Kind
from adapters.whoop.simulator.book import Listed
from adapters.whoop.simulator.rendering import Payload, instant

__all__ = ["DEFAULT_LIMIT", "BadQuery", "page"]

DEFAULT_LIMIT: Final = 10


class BadQuery(ValueError):
    """A parameter that WHOOP answers with 400."""


def page(kind: Kind, listing: Sequence[Listed], query: Mapping[str, str], now: dt.datetime) -> Payload:
    """One page of ``listing`` (newest first).

    A record is within ``[start, end)`` if it ends at ``start`` or later and begins before ``end``; what lasts
    reaches up to ``now``. The token names the last record of the page before, so that what is added at the
    top meanwhile moves nothing.
    """
    limit = _limit(query.get("limit"))
    start, end = _moment(query, "start"), _moment(query, "end")
    after = _position(kind, query.get("nextToken"))
    within = [
        one
        for one in listing
        if (start is None or (one.end or now) >= start)
        and one.start < (end or now)
        and (after is None or _place(one) < after)
    ]
    answer: Payload = {"records": [one.render() for one in within[:limit]]}
    if len(within) > limit:
        answer["next_token"] = _token(kind, within[limit - 1])
    return answer


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not value.isdecimal() or not 1 <= int(value) <= MAX_LIMIT:
        raise BadQuery(f"limit must be 1 to {MAX_LIMIT}")
    return int(value)


def _moment(query: Mapping[str, str], name: str) -> dt.datetime | None:
    value = query.get(name)
    if value is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise BadQuery(f"{name} is no time") from None
    if moment.tzinfo is None:
        raise BadQuery(f"{name} has no zone")
    return moment


def _place(one: Listed) -> tuple[str, str]:
    """Times of one length, written alike, sort as text."""
    return instant(one.start), one.key


def _token(kind: Kind, last: Listed) -> str:
    return base64.urlsafe_b64encode("|".join((kind.value, *_place(last))).encode()).decode()


def _position(kind: Kind, token: str | None) -> tuple[str, str] | None:
    if token is None:
        return None
    try:
        of, start, key = base64.urlsafe_b64decode(token).decode().split("|")
    except (binascii.Error, ValueError):
        raise BadQuery("nextToken is none of ours") from None
    if of != kind.value:
        raise BadQuery("nextToken is of another collection")
    return start, key
