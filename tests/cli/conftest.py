"""The ``poise`` command as a user types it, on the test's own database and queue."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from server.cli.main import main
from tasks.sync.intake import installed
from tests.cli.vendor import CLIENT, Armband, Browser, site
from tests.leagues import Season, closest

# a stranger's package is installed once for all who want one
from tests.storage.people.invented import KEYS
from tests.third_party.conftest import courtside_site, courtside_source, stranger

__all__ = ["Done", "Poise", "courtside_site", "courtside_source", "stranger"]


PATIENCE_S = 120.0


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
    return closest(tmp_path_factory, 5)


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
    monkeypatch.setenv("POISE_VAULT_KEYS", KEYS)
    monkeypatch.delenv("POISE_ARCHIVE_URL", raising=False)

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["poise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def alone(poise: Poise) -> Poise:
    """The same in a process of its own, as a shell starts it; slower."""

    def run(*arguments: str | Path) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def stranger_vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters of `tests.cli.vendor`, installed."""
    monkeypatch.syspath_prepend(site(tmp_path / "site"))
    installed.cache_clear()
    yield
    installed.cache_clear()


@pytest.fixture
def armband(poise: Poise, stranger_vendors: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Armband]:
    """A vendor that asks for consent, with which this Poise is registered."""
    assert CLIENT.client_secret is not None
    with Armband() as vendor:
        monkeypatch.setattr("sys.stdin", io.StringIO(CLIENT.client_secret.reveal() + "\n"))
        options = ("--client-id", CLIENT.client_id, "--base-url", vendor.base_url)
        assert poise("vendors", "configure", "armband", *options).code == 0
        yield vendor


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Whoever sits at this machine's browser."""
    somebody = Browser()
    monkeypatch.setattr("webbrowser.open", somebody.open)
    yield somebody
    somebody.close()


def assert_refused(done: Done, *words: str) -> None:
    """It failed, said why in a sentence, and showed no traceback."""
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("error ")
    for word in words:
        assert word in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 4
