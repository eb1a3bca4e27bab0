"""The vendor's documents of one game: play-by-play and box score."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.nba_stats.simulator.boxscore import player_statistics, team_statistics
from adapters.nba_stats.simulator.court import Side
from adapters.nba_stats.simulator.fixtures import Fixture, game_times
from adapters.nba_stats.simulator.people import Official, Person
from adapters.nba_stats.simulator.tally import Tally, tally

__all__ = ["Document", "box_of", "final_box", "meta", "play_by_play", "refresh_box"]

Action = Mapping[str, Any]
Document = dict[str, Any]


def meta(path: str, written: dt.datetime) -> Document:
    """The vendor's ``meta``; the request names the invented league's host."""
    return {
        "version": 1,
        "code": 200,
        "request": f"http://invented.league/{path}?Format=json",
        "time": f"{written:%Y-%m-%d %H:%M:%S.%f}",
    }


def play_by_play(
    fixture: Fixture, actions: Sequence[Action], revisions: Sequence[Action], written: dt.datetime
) -> Document:
    """A recording: the play-by-play document with its history beside it (see :mod:`.revisions`)."""
    return {
        "meta": meta(f"games/{fixture.game_id}/playbyplay", written),
        "game": {"gameId": fixture.game_id, "actions": list(actions)},
        "revisions": list(revisions),
    }


def _player(person: Person, order: int, *, starter: bool, absence: tuple[str, str] | None) -> Document:
    player: Document = {"status": "INACTIVE" if absence else "ACTIVE"}
    if absence:
        player["notPlayingReason"] = absence[0]
        if absence[1]:
            player["notPlayingDescription"] = absence[1]
    player |= {"order": order, "personId": person.id, "jerseyNum": person.jersey}
    if starter:
        player["position"] = person.position
    player |= {
        "starter": "1" if starter else "0",
        "oncourt": "0",
        "played": "0",
        "statistics": {},
        "name": person.name,
        "nameI": person.initialed,
        "firstName": person.first,
        "familyName": person.family,
    }
    return player


def _team(side: Side, starters: Sequence[Person]) -> Document:
    bench = [man.person for man in side.men if man.person not in starters]
    players = [_player(one, n, starter=True, absence=None) for n, one in enumerate(starters, 1)]
    players += [_player(one, n, starter=False, absence=None) for n, one in enumerate(bench, len(players) + 1)]
    players += [
        _player(one, n, starter=False, absence=(reason, text))
        for n, (one, reason, text) in enumerate(side.absent, len(players) + 1)
    ]
    club = side.team.club
    return {
        "teamId": side.team.id,
        "teamName": club.name,
        "teamCity": club.city,
        "teamTricode": club.tricode,
        "score": 0,
        "inBonus": "0",
        "timeoutsRemaining": 7,
        "periods": [],
        "players": players,
        "statistics": {},
    }


def box_of(
    fixture: Fixture,
    home: Side,
    away: Side,
    starters: Mapping[bool, Sequence[Person]],
    officials: Iterable[Official],
    written: dt.datetime,
) -> Document:
    """The box score before the tip: who is there; :func:`refresh_box` fills it."""
    arena = home.team.club
    game: Document = {"gameId": fixture.game_id, **game_times(fixture.tipoff), "duration": 0}
    game |= {
        "gameCode": fixture.code,
        "gameStatusText": "",
        "gameStatus": 1,
        "regulationPeriods": 4,
        "period": 0,
        "gameClock": "",
        "attendance": 0,
        "sellout": "0",
        "arena": {
            "arenaId": home.team.id % 1000,
            "arenaName": arena.arena,
            "arenaCity": arena.city,
            "arenaState": "",
            "arenaCountry": "",
            "arenaTimezone": "America/New_York",
        },
        "officials": [
            {
                "personId": one.id,
                "name": f"{one.first} {one.family}",
                "nameI": f"{one.first[0]}. {one.family}",
                "firstName": one.first,
                "familyName": one.family,
                "jerseyNum": one.jersey,
                "assignment": f"OFFICIAL{n}",
            }
            for n, one in enumerate(officials, 1)
        ],
        "homeTeam": _team(home, starters[True]),
        "awayTeam": _team(away, starters[False]),
    }
    return {"meta": meta(f"games/{fixture.game_id}/boxscore", written), "game": game}


def final_box(box: Document, actions: Sequence[Action], duration_min: int) -> Document:
    """``box`` with everything ``actions`` say, the game being over."""
    return refresh_box(
        box,
        count(box, actions),
        status=3,
        text=final_text(int(actions[-1]["period"])),
        clock="PT00M00.00S",
        duration=duration_min,
    )


def final_text(period: int) -> str:
    """``Final``, ``Final/OT``, ``Final/OT2``."""
    overtime = period - 4
    return "Final" if overtime <= 0 else f"Final/OT{overtime if overtime > 1 else ''}"


def count(box: Document, actions: Sequence[Action]) -> Tally:
    """Count ``actions`` for the teams and starters of ``box``."""
    teams = (box["game"]["homeTeam"], box["game"]["awayTeam"])
    starters = {
        team["teamId"]: [one["personId"] for one in team["players"] if one.get("starter") == "1"]
        for team in teams
    }
    return tally(actions, teams[0]["teamId"], teams[1]["teamId"], starters)


def refresh_box(
    box: Document, counted: Tally, *, status: int, text: str, clock: str, duration: int
) -> Document:
    """A copy of ``box`` with the counted state; ``status`` 1 scheduled, 2 live, 3 final."""
    game = dict(box["game"])
    game |= {
        "duration": duration,
        "gameStatus": status,
        "gameStatusText": text,
        "period": counted.period,
        "gameClock": clock,
    }
    for key in ("homeTeam", "awayTeam"):
        game[key] = _refresh_team(game[key], counted, live=status > 1)
    return {"meta": box["meta"], "game": game}


def _refresh_team(team: Document, counted: Tally, *, live: bool) -> Document:
    number = team["teamId"]
    starters = {one["personId"] for one in team["players"] if one.get("starter") == "1"}
    players = []
    for one in team["players"]:
        line = counted.players.get(one["personId"])
        on = live and one["personId"] in counted.on[number]
        played = line is not None and (line["tenths"] > 0 or on)
        players.append(
            one
            | {"oncourt": "1" if on else "0", "played": "1" if played else "0"}
            | {"statistics": player_statistics(line)}
        )
    periods = [
        {"period": n, "periodType": "REGULAR" if n <= 4 else "OVERTIME", "score": score}
        for n, score in enumerate(counted.period_scores[number], 1)
    ]
    return team | {
        "score": counted.score[number],
        "inBonus": "1" if counted.penalty[number] else "0",
        "timeoutsRemaining": counted.timeouts[number],
        "periods": periods,
        "players": players,
        "statistics": team_statistics(counted, number, starters),
    }
