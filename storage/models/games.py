"""Games. Their plays and rosters have composite keys and are read and written by SQL."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

__all__ = ["Game"]


class Game(Model):
    """A game as all its documents together know it; ``None``: no document has said so yet."""

    id = fields.CharField(max_length=64, primary_key=True)
    vendor = fields.TextField()
    league = fields.TextField(null=True)
    season = fields.TextField(null=True)
    season_type = fields.TextField(null=True)
    status = fields.TextField(null=True)
    tipoff_at = fields.DatetimeField(null=True)
    period = fields.IntField(null=True)
    clock_s = fields.FloatField(null=True)
    home_team_id = fields.BigIntField(null=True)
    away_team_id = fields.BigIntField(null=True)
    home_score = fields.IntField(null=True)
    away_score = fields.IntField(null=True)
    sequence = fields.IntField(default=0)
    """Grows by one with every ingest that changed the game or its plays."""
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        """Table."""

        table = "games"
