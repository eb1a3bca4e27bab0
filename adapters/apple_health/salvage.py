"""A zip that is cut short: its directory, which stands at its end, is gone, its members are not.

Each member has a header of its own in front of its bytes (APPNOTE 4.3.7), and deflate knows where it ends.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from poise_sdk.files import Limits, Refused

__all__ = ["Salvaged", "salvage"]

_HEADER: Final = struct.Struct("<4sHHHHHIIIHH")
_LOCAL: Final = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED: Final = 1
#: A member's name is a path of a phone's file system.
_NAME: Final = 4096
_READ: Final = 256 * 1024


class Salvaged:
    """One member, read forward; ends with :class:`EOFError` where the archive does."""

    def __init__(self, source: BinaryIO, name: str, packed: int, method: int, limits: Limits) -> None:
        self.name = name
        self._source = source
        self._left = packed
        self._inflate = zlib.decompressobj(-15) if method == _DEFLATED else None
        self._limits = limits
        self._in = self._out = 0

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; none at the end of the member."""
        size = size if size >= 0 else _READ
        if self._inflate is None:
            return self._stored(size)
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail
            if not packed:
                packed = self._source.read(_READ)
                self._in += len(packed)
                if not packed:
                    raise EOFError("the archive is cut short")
            part = self._inflate.decompress(packed, size)
            self._out += len(part)
            if self._out > self._limits.total:
                raise Refused(f"the archive holds more than {self._limits.total:,} bytes")
            if self._out > self._limits.ratio_floor and self._out > self._limits.ratio * max(self._in, 1):
                raise Refused(f"unpacks to more than {self._limits.ratio} times its size, refused as a bomb")
            if part:
                return part
        return b""

    def _stored(self, size: int) -> bytes:
        part = self._source.read(min(size, self._left))
        if not part and self._left:
            raise EOFError("the archive is cut short")
        self._left -= len(part)
        return part

    def finish(self) -> None:
        """Read what is left, and go back to where the next member begins."""
        while self.read(_READ):
            pass
        if self._inflate is not None:
            self._source.seek(-len(self._inflate.unused_data), 1)


def salvage(path: Path, limits: Limits) -> Iterator[Salvaged]:
    """The members of the archive at ``path``, in its order, each to be read before the next is asked for.

    Raises what is wrong with the archive once there is no going on: :class:`EOFError`,
    :class:`~poise_sdk.files.Refused`, :class:`zlib.error`.
    """
    with path.open("rb") as source:
        entries = 0
        while (at := _next_header(source)) is not None:
            entries += 1
            if entries > limits.entries:
                raise Refused(f"more than {limits.entries:,} entries")
            source.seek(at)
            header = source.read(_HEADER.size)
            if len(header) < _HEADER.size:
                raise EOFError("the archive is cut short")
            _, _, flags, method, _, _, _, packed, _, name_size, extra_size = _HEADER.unpack(header)
            name = source.read(min(name_size, _NAME)).decode("utf-8", "replace")
            source.seek(at + _HEADER.size + name_size + extra_size)
            if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
                raise Refused(f"{name}: encrypted or packed in an unknown way, and the archive is cut short")
            member = Salvaged(source, name, packed, method, limits)
            yield member
            member.finish()
        raise EOFError("the archive is cut short: its directory is missing")


def _next_header(source: BinaryIO) -> int | None:
    """Where the next member begins: here, or after the sizes that may follow the one before."""
    here = source.tell()
    at = source.read(64).find(_LOCAL)
    return None if at < 0 else here + at
