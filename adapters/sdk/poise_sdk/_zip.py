"""Zip archives, bounded."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

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

__all__ = ["read_zip"]

#: Bytes of the directory that one entry may take: 46 (APPNOTE 4.3.12), its name, its extra fields.
_DIRECTORY_ENTRY: Final = 1024


def read_zip(
    source: BinaryIO, name: str, prefix: str, accepts: Accepts, limits: Limits, read_member: ReadMember
) -> Iterator[Item]:
    """The documents of a zip, in the order of their sorted names."""
    try:
        if _directory_size(source) > limits.entries * _DIRECTORY_ENTRY:
            raise Refused("its directory is too large")
        archive = zipfile.ZipFile(source)
        if len(archive.filelist) > limits.entries:
            raise Refused(f"more than {limits.entries:,} entries")
    except Refused as refused:
        yield Rejected(file=name, reason=str(refused))
        return
    except BROKEN as error:
        yield Rejected(file=name, reason=why_broken(error))
        return
    total = 0
    for info in sorted(archive.filelist, key=lambda info: info.filename):
        member = info.filename
        if info.is_dir() or member.startswith(SKIPPED_PREFIXES):
            continue
        if reason := unsafe_name(member):
            yield Rejected(file=prefix + member, reason=reason)
            continue
        container = member.lower().endswith(CONTAINER_SUFFIXES)
        if not container and not accepts(member):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            yield Rejected(file=prefix + member, reason="a link, links are not followed")
            continue
        try:
            check_ratio(info.file_size, info.compress_size, limits)
            if info.file_size > limits.document and not container:
                raise Refused(f"larger than {limits.document:,} bytes")
            total += info.file_size
            if total > limits.total:
                raise Refused(f"the archive holds more than {limits.total:,} bytes")
            with archive.open(info) as stream:
                # zipfile never gives more than the declared size and checks the checksum at its end.
                yield from read_member(cast(BinaryIO, stream), prefix + member, container)
        except Refused as refused:
            yield Rejected(file=prefix + member, reason=str(refused))
        except BROKEN as error:
            yield Rejected(file=prefix + member, reason=why_broken(error))


def _directory_size(source: BinaryIO) -> int:
    """Bytes of the central directory as the end record declares them (APPNOTE 4.3.14, 4.3.16).

    Asked before zipfile reads the directory into memory. 0 where there is no end record: then zipfile
    refuses the file by itself.
    """
    end = source.seek(0, io.SEEK_END)
    source.seek(max(end - 65_536 - 128, 0))
    tail = source.read()
    source.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 16:
        return 0
    (size,) = struct.unpack_from("<I", tail, at + 12)
    large = tail.rfind(b"PK\x06\x06")
    if size == 0xFFFFFFFF and 0 <= large <= len(tail) - 48:
        (size,) = struct.unpack_from("<Q", tail, large + 40)
    return int(size)
