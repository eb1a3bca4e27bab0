"""When an action was typed in: its number, its ``edited`` time.

The scribe writes actions in their order; the vendor numbers them in the order they were typed in. Most
are touched up within seconds, one in ten minutes later, a few up to :data:`LATEST_S` later (measured
on a real game: median 9 s, 90 % within 192 s, the last after 68 minutes).
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

__all__ = ["LATEST_S", "number_and_date"]

Action = dict[str, Any]

LATEST_S = 2400
#: Shares of actions that are edited minutes later, and very much later.
SLOW, VERY_SLOW = 0.09, 0.006
#: Typed in once and left alone, unless somebody comes back to them.
FINAL_AT_ONCE = frozenset({"period", "game", "stoppage", "timeout", "freethrow", "ejection"})
#: What may be forgotten and typed in afterwards, and how often.
FORGOTTEN = frozenset({"rebound", "timeout", "jumpball", "violation"})
FORGETTING = 0.012
#: ``orderNumber`` of the n-th place.
STEP = 10_000


def _lag(rng: Random, kind: str) -> int:
    """Seconds from an action to its last edit."""
    draw = rng.random()
    if kind in ("period", "game"):
        return 0
    if draw < VERY_SLOW:
        return int(rng.triangular(600, LATEST_S, 700))
    if draw < VERY_SLOW + SLOW:
        return int(rng.triangular(25, 600, 120))
    if kind in FINAL_AT_ONCE or (kind == "rebound" and draw < 0.5):
        return 0
    return int(rng.triangular(2, 22, 8))


def _second(base: dt.datetime, tenths: int, lag: int) -> str:
    return (base + dt.timedelta(seconds=tenths // 10 + lag)).isoformat()[:19] + "Z"


def number_and_date(rng: Random, actions: list[Action], tip: dt.datetime) -> None:
    """Give every action its ``actionNumber``, ``orderNumber`` and ``edited``, in place.

    A forgotten action gets the number that was due when somebody remembered it. Numbers have gaps, as
    the vendor's have: a second person (an assist, a foul drawn) takes one too.
    """
    number = 1
    forgotten: list[tuple[int, Action]] = []
    for place, action in enumerate(actions, start=2):
        wall: int = action.pop("_wall")
        lag = _lag(rng, action["actionType"])
        action["orderNumber"] = place * STEP
        waiting = [one for one in forgotten if one[0] <= wall]
        for one in waiting:
            number += 1
            one[1]["actionNumber"] = number
            forgotten.remove(one)
        if action["actionType"] in FORGOTTEN and rng.random() < FORGETTING:
            lag = max(lag, int(rng.triangular(20, 240, 60)))
            forgotten.append((wall + 10 * lag, action))
        else:
            number += 1
            action["actionNumber"] = number
            if "assistPersonId" in action or "foulDrawnPersonId" in action:
                number += 1
        action["edited"] = _second(tip, wall, lag)
    for _, action in forgotten:
        number += 1
        action["actionNumber"] = number
    for action in actions:
        shot = action.get("shotActionNumber")
        if shot is not None:
            action["shotActionNumber"] = shot["actionNumber"]
