"""What a document may ask for: depth, aliases and directives before validation, cost before it runs.

The cost of an operation is the number of objects it can produce at most::

    cost(object field) = n · (1 + cost of what is selected below it)

where ``n`` is 1 for a single object, the field's ``first`` for the list of edges below a connection,
and `LIST_SIZE` (or what `LIST_SIZES` says) for any other list. Leaves are free. Fragments are measured
once and reused, so that a document of nested spreads costs no more to measure than to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.type import GraphQLNamedType

from server.settings import Limits

__all__ = ["LIST_SIZE", "Cost", "check_shape", "measure_cost"]

#: Objects assumed in a list that has no ``first``: a game's situations, a live event's changed lines.
LIST_SIZE = 10
#: Lists known to be longer: a whole league's players, a night's stages, a day's metrics.
LIST_SIZES = {
    "ClutchTable.rows": 600,
    "DailySeries.columns": 50,
    "DailySummary.metrics": 60,
    "Night.stages": 60,
    "WearableVendor.metrics": 40,
}


@dataclass(slots=True)
class _Shape:
    depth: int = 0
    aliases: int = 0
    directives: int = 0

    def add(self, other: _Shape, *, deeper: int = 0) -> None:
        self.depth = max(self.depth, other.depth + deeper)
        self.aliases += other.aliases
        self.directives += other.directives


def check_shape(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return what in ``document`` exceeds the limits; it need not be valid, and may hold fragment cycles."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    measured: dict[str, _Shape] = {}

    def fragment(name: str) -> _Shape:
        if name not in measured:
            measured[name] = _Shape()  # a cycle meets this empty shape; validation reports it
            if name in fragments:
                measured[name] = selections(fragments[name].selection_set)
        return measured[name]

    def selections(selection_set: SelectionSetNode | None) -> _Shape:
        shape = _Shape()
        for node in selection_set.selections if selection_set else ():
            shape.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                shape.aliases += node.alias is not None
                # GraphiQL's introspection nests deeper than data ever does; validation limits that itself.
                if not node.name.value.startswith("__"):
                    shape.add(selections(node.selection_set), deeper=1)
            elif isinstance(node, FragmentSpreadNode):
                shape.add(fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                shape.add(selections(node.selection_set))
        return shape

    total = _Shape()
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            total.add(selections(definition.selection_set))
            total.directives += len(definition.directives or ())
    exceeded = [
        ("depth", total.depth, limits.depth),
        ("aliases", total.aliases, limits.aliases),
        ("directives", total.directives, limits.directives),
    ]
    return [
        GraphQLError(
            f"the document has {name} {value}, the limit is {limit}",
            extensions={"code": "LIMIT_EXCEEDED", "limit": name},
        )
        for name, value, limit in exceeded
        if value > limit
    ]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a selection set as a formula over the request's variables."""

    terms: tuple[tuple[int | str, int, Cost], ...]
    """``(n, default of n if a variable, cost below)`` for every field that yields objects."""
    spreads: tuple[Cost, ...]

    def of(self, variables: Mapping[str, Any]) -> int:
        """Evaluate the formula."""
        return self._of(variables, {})

    def _of(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        if (value := known.get(id(self))) is not None:
            return value
        total = sum(spread._of(variables, known) for spread in self.spreads)
        for size, default, below in self.terms:
            n = _bounded(variables.get(size, default), default) if isinstance(size, str) else size
            total += n * (1 + below._of(variables, known))
        known[id(self)] = total
        return total


_FREE = Cost((), ())


def measure_cost(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Cost:
    """Compile the cost of ``operation`` in a valid ``document``."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    measured: dict[tuple[str, int | str | None, int], Cost] = {}

    def fragment(name: str, page: int | str | None, default: int) -> Cost:
        key = (name, page, default)
        if key not in measured:
            node = fragments[name]
            parent = schema.get_type(node.type_condition.name.value)
            measured[key] = selections(parent, node.selection_set, page, default)
        return measured[key]

    def selections(
        parent: GraphQLNamedType | None,
        selection_set: SelectionSetNode | None,
        page: int | str | None,
        default: int,
    ) -> Cost:
        terms: list[tuple[int | str, int, Cost]] = []
        spreads: list[Cost] = []
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                if term := field(parent, node, page, default):
                    terms.append(term)
            elif isinstance(node, FragmentSpreadNode):
                spreads.append(fragment(node.name.value, page, default))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = schema.get_type(condition.name.value) if condition else parent
                spreads.append(selections(inner, node.selection_set, page, default))
        return Cost(tuple(terms), tuple(spreads)) if terms or spreads else _FREE

    def field(
        parent: GraphQLNamedType | None, node: FieldNode, page: int | str | None, default: int
    ) -> tuple[int | str, int, Cost] | None:
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or not is_composite_type(inner := get_named_type(definition.type)):
            return None
        if "first" in definition.args:
            size, fallback = _page_size(node, definition.args["first"].default_value)
            return 1, 1, selections(inner, node.selection_set, size, fallback)
        below = selections(inner, node.selection_set, None, 0)
        if is_list_type(get_nullable_type(definition.type)):
            size = LIST_SIZES.get(f"{parent.name if parent else ''}.{node.name.value}", LIST_SIZE)
            return (size, size, below) if page is None else (page, default, below)
        return 1, 1, below

    root: GraphQLObjectType | None = schema.get_root_type(operation.operation)
    return selections(root, operation.selection_set, None, 0)


def _page_size(node: FieldNode, declared: Any) -> tuple[int | str, int]:
    default = declared if isinstance(declared, int) else LIST_SIZE
    for argument in node.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return argument.value.name.value, default
            if isinstance(argument.value, IntValueNode):
                return _bounded(int(argument.value.value), default), default
    return default, default


def _bounded(value: Any, default: int) -> int:
    return max(value, 0) if isinstance(value, int) else default
