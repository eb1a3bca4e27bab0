"""Errors: the expected ones are data in a payload, the unexpected ones are masked and logged.

::

    expected   a mutation's ``errors { code message field }``       never an exception
    refused    `Refused`: an argument or a right is wrong            shown as it is
    bug        anything else                                         masked, logged with the request id
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from enum import Enum
from typing import Any

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError, OperationType

from server.graphql.described import value

__all__ = [
    "ErrorCode",
    "MutationError",
    "OperationNotAllowed",
    "Refused",
    "RequestFailed",
    "formatted",
    "response",
]

_log = logging.getLogger("poise.graphql")


@strawberry.enum(description="Why a mutation did not do what it was asked.")
class ErrorCode(Enum):
    """Codes of expected failures."""

    INVALID = value("INVALID", "An input's value makes no sense; `field` says which.")
    NOT_FOUND = value("NOT_FOUND", "What the input names does not exist.")
    CONFLICT = value("CONFLICT", "It exists already, or its state forbids this.")
    FORBIDDEN = value("FORBIDDEN", "The viewer may not do this.")
    OUTSIDE_ROOT = value("OUTSIDE_ROOT", "The path leaves the folder the server may read from.")
    DISABLED = value("DISABLED", "This server was started without this capability.")
    UNAVAILABLE = value("UNAVAILABLE", "Something this needs, here or at a vendor, is away: try again later.")


@strawberry.type(description="An expected failure: something the caller can put right.")
class MutationError:
    """One entry of a payload's ``errors``."""

    code: ErrorCode = strawberry.field(description="The kind of failure, for programs.")
    message: str = strawberry.field(description="What is wrong, for people.")
    field: str | None = strawberry.field(default=None, description="The input field at fault, where one is.")


class Refused(GraphQLError):
    """A request that cannot be served as asked; its message may be shown to anybody."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message, extensions={"code": code})


class RequestFailed(Exception):
    """Nothing was executed: the document, the choice of operation or the variables are at fault."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)


class OperationNotAllowed(RequestFailed):
    """The operation is of a type that this way of asking does not serve."""

    def __init__(self, type_: OperationType) -> None:
        super().__init__([GraphQLError(f"a {type_.value} cannot be run this way")])
        self.type = type_


def formatted(errors: Sequence[GraphQLError], request_id: str, *, mask: bool) -> list[dict[str, Any]]:
    """Write errors as the response carries them; what nobody foresaw is logged, and masked if ``mask``."""
    return [_formatted(error, request_id, mask=mask) for error in errors]


def _formatted(error: GraphQLError, request_id: str, *, mask: bool) -> dict[str, Any]:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return dict(error.formatted)
    _log.error("request %s failed at %s", request_id, error.path, exc_info=cause)
    shown = dict(error.formatted)
    shown["extensions"] = {"code": "INTERNAL", "requestId": request_id}
    if mask:
        shown["message"] = "something went wrong on our side; the request id tells us where to look"
    return shown


def response(result: ExecutionResult, request_id: str, *, mask: bool) -> bytes:
    """Write what was executed as the JSON of a response."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body = {"errors": formatted(result.errors, request_id, mask=mask), **body}
    return orjson.dumps(body)
