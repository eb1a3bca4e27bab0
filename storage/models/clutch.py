"""Clutch definitions. What is computed under them has composite keys and is handled by SQL."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

__all__ = ["ClutchDefinition"]


class ClutchDefinition(Model):
    """What counts as clutch: the last seconds of a period, at most so many points apart."""

    id = fields.CharField(max_length=64, primary_key=True)
    """A slug, e.g. ``league``."""
    name = fields.TextField()
    last_seconds = fields.IntField()
    margin = fields.IntField()
    min_period = fields.IntField()
    built_in = fields.BooleanField(default=False)
    """Ours: can be neither changed nor deleted by a client."""
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "clutch_definitions"
