"""The league's own words, as strict types: what does not fit is a ValidationError with its place."""

import datetime as dt
from typing import Annotated, Literal

import msgspec

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Side(msgspec.Struct):
    id: Id
    name: str


class Head(msgspec.Struct):
    """A game, without its events."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    home: Side
    away: Side
    state: Literal["planned", "running", "over"]
    tip: Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Event(msgspec.Struct):
    n: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    quarter: Annotated[int, msgspec.Meta(ge=1, le=20)]
    clock: Annotated[str, msgspec.Meta(pattern=r"^1?[0-9]:[0-5][0-9]$")]
    what: str
    side: Literal["home", "away"] | None = None
    by: Id | None = None
    assist: Id | None = None
    comes_in: Id | None = None
    hit: bool | None = None
