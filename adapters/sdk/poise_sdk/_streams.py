"""Streams: gzip, zstd, and tar on top of them, read forward only and bounded."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, cast

from poise_sdk._bounds import (
    BROKEN,
    CONTAINER_SUFFIXES,
    SKIPPED_PREFIXES,
    Accepts,
    Item,
    Limits,
    ReadMember,
    Refused,
    check_ratio,
    unsafe_name,
    why_broken,
)
from poise_sdk.records import Rejected

__all__ = ["CHUNK", "Counted", "decompress", "read_tar"]

#: Bytes read at a time.
CHUNK: Final = 256 * 1024


class Counted(io.RawIOBase):
    """A forward-only stream that judges, while it is read, how much came out of how little."""

    def __init__(self, stream: BinaryIO, packed: BinaryIO, limits: Limits) -> None:
        # One piece at a time: what came before the place where an archive is cut short is not lost.
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._stream = stream
        self._packed = packed
        self._limits = limits
        self.position = 0
        self.bound = limits.total

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._read(size if size >= 0 else CHUNK)
        self.position += len(chunk)
        if self.position > self._limits.total:
            raise Refused(f"the archive holds more than {self._limits.total:,} bytes")
        if self._packed is not self._stream:
            check_ratio(self.position, self._packed.tell(), self._limits)
        if self.position > self.bound:
            raise Refused(f"more than {self._limits.header:,} bytes of headers before one member")
        return chunk


def decompress(source: BinaryIO, kind: str) -> BinaryIO:
    if kind == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=source))
    try:
        import zstandard
    except ImportError:
        raise Refused("compressed with zstd, which needs: pip install 'poise-sdk[zst]'") from None
    # 128 MiB is what `zstd --long` writes; a larger window would be memory spent at a stranger's wish.
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    return cast(BinaryIO, _Zstd(decompressor.stream_reader(source, read_across_frames=True, closefd=False)))


class _Zstd(io.RawIOBase):
    """zstd's stream, with its errors turned into those of files."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int = -1) -> bytes:
        return self.read1(size)

    def read1(self, size: int = -1) -> bytes:
        import zstandard

        try:
            return cast(bytes, self._reader.read1(size))
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error


def read_tar(
    stream: Counted, name: str, prefix: str, accepts: Accepts, limits: Limits, read_member: ReadMember
) -> Iterator[Item]:
    entries = 0
    stream.bound = limits.header + CHUNK  # opening reads the first header
    try:
        with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|", bufsize=CHUNK) as archive:
            while True:
                # Up to the next header everything was announced; only the header itself can surprise.
                stream.bound = max(archive.offset, stream.position) + limits.header + CHUNK
                info = archive.next()
                stream.bound = limits.total
                if info is None:
                    break
                # A stream cannot go back, and a list of members would grow for ever.
                archive.members = []  # type: ignore[attr-defined]  # typeshed leaves it out
                entries += 1
                if entries > limits.entries:
                    raise Refused(f"more than {limits.entries:,} entries")
                yield from _tar_member(archive, info, prefix, accepts, limits, read_member)
            if stream.position < archive.offset + tarfile.BLOCKSIZE:
                raise EOFError("cut short, the end of the archive is missing")
    except Refused as refused:
        yield Rejected(file=name, reason=f"{refused}; what follows in it was not read")
    except BROKEN as error:
        yield Rejected(file=name, reason=f"{why_broken(error)}; what follows in it was not read")


def _tar_member(
    archive: tarfile.TarFile,
    info: tarfile.TarInfo,
    prefix: str,
    accepts: Accepts,
    limits: Limits,
    read_member: ReadMember,
) -> Iterator[Item]:
    member = info.name.removeprefix("./")
    if info.isdir() or member.startswith(SKIPPED_PREFIXES):
        return
    container = member.lower().endswith(CONTAINER_SUFFIXES)
    reason = unsafe_name(member)
    if reason is None and not container and not accepts(member):
        return
    if reason is None and (info.issym() or info.islnk()):
        reason = "a link, links are not followed"
    if reason is None and (not info.isreg() or info.issparse()):
        reason = "not a regular file"
    if reason is None and info.size > limits.document and not container:
        reason = f"larger than {limits.document:,} bytes"
    stream = archive.extractfile(info) if reason is None else None
    if stream is None:
        yield Rejected(file=prefix + member, reason=reason or "not a regular file")
        return
    yield from read_member(cast(BinaryIO, stream), prefix + member, container)
