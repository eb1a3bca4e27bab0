from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Stranger = Callable[..., subprocess.CompletedProcess[str]]

LIST = """
import json
from adapters.host import load_registry
registry = load_registry()
origins = {name: registry.origin(name) for name in registry.names}
print(json.dumps({name: [o.distribution, o.version, o.module] for name, o in origins.items()}))
"""

READ = """
import sys
from pathlib import Path
from adapters.host import load_registry
adapter = load_registry().game_feed("courtside")
for document in adapter.read_file(Path(sys.argv[1])):
    normalized = adapter.normalize(document)
    print(document.name, len(normalized.games), len(normalized.plays or ()), len(normalized.rejected))
"""


def test_an_installed_stranger_is_found_like_a_built_in(stranger: Stranger) -> None:
    found = json.loads(stranger("-c", LIST).stdout)
    assert found["courtside"] == ["poise-courtside", "1.4.0", "poise_courtside"]
    assert found["nba_stats"][0] == "poise"


def test_its_files_are_read_through_the_registry(stranger: Stranger, courtside_source: Path) -> None:
    lines = stranger("-c", READ, str(courtside_source / "tests" / "samples")).stdout.splitlines()
    assert lines == ["game_C-17.json 1 58 0", "today.json 2 0 0"]


def test_its_own_tests_pass_where_it_is_installed(stranger: Stranger, courtside_source: Path) -> None:
    done = stranger("-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "tests", cwd=courtside_source)
    assert " 19 passed" in done.stdout
    assert "poise-sdk" in done.stdout, "pytest does not find the plugin of poise-sdk by its entry point"
