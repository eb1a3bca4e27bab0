"""The job ledger: what is to be done stands in PostgreSQL; Redis only carries word of it.

A caller writes a job in its own transaction and dispatches it after the commit::

    async with in_transaction():
        ...                                        # what causes the job
        job = await enqueue("games.import", {"paths": [...]}, key="import:season")
    await dispatch(redis, job)

Modules: ``jobs`` the value, ``orders`` what callers ask, ``runs`` what workers do, ``reads`` lists and
details, ``rejections`` input not understood, ``carrier`` the way through Redis.
"""

from storage.ledger.carrier import announce, connect_redis, dispatch, waiting
from storage.ledger.jobs import OPEN_STATES, STATES, Job, JobState
from storage.ledger.orders import LedgerError, cancel, enqueue, prune, retry
from storage.ledger.reads import JobDetail, JobPage, get, list_jobs, show
from storage.ledger.rejections import add_rejections, count_rejections, rejections
from storage.ledger.runs import (
    bury,
    claim,
    fail,
    finish,
    hand_back,
    heartbeat,
    progress,
    reclaim,
    reschedule,
)

__all__ = [
    "OPEN_STATES",
    "STATES",
    "Job",
    "JobDetail",
    "JobPage",
    "JobState",
    "LedgerError",
    "add_rejections",
    "announce",
    "bury",
    "cancel",
    "claim",
    "connect_redis",
    "count_rejections",
    "dispatch",
    "enqueue",
    "fail",
    "finish",
    "get",
    "hand_back",
    "heartbeat",
    "list_jobs",
    "progress",
    "prune",
    "reclaim",
    "rejections",
    "reschedule",
    "retry",
    "show",
    "waiting",
]
