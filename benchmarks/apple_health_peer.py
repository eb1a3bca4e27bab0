"""The peer at work, in an environment of its own: its dependencies are no business of ours.

``python apple_health_peer.py export.zip`` prints the seconds it took to type every record.
"""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from pathlib import Path

__all__ = ["PEER", "seconds"]

PEER = "apple-health-parser==2.0.5"


def seconds(archive: Path, environment: Path) -> float:
    """How long the peer takes for ``archive``; installs it into the new folder ``environment`` first."""
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]
    subprocess.run([python, *install], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([python, __file__, str(archive)], check=True, capture_output=True, text=True)
    return float(done.stdout.strip().splitlines()[-1])


def _parse(archive: Path) -> float:
    from apple_health_parser.utils.parser import Parser

    begun = time.perf_counter()
    parser = Parser(export_file=archive, output_dir=archive.parent / "unpacked", overwrite=True)
    for flag in parser.flags:
        parser.get_flag_records(flag=flag)
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(_parse(Path(sys.argv[1])))
