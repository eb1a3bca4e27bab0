"""One invented season for all tests of the simulator, and the real game it is held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.nba_stats.simulator.recording import Recording, load
from tests.leagues import Season, simulated

REAL_GAME = "nba/samples/cdn_playbyplay_0022000001.json"


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    """Forty games of eight teams; nobody may write into it."""
    return simulated(tmp_path_factory, seed=7, teams=8, games=40)


@pytest.fixture
def recording(season: Season) -> Recording:
    """The season's first game."""
    return load(season.games[0].path)


@pytest.fixture
def real_game(real_data: Path) -> Path:
    """A real game's play-by-play as the vendor served it, its box score beside it."""
    return real_data / REAL_GAME


@pytest.fixture(params=["simulated", "real"])
def any_game(request: pytest.FixtureRequest, season: Season) -> Recording:
    """A simulated recording with its own history, and a real one whose history is made up."""
    if request.param == "simulated":
        return load(season.games[0].path)
    path: Path = request.getfixturevalue("real_game")
    return load(path)
