"""The invented game in the live feed's words."""

from __future__ import annotations

import copy
from typing import Any

from tests.adapters.nba_stats.invented.story import (
    AWAY,
    CITIES,
    EVENTS,
    GAME_ID,
    HOME,
    NICKNAMES,
    PEOPLE,
    TRICODES,
    Event,
    clock,
    initial,
    person,
)


def live_play_by_play() -> dict[str, Any]:
    """``liveData/playbyplay``."""
    actions: list[dict[str, Any]] = []
    for event in EVENTS:
        actions.extend(_live(event))
    actions.append(_live_row(EVENTS[-1], 60, "game", "end", description="Game End"))
    for order, action in enumerate(actions, start=1):
        action["orderNumber"] = order * 10_000
    return {"meta": {"version": 1, "code": 200}, "game": {"gameId": GAME_ID, "actions": actions}}


def _live(event: Event) -> list[dict[str, Any]]:
    name = initial(event.player) if event.player else "TEAM"
    sub, descriptor = event.live
    detail = {"descriptor": descriptor} if descriptor else {}
    match event.what:
        case "start" | "end":
            return [_live_row(event, event.number, "period", event.what, named=False)]
        case "jump":
            return [_live_row(event, event.number, "jumpball", "recovered")]
        case "shot":
            more: dict[str, Any] = {
                "shotResult": "Made" if event.made else "Missed",
                "shotDistance": event.feet + 0.4 if event.feet is not None else None,
                "xLegacy": event.place[0],
                "yLegacy": event.place[1],
                "isFieldGoal": 1,
                **detail,
            }
            if event.other:
                more["assistPersonId" if event.made else "blockPersonId"] = event.other
            rows = [_live_row(event, event.number, f"{event.value}pt", sub, **more)]
            return rows + ([_live_extra(event, "block")] if event.other and not event.made else [])
        case "throw":
            words = "Free Throw 1 of 1" if event.phrase == "Technical" else f"Free Throw {event.phrase}"
            technical = {"descriptor": "technical"} if event.phrase == "Technical" else {}
            result = "Made" if event.made else "Missed"
            return [
                _live_row(
                    event,
                    event.number,
                    "freethrow",
                    words.removeprefix("Free Throw "),
                    shotResult=result,
                    **technical,
                )
            ]
        case "rebound" | "team rebound":
            kind = "offensive" if "Off:1" in event.phrase else "defensive"
            return [
                _live_row(event, event.number, "rebound", kind, description=f"{name} REBOUND {event.phrase}")
            ]
        case "turnover" | "team turnover":
            steal = {"stealPersonId": event.other} if event.other else {}
            rows = [_live_row(event, event.number, "turnover", sub, **detail, **steal)]
            return rows + ([_live_extra(event, "steal")] if event.other else [])
        case "foul":
            drawn = {"foulDrawnPersonId": event.other} if event.other else {}
            return [_live_row(event, event.number, "foul", sub, **detail, **drawn)]
        case "sub":
            assert event.player is not None
            assert event.other is not None
            coming = _live_row(event, event.number + 1, "substitution", "in")
            coming |= person(event.other) | {"description": f"SUB in: {initial(event.other)}"}
            going = _live_row(event, event.number, "substitution", "out", description=f"SUB out: {name}")
            return [going, coming]
        case other:
            return [_live_row(event, event.number, other, sub)]


def _live_row(
    event: Event, number: int, kind: str, sub: str, *, named: bool = True, **more: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "actionNumber": number,
        "clock": clock(event.clock),
        "timeActual": f"2024-01-15T0{event.period}:{int(event.clock) % 60:02d}:00.0Z",
        "edited": f"2024-01-15T0{event.period}:{int(event.clock) % 60:02d}:30Z",
        "period": event.period,
        "actionType": kind,
        "subType": sub,
        "qualifiers": [],
        "personId": 0,
        "scoreHome": str(event.score[0]),
        "scoreAway": str(event.score[1]),
        "description": f"{kind} {sub}",
    }
    if named and event.player:
        row |= person(event.player)
    if event.team:
        row |= {"teamId": event.team, "teamTricode": TRICODES[event.team]}
    return row | more


def _live_extra(event: Event, kind: str) -> dict[str, Any]:
    assert event.other is not None
    row = _live_row(event, event.number + 1, kind, "")
    del row["subType"]
    team = PEOPLE[event.other][0]
    return row | person(event.other) | {"teamId": team, "teamTricode": TRICODES[team]}


def live_box_score() -> dict[str, Any]:
    """``liveData/boxscore``."""

    def side(team: int) -> dict[str, Any]:
        players = [
            {
                "status": "ACTIVE",
                "personId": player,
                "name": f"{first} {family}",
                "starter": "0" if player == 9101 else "1",
                "played": "1",
            }
            for player, (of, first, family, _) in PEOPLE.items()
            if of == team
        ]
        absent = {
            "status": "INACTIVE",
            "personId": team % 10_000 + 80_000,
            "name": "Otto Idle",
            "starter": "0",
        }
        return {
            "teamId": team,
            "teamName": NICKNAMES[team],
            "teamCity": CITIES[team],
            "teamTricode": TRICODES[team],
            "score": EVENTS[-1].score[team == AWAY],
            "players": [*players, absent],
        }

    return {
        "meta": {"version": 1},
        "game": {
            "gameId": GAME_ID,
            "gameTimeUTC": "2024-01-15T00:30:00Z",
            "gameStatus": 3,
            "period": 4,
            "gameClock": "PT00M00.00S",
            "homeTeam": side(HOME),
            "awayTeam": side(AWAY),
        },
    }


def scoreboard() -> dict[str, Any]:
    """``todaysScoreboard`` (``scoreboardv3`` is the same)."""
    game = copy.deepcopy(live_box_score()["game"])
    for side in ("homeTeam", "awayTeam"):
        del game[side]["players"]
    later = game | {"gameId": "0022309902", "gameStatus": 1, "period": 0, "gameClock": ""}
    return {"meta": {"version": 1}, "scoreboard": {"gameDate": "2024-01-14", "games": [game, later]}}


def schedule() -> dict[str, Any]:
    """``scheduleLeagueV2``."""
    games = scoreboard()["scoreboard"]["games"]
    for game in games:
        game["gameDateTimeUTC"] = game["gameTimeUTC"]
        game["gameTimeUTC"] = "1900-01-01T00:30:00Z"
    unknown = {"gameId": "0042309903", "gameStatus": 1, "homeTeam": {"teamId": 0}, "awayTeam": {"teamId": 0}}
    dates = [
        {"gameDate": "01/14/2024 00:00:00", "games": games},
        {"gameDate": "05/01/2024 00:00:00", "games": [unknown]},
    ]
    return {"meta": {}, "leagueSchedule": {"seasonYear": "2023-24", "gameDates": dates}}
