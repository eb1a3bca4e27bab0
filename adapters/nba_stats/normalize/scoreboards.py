"""Scoreboards of a day and the schedule of a season: games with their sides and status, no plays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from adapters.nba_stats.clocks import moment, seconds
from adapters.nba_stats.identity import identify
from adapters.nba_stats.normalize.box_scores import STATUSES, points, team_of
from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.payloads import BoxTeam, Schedule, Scoreboard, ScoreboardGame
from poise_sdk.records import Game, Normalized, Team
from poise_sdk.vocabulary import GameStatus

__all__ = ["games_of_day", "normalize_schedule", "normalize_scoreboard"]

#: How the schedule writes a day.
_DAY_FORMAT: Final = "%m/%d/%Y"


def normalize_scoreboard(scoreboard: Scoreboard) -> Normalized:
    """``todaysScoreboard`` or ``scoreboardv3``."""
    return _games(scoreboard.games)


def normalize_schedule(schedule: Schedule, notes: Notes) -> Normalized:
    """``scheduleLeagueV2``: every game of a season; the vendor lists only days that have games."""
    if not schedule.gameDates:
        notes.add("the schedule has no days", field="gameDates")
    for row, day in enumerate(schedule.gameDates, start=1):
        if not day.games:
            notes.add(f"the day {day.gameDate or row} has no games", row=row, field="games")
    return _games(game for day in schedule.gameDates for game in day.games)


def games_of_day(schedule: Schedule, day: dt.date) -> Normalized:
    """The games of one day of the schedule, in the league's own calendar."""
    written = day.strftime(_DAY_FORMAT)
    dates = (date for date in schedule.gameDates if (date.gameDate or "").startswith(written))
    return _games(game for date in dates for game in date.games)


def _games(games: Iterable[ScoreboardGame]) -> Normalized:
    found: dict[str, Game] = {}
    teams: dict[int, Team] = {}
    for game in games:
        found[game.gameId] = _game(game)
        for team in (team_of(game.homeTeam), team_of(game.awayTeam)):
            if team is not None:
                teams.setdefault(team.id, team)
    return Normalized(games=tuple(found.values()), teams=tuple(teams.values()))


def _game(game: ScoreboardGame) -> Game:
    league, season, season_type = identify(game.gameId)
    status = STATUSES.get(game.gameStatus or 0)
    played = status in (GameStatus.LIVE, GameStatus.FINAL)
    home, away = _id(game.homeTeam), _id(game.awayTeam)
    return Game(
        id=game.gameId,
        league=league,
        season=season,
        season_type=season_type,
        status=status,
        # The schedule's gameTimeUTC is a time of day in 1900; its date and time stand together elsewhere.
        tipoff_at=moment(game.gameDateTimeUTC) or moment(game.gameTimeUTC),
        period=(game.period or None) if played else None,
        clock_s=seconds(game.gameClock) if played else None,
        home_team_id=home,
        away_team_id=away if away != home else None,
        home_score=_score(game.homeTeam) if played else None,
        away_score=_score(game.awayTeam) if played else None,
    )


def _id(team: BoxTeam | None) -> int | None:
    return (team.teamId or None) if team is not None else None


def _score(team: BoxTeam | None) -> int | None:
    return points(team.score) if team is not None else None
