"""What resolvers find in ``info.context``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arq.connections import ArqRedis
from strawberry.types import Info

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


class Context:
    """What belongs to one request, or to one event of a subscription."""

    __slots__ = ("loaders", "request_id", "services", "viewer")

    def __init__(self, services: Services, viewer: Viewer, request_id: str) -> None:
        self.services = services
        self.viewer = viewer
        self.request_id = request_id
        self.loaders = Loaders(viewer)

    def fresh(self) -> Context:
        """The same viewer's next context: loaders remember, and an event must not see the last one's rows."""
        return Context(self.services, self.viewer, self.request_id)


PoiseInfo = Info[Context, None]
