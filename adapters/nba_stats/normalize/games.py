"""A game, its teams and its players, as far as a play-by-play knows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from adapters.nba_stats.identity import identify
from adapters.nba_stats.normalize.drafts import Draft, finish
from poise_sdk.records import Game, Normalized, Play, Player, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus, PlayKind

__all__ = ["REGULATION_PERIODS", "People", "game_of", "merged"]

REGULATION_PERIODS: Final = 4


class People:
    """Who appears in one game: teams and players with their names, players with their team."""

    def __init__(self) -> None:
        self.teams: dict[int, Team] = {}
        self.names: dict[int, str | None] = {}
        self.team_of: dict[int, int] = {}

    def team(
        self, team_id: int, abbreviation: str | None = None, city: str | None = None, name: str | None = None
    ) -> None:
        """Take note of a team; the first words about it stay."""
        known = self.teams.get(team_id)
        if known is None or (known.abbreviation is None and abbreviation):
            self.teams[team_id] = Team(
                id=team_id, abbreviation=abbreviation or None, city=city or None, name=name or None
            )

    def player(self, player_id: int, team_id: int | None, name: str | None) -> None:
        """Take note of a player; the first team and the first name stay."""
        if name or player_id not in self.names:
            self.names[player_id] = self.names.get(player_id) or name or None
        if team_id is not None:
            self.team_of.setdefault(player_id, team_id)

    def roster(self) -> tuple[RosterEntry, ...]:
        """All players with a team, in a stable order; a play-by-play does not tell who started."""
        return tuple(
            RosterEntry(player_id=player, team_id=team) for player, team in sorted(self.team_of.items())
        )


def game_of(
    game_id: str,
    drafts: Sequence[Draft],
    people: People,
    sides: tuple[int | None, int | None],
    *,
    status_told: bool = True,
    end_told: bool = False,
) -> Normalized:
    """The normalized game of finished ``drafts``; ``sides`` are the home and the away team's ids.

    ``status_told=False``: the format lacks the rows that tell whether a game has ended;
    ``end_told``: it says so in a row of its own.
    """
    league, season, season_type = identify(game_id)
    home, away = sides
    if home == away:
        away = None
    last = drafts[-1] if drafts else None
    latest = max((draft.period for draft in drafts), default=None)
    game = Game(
        id=game_id,
        league=league,
        season=season,
        season_type=season_type,
        status=_status(drafts, latest, end_told=end_told) if status_told else None,
        period=latest,
        clock_s=min((draft.clock_s for draft in drafts if draft.period == latest), default=None),
        home_team_id=home,
        away_team_id=away,
        home_score=last.score_home if last else None,
        away_score=last.score_away if last else None,
        roster=people.roster(),
    )
    for team_id in (home, away):
        if team_id is not None:
            people.team(team_id)
    return Normalized(
        games=(game,),
        teams=tuple(people.teams.values()),
        players=tuple(Player(id=player, name=name) for player, name in people.names.items()),
        # An empty play-by-play must not retract what is known of a game: it says nothing of plays.
        plays=finish(game_id, drafts) if drafts else None,
    )


def _status(drafts: Sequence[Draft], latest: int | None, *, end_told: bool) -> GameStatus | None:
    """Final once the vendor says so, or where it never says so once a decisive period has ended.

    Where the word of the end is still to come, nothing is said: a box score may know better. Nor does
    a game without plays tell anything.
    """
    if not drafts or latest is None:
        return None
    if any(draft.kind is PlayKind.GAME_END for draft in drafts):
        return GameStatus.FINAL
    last = drafts[-1]
    ended = any(draft.kind is PlayKind.PERIOD_END and draft.period == latest for draft in drafts)
    if not ended or latest < REGULATION_PERIODS or last.score_home == last.score_away:
        return GameStatus.LIVE
    return None if end_told else GameStatus.FINAL


def merged(parts: Iterable[Normalized]) -> Normalized:
    """Several games of one document as one answer."""
    games: list[Game] = []
    plays: list[Play] = []
    teams: dict[int, Team] = {}
    players: dict[int, Player] = {}
    speaks_of_plays = False
    for part in parts:
        games.extend(part.games)
        for team in part.teams:
            teams.setdefault(team.id, team)
        for player in part.players:
            if player.id not in players or players[player.id].name is None:
                players[player.id] = player
        if part.plays is not None:
            speaks_of_plays = True
            plays.extend(part.plays)
    return Normalized(
        games=tuple(games),
        teams=tuple(teams.values()),
        players=tuple(players.values()),
        plays=tuple(plays) if speaks_of_plays else None,
    )
