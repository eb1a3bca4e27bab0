"""Single statements over an ADBC connection: rows come back as polars frames, by way of Arrow."""

from __future__ import annotations

from typing import cast

import polars as pl

from storage.connect import Connection

__all__ = ["execute", "query"]


def query(c: Connection, sql: str, *args: object) -> pl.DataFrame:
    """Run ``sql`` (``$1``, ``$2``, … for ``args``; lists become arrays) and return its rows.

    Select neither ``jsonb`` nor ``uuid`` bare: cast them to ``text``, which polars has a type for.
    """
    with c.cursor() as cursor:
        cursor.execute(sql, args or None)
        return cast(pl.DataFrame, pl.from_arrow(cursor.fetch_arrow_table()))


def execute(c: Connection, sql: str, *args: object) -> None:
    """Run a statement whose result, if it has one, is of no interest."""
    with c.cursor() as cursor:
        cursor.execute(sql, args or None)
        if cursor.description:
            cursor.fetchall()
