"""What no string of a request may hold: the character NUL, which the database cannot keep or compare.

Literals are looked at when a document is validated, variables before each operation: together that is every
string a resolver can be given, so that none has to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import SKIP, ASTValidationRule, GraphQLError, ObjectFieldNode, StringValueNode

from server.graphql.errors import Refused

__all__ = ["NUL", "NoNulRule", "check_variables"]

NUL: Final = "\x00"
#: Fields of inputs whose mutations answer for themselves: that is a wrong value of a field, told as data.
_ANSWERED: Final = frozenset({"path", "vendorAthleteId"})
_MESSAGE: Final = "a string holds the character NUL (U+0000), which no name and no id has"


class NoNulRule(ASTValidationRule):
    """No literal holds a NUL."""

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        """Report a literal."""
        if NUL in node.value:
            self.report_error(GraphQLError(_MESSAGE, node, extensions={"code": "BAD_REQUEST"}))

    def enter_object_field(self, node: ObjectFieldNode, *_args: Any) -> Any:
        """Leave to a mutation what it answers for itself."""
        return SKIP if node.name.value in _ANSWERED else None


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raise `Refused` if any string within ``variables`` holds a NUL."""
    left = list(variables.values())
    while left:
        value = left.pop()
        if isinstance(value, str):
            if NUL in value:
                raise Refused(_MESSAGE)
        elif isinstance(value, dict):
            left += [inner for name, inner in value.items() if name not in _ANSWERED]
        elif isinstance(value, list):
            left += value
