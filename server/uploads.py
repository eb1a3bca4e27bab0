"""Files on their way in: each in a folder of its own under the data folder, until a job has read it.

Who receives a file writes it here and orders the import; what no job was ordered for is removed at once, and
whatever is left of the others a day later by ``uploads.clean`` (:mod:`tasks.housekeeping`).
"""

from __future__ import annotations

import asyncio
import errno
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self
from uuid import uuid4

from storage.settings import current_settings

__all__ = [
    "NoSpaceError",
    "TooLargeError",
    "Upload",
    "Writing",
    "folder",
    "proper_name",
    "receiving",
    "room_for",
]

#: Bytes gathered before a thread writes them.
_BLOCK: Final = 1024 * 1024
#: Bytes of a file that tell what it is.
_BEGINNING: Final = 64
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LONGEST_NAME: Final = 120


class TooLargeError(Exception):
    """More bytes came than may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a file may have {limit:,} bytes")
        self.limit = limit


class NoSpaceError(Exception):
    """The disk cannot hold the file."""

    def __init__(self) -> None:
        super().__init__("there is no room for this file here")


class Upload:
    """A file that has arrived whole."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self.claimed = False
        """Whether a job will read it; else it is removed with the request."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def __repr__(self) -> str:
        return f"Upload({self.name!r}, {self.size} bytes)"


def folder() -> Path:
    """Where uploads lie."""
    return current_settings().data / "uploads"


class Writing:
    """A file being written; an asynchronous context manager that leaves nothing behind if it fails."""

    def __init__(self, name: str | None, limit: int) -> None:
        self._name = proper_name(name)
        self._limit = limit
        self._home = folder() / uuid4().hex
        self._file: BinaryIO | None = None
        self._waiting = bytearray()
        self._beginning = b""
        self.size = 0

    async def __aenter__(self) -> Self:
        self._file = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
        if kind is not None:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)

    async def write(self, data: bytes) -> None:
        """Add bytes. Raises `TooLargeError`, `NoSpaceError`."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLargeError(self._limit)
        self._waiting += data
        if len(self._waiting) >= _BLOCK:
            await self._flush()

    async def done(self) -> Upload:
        """Write the rest and give the file its name."""
        await self._flush()
        assert self._file is not None
        try:
            await asyncio.to_thread(self._file.close)
        except OSError as error:
            raise _trouble(error) from error
        name = self._name or f"upload{_suffix(self._beginning)}"
        path = self._home / name
        await asyncio.to_thread((self._home / ".part").rename, path)
        return Upload(path, self.size)

    async def _flush(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        self._beginning = self._beginning or block[:_BEGINNING]
        assert self._file is not None
        try:
            await asyncio.to_thread(_write_all, self._file, block)
        except OSError as error:
            raise _trouble(error) from error

    def _open(self) -> BinaryIO:
        try:
            self._home.mkdir(parents=True, mode=0o700)
            return (self._home / ".part").open("xb", buffering=0)
        except OSError as error:
            raise _trouble(error) from error


@asynccontextmanager
async def receiving(uploads: list[Upload]) -> AsyncIterator[None]:
    """Remove, when the body ends, those of ``uploads`` that no job was ordered for."""
    try:
        yield
    finally:
        for upload in uploads:
            if not upload.claimed:
                await asyncio.to_thread(shutil.rmtree, upload.path.parent, ignore_errors=True)


async def room_for(size: int) -> bool:
    """Whether the disk has room for ``size`` bytes more."""
    return await asyncio.to_thread(_free) > size


def proper_name(name: str | None) -> str | None:
    """The last part of a file's name, without what a path or a terminal reads into it; ``None``: none."""
    last = re.split(r"[\\/]", name or "")[-1]
    clean = re.sub(r"[^\w .()+@=,-]", "_", last).strip(" .")
    return clean[-_LONGEST_NAME:] or None


def _write_all(file: BinaryIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:  # a disk that is nearly full takes a part of it before it refuses the next
        rest = rest[file.write(rest) :]


def _free() -> int:
    home = folder()
    while not home.exists():
        home = home.parent
    return shutil.disk_usage(home).free


def _trouble(error: OSError) -> Exception:
    return NoSpaceError() if error.errno in _FULL else error


def _suffix(beginning: bytes) -> str:
    """The ending of a nameless file, by what it begins with."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith(b"PK"):
        return ".zip"
    if text[:1] in (b"{", b"["):
        return ".json"
    if text[:1] == b"<":
        return ".xml"
    return ".csv" if b"," in text else ".bin"
