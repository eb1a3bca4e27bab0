"""How the ledger's modules speak to the database: one statement, rows as dictionaries or as jobs."""

from __future__ import annotations

from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection

from storage.ledger.jobs import Job, from_row

__all__ = ["fetch", "fetch_job"]


async def fetch(sql: str, *args: object, using_db: BaseDBAsyncClient | None = None) -> list[dict[str, Any]]:
    """Run one statement, in the caller's transaction where one is open, and return its rows."""
    connection = using_db if using_db is not None else get_connection("default")
    return await connection.execute_query_dict(sql, list(args))


async def fetch_job(sql: str, *args: object, using_db: BaseDBAsyncClient | None = None) -> Job | None:
    """Run one statement that touches at most one job and return it."""
    rows = await fetch(sql, *args, using_db=using_db)
    return from_row(rows[0]) if rows else None
