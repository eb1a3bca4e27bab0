"""From a request's text to its result: find the operation, check what it may do, run it.

HTTP, WebSockets and the live fan-out all come through here, so that a limit holds everywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.execution import Executor

from server.graphql.characters import check_variables
from server.graphql.context import Context
from server.graphql.documents import Documents, Operation
from server.graphql.errors import OperationNotAllowed, Refused, RequestFailed
from server.graphql.executor import RowExecutor, is_awaitable
from server.graphql.persisted import PersistedQueries
from server.settings import Profile, ServerSettings

__all__ = ["Engine", "GraphQLRequest", "run"]

ALL_TYPES = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of one request, as the GraphQL-over-HTTP specification names them."""

    query: str | None
    variables: Mapping[str, Any]
    operation_name: str | None
    extensions: Mapping[str, Any]

    @classmethod
    def from_json(cls, body: object) -> GraphQLRequest:
        """Check the shape of a decoded body; raises `RequestFailed`."""
        if isinstance(body, list):
            raise RequestFailed([GraphQLError("batches are not supported: send one operation a request")])
        if not isinstance(body, dict):
            raise RequestFailed([GraphQLError("a request is a JSON object")])
        query, variables = body.get("query"), body.get("variables")
        name, extensions = body.get("operationName"), body.get("extensions")
        for field, value, type_ in (
            ("query", query, str),
            ("variables", variables, dict),
            ("operationName", name, str),
            ("extensions", extensions, dict),
        ):
            if value is not None and not isinstance(value, type_):
                raise RequestFailed([GraphQLError(f"`{field}` must be {_JSON_NAMES[type_]} or null")])
        return cls(query, variables or {}, name or None, extensions or {})


_JSON_NAMES = {str: "a string", dict: "an object"}


class Engine:
    """Runs operations against one schema under one set of limits."""

    def __init__(self, schema: GraphQLSchema, settings: ServerSettings) -> None:
        self._schema = schema
        self._limits = settings.limits
        self.masks = settings.profile is Profile.PRODUCTION
        """Whether unexpected errors are kept from clients."""
        self._suggestions = settings.introspection
        self._documents = Documents(schema, settings.limits, introspection=settings.introspection)
        self._persisted = PersistedQueries.load(settings.persisted_queries, only=settings.persisted_only)

    def operation(
        self, request: GraphQLRequest, *, allowed: Collection[OperationType] = ALL_TYPES
    ) -> Operation:
        """Find the operation ``request`` means; raises `RequestFailed`."""
        document = self._documents.get(self._persisted.document(request.query, request.extensions))
        if document.errors:
            raise RequestFailed(list(document.errors))
        operation = document.operation(request.operation_name)
        if isinstance(operation, GraphQLError):
            raise RequestFailed([operation])
        if operation.type not in allowed:
            raise OperationNotAllowed(operation.type)
        self._persisted.remember(request.query, request.extensions)
        return operation

    def executor(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> Executor[Any]:
        """Coerce the variables, check them and the cost; raises `RequestFailed`."""
        try:
            check_variables(variables)
        except Refused as refused:
            raise RequestFailed([refused]) from None
        ast = operation.document.ast
        assert ast is not None
        built = RowExecutor.build(
            self._schema,
            ast,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=operation.name,
            is_awaitable=is_awaitable,
            hide_suggestions=not self._suggestions,
        )
        if isinstance(built, list):
            raise RequestFailed(built)
        assert isinstance(built, RowExecutor)
        if operation.plans is not None:
            built.shared = operation.plans
        cost = operation.cost.of(built.variable_values.coerced)
        if cost > self._limits.cost:
            message = f"the operation may produce {cost} objects, the limit is {self._limits.cost}"
            raise RequestFailed(
                [GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED", "limit": "cost"})]
            )
        return built

    async def execute(
        self,
        request: GraphQLRequest,
        context: Context,
        *,
        allowed: Collection[OperationType] = ALL_TYPES,
    ) -> ExecutionResult:
        """Run a query or a mutation; raises `RequestFailed` if it never got to run."""
        operation = self.operation(request, allowed=allowed)
        return await run(self.executor(operation, request.variables, context))


async def run(executor: Executor[Any]) -> ExecutionResult:
    """Run a built executor to its only result."""
    result = executor.execute_operation()
    if inspect.isawaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    return result
