"""Invented seasons for tests: played once a run, whichever xdist worker asks first."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from adapters.host import load_registry
from poise_sdk.records import Normalized, RawDocument
from tasks.live.replay import simulator_of

__all__ = ["VENDOR", "Recorded", "Season", "actions_of", "closest", "rewrite", "simulated"]

VENDOR = "nba_stats"


@dataclass(frozen=True)
class Recorded:
    """One recorded game."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.stem.removeprefix("playbyplay_")

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def box(self) -> Path:
        """Its box score."""
        return self.path.with_name(f"boxscore_{self.id}.json")

    @cached_property
    def said(self) -> Normalized:
        """What the finished play-by-play says."""
        document = RawDocument(name=self.name, content=self.path.read_bytes())
        return load_registry().game_feed(VENDOR).normalize(document)

    @cached_property
    def plays(self) -> int:
        """How many plays that are."""
        return len(self.said.plays or ())

    @cached_property
    def document(self) -> dict[str, Any]:
        """The recording, revisions and all."""
        found: dict[str, Any] = json.loads(self.path.read_bytes())
        return found

    def close_plays(self) -> int:
        """How many plays end within the league's clutch window."""
        return sum(
            play.period >= 4 and play.clock_s <= 300 and abs(play.score_home - play.score_away) <= 5
            for play in self.said.plays or ()
        )


@dataclass(frozen=True)
class Season:
    """A folder with a season; nobody may write into it."""

    folder: Path
    games: tuple[Recorded, ...]
    """In order of time."""
    names: tuple[str, ...]
    """Of all its files, sorted."""

    @cached_property
    def close(self) -> list[Recorded]:
        """Its games, the one with the most clutch plays first."""
        return sorted(self.games, key=lambda game: (-game.close_plays(), game.id))


def simulated(
    tmp_path_factory: pytest.TempPathFactory, *, seed: int = 5, teams: int = 6, games: int = 24
) -> Season:
    """An invented season; the same numbers give the same one."""

    def play(folder: Path) -> None:
        simulator_of(VENDOR)[1].simulate_league(folder, seed=seed, teams=teams, games=games)

    return _season(_once(tmp_path_factory, f"league-{seed}-{teams}-{games}", play))


def closest(tmp_path_factory: pytest.TempPathFactory, games: int) -> Season:
    """The closest games of an invented season, and its schedule: little to import, and full of clutch."""

    def choose(folder: Path) -> None:
        whole = simulated(tmp_path_factory)
        folder.mkdir()
        chosen = [path for game in whole.close[:games] for path in (game.path, game.box)]
        for path in (*chosen, whole.folder / "scheduleLeagueV2.json"):
            os.link(path, folder / path.name)

    return _season(_once(tmp_path_factory, f"closest-{games}", choose))


def _once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all workers of the run share, made by the first that asks."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            half = folder.with_suffix(".half")
            make(half)
            half.rename(folder)
    return folder


def _season(folder: Path) -> Season:
    names = tuple(sorted(path.name for path in folder.iterdir()))
    recordings = tuple(Recorded(folder / name) for name in names if name.startswith("playbyplay_"))
    return Season(folder, recordings, names)


def actions_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The actions of a play-by-play document, as it has them."""
    found: list[dict[str, Any]] = document["game"]["actions"]
    return found


def rewrite(game: Recorded, target: Path, edit: Callable[[dict[str, Any]], None]) -> Recorded:
    """A copy of a game's document in the folder ``target``, without its history, edited by ``edit``."""
    document = json.loads(game.path.read_bytes())
    document.pop("revisions", None)
    edit(document)
    copy = target / game.name
    copy.write_text(json.dumps(document))
    return Recorded(copy)
