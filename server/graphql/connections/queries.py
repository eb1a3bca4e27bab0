"""Queries of vendors."""

from __future__ import annotations

import strawberry

from server.graphql.connections.types import WearableVendor
from server.graphql.context import PoiseInfo

__all__ = ["VendorQueries"]


@strawberry.type(description="Queries of vendors.")
class VendorQueries:
    """Part of the root query."""

    @strawberry.field(description="The vendors of wearables for which an adapter is installed, by name.")
    async def vendors(self, info: PoiseInfo) -> list[WearableVendor]:
        """Installed adapters."""
        return [WearableVendor.of(adapter) for adapter in info.context.services.wearables.values()]
