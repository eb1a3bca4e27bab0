"""When each type of each connection is asked for next, by the plan that the workers follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from poise_sdk.vocabulary import DataType

if TYPE_CHECKING:
    from poise_sdk.wearable import WearableAdapter

__all__ = ["next_turns"]


async def next_turns(
    adapters: Mapping[str, WearableAdapter], now: dt.datetime
) -> dict[tuple[int, DataType], dt.datetime]:
    """The next turn (UTC) of what has been asked for before, by connection and type.

    A turn that is past is due: a worker takes it up within a minute.
    """
    from tasks.sync.clocks import next_due, zone_of
    from tasks.sync.due import plans, standing
    from tasks.sync.plan import is_listening

    found = await standing()
    by_vendor = plans(found, adapters, now)
    turns = {}
    for row in found:
        if row["last_attempt_at"] is None or row["vendor"] not in by_vendor:
            continue
        plan, data_type = by_vendor[row["vendor"]], DataType(row["data_type"])
        turn = next_due(
            plan.rounds(
                data_type,
                listening=is_listening(now, row["webhook_at"]),
                shared=row["status"] != "not_shared",
            ),
            zone=zone_of(row["time_zone"]),
            connection_id=row["connection_id"],
            spread=plan.spread,
            after=row["last_attempt_at"],
        )
        if turn is not None:
            turns[row["connection_id"], data_type] = turn
    return turns
