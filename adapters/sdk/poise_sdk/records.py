"""Canonical records: what an adapter's ``normalize`` yields, whatever the vendor.

Every record is immutable and compares by value, so that purity of ``normalize`` and agreement of
two formats can be tested with ``==``. Ids of games are text, unique in a vendor's world; ids of
teams and players are the vendor's 64-bit integers. Records that come by the thousand are not tracked
by the garbage collector (``gc=False``): they hold plain values and cannot form cycles.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from poise_sdk.vocabulary import GameStatus, PlayKind, SeasonType

__all__ = ["Game", "Normalized", "Play", "Player", "RawDocument", "Rejected", "RosterEntry", "Team"]


class RawDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor document as it arrived, before anybody interpreted it."""

    name: str
    """Where it came from: a file's name (inside an archive: its member's) or the path of a URL."""
    content: bytes
    """The bytes, unmodified."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be understood: it is reported, never dropped in silence."""

    file: str
    reason: str
    row: int | None = None
    """1-based position of the row in its file, where rows can be told."""
    field: str | None = None
    game_id: str | None = None
    play: int | None = None
    kept: bool = False
    """The row itself was kept, without the value that ``field`` names."""


class Team(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A team; names are ``None`` where the document does not say them."""

    id: int
    abbreviation: str | None = None
    city: str | None = None
    name: str | None = None


class Player(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A player; ``name`` is the fullest form the document has."""

    id: int
    name: str | None = None


class RosterEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A player's membership of a team in one game."""

    player_id: int
    team_id: int
    starter: bool | None = None
    """``None`` where the document does not tell who started."""


class Game(msgspec.Struct, frozen=True, kw_only=True):
    """A game as one document knows it: ``None`` means "this document does not say", never "no"."""

    id: str
    league: str | None = None
    season: str | None = None
    """``2024-25`` for a season over two calendar years, ``2025`` for one within a year."""
    season_type: SeasonType | None = None
    status: GameStatus | None = None
    tipoff_at: dt.datetime | None = None
    period: int | None = None
    clock_s: float | None = None
    home_team_id: int | None = None
    away_team_id: int | None = None
    home_score: int | None = None
    away_score: int | None = None
    roster: tuple[RosterEntry, ...] = ()


class Play(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event of a game.

    ``(game_id, number)`` is the play's identity through every correction; ``position`` is its place
    in the game (1-based, dense), which corrections may move.
    """

    game_id: str
    number: int
    position: int
    period: int
    clock_s: float
    """Seconds left in the period."""
    kind: PlayKind
    subtype: str = ""
    """A canonical refinement in snake_case; free throws: ``1_of_2``, ``technical``, …"""
    team_id: int | None = None
    player_id: int | None = None
    """Who did it; ``None`` for a team's play. In a substitution: who leaves."""
    assist_id: int | None = None
    steal_id: int | None = None
    block_id: int | None = None
    foul_drawn_id: int | None = None
    sub_in_id: int | None = None
    """In a substitution: who comes in."""
    shot_value: int | None = None
    """Points an attempt is worth (1, 2 or 3); ``None`` for everything that is not a shot."""
    made: bool | None = None
    points: int = 0
    """Points this play scored."""
    distance_ft: float | None = None
    x_ft: float | None = None
    y_ft: float | None = None
    """Place of the shot from the centre of the basket, in feet."""
    score_home: int = 0
    score_away: int = 0
    """The score *after* the play."""
    description: str = ""
    occurred_at: dt.datetime | None = None
    edited_at: dt.datetime | None = None


class Normalized(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one document says, in canonical words.

    ``plays`` is ``None`` where the document does not speak of plays at all (a box score, a
    schedule), and a possibly empty tuple where it does: only then are missing plays retractions.
    """

    games: tuple[Game, ...] = ()
    teams: tuple[Team, ...] = ()
    players: tuple[Player, ...] = ()
    plays: tuple[Play, ...] | None = None
    rejected: tuple[Rejected, ...] = ()
