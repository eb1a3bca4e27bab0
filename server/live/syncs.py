"""The log of an athlete's syncs: the present state of all of them, whenever any of them moves.

As with jobs only the present counts, so a slow reader skips what lay between. What stands in the database is
read from there; how far an attempt under way is, stands in no table and is taken from what is published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from server.live.log import LiveEvent, Log
from storage.reads.wearables import athletes_by_ids, sync_states_by_athletes

__all__ = ["TOPIC", "SyncLog"]

TOPIC: Final = "sync"
#: Statuses of attempts that are over: what was heard of them before counts no more.
_OVER: Final = frozenset({"never", "ok", "partial", "error", "not_shared"})

State = dict[str, Any]


class SyncLog(Log):
    """The sync states of one athlete."""

    def __init__(self, athlete_id: int) -> None:
        super().__init__(TOPIC, str(athlete_id))
        self._athlete_id = athlete_id
        self._known = False
        self._states: list[State] = []
        self._heard: dict[tuple[int, str], State] = {}

    def hear(self, said: Mapping[str, Any]) -> None:
        """Remember how far an attempt is; the log is refreshed after it."""
        key = (said.get("connection_id"), said.get("data_type"))
        if not isinstance(key[0], int) or not isinstance(key[1], str):
            return
        if said.get("status") in _OVER:
            self._heard.pop((key[0], key[1]), None)
            return
        done, total, note = said.get("done"), said.get("total"), said.get("note")
        self._heard[key[0], key[1]] = {
            "done": done if isinstance(done, int) else None,
            "total": total or None if isinstance(total, int) else None,
            "note": note or None if isinstance(note, str) else None,
        }

    async def open(self) -> None:
        """Begin at the present."""
        await self._advance()

    async def _advance(self) -> None:
        self._known = bool(await athletes_by_ids([self._athlete_id]))
        found = (await sync_states_by_athletes([self._athlete_id]))[self._athlete_id]
        nothing: State = {"done": None, "total": None, "note": None}
        states = [
            {**row, **self._heard.get((row["connection_id"], row["data_type"]), nothing)} for row in found
        ]
        if not self._known:
            self.ended = True
        if states != self._states or self.latest == 0:
            self._states = states
            self.latest += 1
        self._announce()

    async def read(self, sequence: int) -> list[LiveEvent]:
        """Return the present state, if it is news."""
        state = await self.snapshot()
        return [state] if state and state.sequence > sequence else []

    async def snapshot(self) -> LiveEvent | None:
        """Return the present state; ``None`` if there is no such athlete."""
        if not self._known:
            return None
        now = dt.datetime.now(dt.UTC)
        payload = {"athlete_id": self._athlete_id, "states": self._states}
        return LiveEvent(self.key, self.latest, payload, None, now, snapshot=True)
