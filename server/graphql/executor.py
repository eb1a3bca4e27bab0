"""graphql-core's executor with a short way for plain columns.

The executor spends about 5 µs on every field: a path, a resolve info, a resolver's wrapper, the
completion by type. A leaf that is just an attribute of its row needs none of that, nor does an object,
or a list of them, that is an attribute and has nothing but such leaves. Where all goes well the result
is the same; where a value is missing or cannot be written, the ordinary way runs and reports it as ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path, Undefined
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

__all__ = ["RowExecutor", "is_awaitable"]


#: GraphQL's Int has 32 bits.
LEAST_INT, LARGEST_INT = -(2**31), 2**31 - 1

#: Scalars whose values need no writing if they have this type (and are not too large for JSON): orjson, which
#: writes the response, writes instants and days as ISO 8601, too.
_EXACT: dict[str, type] = {
    "Boolean": bool, "Date": dt.date, "DateTime": dt.datetime, "Float": float, "ID": str, "Int": int,
    "String": str,
}  # fmt: skip
#: Those of them that are never too large.
_ALWAYS = frozenset({bool, dt.date, dt.datetime, str})

_awaitable_types: dict[type, bool] = {}


def is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Tell whether ``value`` is to be awaited: a matter of its type, asked for every value there is."""
    kind = type(value)
    known = _awaitable_types.get(kind)
    if known is None:
        known = _awaitable_types[kind] = hasattr(kind, "__await__")
    return known


class _Column(NamedTuple):
    """A leaf field without resolver and arguments."""

    attribute: str
    required: bool
    exact: Any
    """The type whose values (of exactly it) are written as they are."""
    write: Callable[[Any], Any]


class _Rows(NamedTuple):
    """A field without resolver and arguments that holds rows of nothing but columns (and such rows)."""

    attribute: str
    required: bool
    many: bool
    """Whether it is a list, none of whose items may be null."""
    origin: type
    """Rows of exactly this class are read as they are."""
    cells: tuple[tuple[str, str, type | None, _Column | _Rows], ...]
    """What to do with a row: the response's name, the attribute, the type that needs no writing, the rest."""


class _Plan(NamedTuple):
    """What to do with one selection set on one type."""

    fields: GroupedFieldSet
    """Kept so that its identity, the plan's key, stays its own."""
    steps: tuple[tuple[str, FieldDetailsList, _Column | _Rows | None], ...]
    plain: bool
    """Whether all of it can be read the short way."""


class _OtherwiseError(Exception):
    """Something is not as plain as it looked: the ordinary way is to be taken."""


#: Under which a schema keeps what is known of its fields, by type and name.
_KNOWN = "poise columns"


class RowExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[int, _Plan] = {}
        self.shared: dict[Any, _Rows | None] = {}
        """What fields that hold rows look like, by type and nodes: of one execution, or of all of a document
        whose selections are the same every time."""

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Execute the fields of one object."""
        plan = self._plans.get(id(grouped_field_set))
        if plan is None:
            plan = self._plans[id(grouped_field_set)] = self._planned(parent_type, grouped_field_set)
        results: dict[str, Any] = {}
        waiting: list[str] = []
        for name, details, step in plan.steps:
            if step is not None:
                try:
                    results[name] = _read(step, source_value)
                    continue
                except Exception:  # noqa: S110  # the ordinary way below meets it again and says where
                    pass
            field_path = Path(path, name, parent_type.name)
            try:
                result = self.execute_field(parent_type, source_value, details, field_path, position_context)
            except Exception:
                if waiting:
                    self.settle_in_background([results[field] for field in waiting])
                raise
            if result is Undefined:
                continue
            results[name] = result
            if self.is_awaitable(result):
                waiting.append(name)
        return self._awaited(results, waiting) if waiting else results

    async def _awaited(self, results: dict[str, Any], waiting: list[str]) -> dict[str, Any]:
        if len(waiting) == 1:
            results[waiting[0]] = await results[waiting[0]]
        else:
            values = await self.gather_async_work([results[name] for name in waiting])
            results.update(zip(waiting, values, strict=True))
        return results

    def _planned(self, parent_type: GraphQLObjectType, fields: GroupedFieldSet) -> _Plan:
        steps = tuple((name, details, self._step(parent_type, details)) for name, details in fields.items())
        return _Plan(fields, steps, all(step is not None for _, _, step in steps))

    def _step(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> _Column | _Rows | None:
        column = self._column(parent_type, details)
        return self._rows(parent_type, details) if column is None else column

    def _column(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> _Column | None:
        known: dict[tuple[str, str], _Column | None] = self.schema.extensions.setdefault(_KNOWN, {})
        key = parent_type.name, details[0].node.name.value
        if key not in known:
            known[key] = self._found_column(parent_type, key[1])
        return known[key]

    def _found_column(self, parent_type: GraphQLObjectType, name: str) -> _Column | None:
        field = self.schema.get_field(parent_type, name)
        if field is None or not _is_attribute(field):
            return None
        leaf = get_nullable_type(field.type)
        if not is_leaf_type(leaf):
            return None
        attribute = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
        required = is_non_null_type(field.type)
        return _Column(attribute, required, _EXACT.get(leaf.name), _writer(leaf))

    def _rows(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> _Rows | None:
        # A document keeps its nodes as long as it is kept itself, and what is shared goes with it.
        key = parent_type.name, *(id(one.node) for one in details)
        if key not in self.shared:
            self.shared[key] = self._found_rows(parent_type, details)
        return self.shared[key]

    def _found_rows(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> _Rows | None:
        field = self.schema.get_field(parent_type, details[0].node.name.value)
        if field is None or not _is_attribute(field):
            return None
        inner: Any = get_nullable_type(field.type)
        many = is_list_type(inner)
        if many:
            if not is_non_null_type(inner.of_type):
                return None
            inner = get_nullable_type(inner.of_type)
        if not is_object_type(inner):
            return None
        definition = inner.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        collected = self.collect_subfields(inner, details)
        if definition is None or collected.new_defer_usages or collected.forbidden_directive_instances:
            return None
        plan = self._planned(inner, collected.grouped_field_set)
        if not plan.plain:
            return None
        attribute = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
        cells = tuple((name, one.attribute, _always(one), one) for name, _, one in plan.steps if one)
        return _Rows(attribute, is_non_null_type(field.type), many, definition.origin, cells)


def _always(step: _Column | _Rows) -> type | None:
    """The type whose values are written as they are, whatever they are; ``None`` if there is none."""
    exact: type | None = step.exact if isinstance(step, _Column) else None
    return exact if exact in _ALWAYS else None


def _writer(leaf: GraphQLLeafType) -> Callable[[Any], Any]:
    """How values of a leaf's type are written; what it raises for others is met again by the ordinary way."""
    if isinstance(leaf, GraphQLEnumType):
        # Rows have an enum's words, objects its members: both are looked up.
        definition = leaf.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        members = definition.wrapped_cls.__members__
        words = {word: name for name, member in members.items() for word in (member, member.value)}
        if words.keys() and all(name in leaf.values for name in words.values()):
            return words.__getitem__
    return leaf.coerce_output_value


def _is_attribute(field: GraphQLField) -> bool:
    """Whether a field has no arguments and no resolver but the one that reads an attribute."""
    # Strawberry marks the resolvers that do nothing else.
    return (
        not field.args
        and getattr(field.resolve, "_is_default", False)
        and field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF) is not None
    )


def _read(step: _Column | _Rows, source: Any) -> Any:
    """A field's value; raises whatever it raises where the ordinary way is to be taken."""
    return _written(step, getattr(source, step.attribute))


def _written(step: _Column | _Rows, value: Any) -> Any:
    if value is None:
        if step.required:
            raise _OtherwiseError
        return None
    if isinstance(step, _Column):
        exact = step.exact
        if type(value) is exact and (
            exact in _ALWAYS or (LEAST_INT <= value <= LARGEST_INT if exact is int else isfinite(value))
        ):
            return value
        return step.write(value)
    if not step.many:
        return _row(step, value)
    if type(value) is not list:
        raise _OtherwiseError
    return [_row(step, one) for one in value]


def _row(step: _Rows, source: Any) -> dict[str, Any]:
    if type(source) is not step.origin:
        raise _OtherwiseError
    made = {}
    for name, attribute, always, inner in step.cells:
        value = getattr(source, attribute)
        made[name] = value if type(value) is always else _written(inner, value)
    return made
