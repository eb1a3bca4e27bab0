"""What happens in the invented game, and who plays: what all formats must agree on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from poise_sdk.records import RawDocument

GAME_ID = "0022309901"
HOME, AWAY = 1610612901, 1610612902
TRICODES = {HOME: "HBR", AWAY: "MSA"}
CITIES = {HOME: "Harbor", AWAY: "Mesa"}
NICKNAMES = {HOME: "Pilots", AWAY: "Foxes"}
#: id → team, first name, family name as written, family name as the descriptions of v2 and v3 write it.
PEOPLE = {
    9101: (HOME, "Ivo", "Kovač", "Kovac"),
    9102: (HOME, "Abel", "Stone", "Stone"),
    9103: (HOME, "Cy", "Varga Jr.", "Varga Jr."),
    9104: (HOME, "Dov", "Quill", "Quill"),
    9201: (AWAY, "Emil", "Orr", "Orr"),
    9202: (AWAY, "Finn", "Hook", "Hook"),
    9203: (AWAY, "Gus", "Lund", "Lund"),
    9204: (AWAY, "Hal", "Tipton", "Tipton"),
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One play of the invented game; ``say`` are the vendor's words per family of formats."""

    number: int
    period: int
    clock: float
    what: str
    team: int | None = None
    player: int | None = None
    other: int | None = None
    made: bool = False
    value: int = 0
    live: tuple[str, str | None] = ("", None)
    code: int = 0
    phrase: str = ""
    feet: int | None = None
    place: tuple[int, int] = (0, 0)
    score: tuple[int, int] = (0, 0)


def _shot(number: int, clock: float, player: int, value: int, made: bool, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "clock": clock,
        "what": "shot",
        "player": player,
        "value": value,
        "made": made,
        **more,
    }


_JUMPER = {"live": ("Jump Shot", "pullup"), "code": 79, "phrase": "Pullup Jump Shot"}
_LAYUP = {"live": ("Layup", "driving"), "code": 6, "phrase": "Driving Layup"}
_DUNK = {"live": ("DUNK", "cutting"), "code": 108, "phrase": "Cutting Dunk Shot"}
_FLOATER = {"live": ("Jump Shot", "driving floating"), "code": 101, "phrase": "Driving Floating Jump Shot"}
_TIP = {"live": ("Layup", "tip"), "code": 97, "phrase": "Tip Layup Shot"}
_HOOK = {"live": ("Hook", "turnaround"), "code": 58, "phrase": "Turnaround Hook Shot"}

_PERIODS: list[list[dict[str, Any]]] = [
    [
        {"number": 2, "clock": 720, "what": "start"},
        {"number": 4, "clock": 718, "what": "jump", "player": 9202, "other": 9103},
        _shot(7, 700, 9201, 3, True, other=9203, feet=25, place=(10, 252), **_JUMPER),
        _shot(9, 681, 9103, 2, False, feet=2, place=(5, 18), other=9202, **_LAYUP),
        {"number": 11, "clock": 680, "what": "rebound", "player": 9102, "phrase": "(Off:1 Def:0)"},
        _shot(12, 679.4, 9102, 2, True, feet=1, place=(-4, 9), **_TIP),
        {
            "number": 13,
            "clock": 660,
            "what": "turnover",
            "player": 9203,
            "other": 9104,
            "live": ("bad pass", None),
            "code": 1,
            "phrase": "Bad Pass",
        },
        {
            "number": 15,
            "clock": 655,
            "what": "foul",
            "player": 9204,
            "other": 9104,
            "live": ("personal", "shooting"),
            "code": 2,
            "phrase": "Shooting",
        },
        {
            "number": 16,
            "clock": 655,
            "what": "throw",
            "player": 9104,
            "made": True,
            "code": 11,
            "phrase": "1 of 2",
        },
        {"number": 17, "clock": 655, "what": "sub", "player": 9103, "other": 9101},
        {"number": 19, "clock": 655, "what": "throw", "player": 9104, "code": 12, "phrase": "2 of 2"},
        {"number": 20, "clock": 653, "what": "rebound", "player": 9201, "phrase": "(Off:0 Def:1)"},
        {"number": 21, "clock": 0, "what": "end"},
    ],
    [
        {"number": 22, "clock": 720, "what": "start"},
        _shot(23, 600.5, 9203, 2, True, feet=6, place=(30, 55), **_FLOATER),
        {"number": 24, "clock": 590, "what": "timeout", "team": HOME, "live": ("full", None), "code": 1},
        {
            "number": 25,
            "clock": 580,
            "what": "foul",
            "player": 9103,
            "live": ("technical", None),
            "code": 11,
            "phrase": "Technical",
        },
        {
            "number": 26,
            "clock": 580,
            "what": "throw",
            "player": 9202,
            "made": True,
            "code": 16,
            "phrase": "Technical",
        },
        _shot(27, 560, 9103, 3, False, feet=27, place=(120, 241), **_JUMPER),
        {"number": 28, "clock": 558, "what": "team rebound", "team": AWAY},
        {
            "number": 29,
            "clock": 540,
            "what": "violation",
            "player": 9101,
            "live": ("kicked ball", None),
            "code": 5,
            "phrase": "Kicked Ball",
        },
        {"number": 30, "clock": 0, "what": "end"},
    ],
    [
        {"number": 31, "clock": 720, "what": "start"},
        {
            "number": 32,
            "clock": 500,
            "what": "team turnover",
            "team": AWAY,
            "live": ("shot clock", None),
            "code": 11,
            "phrase": "Shot Clock",
        },
        _shot(33, 480, 9104, 2, True, other=9102, feet=1, place=(2, 4), **_DUNK),
        {"number": 34, "clock": 0, "what": "end"},
    ],
    [
        {"number": 35, "clock": 720, "what": "start"},
        {
            "number": 36,
            "clock": 200,
            "what": "foul",
            "player": 9201,
            "other": 9102,
            "live": ("offensive", "charge"),
            "code": 26,
            "phrase": "Offensive Charge",
        },
        {
            "number": 37,
            "clock": 200,
            "what": "turnover",
            "player": 9201,
            "live": ("offensive foul", None),
            "code": 37,
            "phrase": "Offensive Foul Turnover",
        },
        _shot(38, 30, 9102, 2, True, feet=8, place=(-60, 50), **_HOOK),
        _shot(39, 1.5, 9204, 3, False, feet=30, place=(0, 300), **_JUMPER),
        {"number": 40, "clock": 0, "what": "team rebound", "team": HOME},
        {"number": 41, "clock": 0, "what": "end"},
    ],
]


def _events() -> tuple[Event, ...]:
    home = away = 0
    events: list[Event] = []
    for period, items in enumerate(_PERIODS, start=1):
        for item in items:
            player = item.get("player")
            team = item.get("team") or (PEOPLE[player][0] if player else None)
            gained = (item.get("value") or 1) if item.get("made") else 0
            home += gained if team == HOME else 0
            away += gained if team == AWAY else 0
            events.append(Event(**{**item, "period": period, "team": team, "score": (home, away)}))
    return tuple(events)


EVENTS = _events()


def document(value: Any, name: str) -> RawDocument:
    """A JSON document."""
    return RawDocument(name=name, content=json.dumps(value).encode())


def clock(seconds: float) -> str:
    """As the live feed and v3 write it."""
    return f"PT{int(seconds // 60):02d}M{seconds % 60:05.2f}S"


def person(player: int) -> dict[str, Any]:
    return {"personId": player, "playerName": PEOPLE[player][2], "playerNameI": initial(player)}


def initial(player: int | None) -> str:
    return f"{PEOPLE[player][1][0]}. {PEOPLE[player][2]}" if player else ""
