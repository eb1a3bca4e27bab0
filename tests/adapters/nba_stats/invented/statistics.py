"""The invented game in the words of ``playbyplayv3`` and ``playbyplayv2``, which share their descriptions."""

from __future__ import annotations

import csv
import io
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


def text(event: Event) -> tuple[str, str]:
    """The description as v2 and v3 write it, and that of its steal or block."""
    name = PEOPLE[event.player][3] if event.player else NICKNAMES.get(event.team or 0, "")
    other = PEOPLE[event.other][3] if event.other else ""
    miss = "" if event.made else "MISS "
    match event.what:
        case "shot":
            far = f" {event.feet}'" if event.feet is not None else ""
            three = " 3PT" if event.value == 3 else ""
            points = " (2 PTS)" if event.made else ""
            helped = f" ({other} 1 AST)" if event.made and other else ""
            blocked = f"{other} BLOCK (1 BLK)" if other and not event.made else ""
            return f"{miss}{name}{far}{three} {event.phrase}{points}{helped}", blocked
        case "throw":
            return f"{miss}{name} Free Throw {event.phrase}{' (1 PTS)' if event.made else ''}", ""
        case "rebound":
            return f"{name} REBOUND {event.phrase}", ""
        case "team rebound":
            return f"{name} Rebound", ""
        case "turnover":
            words = event.phrase.removesuffix(" Turnover")
            return f"{name} {words} Turnover (P1.T1)", f"{other} STEAL (1 STL)" if other else ""
        case "team turnover":
            return f"{name} Turnover: {event.phrase} (T#1)", ""
        case "sub":
            return f"SUB: {other} FOR {name}", ""
        case "jump":
            return f"Jump Ball {other} vs. {name}: Tip to {name}", ""
        case "foul":
            return f"{name} {event.phrase[0]}.FOUL (P1.T1)", ""
        case "timeout":
            return f"{name} Timeout: Regular (Full 1 Short 0)", ""
        case "violation":
            return f"{name} Violation:{event.phrase}", ""
        case other_kind:
            return f"{other_kind.capitalize()} of Period", ""


_V3_TYPES = {
    "throw": "Free Throw",
    "rebound": "Rebound",
    "team rebound": "Rebound",
    "turnover": "Turnover",
    "team turnover": "Turnover",
    "sub": "Substitution",
    "jump": "Jump Ball",
    "foul": "Foul",
    "timeout": "Timeout",
    "violation": "Violation",
    "start": "period",
    "end": "period",
}


def v3_play_by_play() -> dict[str, Any]:
    """``playbyplayv3``."""
    actions: list[dict[str, Any]] = []
    for event in EVENTS:
        player, team = (event.other, HOME) if event.what == "jump" else (event.player, event.team)
        said, extra = text(event)
        kind = (
            ("Made Shot" if event.made else "Missed Shot") if event.what == "shot" else _V3_TYPES[event.what]
        )
        sub = event.what if kind == "period" else "Regular" if kind == "Timeout" else event.phrase
        scored = event.made or kind == "period"
        row = {
            "actionNumber": event.number,
            "clock": clock(event.clock),
            "period": event.period,
            # A team's play has the team in the person's column.
            "teamId": team if player else 0,
            "teamTricode": TRICODES[team] if player and team else "",
            "personId": player or team or 0,
            "playerName": PEOPLE[player][2] if player else "",
            "playerNameI": initial(player),
            "xLegacy": event.place[0],
            "yLegacy": event.place[1],
            "shotDistance": event.feet or 0,
            "shotResult": ("Made" if event.made else "Missed") if event.what == "shot" else "",
            "isFieldGoal": int(event.what == "shot"),
            "scoreHome": str(event.score[0]) if scored else "",
            "scoreAway": str(event.score[1]) if scored else "",
            "location": {HOME: "h", AWAY: "v"}.get(team or 0, ""),
            "description": said,
            "actionType": kind,
            "subType": f"Free Throw {sub}" if kind == "Free Throw" else "" if "bound" in kind else sub,
            "shotValue": event.value,
        }
        actions.append(row)
        if extra and event.other:
            of = PEOPLE[event.other][0]
            actions.append(
                row
                | person(event.other)
                | {"teamId": of, "teamTricode": TRICODES[of], "location": "h" if of == HOME else "v"}
                | {"actionType": "", "subType": "", "description": extra, "shotResult": "", "isFieldGoal": 0}
                | {"scoreHome": "", "scoreAway": ""}
            )
    for identifier, action in enumerate(actions, start=1):
        action["actionId"] = identifier
    return {"meta": {"version": 1}, "game": {"gameId": GAME_ID, "videoAvailable": 0, "actions": actions}}


_V2_HEADERS = (
    "GAME_ID EVENTNUM EVENTMSGTYPE EVENTMSGACTIONTYPE PERIOD WCTIMESTRING PCTIMESTRING HOMEDESCRIPTION "
    "NEUTRALDESCRIPTION VISITORDESCRIPTION SCORE SCOREMARGIN "
    + " ".join(
        f"PERSON{n}TYPE PLAYER{n}_ID PLAYER{n}_NAME PLAYER{n}_TEAM_ID PLAYER{n}_TEAM_CITY "
        f"PLAYER{n}_TEAM_NICKNAME PLAYER{n}_TEAM_ABBREVIATION"
        for n in (1, 2, 3)
    )
    + " VIDEO_AVAILABLE_FLAG"
).split()
V2_TYPES = {
    "throw": 3,
    "rebound": 4,
    "team rebound": 4,
    "turnover": 5,
    "team turnover": 5,
    "foul": 6,
    "violation": 7,
    "sub": 8,
    "timeout": 9,
    "jump": 10,
    "start": 12,
    "end": 13,
}


def v2_rows() -> list[list[Any]]:
    """The rows of ``playbyplayv2``."""
    rows = []
    for event in EVENTS:
        said, extra = text(event)
        away_says = event.team == AWAY
        row: dict[str, Any] = dict.fromkeys(_V2_HEADERS)
        margin = event.score[0] - event.score[1]
        row |= {
            "GAME_ID": GAME_ID,
            "EVENTNUM": event.number,
            "EVENTMSGTYPE": (1 if event.made else 2) if event.what == "shot" else V2_TYPES[event.what],
            "EVENTMSGACTIONTYPE": event.code,
            "PERIOD": event.period,
            # Whole seconds, cut off.
            "PCTIMESTRING": f"{int(event.clock) // 60}:{int(event.clock) % 60:02d}",
            "HOMEDESCRIPTION": extra if away_says else said,
            "VISITORDESCRIPTION": said if away_says else extra,
            "SCORE": f"{event.score[1]} - {event.score[0]}" if event.made else None,
            "SCOREMARGIN": ("TIE" if margin == 0 else str(margin)) if event.made else None,
            "VIDEO_AVAILABLE_FLAG": 0,
        }
        row |= _v2_persons(event)
        rows.append([row[header] or None for header in _V2_HEADERS])
    return rows


def _v2_persons(event: Event) -> dict[str, Any]:
    first, second, third = event.player, event.other, None
    if event.what == "shot" and not event.made:
        second, third = None, event.other
    elif event.what == "jump":
        first, second, third = event.other, event.player, event.player
    cells: dict[str, Any] = {}
    for n, player in enumerate((first, second, third), start=1):
        if player:
            team = PEOPLE[player][0]
            cells |= {
                f"PERSON{n}TYPE": 4 if team == HOME else 5,
                f"PLAYER{n}_ID": player,
                f"PLAYER{n}_NAME": " ".join(PEOPLE[player][1:3]),
                f"PLAYER{n}_TEAM_ID": team,
                f"PLAYER{n}_TEAM_CITY": CITIES[team],
                f"PLAYER{n}_TEAM_NICKNAME": NICKNAMES[team],
                f"PLAYER{n}_TEAM_ABBREVIATION": TRICODES[team],
            }
        elif n == 1 and event.team:
            cells |= {"PERSON1TYPE": 2 if event.team == HOME else 3, "PLAYER1_ID": event.team}
    return cells


def v2_play_by_play() -> dict[str, Any]:
    """``playbyplayv2`` as JSON."""
    table = {"name": "PlayByPlay", "headers": _V2_HEADERS, "rowSet": v2_rows()}
    video = {"name": "AvailableVideo", "headers": ["VIDEO_AVAILABLE_FLAG"], "rowSet": [[0]]}
    return {"resource": "playbyplay", "parameters": {"GameID": GAME_ID}, "resultSets": [table, video]}


def v2_csv() -> str:
    """``playbyplayv2`` as the archives keep it: a data frame made floats of integers with gaps."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_V2_HEADERS)
    for row in v2_rows():
        cells = dict(zip(_V2_HEADERS, row, strict=True))
        writer.writerow(
            f"{value}.0" if header.endswith("_TEAM_ID") and value else "" if value is None else value
            for header, value in cells.items()
        )
    return out.getvalue()
