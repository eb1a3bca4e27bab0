"""``sync.schedule``: every minute, what is due by the plan becomes jobs; what was left lying is taken up."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from storage.connect import rows
from storage.people.orders import order_backfill, order_sync, order_webhooks
from tasks.context import JobContext
from tasks.registry import job
from tasks.schedule import Every, Recurring
from tasks.sync.due import due_now
from tasks.sync.intake import installed

__all__ = ["schedule"]

#: How often the plan is read: a turn is at most so much late.
EVERY_S: Final = 60.0

# A webhook's own job answers it within seconds; one that is older was received just as that job ended,
# or its receiver died before ordering any.
_LEFT_LYING: Final = """
SELECT DISTINCT vendor FROM webhook_events
WHERE processed_at IS NULL AND received_at < clock_timestamp() - interval '2 minutes'
"""


@job("sync.schedule", timeout_s=300, max_attempts=3, recurring=(Recurring(Every(EVERY_S)),))
async def schedule(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """Enqueue what is due; the result counts it."""
    orders = []
    for due in await due_now(installed().wearables, dt.datetime.now(dt.UTC)):
        if due.backfill:
            orders.append(await order_backfill(due.connection_id, due.data_type))
        else:
            orders.append(await order_sync(due.connection_id, due.data_type, reason="its turn"))
    for row in await rows(_LEFT_LYING):
        orders.append(await order_webhooks(row["vendor"]))
    fresh = [order for order in orders if not order.existed]
    for order in fresh:
        await context.dispatch(order)
    return {"enqueued": len(fresh)}
