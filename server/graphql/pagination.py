"""Relay: nodes with global ids, connections with opaque keyset cursors.

A cursor holds the sort key of its row, so a page costs the same wherever it lies, and rows that
arrive meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from server.graphql.characters import NUL
from server.graphql.errors import Refused
from server.graphql.rows import Row

__all__ = [
    "MAX_PAGE",
    "After",
    "Connection",
    "Edge",
    "First",
    "Node",
    "PageInfo",
    "checked",
    "cursor",
    "page",
    "position",
]

MAX_PAGE = 100
DEFAULT_PAGE = 20

T = TypeVar("T")
R = TypeVar("R")

First = Annotated[int, strawberry.argument(description="How many to return: 1 to 100.")]
After = Annotated[
    str | None, strawberry.argument(description="Return what follows this cursor (an edge's `cursor`).")
]


@strawberry.interface(description="Anything with a global id: `node(id:)` finds it again.")
class Node:
    """Relay's node."""

    id: strawberry.ID = strawberry.field(description="Opaque, and unique among everything in the graph.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page info, for walking forward."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(
        description="Whether something precedes: true on every page asked for with `after`."
    )
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")
    end_cursor: str | None = strawberry.field(
        description="The last edge's cursor: `after` for the next page."
    )


@strawberry.type(description="One item of a list and its place in it.")
class Edge(Row, Generic[T]):
    """Relay's edge."""

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {"cursor": lambda edge: cursor(*edge.place)}

    node: T = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Its place, opaque: `after` for the list that follows it.")


@strawberry.type(description="A page of a list.")
class Connection(Row, Generic[T]):
    """Relay's connection."""

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "edges": lambda page: [
            Edge.of({"node": node, "place": place})
            for node, place in zip(page.nodes, page.places, strict=True)
        ]
    }

    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone, for those who need no cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")


def checked(first: int) -> int:
    """Return ``first`` if a page may be so long; raises `Refused`."""
    if not 1 <= first <= MAX_PAGE:
        raise Refused(f"`first` must be between 1 and {MAX_PAGE}, not {first}")
    return first


def cursor(*key: Any) -> str:
    """Write a sort key as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(key, default=str)).decode().rstrip("=")


def position(after: str | None, *types: type) -> Any:
    """Read a cursor back as the tuple of ``types`` it was made of; ``None`` stays ``None``.

    Any part may be null. Raises `Refused` for what is no cursor of this list.
    """
    if after is None:
        return None
    try:
        key = orjson.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        if not isinstance(key, list) or len(key) != len(types):
            raise ValueError("another key")
        return tuple(_read(part, type_) for part, type_ in zip(key, types, strict=True))
    except (binascii.Error, ValueError, TypeError):
        raise Refused("`after` is not a cursor of this list") from None


async def page(
    first: int,
    after: Any,
    fetch: Callable[[int], Awaitable[Sequence[R]]],
    make: Callable[[R], T],
    key: Callable[[R], tuple[Any, ...]],
) -> Connection[T]:
    """Build a connection: ``fetch`` one row more than wanted, ``make`` nodes, cursors from each ``key``."""
    return cut(first, after, await fetch(checked(first) + 1), make, key)


def cut(
    first: int,
    after: Any,
    found: Sequence[R],
    make: Callable[[R], T],
    key: Callable[[R], tuple[Any, ...]],
) -> Connection[T]:
    """As `page`, from rows fetched already (one more than wanted, where there is one more)."""
    rows = found[:first]
    places = [key(row) for row in rows]
    info = PageInfo(
        has_next_page=len(found) > first,
        has_previous_page=after is not None,
        start_cursor=cursor(*places[0]) if places else None,
        end_cursor=cursor(*places[-1]) if places else None,
    )
    return Connection.of({"nodes": [make(row) for row in rows], "places": places, "page_info": info})


def _read(part: Any, type_: type[Any]) -> Any:
    if part is None:
        return None
    if type_ is dt.datetime:
        moment = dt.datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment
    if type_ is dt.date:
        return dt.date.fromisoformat(part)
    if type_ is UUID:
        return UUID(part)
    if type(part) is not type_:
        raise ValueError(f"not a {type_.__name__}")
    if isinstance(part, str) and NUL in part:
        raise ValueError("a NUL")
    if isinstance(part, int) and not -(2**63) <= part < 2**63:
        raise ValueError("not 64 bits")
    return part
