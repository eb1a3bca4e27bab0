"""What mutations of connections are given and what they give back."""

from __future__ import annotations

import datetime as dt

import strawberry

from server.graphql.connections.types import VendorConnection
from server.graphql.errors import MutationError
from server.graphql.jobs.types import Job
from server.graphql.observed import DataType

__all__ = [
    "ConnectionAttachInput",
    "ConnectionAttachPayload",
    "ConnectionBeginInput",
    "ConnectionBeginPayload",
    "ConnectionCompleteInput",
    "ConnectionCompletePayload",
    "ConnectionRemovePayload",
    "SyncStartInput",
    "SyncStartPayload",
]


@strawberry.input(description="Whom to connect to which vendor, and how the answer comes back.")
class ConnectionBeginInput:
    """Input of `connectionBegin`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str = strawberry.field(description="The vendor, by its name among `vendors`.")
    redirect_uri: str | None = strawberry.field(
        default=None,
        description="For apps: their own address, registered with the vendor, to which it sends state and"
        " code. Null for browsers: open `startUrl`.",
    )
    return_to: str | None = strawberry.field(
        default=None,
        description="For browsers: the page to go to afterwards, of this server or an allowed origin; it gets"
        " `connected` or `error` in its query. Null: a page that says how it went.",
    )


@strawberry.input(description="What the vendor sent to the app.")
class ConnectionCompleteInput:
    """Input of `connectionComplete`."""

    session: str = strawberry.field(description="The secret that `connectionBegin` gave to this app.")
    state: str = strawberry.field(description="The `state` the vendor sent back.")
    code: str = strawberry.field(description="The `code` the vendor sent.")


@strawberry.input(description="Which athlete of a team's account at a vendor is which athlete here.")
class ConnectionAttachInput:
    """Input of `connectionAttach`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str = strawberry.field(description="A vendor with `teamToken`, by its name among `vendors`.")
    vendor_athlete_id: str = strawberry.field(description="The vendor's id of the athlete.")
    token: str | None = strawberry.field(
        default=None, description="The team's token; null: the one this server's operator has registered."
    )


@strawberry.input(description="What to fetch at once.")
class SyncStartInput:
    """Input of `syncStart`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str | None = strawberry.field(default=None, description="Only from this vendor; null: from all.")
    data_type: DataType | None = strawberry.field(default=None, description="Only this type; null: all.")


@strawberry.type(description="The result of `connectionBegin`.")
class ConnectionBeginPayload:
    """Payload of `connectionBegin`."""

    start_url: str | None = strawberry.field(
        default=None,
        description="For browsers: open it once, within ten minutes. Whoever opens it connects their account"
        " to this athlete: it is a secret.",
    )
    authorize_url: str | None = strawberry.field(
        default=None, description="For apps: the vendor's page, to be opened in the system's browser."
    )
    session: str | None = strawberry.field(
        default=None, description="For apps: the secret to keep until `connectionComplete`."
    )
    expires_at: dt.datetime | None = strawberry.field(default=None, description="When it is too late.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was begun; empty if all is well."
    )


@strawberry.type(description="The result of `connectionComplete`.")
class ConnectionCompletePayload:
    """Payload of `connectionComplete`."""

    connection: VendorConnection | None = strawberry.field(
        default=None, description="The connection; its data is being fetched."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was connected; empty if all is well."
    )


@strawberry.type(description="The result of `connectionAttach`.")
class ConnectionAttachPayload:
    """Payload of `connectionAttach`."""

    connection: VendorConnection | None = strawberry.field(
        default=None, description="The connection; its data is being fetched."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was connected; empty if all is well."
    )


@strawberry.type(description="The result of `connectionRemove`.")
class ConnectionRemovePayload:
    """Payload of `connectionRemove`."""

    connection: VendorConnection | None = strawberry.field(
        default=None, description="The connection, removed; its data stays."
    )
    job: Job | None = strawberry.field(default=None, description="Ending it at the vendor.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was removed; empty if all is well."
    )


@strawberry.type(description="The result of `syncStart`.")
class SyncStartPayload:
    """Payload of `syncStart`."""

    jobs: list[Job] = strawberry.field(
        default_factory=list, description="One a connection and type; one that was open already is here too."
    )
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was ordered; empty if all is well."
    )
