"""A recorded game: its documents, and what they looked like at any moment (see :mod:`.revisions`)."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from adapters.nba_stats.simulator.bystanders import box_from_actions
from adapters.nba_stats.simulator.revisions import derive, moment_of

__all__ = ["History", "Recording", "load"]

Action = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """One game as recorded; ``body`` is the final play-by-play document as served."""

    game_id: str
    document: Document
    body: bytes
    box: Document
    box_body: bytes | None
    """The recorded box score; ``None``: there was none beside the game, ``box`` was put together."""
    revisions: tuple[Document, ...]

    @property
    def actions(self) -> list[Action]:
        """The final actions."""
        found: list[Action] = self.document["game"]["actions"]
        return found


def load(path: Path) -> Recording:
    """Read ``GAME.json`` and, where it lies beside it, the game's box score.

    The box score has the same name with ``boxscore`` for ``playbyplay``. Raises :class:`ValueError`,
    with the file's name, for what is not a play-by-play document of the live data or has no actions.
    """
    raw = path.read_bytes()
    try:
        document = msgspec.json.decode(raw)
        game_id, actions = str(document["game"]["gameId"]), document["game"]["actions"]
        missing = [n for n, one in enumerate(actions) if not {"actionNumber", "timeActual"} <= set(one)]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a live-data play-by-play document: {error}") from error
    if not actions or missing:
        what = f"action {missing[0] + 1} has no number or time" if missing else "it has no actions"
        raise ValueError(f"{path.name} cannot be replayed: {what}")
    recorded = document.pop("revisions", None)
    revisions = derive(game_id, actions) if recorded is None else recorded
    body = raw if recorded is None else msgspec.json.encode(document)
    beside = path.with_name(path.name.replace("playbyplay", "boxscore"))
    box_body = beside.read_bytes() if beside != path and beside.is_file() else None
    box = msgspec.json.decode(box_body) if box_body else box_from_actions(game_id, actions)
    return Recording(game_id, document, body, box, box_body, tuple(revisions))


class History:
    """The versions of a game's actions, oldest first: version 0 has none, the last is the recorded one.

    ``endless``: the last whistle never comes, the game stays live for ever.
    """

    def __init__(self, recording: Recording, *, endless: bool = False) -> None:
        self._final = recording.actions
        self._endless = endless
        kept = [one for one in self._final if not (endless and _is_end(one))]
        by_number = {one["actionNumber"]: one for one in kept}
        inserted = {one["action"]["actionNumber"] for one in recording.revisions if one["op"] == "insert"}
        changes: list[tuple[dt.datetime, int, Action | None]] = [
            (moment_of(one["timeActual"]), one["actionNumber"], one)
            for one in kept
            if one["actionNumber"] not in inserted
        ]
        for revision in recording.revisions:
            action = revision.get("action")
            number = revision["actionNumber"] if action is None else action["actionNumber"]
            if revision["op"] == "change" and action is None:
                action = by_number.get(number)
            if action is None and revision["op"] != "retract":
                continue  # of an action that an endless game never has
            changes.append((moment_of(revision["at"]), number, action))
        changes.sort(key=lambda change: change[0])
        self._changes = changes
        self.moments = [change[0] for change in changes]
        self._place = {one["actionNumber"]: place for place, one in enumerate(self._final)}
        self._shown = 0
        self._state: dict[int, Action] = {}
        if self._sorted(self._fold(len(changes))) != kept:
            raise ValueError(f"the revisions of game {recording.game_id} do not lead to its recorded actions")

    def __len__(self) -> int:
        return len(self._changes)

    def version(self, moment: dt.datetime) -> int:
        """How many changes had happened by ``moment``."""
        return bisect_right(self.moments, moment)

    def actions(self, version: int) -> Sequence[Action]:
        """The actions of a version, in the vendor's order."""
        if version == len(self._changes) and not self._endless:
            return self._final
        return self._sorted(self._fold(version))

    def _fold(self, version: int) -> dict[int, Action]:
        """The state of a version: forwards from the last one asked for, else from the beginning."""
        if version < self._shown:
            self._shown, self._state = 0, {}
        for _, number, action in self._changes[self._shown : version]:
            if action is None:
                self._state.pop(number, None)
            else:
                self._state[number] = action
        self._shown = version
        return self._state

    def _sorted(self, state: dict[int, Action]) -> list[Action]:
        """By ``orderNumber``, as the vendor sorts; equal ones as recorded."""
        last = len(self._final)
        return sorted(
            state.values(),
            key=lambda one: (one["orderNumber"], self._place.get(one["actionNumber"], last)),
        )


def _is_end(action: Action) -> bool:
    """The end of the game, or of the period that was its last."""
    return action["actionType"] == "game" and action.get("subType") == "end"
