"""``sync.revoke``: a removed connection is ended at the vendor too, and its tokens are forgotten.

The connection is removed here at once, by whoever was asked to; the vendor is told as soon as it listens.
"""

from __future__ import annotations

from typing import Any

from poise_sdk.errors import NeedsReauth, PoiseError, Retriable
from storage.people import connections, vault
from tasks.context import JobContext
from tasks.failure import redact
from tasks.registry import Outcome, job
from tasks.sync.intake import installed
from tasks.sync.session import open_session
from tasks.sync.work import put_off

__all__ = ["revoke"]


@job("sync.revoke", timeout_s=300, max_attempts=50)
async def revoke(context: JobContext, args: dict[str, Any]) -> Outcome:
    """End ``connection_id`` at the vendor; the result says how that went."""
    connection_id = int(args["connection_id"])
    connection = await connections.get(connection_id)
    if connection is None:
        return {"revoked": "the connection is gone"}
    outcome = "ended"
    try:
        adapter = installed().wearable(connection.vendor)
        async with open_session(context.services, adapter, connection_id, priority="urgent") as session:
            await session.call(lambda client: client.revoke())
    except NeedsReauth:
        outcome = "it had ended already"
    except Retriable as error:
        if error.after is not None:
            return put_off(error.after, connection_id, str(error))
        raise
    except PoiseError as error:
        # Nothing more can be done from here: without their tokens we cannot use the connection either.
        outcome = redact(str(error))
    await vault.forget_credentials(connection_id)
    return {"revoked": outcome}
