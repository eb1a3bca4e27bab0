"""A season, split in two: the games to import, and one to be played live meanwhile."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from storage import ledger
from storage.connect import connect
from storage.embedded.runtime import Endpoints
from storage.settings import Settings
from tasks.context import open_services
from tasks.inline import run_inline
from tests.end_to_end import tables
from tests.end_to_end.site import Site
from tests.leagues import VENDOR, Recorded, Season, simulated

#: Four batches to import: enough for a middle.
GAMES = 80


@dataclass(frozen=True)
class League:
    """The documents of a season without its schedule, which speaks of the live game too."""

    season: Season
    live: Recorded
    """The closest of its last games; not to be imported."""

    def link(self, folder: Path) -> Path:
        """Make ``folder`` with the documents to import."""
        folder.mkdir(parents=True)
        for game in self.season.games:
            if game != self.live:
                os.link(game.path, folder / game.name)
                os.link(game.box, folder / game.box.name)
        return folder

    @property
    def plays(self) -> int:
        """The rows of those play-by-plays."""
        return sum(game.plays for game in self.season.games if game != self.live)


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    season = simulated(tmp_path_factory, seed=11, teams=10, games=GAMES)
    return League(season, max(season.games[-12:], key=Recorded.close_plays))


@pytest.fixture
def to_import(league: League, tmp_path: Path) -> Path:
    """The folder of the season, to be imported."""
    return league.link(tmp_path / "season")


@pytest.fixture
def expected(
    league: League, to_import: Path, database_url: str, redis_url: str, tmp_path: Path
) -> Callable[[], dict[str, pl.DataFrame]]:
    """The tables after an undisturbed import of all games, the live one included; made once a run."""
    folder = league.season.folder.with_name(f"{league.season.folder.name}-tables")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            endpoints = Endpoints(database_url=database_url, redis_url=redis_url)
            paths = [to_import, league.live.path, league.live.box]
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _imported(endpoints, tmp_path / "archive", paths)).result()
            with closing(connect(database_url)) as c:
                tables.save(tables.read(c), folder)
    return lambda: tables.saved(folder)


async def _imported(endpoints: Endpoints, data: Path, paths: list[Path]) -> None:
    async with open_services(Settings(data=data), endpoints) as services:
        args = {"vendor": VENDOR, "paths": [str(path) for path in paths]}
        job = await ledger.enqueue("games.import", args)
        job = await run_inline(job.id, services)
        assert job.state == "succeeded", job.error


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """``poise up`` on an empty data folder; nothing is left of it afterwards."""
    site = Site(tmp_path / "site" / "data")
    await site.start()
    yield site
    await site.remove()
