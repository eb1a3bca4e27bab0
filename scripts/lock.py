"""Print every third-party requirement of both distributions, for the resolver behind ``make lock``."""

from __future__ import annotations

import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).parent.parent
OURS = ("poise-sdk",)


def requirements() -> list[str]:
    """All dependencies and extras of ``poise`` and ``poise-sdk``, without the project's own."""
    found: list[str] = []
    for manifest in (ROOT / "pyproject.toml", ROOT / "adapters" / "sdk" / "pyproject.toml"):
        project = tomllib.loads(manifest.read_text())["project"]
        extras = project.get("optional-dependencies", {}).values()
        found += project["dependencies"] + [line for extra in extras for line in extra]
    return sorted(line for line in found if not line.startswith(OURS))


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements()) + "\n")
