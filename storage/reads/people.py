"""Finding people and teams by what users type: an id or a part of a name."""

from __future__ import annotations

from typing import Any

from storage.connect import rows

__all__ = ["find_players"]

Row = dict[str, Any]


async def find_players(text: str, *, limit: int = 20) -> list[Row]:
    """Players (``id, name``) whose id is ``text`` or whose name contains it, exact names first."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await rows(
        "SELECT id, name FROM players WHERE id::text = $1 OR name ILIKE '%' || $2 || '%' "
        "ORDER BY id::text = $1 DESC, lower(name) = lower($1) DESC, name, id LIMIT $3",
        text,
        escaped,
        limit,
    )
