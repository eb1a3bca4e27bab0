"""The vendor's phrases in canonical words: one ordered table of phrases per kind of play.

Every format says the same things in other spellings (``out-of-bounds`` + ``bad pass``, ``Out of Bounds
- Bad Pass Turnover``). A phrase is folded to lower case with single spaces, and the first table entry
it contains decides; what no table knows becomes the vendor's own words in snake_case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

__all__ = ["foul", "free_throw", "review", "shot", "snake", "timeout", "turnover", "violation"]

_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_N_OF_M: Final = re.compile(r"(\d) of (\d)")
_WORTH: Final = re.compile(r"(\d)pt")

#: How a shot was taken, in a family that every format can name; driving, pull-up, bank… are set aside.
_SHOTS: Final = (
    ("dunk", "dunk"),
    ("hook", "hook"),
    ("tip ", "tip_in"),
    ("layup", "layup"),
    ("finger roll", "layup"),
    ("float", "floater"),
)
_FOULS: Final = (
    ("double technical", "double_technical"),
    ("defensive 3 second", "defensive_3_seconds"),
    ("defense 3 second", "defensive_3_seconds"),
    ("technical", "technical"),
    ("non unsportsmanlike", "technical"),
    ("taunting", "technical"),
    ("hanging", "technical"),
    ("delay", "technical"),
    ("excess timeout", "technical"),
    ("too many players", "technical"),
    ("flagrant type 2", "flagrant_2"),
    ("flagrant", "flagrant_1"),
    ("clear path", "clear_path"),
    ("away from play", "away_from_play"),
    ("transition take", "transition_take"),
    ("take", "take"),
    ("loose ball", "loose_ball"),
    ("double", "double"),
    ("shooting", "shooting"),
    ("charge", "offensive"),
    ("offensive", "offensive"),
    ("inbound", "inbound"),
    ("punch", "punching"),
    ("personal", "personal"),
)
_TURNOVERS: Final = (
    ("bad pass out of bounds", "out_of_bounds_bad_pass"),
    ("out of bounds bad pass", "out_of_bounds_bad_pass"),
    ("lost ball out of bounds", "out_of_bounds_lost_ball"),
    ("out of bounds lost ball", "out_of_bounds_lost_ball"),
    ("step out of bounds", "step_out_of_bounds"),
    ("out of bounds", "out_of_bounds"),
    ("bad pass", "bad_pass"),
    ("lost ball", "lost_ball"),
    ("travel", "traveling"),
    ("offensive foul", "offensive_foul"),
    ("shot clock", "shot_clock"),
    ("backcourt", "backcourt"),
    ("3 second", "3_seconds"),
    ("5 second", "5_seconds"),
    ("8 second", "8_seconds"),
    ("10 second", "10_seconds"),
    ("double dribble", "double_dribble"),
    ("discontinue", "discontinued_dribble"),
    ("inbound", "inbound"),
    ("goaltending", "offensive_goaltending"),
    ("lane violation", "lane_violation"),
    ("laneviolation", "lane_violation"),
    ("jump ball", "jump_ball_violation"),
    ("kicked ball", "kicked_ball"),
    ("illegal assist", "illegal_assist"),
    ("illegal screen", "illegal_screen"),
    ("palming", "palming"),
    ("punched ball", "punched_ball"),
    ("excess timeout", "excess_timeout"),
    ("too many players", "too_many_players"),
    ("basket from below", "basket_from_below"),
    ("opposite basket", "opposite_basket"),
    ("elbow", "swinging_elbows"),
    ("poss", "lost_ball"),
    ("foul", "offensive_foul"),
    ("no turnover", "unspecified"),
)
_VIOLATIONS: Final = (
    ("delay", "delay_of_game"),
    ("goaltending", "defensive_goaltending"),
    ("double lane", "double_lane"),
    ("lane", "lane"),
    ("jump ball", "jump_ball"),
    ("kicked ball", "kicked_ball"),
)
_TIMEOUTS: Final = (
    ("challenge", "coach_challenge"),
    ("short", "short"),
    ("official", "official"),
    ("full", "full"),
    ("regular", "full"),
    # A bare "BOS Timeout" does not tell which kind.
    ("timeout", ""),
)
_REVIEWS: Final = (("overturn", "overturned"), ("support", "supported"), ("stands", "stands"))
#: What a free throw is for, where that is more than the ordinary penalty.
_FREE_THROWS: Final = (("technical", "technical"), ("flagrant", "flagrant"), ("clear path", "clear_path"))


def _folded(phrase: str) -> str:
    """Lower case, words apart by one space, one space before and after."""
    return f" {_NOT_A_WORD.sub(' ', phrase.lower()).strip()} "


def _first(table: Sequence[tuple[str, str]], folded: str) -> str | None:
    return next((word for needle, word in table if needle in folded), None)


def snake(phrase: str) -> str:
    """The vendor's own words as one canonical-looking word: ``Blood Rule`` → ``blood_rule``."""
    return _folded(phrase).strip().replace(" ", "_")


@lru_cache(maxsize=4096)
def shot(phrase: str) -> str:
    """``driving floating bank Jump Shot`` → ``floater``; every other shot is a ``jump_shot``."""
    return _first(_SHOTS, _folded(phrase)) or "jump_shot"


@lru_cache(maxsize=1024)
def foul(phrase: str) -> str:
    """``shooting personal`` → ``shooting``. Fouls that no player is charged with hold ``technical``
    or are ``defensive_3_seconds``."""
    return _first(_FOULS, _folded(phrase)) or snake(phrase)


@lru_cache(maxsize=1024)
def turnover(phrase: str) -> str:
    """``bad pass out-of-bounds`` → ``out_of_bounds_bad_pass``."""
    folded = _folded(phrase)
    return _first(_TURNOVERS, folded) or folded.replace(" turnover", "").strip().replace(" ", "_")


@lru_cache(maxsize=256)
def violation(phrase: str) -> str:
    """``Delay Of Game`` → ``delay_of_game``."""
    return _first(_VIOLATIONS, _folded(phrase)) or snake(phrase)


@lru_cache(maxsize=256)
def timeout(phrase: str) -> str:
    """``Regular`` → ``full``."""
    known = _first(_TIMEOUTS, _folded(phrase))
    return snake(phrase) if known is None else known


@lru_cache(maxsize=256)
def review(phrase: str) -> str:
    """``Coach Challenge Overturn Ruling`` → ``overturned``; what tells no outcome is empty."""
    return _first(_REVIEWS, _folded(phrase)) or ""


@lru_cache(maxsize=1024)
def free_throw(phrase: str) -> str:
    """``Free Throw Flagrant 1 of 2`` → ``flagrant_1_of_2``, ``Free Throw Technical`` → ``technical``.

    ``Free Throw 2PT`` (the G League: one throw worth all) → ``for_2``.
    """
    folded = _folded(phrase)
    purpose = _first(_FREE_THROWS, folded)
    if worth := _WORTH.search(folded):
        throw = f"for_{worth[1]}"
    elif count := _N_OF_M.search(folded):
        throw = f"{count[1]}_of_{count[2]}"
    else:
        throw = ""
    if purpose is None:
        return throw
    # A technical is one throw; the formats that count it say "1 of 1".
    if purpose == "technical" and throw in ("", "1_of_1", "for_1"):
        return purpose
    return f"{purpose}_{throw}".rstrip("_")
