"""One bulk connection kept open in each child process.

Opening one costs about 40 ms of processor time (the password's hash, the catalogue of types): as much
as storing five games.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adbc_driver_manager.dbapi import Error

from storage.arrow import execute
from storage.connect import Connection, connect

__all__ = ["kept_connection"]

_idle: dict[str, Connection] = {}


@contextmanager
def kept_connection(database_url: str) -> Iterator[Connection]:
    """This process's connection, for the body's duration; the caller commits, or all is undone.

    It is closed if the body raises, and opened anew if the server has gone meanwhile.
    """
    c = _idle.pop(database_url, None)
    if c is None or not _answers(c):
        c = connect(database_url)
    try:
        yield c
        c.rollback()
    except BaseException:
        c.close()
        raise
    _idle[database_url] = c


def _answers(c: Connection) -> bool:
    try:
        execute(c, "SELECT 1")
        c.rollback()
    except Error:
        c.close()
        return False
    return True
