"""Files from outside, read safely: a file, a folder, a zip, a tar (plain, gzip, zstd).

:func:`read_documents` hands out one document at a time, so memory stays flat whatever the size of the
archive, and writes nothing to disk. What is unsafe or broken (a path that climbs out, a link, a bomb,
a truncated or encrypted member) becomes a :class:`~poise_sdk.records.Rejected` under its own name, and
the rest goes on as far as the container can still be read.

Containers are told by their content, not by their name. zstd needs ``poise-sdk[zst]``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from poise_sdk._archives import open_container
from poise_sdk._bounds import (
    CONTAINER_SUFFIXES,
    DEFAULT_LIMITS,
    SKIPPED_PREFIXES,
    Accepts,
    Item,
    Limits,
    Reads,
    Refused,
    read_whole,
    unsafe_name,
)
from poise_sdk.errors import Fatal
from poise_sdk.records import RawDocument, Rejected

__all__ = ["DEFAULT_LIMITS", "Accepts", "Limits", "Reads", "Refused", "read_documents", "read_whole"]

#: A file may have become a link or a pipe since it was listed: neither is followed or waited for.
#: (Windows has neither flag.)
_NO_SURPRISE: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_documents(
    path: Path,
    *,
    accepts: Callable[[str], bool] = lambda name: True,
    limits: Limits = DEFAULT_LIMITS,
    reads: Reads = read_whole,
) -> Iterator[RawDocument | Rejected]:
    """The documents under ``path``.

    A folder is read in the order of its sorted relative names, a zip by sorted names, a tar in its own
    order. ``accepts`` decides by name which members of a folder or archive are read; a single file is
    always read. Names use ``/`` and are relative: to the folder, to the archive; a container inside a
    folder or another container puts its own name before its members'.

    ``reads`` makes documents of an open file or member, by default one of all of it. A vendor whose files
    have no bound passes a function of its own, which reads forward and yields a document at a time (it may
    raise :class:`Refused` with a reason); then ``limits.document`` bounds what may be streamed so.

    Raises :class:`~poise_sdk.errors.Fatal` where ``path`` does not exist, may not be read, or is
    neither a file nor a folder. It is raised by the call, not by the first step of the iteration.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Fatal(f"{path}: {error.strerror or error}", hint="check the path") from error
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise Fatal(f"{path}: neither a file nor a folder")
    try:
        if stat.S_ISDIR(mode):
            return _entries(_listing(path), "", accepts, limits, reads)
        path.open("rb").close()
    except OSError as error:
        raise Fatal(f"{path}: {error.strerror or error}", hint="check who may read it") from error
    return _file(path, accepts, limits, reads)


def _file(path: Path, accepts: Accepts, limits: Limits, reads: Reads) -> Iterator[Item]:
    with path.open("rb") as source:
        yield from open_container(source, path.name, prefix="", accepts=accepts, limits=limits, reads=reads)


def _listing(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _entries(
    entries: list[os.DirEntry[str]], prefix: str, accepts: Accepts, limits: Limits, reads: Reads
) -> Iterator[Item]:
    for entry in entries:
        name = prefix + entry.name
        if name.startswith(SKIPPED_PREFIXES) or entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            try:
                inner = _listing(entry.path)
            except OSError as error:
                yield Rejected(file=name, reason=f"folder cannot be read: {error.strerror or error}")
                continue
            yield from _entries(inner, name + "/", accepts, limits, reads)
            continue
        container = entry.name.lower().endswith(CONTAINER_SUFFIXES)
        linked_folder = entry.is_symlink() and entry.is_dir()
        if not (container or linked_folder or accepts(name)):
            continue
        yield from _entry(entry, name, container, accepts, limits, reads)


def _entry(
    entry: os.DirEntry[str], name: str, container: bool, accepts: Accepts, limits: Limits, reads: Reads
) -> Iterator[Item]:
    if entry.is_symlink():
        yield Rejected(file=name, reason="a link, links are not followed")
        return
    if not entry.is_file(follow_symlinks=False):
        yield Rejected(file=name, reason="not a regular file")
        return
    if reason := unsafe_name(name):
        yield Rejected(file=name, reason=reason)
        return
    try:
        handle = os.open(entry.path, _NO_SURPRISE)
    except OSError as error:
        yield Rejected(file=name, reason=f"cannot be read: {error.strerror or error}")
        return
    with os.fdopen(handle, "rb") as source:
        prefix = name + "/" if container else None
        yield from open_container(source, name, prefix=prefix, accepts=accepts, limits=limits, reads=reads)
