"""From rows of the database to objects of the graph, at the price of one dictionary copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from server.graphql.context import PoiseInfo
from server.graphql.ids import global_id

__all__ = ["Entity", "Row", "entity_id", "selected", "selects"]


class Row:
    """An object whose attributes are a row's columns: declared ones are fields, others help resolvers.

    What a field needs beyond its columns is derived when it is first asked for: most documents ask
    for little of it, and a page has a hundred rows.
    """

    derived: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """How to compute the attributes that are no columns."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Make the object of ``row``, which must have a column for every field that is not derived."""
        made = cls.__new__(cls)
        made.__dict__.update(row)
        made.prepare()
        return made

    def prepare(self) -> None:
        """Put right what the row has under another name or type."""

    def __getattr__(self, name: str) -> Any:
        derive = type(self).derived.get(name)
        if derive is None:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        value = self.__dict__[name] = derive(self)
        return value


class Entity(Row):
    """A row whose column ``id`` is the vendor's: it becomes ``key``, and ``id`` is the global one."""

    def prepare(self) -> None:
        """Rename the column."""
        self.__dict__["key"] = self.__dict__.pop("id")


def entity_id(type_name: str) -> dict[str, Callable[[Any], str]]:
    """The derivation of an entity's global id."""
    return {"id": lambda entity: global_id(type_name, entity.key)}


def selects(info: PoiseInfo, *names: str) -> bool:
    """Tell whether any field called one of ``names`` is asked for somewhere below this one."""
    return not selected(info).isdisjoint(names)


def selected(info: PoiseInfo, *nodes: FieldNode) -> set[str]:
    """The names of all fields that are asked for somewhere below this one, or below ``nodes``.

    Each is named alone, and as ``outer.inner`` with the field that it is asked of.
    """
    raw = info._raw_info
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()

    def collect(selection_set: SelectionSetNode, outer: str) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                name = node.name.value
                found.update((name, f"{outer}.{name}"))
                if node.selection_set:
                    collect(node.selection_set, name)
            elif isinstance(node, InlineFragmentNode):
                collect(node.selection_set, outer)
            elif isinstance(node, FragmentSpreadNode) and (spread := (outer, node.name.value)) not in seen:
                seen.add(spread)
                collect(raw.fragments[node.name.value].selection_set, outer)

    for node in nodes or raw.field_nodes:
        if node.selection_set:
            collect(node.selection_set, node.name.value)
    return found
