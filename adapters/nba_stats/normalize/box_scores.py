"""Box scores: the live feed's, ``boxscoretraditionalv3`` and, in tables, ``boxscoretraditionalv2`` and
``boxscoresummaryv2``. They carry names, rosters, who started, the sides, the result; no plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.nba_stats.clocks import moment, seconds
from adapters.nba_stats.identity import identify, padded
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.normalize.tables import getter, identifier, number, text
from adapters.nba_stats.payloads import BoxPlayer, BoxTeam, GameDocument, ResultSet, TraditionalBoxScore
from poise_sdk.records import Game, Normalized, Player, RosterEntry, Team
from poise_sdk.vocabulary import GameStatus

__all__ = [
    "STATUSES",
    "live_box_score",
    "points",
    "summary",
    "table_box_score",
    "team_of",
    "traditional_box_score",
]

STATUSES: Final = {1: GameStatus.SCHEDULED, 2: GameStatus.LIVE, 3: GameStatus.FINAL}
_INACTIVE: Final = "INACTIVE"
#: Far above any score (186) and any number of periods (10) on record.
_HIGHEST_SCORE: Final = 999
_MOST_PERIODS: Final = 30


def team_of(team: BoxTeam | None) -> Team | None:
    """A team as the document names it; ``None`` where it is not known yet (a cup or playoff pairing)."""
    if team is None or not team.teamId:
        return None
    return Team(
        id=team.teamId,
        abbreviation=team.teamTricode or None,
        city=team.teamCity or None,
        name=team.teamName or None,
    )


def live_box_score(document: GameDocument) -> Normalized:
    """``liveData/boxscore``; players marked inactive are named but not on the roster."""
    home, away = document.homeTeam, document.awayTeam
    status = STATUSES.get(document.gameStatus or 0)
    played = status is not GameStatus.SCHEDULED
    roster = [
        RosterEntry(
            player_id=player.personId,
            team_id=team.teamId,
            starter=None if player.starter is None else player.starter == "1",
        )
        for team in (home, away)
        if team is not None and team.teamId
        for player in team.players
        if player.status != _INACTIVE
    ]
    game = _game(
        document.gameId,
        status=status,
        tipoff=document.gameTimeUTC,
        period=document.period or None,
        clock_s=seconds(document.gameClock) if played else None,
        sides=(None if home is None else home.teamId, None if away is None else away.teamId),
        scores=(_score(home), _score(away)) if played else (None, None),
        roster=tuple(roster),
    )
    return _answer(game, home, away)


def traditional_box_score(document: TraditionalBoxScore) -> Normalized:
    """``boxscoretraditionalv3``: who started has a position."""
    home, away = document.homeTeam, document.awayTeam
    roster = [
        RosterEntry(player_id=player.personId, team_id=team.teamId, starter=bool(player.position))
        for team in (home, away)
        if team.teamId
        for player in team.players
    ]
    game = _game(
        document.gameId,
        sides=(home.teamId, away.teamId),
        scores=(
            home.statistics.points if home.statistics else None,
            away.statistics.points if away.statistics else None,
        ),
        roster=tuple(roster),
    )
    return _answer(game, home, away)


def table_box_score(sets: Mapping[str, ResultSet], notes: Notes) -> Normalized:
    """``boxscoretraditionalv2``: rosters and names; it does not say which team is at home."""
    table = sets["PlayerStats"]
    get = getter(table.headers)
    rosters: dict[str, list[RosterEntry]] = {}
    players: dict[int, Player] = {}
    teams: dict[int, Team] = {}
    for position, row in enumerate(table.rowSet, start=1):
        game_id = padded(text(get(row, "GAME_ID")))
        player, team = identifier(get(row, "PLAYER_ID")), identifier(get(row, "TEAM_ID"))
        if not game_id or player is None or team is None:
            notes.add(
                "a player's row without game, player or team is left out",
                row=position,
                game_id=game_id or None,
            )
            continue
        players[player] = Player(id=player, name=text(get(row, "PLAYER_NAME")) or None)
        rosters.setdefault(game_id, []).append(
            RosterEntry(player_id=player, team_id=team, starter=bool(text(get(row, "START_POSITION"))))
        )
        if team not in teams:
            teams[team] = Team(
                id=team,
                abbreviation=text(get(row, "TEAM_ABBREVIATION")) or None,
                city=text(get(row, "TEAM_CITY")) or None,
            )
    named = sets.get("TeamStats")
    if named is not None:
        get = getter(named.headers)
        for row in named.rowSet:
            team = identifier(get(row, "TEAM_ID"))
            if team is not None:
                teams[team] = Team(
                    id=team,
                    abbreviation=text(get(row, "TEAM_ABBREVIATION")) or None,
                    city=text(get(row, "TEAM_CITY")) or None,
                    name=text(get(row, "TEAM_NAME")) or None,
                )
    games = tuple(_game(game_id, roster=tuple(roster)) for game_id, roster in rosters.items())
    return Normalized(games=games, teams=tuple(teams.values()), players=tuple(players.values()))


def summary(sets: Mapping[str, ResultSet], notes: Notes) -> Normalized:
    """``boxscoresummaryv2``: the sides, the status and the result; its date has no time of day."""
    scores: dict[int, int | None] = {}
    teams: dict[int, Team] = {}
    lines = sets.get("LineScore")
    if lines is not None:
        get = getter(lines.headers)
        for row in lines.rowSet:
            team = identifier(get(row, "TEAM_ID"))
            if team is not None:
                scores[team] = points(get(row, "PTS"))
                teams[team] = Team(
                    id=team,
                    abbreviation=text(get(row, "TEAM_ABBREVIATION")) or None,
                    city=text(get(row, "TEAM_CITY_NAME")) or None,
                    name=text(get(row, "TEAM_NICKNAME")) or None,
                )
    games: dict[str, Game] = {}
    table = sets["GameSummary"]
    get = getter(table.headers)
    for position, row in enumerate(table.rowSet, start=1):
        game_id = padded(text(get(row, "GAME_ID")))
        if not game_id:
            notes.add("a game's row without its id is left out", row=position, field="GAME_ID")
            continue
        home, away = identifier(get(row, "HOME_TEAM_ID")), identifier(get(row, "VISITOR_TEAM_ID"))
        games[game_id] = _game(
            game_id,
            status=STATUSES.get(number(get(row, "GAME_STATUS_ID")) or 0),
            period=_period(get(row, "LIVE_PERIOD")),
            sides=(home, away),
            scores=(scores.get(home or 0), scores.get(away or 0)),
        )
    return Normalized(games=tuple(games.values()), teams=tuple(teams.values()))


def _game(
    game_id: str,
    *,
    status: GameStatus | None = None,
    tipoff: str | None = None,
    period: int | None = None,
    clock_s: float | None = None,
    sides: tuple[int | None, int | None] = (None, None),
    scores: tuple[int | None, int | None] = (None, None),
    roster: tuple[RosterEntry, ...] = (),
) -> Game:
    league, season, season_type = identify(game_id)
    home, away = sides[0] or None, sides[1] or None
    return Game(
        id=game_id,
        league=league,
        season=season,
        season_type=season_type,
        status=status,
        tipoff_at=moment(tipoff),
        period=period,
        clock_s=clock_s,
        home_team_id=home,
        # Nobody plays against himself: a broken document, of which the first word is taken.
        away_team_id=away if away != home else None,
        home_score=scores[0],
        away_score=scores[1],
        # A player who stands there twice is taken once.
        roster=tuple({entry.player_id: entry for entry in reversed(roster)}.values())[::-1],
    )


def _answer(game: Game, *box_teams: BoxTeam | None) -> Normalized:
    teams = {team.id: team for team in map(team_of, box_teams) if team is not None}
    players = {
        player.personId: Player(id=player.personId, name=_name(player))
        for team in box_teams
        if team is not None
        for player in team.players
    }
    return Normalized(games=(game,), teams=tuple(teams.values()), players=tuple(players.values()))


def _name(player: BoxPlayer) -> str | None:
    """The fullest form: first and family name, where both are told apart; else what there is."""
    if player.name:
        return player.name
    full = " ".join(part for part in (player.firstName, player.familyName) if part)
    return full or player.nameI or None


def points(value: object) -> int | None:
    """A team's score, if it is one."""
    found = number(value)
    return found if found is not None and 0 <= found <= _HIGHEST_SCORE else None


def _score(team: BoxTeam | None) -> int | None:
    return points(team.score) if team is not None else None


def _period(value: object) -> int | None:
    found = number(value)
    return found if found is not None and 1 <= found <= _MOST_PERIODS else None
