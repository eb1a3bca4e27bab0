"""What resolvers find in ``info.context``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arq.connections import ArqRedis
from strawberry.types import Info

from poise_sdk.wearable import WearableAdapter
from server.graphql.loaders import Loaders
from server.graphql.policy import Viewer
from server.settings import ServerSettings

if TYPE_CHECKING:
    from server.live.hub import Hub

__all__ = ["Context", "PoiseInfo", "Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the server."""

    settings: ServerSettings
    redis: ArqRedis
    hub: Hub
    vendors: frozenset[str]
    """Adapters that read games."""
    wearables: Mapping[str, WearableAdapter]
    """Adapters of wearables, by name."""


class Context:
    """What belongs to one request, or to one event of a subscription."""

    __slots__ = ("address", "loaders", "now", "request_id", "services", "viewer")

    def __init__(self, services: Services, viewer: Viewer, request_id: str, address: str) -> None:
        self.services = services
        self.viewer = viewer
        self.request_id = request_id
        self.address = address
        """The address by which the caller reaches this server, without a slash at its end."""
        self.now = dt.datetime.now(dt.UTC)
        """The same for all fields of a request, so that what they ask for can be asked for together."""
        self.loaders = Loaders(viewer)

    def fresh(self) -> Context:
        """The same viewer's next context: loaders remember, and an event must not see the last one's rows."""
        return Context(self.services, self.viewer, self.request_id, self.address)


PoiseInfo = Info[Context, None]
