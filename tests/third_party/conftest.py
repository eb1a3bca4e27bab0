"""A stranger's adapter package, really built and installed by pip, beside the environment of this run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

#: The packages here are strangers' work: installed and tested as such, not collected from here.
collect_ignore_glob = ["poise-*"]

PACKAGE = Path(__file__).parent / "poise-courtside"


@pytest.fixture(scope="session")
def courtside_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's sources in a folder of their own: building writes beside them."""
    target = tmp_path_factory.mktemp("stranger") / "poise-courtside"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="session")
def courtside_site(courtside_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the package; put it on a process's ``PYTHONPATH``.

    No network: the build backend and poise-sdk are those of this environment.
    """
    site = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--no-warn-script-location", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", site, courtside_source],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture
def stranger(courtside_site: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``stranger(*arguments, cwd=…)``: run Python where the package is installed; fails if that fails."""

    def run(
        *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(courtside_site), **(env or {})},
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run
