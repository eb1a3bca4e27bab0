"""Names of time zones, as the IANA database has them."""

from __future__ import annotations

import difflib
import functools
import zoneinfo

from poise_sdk.errors import Fatal

__all__ = ["UnknownTimeZone", "checked_time_zone"]


class UnknownTimeZone(Fatal):
    """No time zone has that name; the hint lists the nearest."""


@functools.cache
def _known() -> dict[str, str]:
    """The names, by themselves in lower case. ``Factory`` is a zone that says it was never set."""
    return {name.lower(): name for name in zoneinfo.available_timezones() - {"Factory", "localtime"}}


def checked_time_zone(name: str) -> str:
    """The zone's proper name for what somebody typed, in whatever case and with blanks for underscores.

    Raises :class:`UnknownTimeZone` with the nearest names.
    """
    known = _known()
    asked = name.strip().replace(" ", "_").lower()
    if asked in known:
        return known[asked]
    # Of Europe/Berlin people remember Berlin.
    cities = {one.rsplit("/", 1)[-1]: one for one in sorted(known, reverse=True)}
    near = [known[cities[asked]]] if asked in cities else []
    near += [known[one] for one in difflib.get_close_matches(asked, known, n=3, cutoff=0.6)]
    city = asked.rsplit("/", 1)[-1]
    near += [known[cities[one]] for one in difflib.get_close_matches(city, cities, n=2, cutoff=0.7)]
    nearest = list(dict.fromkeys(near))[:3]
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else "a name looks like Europe/Berlin"
    raise UnknownTimeZone(f"no time zone is called {name!r}", hint=hint)
