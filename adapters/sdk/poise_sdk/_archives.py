"""Containers of documents, told by their content and opened; nothing is unpacked to disk by name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from poise_sdk._bounds import (
    BROKEN,
    Accepts,
    Item,
    Limits,
    ReadMember,
    Reads,
    Refused,
    why_broken,
)
from poise_sdk._streams import CHUNK, Counted, decompress, read_tar
from poise_sdk._zip import read_zip
from poise_sdk.records import Rejected

__all__ = ["open_container"]

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
#: Where a tar's first header carries ``ustar`` (POSIX.1-1988, both flavours).
_TAR_MAGIC: Final = slice(257, 262)
#: Nested containers up to this size stay in memory, larger ones go to a nameless temporary file.
_SPOOL: Final = 8 * 1024 * 1024


def open_container(
    source: BinaryIO,
    name: str,
    *,
    prefix: str | None,
    accepts: Accepts,
    limits: Limits,
    reads: Reads,
    depth: int = 0,
) -> Iterator[Item]:
    """The documents in ``source``, which is seekable and called ``name``.

    ``prefix`` goes before the names of members; ``None`` means that ``source`` is a plain document
    whatever it looks like. A source that is no container is one document. ``reads`` makes documents of
    an open file or member.
    """
    start = source.read(512)
    source.seek(0)
    kind = _kind(start) if prefix is not None else None
    if kind is not None and depth >= limits.depth:
        yield Rejected(file=name, reason=f"archives nested deeper than {limits.depth} levels are not opened")
        return
    inner = prefix or ""

    def read_member(stream: BinaryIO, member: str, container: bool) -> Iterator[Item]:
        return _member(stream, member, container, accepts, limits, reads, depth)

    if kind == "zip":
        yield from read_zip(source, name, inner, accepts, limits, read_member)
    elif kind == "tar":
        yield from read_tar(Counted(source, source, limits), name, inner, accepts, limits, read_member)
    elif kind is not None:
        yield from _compressed(source, kind, name, inner, accepts, limits, reads, read_member)
    else:
        yield from _document(source, name, limits, reads)


def _kind(start: bytes) -> str | None:
    if start.startswith(_ZIP):
        return "zip"
    if start.startswith(_GZIP):
        return "gzip"
    if start.startswith(_ZSTD):
        return "zstd"
    return "tar" if start[_TAR_MAGIC] == b"ustar" else None


def _document(source: BinaryIO, name: str, limits: Limits, reads: Reads) -> Iterator[Item]:
    try:
        yield from reads(source, name, limits)
    except Refused as refused:
        yield Rejected(file=name, reason=str(refused))
    except BROKEN as error:
        yield Rejected(file=name, reason=why_broken(error))


def _compressed(
    source: BinaryIO,
    kind: str,
    name: str,
    prefix: str,
    accepts: Accepts,
    limits: Limits,
    reads: Reads,
    read_member: ReadMember,
) -> Iterator[Item]:
    try:
        head = decompress(source, kind).read(512)
        if not head:  # zstd ends a stream that is cut short without a word
            raise EOFError("empty, or cut short")
    except Refused as refused:
        yield Rejected(file=name, reason=str(refused))
        return
    except BROKEN as error:
        yield Rejected(file=name, reason=why_broken(error))
        return
    source.seek(0)
    stream = Counted(decompress(source, kind), source, limits)
    if _kind(head) == "tar":
        yield from read_tar(stream, name, prefix, accepts, limits, read_member)
        return
    plain = name.removesuffix(".gz").removesuffix(".zst")
    if prefix and not accepts(plain):
        return
    if _kind(head) is not None:
        yield Rejected(file=name, reason="compressed twice, not opened")
        return
    try:
        yield from reads(cast(BinaryIO, stream), plain, limits)
    except Refused as refused:
        yield Rejected(file=name, reason=str(refused))
    except BROKEN as error:
        yield Rejected(file=name, reason=why_broken(error))


def _member(
    stream: BinaryIO,
    name: str,
    container: bool,
    accepts: Accepts,
    limits: Limits,
    reads: Reads,
    depth: int,
) -> Iterator[Item]:
    if not container:
        yield from reads(stream, name, limits)
        return
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as spool:
        while chunk := stream.read(CHUNK):
            spool.write(chunk)
            if spool.tell() > limits.total:
                raise Refused(f"larger than {limits.total:,} bytes")
        spool.seek(0)
        yield from open_container(
            cast(BinaryIO, spool),
            name,
            prefix=name + "/",
            accepts=accepts,
            limits=limits,
            reads=reads,
            depth=depth + 1,
        )
