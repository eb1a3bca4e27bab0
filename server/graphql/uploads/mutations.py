"""Mutations that bring data in: a file's upload, an app's token."""

from __future__ import annotations

from typing import Annotated

import strawberry

from server.graphql.context import PoiseInfo
from server.graphql.errors import ErrorCode, MutationError
from server.graphql.inputs import THE_INPUT, Invalid
from server.graphql.jobs.types import Job
from server.graphql.orders import athlete_key, carry, wearable
from server.graphql.scalars import Upload
from storage.people import ingest_tokens, orders

__all__ = ["UploadMutations"]


@strawberry.input(description="An export file of an athlete.")
class ExportUploadInput:
    """Input of `exportUpload`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str = strawberry.field(description="Whose export it is, by its name among `vendors`.")
    file: Upload = strawberry.field(description="The file, by the multipart request specification.")


@strawberry.type(description="The result of `exportUpload`.")
class ExportUploadPayload:
    """Payload of `exportUpload`."""

    job: Job | None = strawberry.field(default=None, description="The import: follow it with `jobProgress`.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was taken; empty if all is well."
    )


@strawberry.input(description="For whose data, in which format, a token is.")
class IngestTokenCreateInput:
    """Input of `ingestTokenCreate`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str = strawberry.field(
        description="The format, by the vendor's name among `vendors`: `apple_health` for Health Auto Export."
    )


@strawberry.type(description="The result of `ingestTokenCreate`.")
class IngestTokenCreatePayload:
    """Payload of `ingestTokenCreate`."""

    token: str | None = strawberry.field(
        default=None, description="The token, shown this once: `Authorization: Bearer TOKEN`."
    )
    url: str | None = strawberry.field(default=None, description="Where the app is to post.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why there is no token; empty if all is well."
    )


@strawberry.input(description="Which tokens are to end.")
class IngestTokenRevokeInput:
    """Input of `ingestTokenRevoke`."""

    athlete: strawberry.ID = strawberry.field(description="The athlete's global id or number.")
    vendor: str = strawberry.field(
        description="The format the tokens are for, as `ingestTokenCreate` took it."
    )


@strawberry.type(description="The result of `ingestTokenRevoke`.")
class IngestTokenRevokePayload:
    """Payload of `ingestTokenRevoke`."""

    revoked: int = strawberry.field(default=0, description="How many tokens have ended.")
    errors: list[MutationError] = strawberry.field(
        default_factory=list, description="Why nothing was ended; empty if all is well."
    )


@strawberry.type(description="Mutations that bring data in.")
class UploadMutations:
    """Part of the root mutation."""

    @strawberry.mutation(
        description="Import an export file sent along with the request. Returns at once, with a job. Files of"
        " more than some hundred megabytes go to `POST /uploads/…` instead."
    )
    async def export_upload(
        self, info: PoiseInfo, input: Annotated[ExportUploadInput, THE_INPUT]
    ) -> ExportUploadPayload | None:
        """Order an import."""
        try:
            key = await athlete_key(info, input.athlete)
            adapter = wearable(info, input.vendor)
            if not adapter.capabilities.file_import:
                raise Invalid(ErrorCode.DISABLED, f"{adapter.title} has no files to import", "vendor")
            if input.file.claimed:
                raise Invalid(ErrorCode.CONFLICT, "the file is imported already", "file")
            if input.file.size == 0:
                raise Invalid(ErrorCode.INVALID, "the file is empty", "file")
            job = await orders.order_import(adapter.name, [input.file.path], key)
            input.file.claimed = True
            return ExportUploadPayload(job=await carry(info, job))
        except Invalid as failed:
            return ExportUploadPayload(errors=[failed.error])

    @strawberry.mutation(description="Let an app post an athlete's data here by itself (Health Auto Export).")
    async def ingest_token_create(
        self, info: PoiseInfo, input: Annotated[IngestTokenCreateInput, THE_INPUT]
    ) -> IngestTokenCreatePayload | None:
        """Make a token."""
        try:
            key = await athlete_key(info, input.athlete)
            adapter = wearable(info, input.vendor)
            if not info.context.services.settings.uploads:
                raise Invalid(ErrorCode.DISABLED, "this server takes no files")
            if not adapter.capabilities.file_import:
                raise Invalid(ErrorCode.DISABLED, f"{adapter.title} has no files to import", "vendor")
            token = await ingest_tokens.create(key, adapter.name)
            return IngestTokenCreatePayload(
                token=token.reveal(), url=f"{info.context.address}/ingest/{adapter.name}"
            )
        except Invalid as failed:
            return IngestTokenCreatePayload(errors=[failed.error])

    @strawberry.mutation(
        description="End all tokens of an athlete for a vendor: a phone was lost, an app is no longer used."
    )
    async def ingest_token_revoke(
        self, info: PoiseInfo, input: Annotated[IngestTokenRevokeInput, THE_INPUT]
    ) -> IngestTokenRevokePayload | None:
        """End tokens."""
        try:
            key = await athlete_key(info, input.athlete)
            adapter = wearable(info, input.vendor)
            return IngestTokenRevokePayload(revoked=await ingest_tokens.revoke(key, adapter.name))
        except Invalid as failed:
            return IngestTokenRevokePayload(errors=[failed.error])
