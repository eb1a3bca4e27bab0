"""What ``poise-sdk new`` writes passes its own tests where there is only poise-sdk, and is tidy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from poise_sdk.scaffold.command import main
from tests.third_party.clean import CleanEnvironment

KINDS = {"garmin2": "wearable", "my-hoops": "game-feed"}
#: Checks of the suite and the package's own test.
PASSED = {"wearable": 42, "game-feed": 20}
FIND = "import sys; from importlib.util import find_spec; print(*map(find_spec, sys.argv[1:]))"


def test_a_new_package_passes_its_own_tests_with_nothing_but_the_sdk(tmp_path: Path) -> None:
    clean = CleanEnvironment(tmp_path / "venv")
    beyond = clean.run("python", "-c", FIND, "server", "adapters", "polars", "pytest_asyncio", cwd=tmp_path)
    assert beyond.stdout.split() == ["None"] * 4, "the environment is not clean"
    for name, kind in KINDS.items():
        made = clean.run("poise-sdk", "new", name, "--kind", kind, cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        assert f"cd {name} && pip install -e . && pytest" in made.stdout
        clean.pip("install", "-e", ".", cwd=tmp_path / name)
        tested = clean.run("pytest", cwd=tmp_path / name)
        assert f" {PASSED[kind]} passed" in tested.stdout, tested.stdout + tested.stderr


def test_a_new_package_is_typed_and_tidy(tmp_path: Path) -> None:
    for name, kind in KINDS.items():
        main(["new", name, "--kind", kind, "--into", str(tmp_path)])
        for tool in (["ruff", "check"], ["mypy", "--cache-dir", str(tmp_path / "cache")]):
            command = [sys.executable, "-m", *tool]
            done = subprocess.run(command, cwd=tmp_path / name, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout
