"""How these modules speak to the database: one statement, rows as dictionaries."""

from __future__ import annotations

from typing import Any

from tortoise.connection import get_connection

from storage.connect import rows

__all__ = ["Row", "execute", "one", "rows"]

Row = dict[str, Any]


async def one(sql: str, *args: object) -> Row | None:
    """The only row of a statement, ``None`` where there is none."""
    found = await rows(sql, *args)
    return found[0] if found else None


async def execute(sql: str, *args: object) -> None:
    """Run a statement that gives no rows."""
    # execute_query_dict and not execute_query: that one logs its values, and some of them are sealed secrets
    await get_connection("default").execute_query_dict(sql, list(args))
