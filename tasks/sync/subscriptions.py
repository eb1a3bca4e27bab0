"""``sync.subscriptions``: standing orders for webhooks, created and renewed; and vendors that fell silent.

Daily. A connection whose webhooks do not come is polled
in full by the plan, whatever the reason; here the operator is told of it.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from adapters.apart import apart
from poise_sdk.errors import PoiseError, Retriable
from poise_sdk.wearable import WearableAdapter, verification_token
from storage.connect import rows
from storage.people import connections, vendor_apps, webhooks
from tasks.context import JobContext
from tasks.failure import redact
from tasks.registry import job
from tasks.schedule import Every, Recurring
from tasks.sync.intake import installed
from tasks.sync.plan import SILENCE
from tasks.sync.session import config_of

__all__ = ["subscribe"]

logger = logging.getLogger(__name__)

EVERY_S: Final = 86_400.0
#: How long an adapter may take to order its webhooks: some vendors want one order a type.
_SUBSCRIBE_S: Final = 300.0

# Vendors of which no connection has heard anything, though some have been connected for long enough.
_SILENT: Final = """
SELECT vendor, count(*) AS connections, max(webhook_at) AS last FROM connections
WHERE status = 'connected' AND connected_at < clock_timestamp() - $1::interval
GROUP BY vendor HAVING coalesce(max(webhook_at), '-infinity') < clock_timestamp() - $1::interval
"""


@job("sync.subscriptions", timeout_s=900, max_attempts=5, recurring=(Recurring(Every(EVERY_S)),))
async def subscribe(context: JobContext, args: dict[str, Any]) -> dict[str, Any]:
    """See to the webhooks of every vendor that has an address for them (or of ``vendor`` alone).

    The result is ``{"vendors": {name: what stands, or what went wrong}, "silent": {name: connections}}``.
    """
    await webhooks.prune()
    wanted = args.get("vendor")
    told: dict[str, Any] = {}
    waits: list[Retriable] = []
    for name, adapter in installed().wearables.items():
        if adapter.capabilities.webhooks and wanted in (None, name):
            try:
                told[name] = await _see_to(context, adapter)
            except Retriable as error:
                waits.append(error)
                told[name] = str(error)
            except PoiseError as error:
                told[name] = redact(str(error))
                logger.warning("webhooks of %s: %s", name, told[name])
            except Exception as error:  # a stranger's adapter spoils nobody else's webhooks
                told[name] = redact(f"the adapter failed: {type(error).__name__}: {error}")
                logger.warning("webhooks of %s: %s", name, told[name])
    if waits:
        raise waits[0]  # those that stand are left alone by the next attempt
    silent = {row["vendor"]: row["connections"] for row in await rows(_SILENT, SILENCE)}
    listening = {name for name, found in told.items() if isinstance(found, dict)}
    for name in sorted(listening & silent.keys()):
        logger.warning("%s has announced nothing for %s: its athletes are polled", name, SILENCE)
    return {"vendors": told, "silent": {name: silent[name] for name in sorted(listening & silent.keys())}}


async def _see_to(context: JobContext, adapter: WearableAdapter) -> dict[str, Any] | str:
    """What stands at one vendor, or why nothing was asked for."""
    app = await vendor_apps.find(adapter.name)
    if app is None or app.callback_url is None:
        return "no address for webhooks is configured"
    token = verification_token(app.client, adapter.name)
    if token is None:
        return "the application has no secret"
    config = await config_of(context.services, adapter, priority="routine")
    address = app.callback_url
    async with apart(adapter.name) as thread:
        standing = await thread.call(lambda: adapter.subscribe(config, address, token), within_s=_SUBSCRIBE_S)
    await connections.set_subscribed(adapter.name, bool(standing))
    ends = [one.expires_at for one in standing if one.expires_at is not None]
    return {
        "orders": len(standing),
        "types": sorted({one.data_type.value for one in standing}),
        "renewed_until": min(ends).isoformat() if ends else None,
    }
