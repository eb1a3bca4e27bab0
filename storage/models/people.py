"""Teams and players."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

__all__ = ["Player", "Team"]


class Team(Model):
    """A team under its vendor's id; names are unknown until some document says them."""

    id = fields.BigIntField(primary_key=True, generated=False)
    abbreviation = fields.TextField(null=True)
    city = fields.TextField(null=True)
    name = fields.TextField(null=True)

    class Meta:
        """Table."""

        table = "teams"


class Player(Model):
    """A player under the vendor's id."""

    id = fields.BigIntField(primary_key=True, generated=False)
    name = fields.TextField(null=True)

    class Meta:
        """Table."""

        table = "players"
