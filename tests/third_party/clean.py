"""An environment with poise-sdk and nothing else, made without a network from what is installed here."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["CleanEnvironment"]

SDK = Path(__file__).parents[2] / "adapters" / "sdk"


class CleanEnvironment:
    """A virtual environment in ``folder``: poise-sdk really installed by pip, what it needs linked in."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.bin = folder / "bin"
        self.python = self.bin / "python"
        # What the sources say now; what is installed here may have been told of earlier ones.
        project = tomllib.loads((SDK / "pyproject.toml").read_text(encoding="utf-8"))
        extra = project["project"]["optional-dependencies"]["testing"]
        needed = [*project["project"]["dependencies"], *extra, *project["build-system"]["requires"]]
        for name in _closure(needed):
            self._link(importlib.metadata.distribution(name), _site(folder))
        source = folder / "source"
        shutil.copytree(SDK, source, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        self.pip("install", source)

    def pip(self, command: str, *arguments: str | Path, cwd: Path | None = None) -> None:
        """``pip``, as it is where there is a network: only isolation and the index are left out."""
        options = ["--no-index", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
        pip = [sys.executable, "-m", "pip", "--python", self.python, command]
        done = subprocess.run([*pip, *options, *arguments], capture_output=True, text=True, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """A command as if the environment were activated."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        env |= {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(self.bin.parent)}
        env.pop("PYTHONPATH", None)
        program = [str(self.bin / command[0]), *command[1:]]
        return subprocess.run(program, capture_output=True, text=True, cwd=cwd, env=env, timeout=120)

    def _link(self, distribution: importlib.metadata.Distribution, site: Path) -> None:
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(distribution.locate_file(top))
        for script in distribution.entry_points.select(group="console_scripts"):
            path = self.bin / script.name
            call = f"from {script.module} import {script.attr} as main; raise SystemExit(main())"
            path.write_text(f"#!{self.python}\n{call}\n")
            path.chmod(0o755)


def _closure(wanted: Iterable[str]) -> set[str]:
    """The names of the distributions that ``wanted`` need, themselves among them."""
    found: set[str] = set()
    pending = [Requirement(text) for text in wanted]
    while pending:
        wanting = pending.pop()
        found.add(canonicalize_name(wanting.name))
        for needed in map(Requirement, importlib.metadata.requires(wanting.name) or ()):
            asked = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in wanting.extras or {""}
            )
            if asked and canonicalize_name(needed.name) not in found:
                pending.append(needed)
    return found


def _site(folder: Path) -> Path:
    return Path(
        sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}, scheme="venv")
    )
