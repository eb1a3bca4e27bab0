"""What nearly every command needs: the data folder, a running database and queue, an open connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from storage.embedded.runtime import Endpoints
    from storage.settings import Settings

__all__ = ["DataOption", "endpoints", "reading", "settings_for"]

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="POISE_DATA",
        help="The data folder (database, archive, logs). Default: your user data folder.",
        file_okay=False,
    ),
]

Result = TypeVar("Result")


def settings_for(data: Path | None) -> Settings:
    """The settings of the environment, with ``--data`` on top."""
    from storage.settings import load_settings

    return load_settings(data)


@contextmanager
def endpoints(data: Path | None) -> Iterator[Endpoints]:
    """Database and queue: the configured external ones, those of the running ``poise up``, or our own."""
    from storage.embedded.runtime import runtime

    with runtime(settings_for(data)) as found:
        yield found


def reading(data: Path | None, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Answer ``question`` (an async function on the open database) and close everything again."""
    from storage.settings import settings_in_force

    with endpoints(data) as found, settings_in_force(settings_for(data)):
        return asyncio.run(_asked(found.database_url, question))


async def _asked(url: str, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    async with _open(url):
        return await question()


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[None]:
    from storage.connect import database

    async with database(url, max_size=2):
        yield
