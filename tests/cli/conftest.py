"""The ``poise`` command as a user types it, on the test's own database and queue."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from server.cli.main import main
from tests.leagues import Season, simulated

# a stranger's package is installed once for all who want one
from tests.third_party.conftest import courtside_site, courtside_source, stranger

__all__ = ["Done", "Poise", "courtside_site", "courtside_source", "stranger"]


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def table(self) -> list[dict[str, str]]:
        """The rows of a CSV."""
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def header(self) -> list[str]:
        return self.out.splitlines()[0].split(",")


Poise: TypeAlias = Callable[..., Done]


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    return simulated(tmp_path_factory, seed=5, teams=4, games=6)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def poise(
    database_url: str,
    redis_url: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Poise:
    """``poise("import", "nba", path)``: run a command to its end."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("POISE_DATA", str(data))
    monkeypatch.delenv("POISE_ARCHIVE_URL", raising=False)

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["poise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


def assert_refused(done: Done, *words: str) -> None:
    """It failed, said why in a sentence, and showed no traceback."""
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("error ")
    for word in words:
        assert word in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 4
