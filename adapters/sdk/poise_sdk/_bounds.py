"""How much, and what, a file from outside may be."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from poise_sdk.records import RawDocument, Rejected

__all__ = [
    "BROKEN",
    "CONTAINER_SUFFIXES",
    "DEFAULT_LIMITS",
    "SKIPPED_PREFIXES",
    "Accepts",
    "Item",
    "Limits",
    "ReadMember",
    "Reads",
    "Refused",
    "check_ratio",
    "read_bounded",
    "read_whole",
    "unsafe_name",
    "why_broken",
]

Accepts = Callable[[str], bool]
Item = RawDocument | Rejected
ReadMember = Callable[[BinaryIO, str, bool], Iterator[Item]]
"""``read_member(stream, name, container)``: the documents of one member of a container."""

#: A container inside a folder or another container is opened only if its name says that it is one.
CONTAINER_SUFFIXES: Final = (".zip", ".tar", ".tgz", ".tzst", ".gz", ".zst")
#: What macOS adds to archives: copies of attributes, never documents.
SKIPPED_PREFIXES: Final = ("__MACOSX/",)

#: What the readers of the standard library raise for a broken file.
BROKEN: Final = (
    OSError,
    EOFError,
    RuntimeError,  # zipfile: an encrypted member
    NotImplementedError,  # zipfile: a compression it does not know
    ValueError,  # zipfile: member names and times that are not
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of reading; beyond them a member, or what is left of a container, is rejected."""

    document: int = 64 * _MIB
    """Bytes of one document, unpacked. The largest game document known is below 2 MiB, the largest
    season schedule below 8 MiB."""
    total: int = 32 * 1024 * _MIB
    """Bytes of one container, unpacked."""
    entries: int = 200_000
    """Members of one container. Ten seasons of one league are about 13,000 games."""
    ratio: int = 250
    """Unpacked by packed bytes. Play-by-play reaches about 30; a bomb of zeros 1,000 and more."""
    ratio_floor: int = 8 * _MIB
    """Unpacked bytes below which the ratio is not judged: small things may be repetitive."""
    depth: int = 2
    """Containers inside containers: an archive of archives is read, one level deeper is not."""
    header: int = _MIB
    """Bytes a tar may spend on one member's headers (long names, extended attributes)."""


DEFAULT_LIMITS: Final = Limits()


Reads = Callable[[BinaryIO, str, Limits], Iterator[Item]]
"""``reads(stream, name, limits)``: the documents that one open file or member holds."""


class Refused(Exception):
    """A bound was passed; the text is the reason."""


def unsafe_name(name: str) -> str | None:
    """Why a member of this name is refused, or ``None``."""
    flat = name.replace("\\", "/")
    if not flat.strip("/") or any(ord(character) < 32 for character in flat):
        return "a name with control characters or no name at all"
    if flat.startswith("/") or flat[1:2] == ":":
        return "an absolute path, refused: it would climb out of its archive"
    if ".." in flat.split("/"):
        return "a path with '..', refused: it would climb out of its archive"
    return None


def read_bounded(source: BinaryIO, limits: Limits) -> bytes:
    """All of ``source``; raises :class:`Refused` if that is more than one document may be."""
    # In pieces, because asking for the bound at once would reserve it.
    parts: list[bytes] = []
    size = 0
    while part := source.read(min(_MIB, limits.document + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > limits.document:
            raise Refused(f"larger than {limits.document:,} bytes")
    return b"".join(parts)


def read_whole(source: BinaryIO, name: str, limits: Limits) -> Iterator[Item]:
    """One document: all of ``source``."""
    yield RawDocument(name=name, content=read_bounded(source, limits))


def why_broken(error: BaseException) -> str:
    """What to tell about one of :data:`BROKEN`."""
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "encrypted, cannot be read"
    return f"broken, cannot be read: {str(error) or type(error).__name__}"


def check_ratio(unpacked: int, packed: int, limits: Limits) -> None:
    """Raise :class:`Refused` if ``packed`` bytes give suspiciously many ``unpacked`` ones."""
    if unpacked > limits.ratio_floor and unpacked > limits.ratio * max(packed, 1):
        raise Refused(f"unpacks to more than {limits.ratio} times its size, refused as a bomb")
