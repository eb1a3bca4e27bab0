"""The invented game in the old mobile feed's words, and in a table derived from the live feed."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.adapters.nba_stats.invented.live import live_play_by_play
from tests.adapters.nba_stats.invented.statistics import V2_TYPES, text
from tests.adapters.nba_stats.invented.story import EVENTS, GAME_ID, HOME, PEOPLE, TRICODES

_MOBILE_OPPONENT = {"turnover", "foul"}


def mobile_play_by_play() -> dict[str, Any]:
    """``full_pbp``."""
    periods: dict[int, list[dict[str, Any]]] = {}
    for event in EVENTS:
        said, _ = text(event)
        first = event.other if event.what == "jump" else event.player
        opponent = event.other if event.what in _MOBILE_OPPONENT or not event.made else None
        helper = event.other if event.made or event.what == "sub" else None
        if event.what == "sub":
            opponent = None
        if event.what == "jump":
            opponent, helper = event.player, event.player
        if event.what == "throw":
            tricode = TRICODES[event.team or HOME]
            mark = f"[{tricode} {event.score[0]}-{event.score[1]}]" if event.made else f"[{tricode}]"
            said = f"{mark} {said.removeprefix('MISS ')}{'' if event.made else ' Missed'}"
        periods.setdefault(event.period, []).append(
            {
                "evt": event.number,
                "cl": f"{int(event.clock) // 60:02d}:{event.clock % 60:04.1f}",
                "de": said.replace("3PT", "3pt"),
                "etype": (1 if event.made else 2) if event.what == "shot" else V2_TYPES[event.what],
                "mtype": event.code,
                "locX": event.place[0],
                "locY": event.place[1],
                "tid": (PEOPLE[first][0] if first else event.team) or 0,
                "pid": first or 0,
                "opid": str(opponent or ""),
                "epid": str(helper or ""),
                "hs": event.score[0],
                "vs": event.score[1],
            }
        )
    return {"g": {"gid": GAME_ID, "pd": [{"p": period, "pla": rows} for period, rows in periods.items()]}}


_DERIVED_HEADERS = [
    *("period", "clock", "actionNumber", "actionType", "description", "qualifier", "playerName"),
    *("scoreHome", "scoreAway", "shotResult", "person_id", "assister_id", "foulDrawnPersonId"),
    *("stealPersonId", "blockPersonId", "teamId", "game_id"),
]


def derived_csv() -> str:
    """A table derived from the live feed: fewer rows, fewer columns."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _DERIVED_HEADERS, extrasaction="ignore")
    writer.writeheader()
    for action in live_play_by_play()["game"]["actions"]:
        kind = action["actionType"]
        if kind in ("period", "game", "jumpball", "violation"):
            continue
        name = action.get("playerNameI") or "TEAM"
        own = " ".join(part for part in (action.get("descriptor"), action.get("subType")) if part)
        words = {"freethrow": "Free Throw ", "foul": "FOUL", "turnover": "TURNOVER", "2pt": "", "3pt": "3PT"}
        said = action["description"]
        if kind == "freethrow":
            technical = "technical " if action.get("descriptor") else ""
            said = f"{name} {technical}Free Throw {action['subType']}"
        elif kind in words:
            said = f"{name} {own} {words[kind]}"
        elif kind == "timeout":
            said = f"{action['teamTricode']} Timeout"
        elif kind == "rebound" and name == "TEAM":
            said = f"TEAM {own} REBOUND"
        if action.get("shotDistance") and kind in ("2pt", "3pt"):
            said = said.replace(name, f"{name} {int(action['shotDistance'])}'", 1)
        writer.writerow(
            action
            | {
                "description": said,
                "game_id": GAME_ID.lstrip("0"),
                "person_id": action["personId"],
                "assister_id": action.get("assistPersonId", ""),
                "teamId": f"{action['teamId']}.0" if action.get("teamId") else "",
                "qualifier": "[]",
            }
        )
    return out.getvalue()
