"""Checks of what mutations are given, each giving an expected failure or the value itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import strawberry

from server.graphql.errors import ErrorCode, MutationError

__all__ = ["THE_INPUT", "Invalid", "inside"]

#: The description of every mutation's only argument.
THE_INPUT = strawberry.argument(description="What is to be done.")


class Invalid(Exception):
    """An input is at fault; mutations turn it into their payload's errors."""

    def __init__(self, code: ErrorCode, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.error = MutationError(code=code, message=message, field=field)


async def inside(root: Path | None, path: str, *, field: str, what: str) -> Path:
    """Return the existing file or folder ``path`` below ``root``; raises `Invalid`.

    Links are followed first, so one that leads out of ``root`` is out.
    """
    if root is None:
        raise Invalid(ErrorCode.DISABLED, f"this server was started without a folder for {what}")
    if not path or "\x00" in path:
        raise Invalid(ErrorCode.INVALID, "the path is empty or holds a NUL character", field)
    return await asyncio.to_thread(_inside, root, path, field)


def _inside(root: Path, path: str, field: str) -> Path:
    base = root.resolve()
    try:
        # Windows separators climb out as well where they count, and are no part of our names where not.
        target = (base / path.replace("\\", "/")).resolve()
    except (OSError, RuntimeError):  # a loop of links, a name too long
        raise Invalid(ErrorCode.INVALID, "the path cannot be followed", field) from None
    if not target.is_relative_to(base):
        raise Invalid(ErrorCode.OUTSIDE_ROOT, "the path leaves the folder this server may read from", field)
    try:
        exists = target.exists()
    except OSError:
        exists = False
    if not exists:
        raise Invalid(
            ErrorCode.NOT_FOUND, f"there is no {path!r} in the folder this server reads from", field
        )
    return target
