"""Helpers for tests that start, kill and look after real processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_postgresql.dbapi as adbc
import pytest

from storage.embedded.clusters import cluster_folder
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.processes import processes_in

_PROJECT = Path(__file__).parents[3]


class Python(Protocol):
    """Starts a Python program given as text; its first output line can be awaited with ``readline``."""

    def __call__(self, code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]: ...


class Until(Protocol):
    """Polls until the answer is true and returns it; fails the test after ``within_s``."""

    def __call__(self, ask: Callable[[], Any], within_s: float = 30.0) -> Any: ...


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder that is not there yet; whatever lies or runs in it afterwards is removed."""
    folder = tmp_path / "data"
    yield folder
    if folder.is_dir():
        EmbeddedPostgres(folder).end_and_remove()


@pytest.fixture
def until() -> Until:
    def wait(ask: Callable[[], Any], within_s: float = 30.0) -> Any:
        deadline = time.monotonic() + within_s
        while not (answer := ask()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.02)
        return answer

    return wait


@pytest.fixture
def python() -> Iterator[Python]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            cwd=_PROJECT,
            **{"env": os.environ | {"PYTHONPATH": str(_PROJECT)}, **options},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:  # closes its pipes and waits
            process.kill()


@pytest.fixture
def query() -> Callable[..., list[tuple[Any, ...]]]:
    """Run one statement on a connection of its own; its rows."""

    def run(url: str, statement: str) -> list[tuple[Any, ...]]:
        with (
            contextlib.closing(adbc.connect(url, autocommit=True)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    return run


@pytest.fixture
def servers() -> Callable[[Path], list[Any]]:
    """The PostgreSQL processes on a data folder's cluster."""
    return lambda folder: processes_in(cluster_folder(folder), "postgres")
