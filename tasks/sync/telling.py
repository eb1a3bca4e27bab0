"""Telling how a sync goes: to whoever listens now, at a bounded rate."""

from __future__ import annotations

import datetime as dt
import time
from typing import Final

import orjson

from poise_sdk.vocabulary import DataType
from tasks.context import JobContext

__all__ = ["SYNC", "Teller"]

#: The channel: ``{athlete_id, connection_id, vendor, data_type, status, done, total, note, at}``.
SYNC: Final = "poise:sync"

#: News of the same status are told no more often than this.
_PAUSE_S: Final = 0.5


class Teller:
    """Tells of one type of one connection."""

    def __init__(
        self,
        context: JobContext,
        *,
        athlete_id: int,
        connection_id: int,
        vendor: str,
        data_type: DataType | None,
    ) -> None:
        self._context = context
        self._about = {
            "athlete_id": athlete_id,
            "connection_id": connection_id,
            "vendor": vendor,
            "data_type": data_type.value if data_type else None,
        }
        self._status = ""
        self._told_at = 0.0

    async def tell(self, status: str, done: int = 0, total: int = 0, note: str = "") -> None:
        """Tell and keep as the job's progress; a new status at once, the rest now and then."""
        self._context.progress(done, total, note or status)
        now = time.monotonic()
        if status == self._status and now - self._told_at < _PAUSE_S:
            return
        self._status, self._told_at = status, now
        news = {"status": status, "done": done, "total": total, "note": note, "at": dt.datetime.now(dt.UTC)}
        await self._context.publish(SYNC, orjson.dumps(self._about | news))
