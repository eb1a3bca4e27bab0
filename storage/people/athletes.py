"""Athletes: people with a body, under a name that is theirs alone here."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from typing import Final

from tortoise.exceptions import IntegrityError

from poise_sdk.errors import Fatal
from storage.people.sql import Row, one, rows
from storage.people.zones import UnknownTimeZone, checked_time_zone

__all__ = [
    "Athlete",
    "AthleteError",
    "UnknownTimeZone",
    "add",
    "find",
    "get",
    "named",
    "page",
    "rename",
    "set_player",
    "set_time_zone",
]

_MAX_NAME: Final = 200
_MAX_PAGE: Final = 500

_RENAME: Final = "UPDATE athletes SET name = $2 WHERE id = $1 RETURNING *"

# An id goes before a name of digits, an exact name before one in another case.
_FIND: Final = """
SELECT * FROM athletes WHERE id = $1 OR name = $2 OR lower(name) = lower($2)
ORDER BY coalesce(id = $1, false) DESC, name = $2 DESC, id LIMIT 1
"""


class AthleteError(Fatal):
    """A name that is taken, impossible, or nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Athlete:
    """One row of ``athletes``."""

    id: int
    name: str
    time_zone: str
    """IANA name: in it the athlete's days begin where the source gives no offset."""
    player_id: int | None
    """Under which the league knows the athlete, if it does."""
    created_at: dt.datetime


async def add(name: str, time_zone: str = "UTC", player_id: int | None = None) -> Athlete:
    """A new athlete.

    Raises :class:`AthleteError` if the name is taken or none, :class:`UnknownTimeZone`.
    """
    sql = "INSERT INTO athletes (name, time_zone, player_id) VALUES ($1, $2, $3) RETURNING *"
    proper, zone = _name(name), checked_time_zone(time_zone)
    try:
        found = await rows(sql, proper, zone, player_id)
    except IntegrityError as error:
        raise _taken(proper) from error
    return _athlete(found[0])


async def rename(athlete_id: int, name: str) -> Athlete:
    """Give an athlete another name; raises :class:`AthleteError`."""
    proper = _name(name)
    try:
        row = await one(_RENAME, athlete_id, proper)
    except IntegrityError as error:
        raise _taken(proper) from error
    return _found(row, athlete_id)


async def set_time_zone(athlete_id: int, time_zone: str) -> Athlete:
    """Move an athlete's days; raises :class:`AthleteError`, :class:`UnknownTimeZone`."""
    sql = "UPDATE athletes SET time_zone = $2 WHERE id = $1 RETURNING *"
    return _found(await one(sql, athlete_id, checked_time_zone(time_zone)), athlete_id)


async def set_player(athlete_id: int, player_id: int | None) -> Athlete:
    """Say under which id the league knows an athlete; raises :class:`AthleteError`."""
    sql = "UPDATE athletes SET player_id = $2 WHERE id = $1 RETURNING *"
    return _found(await one(sql, athlete_id, player_id), athlete_id)


async def get(athlete_id: int) -> Athlete | None:
    """The athlete with this id."""
    row = await one("SELECT * FROM athletes WHERE id = $1", athlete_id)
    return _athlete(row) if row is not None else None


async def find(name_or_id: str | int) -> Athlete | None:
    """The athlete with this id or name; a name in another case will do where none fits exactly."""
    text = str(name_or_id).strip()
    # an identity has 63 bits; longer digits can only be a name
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
    row = await one(_FIND, number, text)
    return _athlete(row) if row is not None else None


async def named(name_or_id: str | int) -> Athlete:
    """As :func:`find`; raises :class:`AthleteError` that suggests whom was meant."""
    athlete = await find(name_or_id)
    if athlete is not None:
        return athlete
    known = [row["name"] for row in await rows("SELECT name FROM athletes ORDER BY id LIMIT 10000")]
    near = difflib.get_close_matches(str(name_or_id), known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "poise athletes list shows who is known"
    raise AthleteError(f"no athlete is called {str(name_or_id)!r}", hint=hint)


async def page(after: int = 0, limit: int = 100) -> list[Athlete]:
    """Up to ``limit`` (at most 500) athletes with ids above ``after``, by id."""
    found = await rows(
        "SELECT * FROM athletes WHERE id > $1 ORDER BY id LIMIT $2", after, min(max(limit, 1), _MAX_PAGE)
    )
    return [_athlete(row) for row in found]


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise AthleteError("an athlete needs a name")
    if len(name) > _MAX_NAME:
        raise AthleteError(f"a name has at most {_MAX_NAME} characters")
    if not name.isprintable():
        raise AthleteError("a name is made of printable characters")
    return name


def _taken(name: str) -> AthleteError:
    return AthleteError(f"somebody is called {name!r} already", hint="choose another name")


def _found(row: Row | None, athlete_id: int) -> Athlete:
    if row is None:
        raise AthleteError(f"there is no athlete {athlete_id}", hint="poise athletes list shows who is known")
    return _athlete(row)


def _athlete(row: Row) -> Athlete:
    return Athlete(
        id=row["id"],
        name=row["name"],
        time_zone=row["time_zone"],
        player_id=row["player_id"],
        created_at=row["created_at"],
    )
