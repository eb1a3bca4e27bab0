"""What a game id of the league says: league, season, part of the season.

``0022400001``: two digits league, one digit part of the season, two digits the season's first year,
five digits the game.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from poise_sdk.vocabulary import SeasonType

__all__ = ["TEAM_IDS_FROM", "GameIdentity", "identify", "is_team", "padded"]

_LEAGUES: Final = {"00": "NBA", "10": "WNBA", "20": "G League"}
_SEASON_TYPES: Final = {
    "1": SeasonType.PRESEASON,
    "2": SeasonType.REGULAR,
    "3": SeasonType.ALL_STAR,
    "4": SeasonType.PLAYOFFS,
    "5": SeasonType.PLAY_IN,
    "6": SeasonType.CUP_FINAL,
}
#: Leagues whose season lies within one calendar year.
_SUMMER_LEAGUES: Final = {"WNBA"}
#: The league began in 1946: a smaller two-digit year is of this century.
_FIRST_YEAR: Final = 46
_GAME_ID: Final = re.compile(r"\d{10}")

#: Ids from here on are teams (1610612737 Atlanta, 1611661313 New York, …), below are people: the older
#: formats put a team's id into the person's column.
TEAM_IDS_FROM: Final = 1_600_000_000


class GameIdentity(NamedTuple):
    """What is known of a game by its id alone; ``None`` where the id does not tell."""

    league: str | None
    season: str | None
    season_type: SeasonType | None


@lru_cache(maxsize=4096)
def identify(game_id: str) -> GameIdentity:
    """Read a ten-digit game id; anything else tells nothing."""
    if not _GAME_ID.fullmatch(game_id):
        return GameIdentity(None, None, None)
    league = _LEAGUES.get(game_id[:2])
    two_digits = int(game_id[3:5])
    year = two_digits + (1900 if two_digits >= _FIRST_YEAR else 2000)
    season = str(year) if league in _SUMMER_LEAGUES else f"{year}-{(year + 1) % 100:02d}"
    return GameIdentity(league, season, _SEASON_TYPES.get(game_id[2]))


def padded(game_id: str) -> str:
    """A game id with the leading zeros that spreadsheets take away."""
    digits = game_id.strip().removesuffix(".0")
    return digits.zfill(10) if digits.isdigit() else digits


def is_team(identifier: int | None) -> bool:
    """Whether an id from a person's column is a team's."""
    return identifier is not None and identifier >= TEAM_IDS_FROM
