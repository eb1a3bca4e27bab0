"""One season from files to table: import, detect, score; against ``pbpstats`` on the same files.

The season is the real 2024-25 beside the project (see ``tests/conftest.py``'s ``real_data``); where
that is absent, an invented one of the same form.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import psutil

from benchmarks.harness import Row
from server.cli.simulate import invent
from storage import ledger
from storage.embedded.runtime import Endpoints, runtime
from storage.reads.clutch import SeasonKey, team_table
from storage.settings import Settings
from tasks.context import open_services
from tasks.inline import run_inline

__all__ = ["run"]

ARCHIVE = "nba/seasons/cdn_derived_2024-25.tar.zst"
#: The peer needs a quarter of a second a game: every so many games say enough.
PEER_EVERY = 25
INVENTED_GAMES = 400


def run() -> list[Row]:
    """Measure; about two minutes."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # the database's own user must be able to come in; the folder is ours
        season, label = _season(folder / "season")
        games = len(list(season.glob("playbyplay_*.json")))
        with runtime(Settings(data=folder / "data")) as endpoints, _peak_memory() as peak:
            settings = Settings(data=folder / "data")
            before = _peer(season, folder / "peer")
            first = asyncio.run(_import(settings, endpoints, season, label))
            second = asyncio.run(_import(settings, endpoints, season, label))
            after = _peer(season, folder / "peer")
        peer = (before + after) / 2
    ours = games / first
    return [
        Row(
            group="season",
            what=f"{games} games: import, detect, score, table",
            ours=f"{ours:.1f} games/s",
            against=f"pbpstats load + player totals: {peer:.2f} games/s",
            ratio=ours / peer,
            at_least=20,
        ),
        Row(
            group="season",
            what="the same, absolute",
            ours=f"{first:.1f} s",
            against="",
            ratio=ours,
            at_least=40,
            unit="games/s",
        ),
        Row(
            group="season",
            what="second import, nothing changed",
            ours=f"{second:.2f} s",
            against=f"first import: {first:.1f} s",
            ratio=first / second,
            at_least=3,
        ),
        Row(
            group="season",
            what="peak memory of all our processes (database apart)",
            ours=f"{peak[0] / 2**20:.0f} MiB",
            against="",
            ratio=peak[0] / 2**30,
            at_most=1,
            unit="GiB",
        ),
    ]


def real_data() -> pathlib.Path | None:
    """The folder of real play-by-play, if it lies beside the project."""
    root = pathlib.Path(__file__).parents[1]
    folder = pathlib.Path(os.environ.get("POISE_REAL_DATA", root.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def _season(out: pathlib.Path) -> tuple[pathlib.Path, str]:
    """A folder of live-data documents and the season they are of."""
    data = real_data()
    converter = data.parent / "tools" / "season_to_livedata.py" if data else None
    if data and converter and converter.exists() and (data / ARCHIVE).exists():
        subprocess.run([sys.executable, converter, data / ARCHIVE, out], check=True)
        return out, "2024-25"
    invent(out, seed=7, season="2025-26", teams=30, games=INVENTED_GAMES)
    return out, "2025-26"


async def _import(settings: Settings, endpoints: Endpoints, season: pathlib.Path, label: str) -> float:
    """Seconds from the order to the table."""
    async with open_services(settings, endpoints) as services:
        await services.pool.warm()
        begun = time.perf_counter()
        args: dict[str, Any] = {"vendor": "nba_stats", "paths": [str(season)]}
        job = await run_inline((await ledger.enqueue("games.import", args)).id, services)
        table = await team_table(SeasonKey(label))
        spent = time.perf_counter() - begun
    if job.state != "succeeded" or not table:
        raise RuntimeError(f"the import ended as {job.state}: {job.error}")
    return spent


def _peer(season: pathlib.Path, folder: pathlib.Path) -> float:
    """Games a second of pbpstats: load the possessions, add up the players' totals."""
    from pbpstats.client import Client

    games = [path.stem.split("_")[1] for path in sorted(season.glob("playbyplay_*.json"))[::PEER_EVERY]]
    (folder / "pbp").mkdir(parents=True, exist_ok=True)
    for game in games:
        document = _completed(msgspec.json.decode((season / f"playbyplay_{game}.json").read_bytes()))
        (folder / "pbp" / f"live_{game}.json").write_bytes(msgspec.json.encode(document))
    client = Client({"dir": str(folder), "Possessions": {"source": "file", "data_provider": "live"}})
    done = 0
    begun = time.perf_counter()
    for game in games:
        with contextlib.suppress(
            Exception
        ):  # some games it cannot do: they count neither as work nor as time
            started = time.perf_counter()
            totals = client.Game(game).possessions.player_stats
            done += bool(totals)
            continue
        begun += time.perf_counter() - started
    return done / (time.perf_counter() - begun)


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """What the peer needs and the archive dropped: which shot a rebound belongs to, who has the ball."""
    miss = None
    for action in document["game"]["actions"]:
        if action.get("shotResult") == "Missed":
            miss = action["actionNumber"]
        if action["actionType"] == "rebound":
            action.setdefault("shotActionNumber", miss)
        action.setdefault("possession", action.get("teamId", 0))
    return document


@contextlib.contextmanager
def _peak_memory() -> Iterator[list[int]]:
    """The most that this process and its Python children hold at once, in bytes."""
    peak = [0]
    over = threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not over.wait(0.1):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    if "python" in process.name() and "guard.py" not in " ".join(process.cmdline()):
                        total += process.memory_info().rss
            peak[0] = max(peak[0], total)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()
