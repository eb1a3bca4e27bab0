"""The job ledger's rows. ``job_rejections`` has a composite key and is handled by SQL."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

__all__ = ["Job"]


class Job(Model):
    """One piece of work; its life is queued → running → succeeded, dead or cancelled."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.TextField()
    key = fields.TextField(null=True)
    """At most one job of a key is queued or running (a partial unique index holds it)."""
    args: dict[str, Any] = fields.JSONField(default=dict)
    state = fields.TextField(default="queued")
    attempts = fields.IntField(default=0)
    max_attempts = fields.IntField()
    timeout_s = fields.IntField()
    run_after = fields.DatetimeField(auto_now_add=True)
    lease_until = fields.DatetimeField(null=True)
    progress_done = fields.IntField(default=0)
    progress_total = fields.IntField(default=0)
    progress_note = fields.TextField(default="")
    result: dict[str, Any] | None = fields.JSONField(null=True)
    error = fields.TextField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    dispatched_at = fields.DatetimeField(null=True)

    class Meta:
        """Table."""

        table = "jobs"
