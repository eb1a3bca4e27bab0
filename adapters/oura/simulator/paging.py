"""Lists as Oura cuts them: days or instants at both ends, and a token for what follows."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from adapters.oura.simulator.book import Book

__all__ = ["HEART_RATE_PAGE", "PAGE", "BadQuery", "Unprocessable", "documents_page", "heart_rate_page"]

#: Documents of one page, and samples: fewer than Oura gives, so that paging is always tried.
PAGE: Final = 10
HEART_RATE_PAGE: Final = 1_000
#: The longest span of heart rate.
_LONGEST: Final = dt.timedelta(days=30)
_DAY: Final = dt.timedelta(days=1)

Payload = dict[str, Any]


class BadQuery(ValueError):
    """What Oura answers with 400."""


class Unprocessable(ValueError):
    """What Oura answers with 422: a value that is none of its type."""

    def __init__(self, where: str, name: str, reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.name = name


def documents_page(
    book: Book, collection: str, query: Mapping[str, str], now: dt.datetime, size: int
) -> Payload:
    """One page of ``collection``, both days included; by default the last two days."""
    until = _date(query, "end_date") or now.date()
    since = _date(query, "start_date") or until - _DAY
    if since > until:
        raise BadQuery("start_date is after end_date")
    after = _position(collection, query.get("next_token"))
    rows = (
        (f"{document.day}/{document.id}", document.body)
        for document in book.listing(collection, now, since, until)
    )
    return _page(collection, (row for row in rows if row[0] > after), size)


def heart_rate_page(book: Book, query: Mapping[str, str], now: dt.datetime, size: int) -> Payload:
    """One page of samples in ``[start_datetime, end_datetime)``; by default of the last day."""
    until = _instant(query, "end_datetime") or now
    since = _instant(query, "start_datetime") or until - _DAY
    if since > until or until - since > _LONGEST:
        raise BadQuery(f"start_datetime must lie within {_LONGEST.days} days before end_datetime")
    after = _position("heartrate", query.get("next_token"))
    begin = max(since, dt.datetime.fromisoformat(after)) if after else since
    rows = ((row["timestamp"], row) for row in book.heart_rate(begin, min(until, now)))
    return _page("heartrate", (row for row in rows if row[0] > after), size)


def _page(collection: str, rows: Iterator[tuple[str, Payload]], size: int) -> Payload:
    found = list(islice(rows, size + 1))
    token = f"{collection}|{found[size - 1][0]}" if len(found) > size else None
    return {
        "data": [body for _, body in found[:size]],
        "next_token": base64.urlsafe_b64encode(token.encode()).decode() if token else None,
    }


def _position(collection: str, token: str | None) -> str:
    """The key of the last row before; empty for the beginning."""
    if not token:
        return ""
    try:
        of, _, key = base64.urlsafe_b64decode(token).decode().partition("|")
    except (binascii.Error, ValueError):
        raise BadQuery("next_token is none of ours") from None
    if of != collection:
        raise BadQuery("next_token is of another collection")
    return key


def _date(query: Mapping[str, str], name: str) -> dt.date | None:
    value = query.get(name)
    try:
        return None if value is None else dt.datetime.fromisoformat(value).date()
    except ValueError:
        raise Unprocessable("query", name, "neither a date nor a time") from None


def _instant(query: Mapping[str, str], name: str) -> dt.datetime | None:
    value = query.get(name)
    try:
        moment = None if value is None else dt.datetime.fromisoformat(value)
    except ValueError:
        raise Unprocessable("query", name, "not a time") from None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)
