"""Vendors of wearables, athletes' connections to them, and how far each connection is."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from poise_sdk.metrics import METRICS
from poise_sdk.wearable import WearableAdapter
from server.graphql.context import PoiseInfo
from server.graphql.described import value
from server.graphql.ids import global_id
from server.graphql.observed import DataType
from server.graphql.pagination import Node
from server.graphql.rows import Entity, Row, entity_id

if TYPE_CHECKING:
    from server.graphql.athletes.types import Athlete

__all__ = [
    "ConnectionStatus",
    "Metric",
    "SyncState",
    "SyncStatus",
    "VendorConnection",
    "VendorOAuth",
    "WearableVendor",
]


@strawberry.enum(description="Where an athlete's connection to a vendor stands.")
class ConnectionStatus(Enum):
    """`storage.people.connections.STATUSES`."""

    CONNECTED = value("connected", "Its data is fetched.")
    NEEDS_REAUTH = value("needs_reauth", "The vendor accepts the credentials no more: connect again.")
    REVOKED = value("revoked", "The athlete ended it at the vendor.")
    REMOVED = value("removed", "It was ended here.")


@strawberry.enum(description="What became of the last attempt to fetch a type of data.")
class SyncStatus(Enum):
    """`storage.people.sync_states.SyncStatus`."""

    NEVER = value("never", "There was none yet.")
    SYNCING = value("syncing", "It is under way.")
    OK = value("ok", "All was fetched.")
    PARTIAL = value("partial", "Some was fetched and is kept; `error` says what ended it.")
    ERROR = value("error", "Nothing was fetched; `error` says why.")
    NOT_SHARED = value("not_shared", "The athlete did not grant it.")


@strawberry.type(description="A metric of the body: its name, which carries the unit, and what it is.")
class Metric:
    """An entry of `poise_sdk.metrics.METRICS`."""

    name: str = strawberry.field(description="Its name.")
    title: str | None = strawberry.field(description="What people call it; null for a vendor's own metric.")
    unit: str | None = strawberry.field(description="Its unit; null for a vendor's own metric.")


@strawberry.type(description="How a vendor asks athletes for their consent (OAuth 2).")
class VendorOAuth:
    """`poise_sdk.wearable.OAuth`."""

    scopes: list[str] = strawberry.field(description="What is asked for, in the vendor's words.")
    pkce: bool = strawberry.field(description="Whether the dance is proved by PKCE.")


@strawberry.type(description="A vendor of wearables for which an adapter is installed.")
class WearableVendor(Node):
    """A wearable adapter."""

    name: str = strawberry.field(description="Its name in arguments: lower case.")
    title: str = strawberry.field(description="What people call it.")
    adapter_version: str = strawberry.field(description="The version of its adapter.")
    data_types: list[DataType] = strawberry.field(description="The types of data it offers.")
    metrics: list[Metric] = strawberry.field(description="The metrics it offers.")
    oauth: VendorOAuth | None = strawberry.field(description="Its consent; null if it has none.")
    team_token: bool = strawberry.field(
        description="Whether a team's key stands for consent: use `connectionAttach`, not `connectionBegin`."
    )
    webhooks: list[DataType] = strawberry.field(
        description="What it announces by itself; the rest is polled."
    )
    file_import: bool = strawberry.field(description="Whether its export files can be imported.")
    backfill_days: int | None = strawberry.field(
        description="How many days back it answers; null: to the first one."
    )

    @strawberry.field(
        description="Whether nothing is left for this server's operator to do: it is registered with the"
        " vendor, so that athletes can connect; true too where only files are imported."
    )
    async def configured(self, info: PoiseInfo) -> bool:
        """Whether there is a registration of the kind it needs."""
        if self.oauth is None and not self.team_token:
            return True
        has_client_id = await info.context.loaders.registered.load(self.name)
        return has_client_id is not None and (has_client_id or self.team_token)

    @classmethod
    def of(cls, adapter: WearableAdapter) -> WearableVendor:
        """Make the object of an adapter."""
        can = adapter.capabilities
        return cls(
            id=strawberry.ID(global_id("WearableVendor", adapter.name)),
            name=adapter.name,
            title=adapter.title,
            adapter_version=adapter.version,
            data_types=[DataType(one.value) for one in sorted(can.data_types)],
            metrics=[
                Metric(
                    name=name,
                    title=METRICS[name].title if name in METRICS else None,
                    unit=METRICS[name].unit if name in METRICS else None,
                )
                for name in sorted(can.metrics)
            ],
            oauth=VendorOAuth(scopes=list(can.oauth.scopes), pkce=can.oauth.pkce) if can.oauth else None,
            team_token=can.team_token,
            webhooks=[DataType(one.value) for one in sorted(can.webhooks)],
            file_import=can.file_import,
            backfill_days=can.backfill_days,
        )


@strawberry.type(description="How far one type of data of one connection is.")
class SyncState(Row):
    """A row of ``sync_states`` with its connection's vendor."""

    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    data_type: DataType = strawberry.field(description="The type of data.")
    status: SyncStatus = strawberry.field(description="What became of the last attempt.")
    last_attempt_at: dt.datetime | None = strawberry.field(description="When the last attempt began.")
    last_success_at: dt.datetime | None = strawberry.field(description="When one last ended well.")
    synced_until: dt.datetime | None = strawberry.field(description="All before this has been fetched.")
    backfill_from: dt.datetime | None = strawberry.field(description="History is here back to this instant.")
    backfill_done: bool = strawberry.field(description="Whether all history is here.")
    records: float = strawberry.field(description="Records and readings fetched, ever.")
    rejected: float = strawberry.field(description="Rows that could not be understood, ever.")
    failures: int = strawberry.field(description="Failed attempts in a row.")
    error: str | None = strawberry.field(description="What went wrong last, in a sentence.")
    done: int | None = strawberry.field(
        description="Of an attempt under way that tells: how much of `total` is done."
    )
    total: int | None = strawberry.field(description="How much there is to do; null while nobody knows.")
    note: str | None = strawberry.field(description="What it is doing, for people.")

    connection_id: strawberry.Private[int]

    def prepare(self) -> None:
        """Progress is known only while somebody follows it."""
        row = self.__dict__
        for name in ("done", "total", "note"):
            row.setdefault(name, None)


@strawberry.type(description="An athlete's link to a vendor.")
class VendorConnection(Entity, Node):
    """A row of ``connections``."""

    derived = entity_id("VendorConnection")

    key: strawberry.ID = strawberry.field(description="Its number.")
    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    status: ConnectionStatus = strawberry.field(description="Where it stands.")
    status_reason: str | None = strawberry.field(description="Why, where there is more to say.")
    scopes: list[str] = strawberry.field(description="What the athlete granted, in the vendor's words.")
    connected_at: dt.datetime = strawberry.field(description="When the athlete last consented.")
    updated_at: dt.datetime = strawberry.field(description="When it last changed.")
    webhook_at: dt.datetime | None = strawberry.field(description="When the vendor last sent word of it.")
    subscribed: bool = strawberry.field(description="Whether the vendor is to send word of changes.")

    athlete_id: strawberry.Private[int]

    def prepare(self) -> None:
        """Lists arrive as tuples from some callers."""
        super().prepare()
        self.__dict__["scopes"] = list(self.__dict__["scopes"])

    @strawberry.field(description="Whose it is.")
    async def athlete(
        self, info: PoiseInfo
    ) -> Annotated[Athlete, strawberry.lazy("server.graphql.athletes.types")] | None:
        """The athlete."""
        from server.graphql.references import athlete

        return await athlete(info, self.athlete_id)

    @strawberry.field(description="How far each of its types of data is.")
    async def sync_states(self, info: PoiseInfo) -> list[SyncState]:
        """Its states."""
        found = await info.context.loaders.sync_states.load(self.athlete_id)
        return [SyncState.of(row) for row in found if row["connection_id"] == int(self.key)]
