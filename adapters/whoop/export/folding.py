"""Names compared as people read them: without case, accents, punctuation, order and small words."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

__all__ = ["Folded", "fold", "words_of"]

#: Articles and prepositions of the export's languages: they come and go between its years.
_SMALL: Final = frozenset(
    {"the", "of", "in", "im", "am", "des", "der", "die", "das", "de", "del", "la", "el", "los", "las", "en"}
    | {"do", "da", "dos", "das", "no", "na", "em", "du", "d", "l", "le", "les", "au", "aux", "a", "al"}
    | {"di", "dell", "della", "dello", "il", "lo", "nel"}
)
#: Units at the end of a header whose parentheses are gone: ``asleep_duration_min``.
_UNITS: Final = frozenset(
    {"bpm", "rpm", "ms", "min", "minutes", "hours", "celsius", "fahrenheit", "cal", "kcal", "kj"}
    | {"meters", "km", "miles", "pct", "percent"}
)
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")
_WORD: Final = re.compile(r"[a-z0-9]+")


class Folded(NamedTuple):
    """A header taken apart."""

    key: str
    """Its words, sorted: what headers are compared by. What stood in parentheses is not part of it."""
    notes: tuple[str, ...]
    """What stood in parentheses: a unit, mostly."""


def fold(header: str) -> Folded:
    """``Deep (SWS) duration (min)`` → ``("deep duration", ("sws", "min"))``."""
    notes = tuple(" ".join(words_of(note)) for note in _PARENTHESES.findall(header))
    words = words_of(_PARENTHESES.sub(" ", header))
    if not notes and len(words) > 1 and words[-1] in _UNITS:
        notes = (words.pop(),)
    return Folded(" ".join(sorted(word for word in words if word not in _SMALL)), notes)


def words_of(text: str) -> list[str]:
    """The words of ``text``: lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(mark for mark in plain if not unicodedata.combining(mark)))
