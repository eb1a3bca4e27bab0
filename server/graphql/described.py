"""Enum values with their descriptions, typed as what they are."""

from __future__ import annotations

import strawberry

__all__ = ["value"]


def value(word: str, description: str) -> str:
    """A member's value: its word, described in the schema."""
    # Strawberry unpacks the definition while it builds the enum; what remains is the word.
    described: str = strawberry.enum_value(word, description=description)  # type: ignore[assignment]  # see above
    return described
