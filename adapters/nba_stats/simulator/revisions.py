"""What a game's play-by-play looked like before it was finished.

The recording format
--------------------
``GAME.json`` is a play-by-play document of the vendor's live data::

    {"meta": {...}, "game": {"gameId": "...", "actions": [...]}, "revisions": [...]}

``actions`` is the final state. ``revisions`` (optional; the vendor's own documents have none, and a
vendor's parser passes over it) says how it came about, in order of time::

    {"at": "2025-10-22T00:12:31.4Z", "op": "insert",  "action": {...}}       it first appeared, like this
    {"at": "2025-10-22T00:13:02.0Z", "op": "change",  "action": {...}}       it then looked like this
    {"at": "2025-10-22T00:20:00.0Z", "op": "change",  "actionNumber": 87}    it took its final form
    {"at": "2025-10-22T00:21:10.0Z", "op": "retract", "actionNumber": 112}   it was taken back

An action is known by its ``actionNumber``. One of ``actions`` without an ``insert`` appears in its
final form at its ``timeActual``. A number that is not among ``actions`` must be retracted in the end:
after the last revision the document is exactly the recorded one.

Documents without ``revisions``
-------------------------------
:func:`derive` invents a history that fits, the same one every time for the same game:

* an action whose ``edited`` is a second or more after its ``timeActual`` first appears in a
  preliminary version: no assist, block, steal or drawn foul, no qualifiers, some shots without a
  place, and, where the edit came a minute later or more, some with a team-mate for the right player;
* a small share of those edited late, and all whose number is higher than their successor's, appear
  only when they were edited;
* a foul that never was is served for a while and taken back;
* a made two is first credited as a three, so that the score of it and of all that follows steps back
  by a point when that is put right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

__all__ = ["derive", "moment_of", "moment_text"]

Action = dict[str, Any]
Revision = dict[str, Any]

SECONDARY = (
    "assistPlayerNameInitial",
    "assistPersonId",
    "assistTotal",
    "blockPlayerName",
    "blockPersonId",
    "stealPlayerName",
    "stealPersonId",
    "foulDrawnPlayerName",
    "foulDrawnPersonId",
)
PLACE = ("x", "y", "xLegacy", "yLegacy", "side")
#: What a second hand added to a sentence: the assist, the drawn foul, the block.
ADDED = re.compile(r" \([^()]* \d+ (?:AST|FT)\)$| - blocked$")
SHOTS = frozenset({"2pt", "3pt"})
MISTAKABLE = frozenset({"2pt", "3pt", "rebound", "turnover", "foul"})
FORGETTABLE = frozenset({"rebound", "timeout", "jumpball", "violation", "steal", "block", "stoppage"})
PLACELESS, MISTAKEN, FORGOTTEN = 0.25, 0.35, 0.15
#: An edit this much later (seconds) may have been to a wrong player or a forgotten action.
SLOW_S = 60.0
#: How long the phantom foul and the wrong three stand.
PHANTOM_S, WRONG_S = (20, 75), (35, 100)


def moment_of(text: str) -> dt.datetime:
    """A vendor's instant, ``2025-10-21T23:40:12.3Z``."""
    return dt.datetime.fromisoformat(text)


def moment_text(moment: dt.datetime) -> str:
    """The instant with tenths of a second, as the vendor writes it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:21] + "Z"


def _whole(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")[:19] + "Z"


def derive(game_id: str, actions: Sequence[Action], *, share: float = 1.0) -> list[Revision]:
    """A history for ``actions`` (final, in their order), seeded by ``game_id``.

    ``share``: how many of the quick edits (under :data:`SLOW_S`) get a preliminary version.
    """
    rng = Random(f"revisions of {game_id}")  # noqa: S311  (a seeded history, not a secret)
    shots = _wrong_three(rng, actions)
    busy = {revision.get("actionNumber") or revision["action"]["actionNumber"] for revision in shots}
    history = [*shots, *_phantom(rng, actions)]
    mates = _mates(actions)
    for place, action in enumerate(actions):
        if action["actionNumber"] in busy:
            continue
        seen, edited = moment_of(action["timeActual"]), moment_of(action["edited"])
        lag = (edited - seen).total_seconds()
        draw = rng.random()
        behind = place + 1 < len(actions) and action["actionNumber"] > actions[place + 1]["actionNumber"]
        kind = action["actionType"]
        if lag >= 1 and (behind or (lag >= SLOW_S and kind in FORGETTABLE and draw < FORGOTTEN)):
            history.append({"at": moment_text(edited), "op": "insert", "action": action})
        elif lag >= SLOW_S or (lag >= 1 and draw < share):
            mistaken = lag >= SLOW_S and rng.random() < MISTAKEN
            first = preliminary(rng, action, mates if mistaken else {})
            history.append({"at": moment_text(seen), "op": "insert", "action": first})
            history.append(
                {"at": moment_text(edited), "op": "change", "actionNumber": action["actionNumber"]}
            )
    history.sort(key=lambda revision: str(revision["at"]))
    return history


def preliminary(rng: Random, action: Action, mates: Mapping[int, Sequence[Action]]) -> Action:
    """The action as first typed in; ``mates``: by team, actions of players it could be mistaken for."""
    first = dict(action)
    for key in SECONDARY:
        first.pop(key, None)
    first["edited"] = _whole(moment_of(action["timeActual"]))
    if action["actionType"] != "substitution":
        first["qualifiers"] = []
    if "description" in first:
        first["description"] = ADDED.sub("", first["description"])
    if action["personId"]:
        first["personIdsFilter"] = [action["personId"]]
    if action["actionType"] in SHOTS and rng.random() < PLACELESS:
        first |= dict.fromkeys(PLACE)
    others = [
        mate
        for mate in mates.get(action.get("teamId", 0), ())
        if mate["personId"] != action["personId"] and action["actionType"] in MISTAKABLE
    ]
    if others and action["personId"]:
        mate = rng.choice(others)
        text = str(first.get("description", "")).replace(action["playerNameI"], mate["playerNameI"])
        first |= {key: mate[key] for key in ("personId", "playerName", "playerNameI")}
        first |= {"personIdsFilter": [mate["personId"]], "description": text}
    return first


def _mates(actions: Sequence[Action]) -> dict[int, list[Action]]:
    """By team, one action of each of its players."""
    seen: dict[int, dict[int, Action]] = {}
    for action in actions:
        if action.get("teamId") and action["personId"] and "playerNameI" in action:
            seen.setdefault(action["teamId"], {}).setdefault(action["personId"], action)
    return {team: list(men.values()) for team, men in seen.items()}


def _wrong_three(rng: Random, actions: Sequence[Action]) -> list[Revision]:
    """A made two that counts three for a while."""
    twos = [
        place
        for place, action in enumerate(actions)
        if action["actionType"] == "2pt" and action["shotResult"] == "Made" and action["subType"] != "DUNK"
    ]
    if not twos:
        return []
    place = rng.choice(twos[len(twos) // 2 :])  # in the second half, where it matters
    shot = actions[place]
    before = actions[place - 1] if place else None
    key = "scoreHome" if before is None or shot["scoreHome"] != before["scoreHome"] else "scoreAway"
    wrong_until = moment_of(shot["timeActual"]) + dt.timedelta(seconds=rng.randint(*WRONG_S))
    history: list[Revision] = []
    for action in actions[place:]:
        seen = moment_of(action["timeActual"])
        if seen >= wrong_until:
            break
        wrong = action | {key: str(int(action[key]) + 1), "edited": _whole(seen)}
        if action is shot:
            text = str(shot["description"]).replace(shot["subType"], "3PT")
            wrong |= {"actionType": "3pt", "pointsTotal": shot["pointsTotal"] + 1, "description": text}
        history.append({"at": moment_text(seen), "op": "insert", "action": wrong})
        history.append(
            {"at": moment_text(wrong_until), "op": "change", "actionNumber": action["actionNumber"]}
        )
    return history


def _phantom(rng: Random, actions: Sequence[Action]) -> list[Revision]:
    """A foul that is called, typed in, and taken back."""
    fouls = [one for one in actions if one["actionType"] == "foul" and one["subType"] == "personal"]
    numbers = {action["actionNumber"] for action in actions}
    gaps = [
        (action, actions[place + 1])
        for place, action in enumerate(actions[:-1])
        if action["actionNumber"] + 1 not in numbers
        and action["orderNumber"] + 1 < actions[place + 1]["orderNumber"]
        and action["actionType"] in SHOTS
    ]
    if not fouls or not gaps:
        return []
    before, _ = rng.choice(gaps)
    phantom = {key: value for key, value in rng.choice(fouls).items() if key not in SECONDARY}
    for key in ("clock", "period", "periodType", "timeActual", "possession", "scoreHome", "scoreAway"):
        phantom[key] = before[key]
    seen = moment_of(before["timeActual"]) + dt.timedelta(seconds=2)
    phantom |= {
        "actionNumber": before["actionNumber"] + 1,
        "orderNumber": before["orderNumber"] + 1,
        "qualifiers": [],
        "timeActual": moment_text(seen),
        "edited": _whole(seen),
        "personIdsFilter": [phantom["personId"]],
        "description": ADDED.sub("", phantom["description"]),
    }
    phantom.pop("descriptor", None)
    gone = seen + dt.timedelta(seconds=rng.randint(*PHANTOM_S))
    return [
        {"at": moment_text(seen), "op": "insert", "action": phantom},
        {"at": moment_text(gone), "op": "retract", "actionNumber": phantom["actionNumber"]},
    ]
