"""Mutations of connections: begin, complete, attach, remove, and syncing at once."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

import strawberry
from tortoise.transactions import in_transaction

from poise_sdk.errors import PoiseError
from poise_sdk.vocabulary import DataType as Type
from poise_sdk.wearable import Secret
from server.consent import ConsentError, Ticket, attach, begin_dance, complete_dance, issue_ticket
from server.graphql.connections.payloads import (
    ConnectionAttachInput,
    ConnectionAttachPayload,
    ConnectionBeginInput,
    ConnectionBeginPayload,
    ConnectionCompleteInput,
    ConnectionCompletePayload,
    ConnectionRemovePayload,
    SyncStartInput,
    SyncStartPayload,
)
from server.graphql.connections.types import VendorConnection
from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError, Refused
from server.graphql.ids import number_of
from server.graphql.inputs import THE_INPUT, Invalid
from server.graphql.orders import athlete_key, carry, check_right, wearable
from server.rest.callback import returnable
from server.settings import is_loopback
from storage.people import attempts, connections, orders, vendor_apps
from storage.people.connections import Connection

__all__ = ["ConnectionMutations"]

_CODES: Final = {
    "disabled": ErrorCode.DISABLED,
    "refused": ErrorCode.INVALID,
    "taken": ErrorCode.CONFLICT,
    "gone": ErrorCode.NOT_FOUND,
    "unavailable": ErrorCode.UNAVAILABLE,
}
_LONGEST_URL: Final = 2_000
_LONGEST_ID: Final = 200
#: Schemes that a browser runs or reads instead of opening an app.
_NO_APPS: Final = frozenset(
    {"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "ws", "wss"}
)


@strawberry.type(description="Mutations of connections.")
class ConnectionMutations:
    """Part of the root mutation."""

    @strawberry.mutation(description="Begin to connect an athlete to a vendor, by consent there.")
    async def connection_begin(
        self, info: PoiseInfo, input: Annotated[ConnectionBeginInput, THE_INPUT]
    ) -> ConnectionBeginPayload | None:
        """Begin a dance, or issue the ticket to one."""
        try:
            key = await athlete_key(info, input.athlete)
            adapter = wearable(info, input.vendor)
            if adapter.capabilities.oauth is None:
                other = "use connectionAttach" if adapter.capabilities.team_token else "import its files"
                raise Invalid(ErrorCode.DISABLED, f"{adapter.title} has no consent page: {other}", "vendor")
            if input.redirect_uri is not None:
                _check_app(input.redirect_uri)
                begun = await begin_dance(adapter, key, input.redirect_uri)
                return ConnectionBeginPayload(
                    authorize_url=begun.authorize_url,
                    session=begun.session.reveal(),
                    expires_at=begun.attempt.expires_at,
                )
            address = info.context.address
            if input.return_to is not None and not (
                len(input.return_to) <= _LONGEST_URL
                and returnable(input.return_to, info.context.services.settings, address)
            ):
                raise Invalid(ErrorCode.INVALID, "that page is not of an allowed origin", "returnTo")
            await vendor_apps.required(adapter.name)
            ticket = Ticket(athlete_id=key, vendor=adapter.name, return_to=input.return_to)
            text = await issue_ticket(info.context.services.redis, ticket)
            return ConnectionBeginPayload(
                start_url=f"{address}/connect/{adapter.name}/start?{urlencode({'ticket': text})}",
                expires_at=dt.datetime.now(dt.UTC) + attempts.LIFETIME,
            )
        except Invalid as failed:
            return ConnectionBeginPayload(errors=[failed.error])
        except ConsentError as failed:
            return ConnectionBeginPayload(errors=[_told(failed)])
        except PoiseError as failed:
            return ConnectionBeginPayload(
                errors=[MutationError(code=ErrorCode.DISABLED, message=str(failed))]
            )

    @strawberry.mutation(description="Finish connecting, in an app: exchange the code the vendor sent to it.")
    async def connection_complete(
        self, info: PoiseInfo, input: Annotated[ConnectionCompleteInput, THE_INPUT]
    ) -> ConnectionCompletePayload | None:
        """Finish a dance."""
        try:
            check_right(info, "VendorConnection")
            try:
                attempt = await attempts.take(input.state, input.session)
            except attempts.AttemptRefused as error:
                raise Invalid(ErrorCode.INVALID, error.message, "state") from None
            check_right(info, "VendorConnection", of=attempt.athlete_id)
            adapter = wearable(info, attempt.vendor)
            made = await complete_dance(info.context.services.redis, adapter, attempt, input.code)
            return ConnectionCompletePayload(connection=_connection(made))
        except Invalid as failed:
            return ConnectionCompletePayload(errors=[failed.error])
        except ConsentError as failed:
            return ConnectionCompletePayload(errors=[_told(failed)])

    @strawberry.mutation(description="Connect an athlete whom a team's account at a vendor covers.")
    async def connection_attach(
        self, info: PoiseInfo, input: Annotated[ConnectionAttachInput, THE_INPUT]
    ) -> ConnectionAttachPayload | None:
        """Attach an athlete."""
        try:
            key = await athlete_key(info, input.athlete)
            adapter = wearable(info, input.vendor)
            if not adapter.capabilities.team_token:
                message = f"{adapter.title} has no team accounts: use connectionBegin"
                raise Invalid(ErrorCode.DISABLED, message, "vendor")
            member = input.vendor_athlete_id
            if not (0 < len(member) <= _LONGEST_ID and member.isprintable() and member.strip()):
                raise Invalid(ErrorCode.INVALID, "that is no vendor's id of anybody", "vendorAthleteId")
            token = Secret(input.token) if input.token else None
            made = await attach(info.context.services.redis, adapter, key, member, token)
            return ConnectionAttachPayload(connection=_connection(made))
        except Invalid as failed:
            return ConnectionAttachPayload(errors=[failed.error])
        except ConsentError as failed:
            return ConnectionAttachPayload(errors=[_told(failed, "vendorAthleteId")])

    @strawberry.mutation(
        description="End a connection, here at once, at the vendor by a job. Its data stays."
    )
    async def connection_remove(
        self,
        info: PoiseInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id or number.")],
    ) -> ConnectionRemovePayload | None:
        """Remove a connection."""
        try:
            try:
                key = number_of("VendorConnection", id)
            except Refused as error:
                raise Invalid(ErrorCode.INVALID, error.message, "id") from None
            found = await connections.get(key)
            if found is None:
                raise Invalid(ErrorCode.NOT_FOUND, "there is no such connection", "id")
            check_right(info, "VendorConnection", of=found.athlete_id)
            async with in_transaction():
                if not await connections.remove(key):
                    raise Invalid(ErrorCode.CONFLICT, "the connection is removed already", "id")
                job = await orders.order_revoke(key)
            removed = await connections.get(key)
            return ConnectionRemovePayload(
                connection=_connection(removed or found), job=await carry(info, job)
            )
        except Invalid as failed:
            return ConnectionRemovePayload(errors=[failed.error])

    @strawberry.mutation(description="Fetch now what is new. Returns at once, with jobs.")
    async def sync_start(
        self, info: PoiseInfo, input: Annotated[SyncStartInput, THE_INPUT]
    ) -> SyncStartPayload | None:
        """Order syncs."""
        try:
            key = await athlete_key(info, input.athlete)
            if input.vendor is not None:
                wearable(info, input.vendor)
            wanted = []
            for one in await connections.of_athlete(key):
                adapter = info.context.services.wearables.get(one.vendor)
                if one.status != "connected" or adapter is None or input.vendor not in (None, one.vendor):
                    continue
                types = sorted(adapter.capabilities.data_types)
                asked = Type(input.data_type.value) if input.data_type else None
                wanted += [(one.id, data_type) for data_type in types if asked in (None, data_type)]
            if not wanted:
                raise Invalid(
                    ErrorCode.CONFLICT, "nothing is connected that could be asked for that", "vendor"
                )
            async with in_transaction():
                jobs = [
                    await orders.order_sync(connection_id, data_type, reason="asked for", urgent=True)
                    for connection_id, data_type in wanted
                ]
            return SyncStartPayload(jobs=[await carry(info, job) for job in jobs])
        except Invalid as failed:
            return SyncStartPayload(errors=[failed.error])


def _check_app(uri: str) -> None:
    """Raise `Invalid` unless an app may be reached by ``uri`` (RFC 8252 §7)."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        raise Invalid(ErrorCode.INVALID, "that is no address", "redirectUri") from None
    scheme = parts.scheme.lower()
    sound = (
        len(uri) <= _LONGEST_URL
        and uri.isprintable()
        and " " not in uri
        and scheme
        and not parts.fragment
        and scheme not in _NO_APPS
        and (scheme != "https" or host)
        and (scheme != "http" or is_loopback(host))
    )
    if not sound:
        message = "an app's address is https, http on loopback, or of a scheme of its own, without a fragment"
        raise Invalid(ErrorCode.INVALID, message, "redirectUri")


def _connection(one: Connection) -> VendorConnection:
    return VendorConnection.of({name: getattr(one, name) for name in one.__dataclass_fields__})


def _told(failed: ConsentError, field: str | None = None) -> MutationError:
    wrong = field if failed.reason == "refused" else None
    return MutationError(code=_CODES[failed.reason], message=str(failed), field=wrong)
