"""A box score for a game that was recorded without one: who played, as far as the plays tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.nba_stats.simulator.fixtures import eastern, game_times

__all__ = ["box_from_actions"]

Action = Mapping[str, Any]
Document = dict[str, Any]


def box_from_actions(game_id: str, actions: Sequence[Action]) -> Document:
    """The vendor's box score without statistics; whose baskets move ``scoreHome`` is the home team.

    A starter is who acts in the first period before he comes in.
    """
    first = dt.datetime.fromisoformat(actions[0]["timeActual"]).replace(second=0, microsecond=0)
    home, away = _sides(actions)
    tricodes = {one["teamId"]: one.get("teamTricode", "") for one in actions if one.get("teamId")}
    teams = [_team(team, tricodes.get(team, ""), actions) for team in (home, away)]
    code = f"{eastern(first).date():%Y%m%d}/{tricodes.get(away, '')}{tricodes.get(home, '')}"
    game: Document = {"gameId": game_id, **game_times(first), "duration": 0, "gameCode": code}
    game |= {
        "gameStatusText": "",
        "gameStatus": 1,
        "regulationPeriods": 4,
        "period": 0,
        "gameClock": "",
        "attendance": 0,
        "sellout": "0",
        "arena": {},
        "officials": [],
        "homeTeam": teams[0],
        "awayTeam": teams[1],
    }
    meta = {
        "version": 1,
        "code": 200,
        "request": f"boxscore of {game_id}",
        "time": f"{first:%Y-%m-%d %H:%M:%S}",
    }
    return {"meta": meta, "game": game}


def _sides(actions: Sequence[Action]) -> tuple[int, int]:
    votes: dict[int, int] = {int(one["teamId"]): 0 for one in actions if one.get("teamId")}
    score = (0, 0)
    for action in actions:
        now = int(action["scoreHome"]), int(action["scoreAway"])
        if action.get("shotResult") == "Made":
            votes[int(action["teamId"])] += (now[0] > score[0]) - (now[1] > score[1])
        score = now
    ranked = sorted(votes, key=lambda team: -votes[team])
    return (ranked[0], ranked[-1]) if len(ranked) > 1 else (ranked[0] if ranked else 0, 0)


def _team(team: int, tricode: str, actions: Sequence[Action]) -> Document:
    seen: dict[int, bool] = {}
    names: dict[int, tuple[str, str]] = {}
    for action in actions:
        person = action["personId"]
        if action.get("teamId") != team or not person or "playerName" not in action:
            continue
        came_in = action["actionType"] == "substitution" and action["subType"] == "in"
        seen.setdefault(person, action["period"] == 1 and not came_in and sum(seen.values()) < 5)
        names[person] = (action["playerName"], action.get("playerNameI", action["playerName"]))
    players: list[Document] = [
        {
            "status": "ACTIVE",
            "order": order,
            "personId": person,
            "jerseyNum": "",
            "starter": "1" if started else "0",
            "oncourt": "0",
            "played": "0",
            "statistics": {},
            "name": names[person][1],
            "nameI": names[person][1],
            "firstName": "",
            "familyName": names[person][0],
        }
        for order, (person, started) in enumerate(sorted(seen.items(), key=lambda one: not one[1]), 1)
    ]
    return {
        "teamId": team,
        "teamName": "",
        "teamCity": "",
        "teamTricode": tricode,
        "score": 0,
        "inBonus": "0",
        "timeoutsRemaining": 0,
        "periods": [],
        "players": players,
        "statistics": {},
    }
