"""Documents: parsed, limited and validated once, then kept.

A client sends the same handful of documents again and again; validation costs a hundred times more
than looking the document up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from server.graphql.characters import NoNulRule
from server.graphql.limits import Cost, check_shape, measure_cost
from server.settings import Limits

__all__ = ["Document", "Documents", "Operation"]

#: Documents kept; at the largest accepted size and the usual 3 kB a document this is far below 10 MB.
CACHED_DOCUMENTS = 1_000
#: Validation stops here: nobody reads more, and each error costs time.
MAX_VALIDATION_ERRORS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document."""

    document: Document
    node: OperationDefinitionNode
    cost: Cost
    position_variables: frozenset[str]
    """Variables used as a root field's ``after`` and nowhere else: they say where a stream starts, not
    what its events look like."""
    plans: dict[Any, Any] | None = None
    """What the executor has found out about its selections (`server.graphql.executor`), for the next time;
    ``None`` if they depend on variables, by a directive."""

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    @property
    def name(self) -> str | None:
        """Its name in the document."""
        return self.node.name.value if self.node.name else None


@dataclass(slots=True, eq=False)
class Document:
    """A document and what became of it: errors, or operations by name."""

    source: str
    ast: DocumentNode | None = None
    errors: Sequence[GraphQLError] = ()
    operations: dict[str | None, Operation] = field(default_factory=dict)

    def operation(self, name: str | None) -> Operation | GraphQLError:
        """Choose the operation to run, as the specification says."""
        if name is not None:
            return self.operations.get(name) or GraphQLError(f"unknown operation named {name!r}")
        if len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return GraphQLError("operationName must say which of the document's operations to run")


class Documents:
    """The documents seen lately, least recently used first."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> None:
        self._schema = schema
        self._limits = limits
        hidden: tuple[type[ASTValidationRule], ...] = (
            () if introspection else (NoSchemaIntrospectionCustomRule,)
        )
        self._rules = (*specified_rules, NoNulRule, *hidden)
        self._suggestions = introspection
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def get(self, source: str) -> Document:
        """Return the document of ``source``, parsed and validated if it is new."""
        if (document := self._kept.get(source)) is not None:
            self._kept.move_to_end(source)
            return document
        document = self._prepared(source)
        self._kept[source] = document
        if len(self._kept) > CACHED_DOCUMENTS:
            self._kept.popitem(last=False)
        return document

    def _prepared(self, source: str) -> Document:
        try:
            ast = parse(source, max_tokens=self._limits.tokens, allow_empty_selection_sets=False)
            errors = check_shape(ast, self._limits) or validate(
                self._schema,
                ast,
                self._rules,
                max_errors=MAX_VALIDATION_ERRORS,
                hide_suggestions=not self._suggestions,
                allow_empty_selection_sets=False,
            )
        except GraphQLError as error:
            return Document(source, errors=(error,))
        except RecursionError:
            return Document(source, errors=(GraphQLError("the document is nested too deeply"),))
        document = Document(source, ast, tuple(errors))
        if not errors:
            for node in ast.definitions:
                if isinstance(node, OperationDefinitionNode):
                    cost = measure_cost(self._schema, ast, node)
                    plans: dict[Any, Any] | None = None if _has_directives(ast) else {}
                    operation = Operation(document, node, cost, _position_variables(ast, node), plans)
                    document.operations[operation.name] = operation
        return document


class _Directives(Visitor):
    """Notices directives."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_directive(self, *_: object) -> object:
        self.found = True
        return self.BREAK


def _has_directives(ast: DocumentNode) -> bool:
    visitor = _Directives()
    visit(ast, visitor)
    return visitor.found


class _VariableUses(Visitor):
    """Counts where variables are used."""

    def __init__(self) -> None:
        super().__init__()
        self.uses: list[str] = []

    def enter_variable(self, node: VariableNode, key: object, parent: object, *_: object) -> None:
        if key != "variable":  # their declaration is no use
            self.uses.append(node.name.value)


def _position_variables(ast: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    found = [
        argument.value.name.value
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode)
        for argument in node.arguments or ()
        if argument.name.value == "after" and isinstance(argument.value, VariableNode)
    ]
    if not found:
        return frozenset()
    visitor = _VariableUses()
    visit(ast, visitor)
    return frozenset(name for name in found if visitor.uses.count(name) == 1)
