"""Mutations of athletes: add, change, remove, and whose value counts."""

from __future__ import annotations

import asyncio
import re
from contextlib import closing
from typing import Annotated

import strawberry
from tortoise.transactions import in_transaction

from poise_sdk.errors import PoiseError
from server.graphql.athletes.erasing import erase
from server.graphql.athletes.queries import made
from server.graphql.athletes.sources import SourceOrder
from server.graphql.athletes.types import Athlete
from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError, Refused
from server.graphql.ids import global_id, number_of
from server.graphql.inputs import THE_INPUT, Invalid
from server.graphql.known import check_metrics
from server.graphql.orders import athlete_key, check_right
from server.graphql.references import athlete as find_athlete
from storage.connect import connect
from storage.people import athletes
from storage.people.zones import UnknownTimeZone

__all__ = ["AthleteMutations"]

#: Vendors of one order.
MAX_VENDORS = 50


@strawberry.input(description="Whom to add.")
class AthleteAddInput:
    """Input of `athleteAdd`."""

    name: str = strawberry.field(description="The name, which nobody else here has.")
    time_zone: str = strawberry.field(default="UTC", description="The IANA time zone, e.g. `Europe/Berlin`.")
    player_id: strawberry.ID | None = strawberry.field(
        default=None, description="The player they are in games: its global id or the vendor's id."
    )


@strawberry.input(description="What to change of an athlete; what is left out stays.")
class AthleteUpdateInput:
    """Input of `athleteUpdate`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    name: str | None = strawberry.field(default=None, description="Another name.")
    time_zone: str | None = strawberry.field(default=None, description="Another IANA time zone.")
    player_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The player they are in games; null: none."
    )


@strawberry.input(description="Whose value counts where several vendors have one.")
class SourceOrderSetInput:
    """Input of `sourceOrderSet`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    metric: str | None = strawberry.field(
        default=None, description="Of which metric; null: of all that have no order of their own."
    )
    vendors: list[str] = strawberry.field(
        description="Vendors by name, the one that counts first; empty: as usual again."
    )


@strawberry.type(description="The result of `athleteAdd`.")
class AthleteAddPayload:
    """Payload of `athleteAdd`."""

    athlete: Athlete | None = strawberry.field(default=None, description="The athlete.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nobody was added; empty if all is well."
    )


@strawberry.type(description="The result of `athleteUpdate`.")
class AthleteUpdatePayload:
    """Payload of `athleteUpdate`."""

    athlete: Athlete | None = strawberry.field(default=None, description="The athlete, changed.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was changed; empty if all is well."
    )


@strawberry.type(description="The result of `athleteRemove`.")
class AthleteRemovePayload:
    """Payload of `athleteRemove`."""

    removed_id: strawberry.ID | None = strawberry.field(
        default=None, description="The global id of who is gone."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nobody was removed; empty if all is well."
    )


@strawberry.type(description="The result of `sourceOrderSet`.")
class SourceOrderSetPayload:
    """Payload of `sourceOrderSet`."""

    athlete: Athlete | None = strawberry.field(
        default=None, description="The athlete; days are computed anew already."
    )
    source_order: SourceOrder | None = strawberry.field(
        default=None, description="The order as it stands; null if it was taken away."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was set; empty if all is well."
    )


@strawberry.type(description="Mutations of athletes.")
class AthleteMutations:
    """Part of the root mutation."""

    @strawberry.mutation(description="Add an athlete.")
    async def athlete_add(
        self, info: PoiseInfo, input: Annotated[AthleteAddInput, THE_INPUT]
    ) -> AthleteAddPayload | None:
        """Add a row."""
        try:
            check_right(info, "Athlete")
            player = _player(input.player_id)
            try:
                added = await athletes.add(input.name, input.time_zone, player)
            except PoiseError as error:
                raise _invalid(error) from None
            return AthleteAddPayload(athlete=made(added))
        except Invalid as failed:
            return AthleteAddPayload(errors=[failed.error])

    @strawberry.mutation(description="Change an athlete's name, time zone, or who they are in games.")
    async def athlete_update(
        self, info: PoiseInfo, input: Annotated[AthleteUpdateInput, THE_INPUT]
    ) -> AthleteUpdatePayload | None:
        """Change a row."""
        try:
            key = await athlete_key(info, input.athlete)
            kept = input.player_id is strawberry.UNSET
            player = None if kept else _player(input.player_id)
            try:
                async with in_transaction():
                    if input.name is not None:
                        await athletes.rename(key, input.name)
                    if input.time_zone is not None:
                        await athletes.set_time_zone(key, input.time_zone)
                    if not kept:
                        await athletes.set_player(key, player)
                    changed = await athletes.get(key)
            except PoiseError as error:
                raise _invalid(error) from None
            assert changed is not None, "it was there when the transaction began"
            return AthleteUpdatePayload(athlete=made(changed))
        except Invalid as failed:
            return AthleteUpdatePayload(errors=[failed.error])

    @strawberry.mutation(
        description="Remove an athlete and erase all that was stored of their body; connections are ended at"
        " the vendors. This cannot be undone."
    )
    async def athlete_remove(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="The athlete's global id or number.")],
    ) -> AthleteRemovePayload | None:
        """Erase a person."""
        try:
            key = await athlete_key(info, id, field="id")
            await erase(info.context.services, key)
            return AthleteRemovePayload(removed_id=strawberry.ID(global_id("Athlete", key)))
        except Invalid as failed:
            return AthleteRemovePayload(errors=[failed.error])

    @strawberry.mutation(
        description="Say whose value counts where several vendors have one; all days are computed anew."
    )
    async def source_order_set(
        self, info: PoiseInfo, input: Annotated[SourceOrderSetInput, THE_INPUT]
    ) -> SourceOrderSetPayload | None:
        """Set an order."""
        try:
            key = await athlete_key(info, input.athlete)
            vendors = list(dict.fromkeys(input.vendors))
            if len(vendors) > MAX_VENDORS:
                raise Invalid(ErrorCode.INVALID, f"at most {MAX_VENDORS} vendors", "vendors")
            unknown = [name for name in vendors if name not in info.context.services.wearables]
            if unknown:
                known = ", ".join(sorted(info.context.services.wearables))
                message = f"no vendor is called {unknown[0][:60]!r}; there are: {known}"
                raise Invalid(ErrorCode.INVALID, message, "vendors")
            if input.metric is not None and not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", input.metric):
                raise Invalid(ErrorCode.INVALID, "that is no name of a metric", "metric")
            if input.metric is not None:
                try:
                    await check_metrics(info, key, [input.metric])
                except Refused as error:
                    raise Invalid(ErrorCode.INVALID, error.message, "metric") from None
            url = info.context.services.settings.database_url.get_secret_value()
            await asyncio.to_thread(_set_order, url, key, input.metric or "*", vendors)
            found = await info.context.loaders.source_orders.load(key)
            stored = [SourceOrder.of(row) for row in found]
            return SourceOrderSetPayload(
                athlete=await find_athlete(info, key),
                source_order=next((one for one in stored if one.metric == input.metric), None),
            )
        except Invalid as failed:
            return SourceOrderSetPayload(errors=[failed.error])


def _set_order(url: str, athlete_id: int, metric: str, vendors: list[str]) -> None:
    # Bulk work loads polars; a server that is never asked for it need not.
    from storage.observations import set_source_order

    with closing(connect(url)) as c:
        set_source_order(c, athlete_id, metric, vendors)
        c.commit()


def _player(id: str | None) -> int | None:
    try:
        return None if id is None else number_of("Player", id)
    except Refused as error:
        raise Invalid(ErrorCode.INVALID, error.message, "playerId") from None


def _invalid(error: PoiseError) -> Invalid:
    if isinstance(error, UnknownTimeZone):
        return Invalid(ErrorCode.INVALID, str(error), "timeZone")
    taken = "already" in error.message
    return Invalid(ErrorCode.CONFLICT if taken else ErrorCode.INVALID, error.message, "name")
