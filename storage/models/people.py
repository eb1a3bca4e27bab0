"""Teams and players; athletes and their connections to vendors."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

__all__ = ["Athlete", "Connection", "Player", "Team"]


class Athlete(Model):
    """A person with a body."""

    id = fields.BigIntField(primary_key=True)
    name = fields.TextField()
    time_zone = fields.TextField(default="UTC")
    player_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "athletes"


class Connection(Model):
    """An athlete's consent at one vendor; see :mod:`storage.people.connections` for its states."""

    id = fields.BigIntField(primary_key=True)
    athlete_id = fields.BigIntField()
    vendor = fields.TextField()
    status = fields.TextField(default="connected")
    status_reason = fields.TextField(null=True)
    vendor_user_id = fields.TextField(null=True)
    scopes = ArrayField(element_type="text", default=list)
    webhook_at = fields.DatetimeField(null=True)
    subscribed = fields.BooleanField(default=False)
    connected_at = fields.DatetimeField(auto_now_add=True)
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        """Table."""

        table = "connections"


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
