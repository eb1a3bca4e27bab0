"""The league's own documents: schedule and scoreboard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from adapters.nba_stats.simulator.documents import Document, meta
from adapters.nba_stats.simulator.fixtures import eastern, game_zone

__all__ = ["Entry", "Label", "entry_of", "schedule", "scoreboard", "status_text"]

LEAGUE = "Invented Basketball League"
NATIONAL = ("nationalTvBroadcasters", "nationalRadioBroadcasters", "nationalOttBroadcasters")
LOCAL = ("TvBroadcasters", "RadioBroadcasters", "OttBroadcasters")
BROADCASTERS = (
    *NATIONAL,
    *(f"{side}{kind}" for side in ("home", "away", "intl") for kind in LOCAL),
)
#: The vendor writes a time of day as an instant of this day.
CLOCK_DAY = dt.date(1900, 1, 1)


def _clock(moment: dt.datetime, day: dt.date) -> str:
    """The time of day of ``moment`` on the vendor's :data:`CLOCK_DAY` (or the day after, past midnight)."""
    shown = CLOCK_DAY + (moment.date() - day)
    return f"{shown}T{moment:%H:%M:%S}Z"


def status_text(tipoff: dt.datetime) -> str:
    """``7:30 pm ET``, a scheduled game's status."""
    local = eastern(tipoff)
    return f"{(local.hour - 1) % 12 + 1}:{local:%M} {'am' if local.hour < 12 else 'pm'} ET"


@dataclass(frozen=True, slots=True)
class Label:
    """A team as the schedule names it."""

    id: int
    city: str
    name: str
    tricode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A game as the schedule lists it; ``status`` 1 scheduled, 2 live, 3 final."""

    game_id: str
    code: str
    tipoff: dt.datetime
    home: Label
    away: Label
    arena: str
    city: str
    status: int = 1
    text: str = ""
    home_score: int = 0
    away_score: int = 0

    @property
    def day(self) -> dt.date:
        """The day in the league's own calendar."""
        return eastern(self.tipoff).date()


def entry_of(box: Document) -> Entry:
    """The schedule's entry of a game, from its box score of the same moment."""
    game = box["game"]
    home, away = (
        Label(team["teamId"], team["teamCity"], team["teamName"], team["teamTricode"])
        for team in (game["homeTeam"], game["awayTeam"])
    )
    arena = game.get("arena") or {}
    return Entry(
        game_id=game["gameId"],
        code=game["gameCode"],
        tipoff=dt.datetime.fromisoformat(game["gameTimeUTC"]),
        home=home,
        away=away,
        arena=arena.get("arenaName", ""),
        city=arena.get("arenaCity", ""),
        status=game["gameStatus"],
        text=game["gameStatusText"],
        home_score=game["homeTeam"]["score"],
        away_score=game["awayTeam"]["score"],
    )


Records = dict[int, tuple[int, int]]


def _count_in(records: Records, entry: Entry) -> None:
    home_won = entry.home_score > entry.away_score
    for team, won in ((entry.home, home_won), (entry.away, not home_won)):
        wins, losses = records.get(team.id, (0, 0))
        records[team.id] = (wins + won, losses + (not won))


def _team(team: Label, record: tuple[int, int], score: int) -> Document:
    return {
        "teamId": team.id,
        "teamName": team.name,
        "teamCity": team.city,
        "teamTricode": team.tricode,
        "teamSlug": team.name.lower().replace(" ", "-"),
        "wins": record[0],
        "losses": record[1],
        "score": score,
        "seed": 0,
    }


def _game(entry: Entry, sequence: int, opening: dt.date, records: Records) -> Document:
    local = eastern(entry.tipoff)
    utc = entry.tipoff
    day = entry.day
    shown = f"{local:%Y-%m-%dT%H:%M:%S}Z"  # the vendor marks local times with a Z
    midnight = dt.datetime.combine(day, dt.time(), game_zone(day)).astimezone(dt.UTC)
    week = (day - opening).days // 7 + 1
    return {
        "gameId": entry.game_id,
        "gameCode": entry.code,
        "gameStatus": entry.status,
        "gameStatusText": entry.text or status_text(utc),
        "gameSequence": sequence,
        "gameDateEst": f"{day}T00:00:00Z",
        "gameTimeEst": _clock(local, day),
        "gameDateTimeEst": shown,
        "gameDateUTC": f"{midnight:%Y-%m-%dT%H:%M:%SZ}",
        "gameTimeUTC": _clock(utc, day),
        "gameDateTimeUTC": f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        "awayTeamTime": shown,
        "homeTeamTime": shown,
        "day": f"{local:%a}",
        "monthNum": local.month,
        "weekNumber": week,
        "weekName": f"Week {week}",
        "ifNecessary": False,
        "seriesGameNumber": "",
        "seriesText": "",
        "arenaName": entry.arena,
        "arenaState": "",
        "arenaCity": entry.city,
        "postponedStatus": "A",
        "branchLink": "",
        "gameSubtype": "",
        "broadcasters": {kind: [] for kind in BROADCASTERS},
        "homeTeam": _team(entry.home, records.get(entry.home.id, (0, 0)), entry.home_score),
        "awayTeam": _team(entry.away, records.get(entry.away.id, (0, 0)), entry.away_score),
        "pointsLeaders": [],
    }


def schedule(season: str, entries: Iterable[Entry], written: dt.datetime) -> Document:
    """``scheduleLeagueV2.json``: every game of a season, with what became of it."""
    ordered = sorted(entries, key=lambda one: (one.tipoff, one.game_id))
    opening, closing = ordered[0].day, ordered[-1].day
    records: Records = {}
    dates: list[Document] = []
    for day, games in groupby(ordered, key=lambda one: one.day):
        listed = []
        for sequence, entry in enumerate(games, 1):
            if entry.status == 3:
                _count_in(records, entry)
            listed.append(_game(entry, sequence, opening, records))
        dates.append({"gameDate": f"{day:%m/%d/%Y} 00:00:00", "games": listed})
    weeks = [
        {
            "weekNumber": number,
            "weekName": f"Week {number}",
            "startDate": f"{opening + dt.timedelta(days=7 * (number - 1))}T00:00:00Z",
            "endDate": f"{opening + dt.timedelta(days=7 * number - 1)}T00:00:00Z",
        }
        for number in range(1, (closing - opening).days // 7 + 2)
    ]
    path = f"league/00/{season}/scheduleleaguev2"
    head = {key: value for key, value in meta(path, written).items() if key != "code"}
    return {
        "meta": head,
        "leagueSchedule": {
            "seasonYear": season,
            "leagueId": "00",
            "gameDates": dates,
            "weeks": weeks,
            "broadcasterList": [],
        },
    }


def _leader(team: Mapping[str, Any]) -> Document:
    """The team's best so far, by points."""
    best = max(team["players"], key=lambda one: one["statistics"].get("points", 0), default=None)
    if best is None:
        return {}
    line = best["statistics"]
    return {
        "personId": best["personId"],
        "name": best["name"],
        "jerseyNum": best.get("jerseyNum", ""),
        "position": best.get("position", ""),
        "teamTricode": team["teamTricode"],
        "playerSlug": None,
        "points": line.get("points", 0),
        "rebounds": line.get("reboundsTotal", 0),
        "assists": line.get("assists", 0),
    }


def _on_board(box: Document) -> Document:
    """A game's entry on the scoreboard, from its box score of the same moment."""
    game = box["game"]
    teams = {
        key: {
            "teamId": team["teamId"],
            "teamName": team["teamName"],
            "teamCity": team["teamCity"],
            "teamTricode": team["teamTricode"],
            "wins": 0,
            "losses": 0,
            "score": team["score"],
            "seed": None,
            "inBonus": team["inBonus"] if game["gameStatus"] == 2 else None,
            "timeoutsRemaining": team["timeoutsRemaining"],
            "periods": team["periods"],
        }
        for key in ("homeTeam", "awayTeam")
        for team in (game[key],)
    }
    return {
        "gameId": game["gameId"],
        "gameCode": game["gameCode"],
        "gameStatus": game["gameStatus"],
        "gameStatusText": game["gameStatusText"],
        "period": game["period"],
        "gameClock": game["gameClock"] if game["gameStatus"] == 2 else "",
        "gameTimeUTC": game["gameTimeUTC"],
        "gameEt": game["gameEt"],
        "regulationPeriods": game["regulationPeriods"],
        "ifNecessary": False,
        "seriesGameNumber": "",
        "gameLabel": "",
        "gameSubLabel": "",
        "seriesText": "",
        "seriesConference": "",
        "poRoundDesc": "",
        "gameSubtype": "",
        "isNeutral": False,
        **teams,
        "gameLeaders": {
            "homeLeaders": _leader(game["homeTeam"]),
            "awayLeaders": _leader(game["awayTeam"]),
        },
        "pbOdds": {"team": None, "odds": 0.0, "suspended": 0},
    }


def scoreboard(boxes: Sequence[Document], day: dt.date, written: dt.datetime) -> Document:
    """``todaysScoreboard_00.json``: the games of ``day``."""
    return {
        "meta": meta(f"league/00/{day:%Y/%m/%d}/scoreboard", written),
        "scoreboard": {
            "gameDate": str(day),
            "leagueId": "00",
            "leagueName": LEAGUE,
            "games": [_on_board(box) for box in boxes],
        },
    }
