"""FIT files of nobody: a small writer of the container (FIT protocol: header, definitions, data, CRC)."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

EPOCH = dt.datetime(1989, 12, 31, tzinfo=dt.UTC)
#: Base types by a letter: number, size, struct code.
BASE = {
    "enum": (0x00, "B"),
    "u8": (0x02, "B"),
    "i16": (0x83, "h"),
    "u16": (0x84, "H"),
    "i32": (0x85, "i"),
    "u32": (0x86, "I"),
    "text": (0x07, "s"),
}
NIBBLES = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


class Field(NamedTuple):
    """A field of a message: its number, base type and raw value (a tuple: an array)."""

    number: int
    base: str
    value: Any


def seconds(moment: dt.datetime) -> int:
    return int((moment - EPOCH).total_seconds())


def local(moment: dt.datetime, offset_s: int) -> int:
    return seconds(moment) + offset_s


def crc(data: bytes) -> int:
    """FIT's CRC-16, a nibble at a time."""
    value = 0
    for byte in data:
        for nibble in (byte & 0xF, byte >> 4):
            value = (value >> 4) ^ NIBBLES[value & 0xF] ^ NIBBLES[nibble]
    return value


def message(number: int, *fields: Field) -> bytes:
    """A definition of local type 0 and one message of it."""
    head = struct.pack("<BBBHB", 0x40, 0, 0, number, len(fields))
    data = b"\x00"
    for field in fields:
        kind, code = BASE[field.base]
        if field.base == "text":
            raw = str(field.value).encode() + b"\x00"
        else:
            values: Sequence[Any] = field.value if isinstance(field.value, tuple) else (field.value,)
            raw = struct.pack(f"<{len(values)}{code}", *values)
        head += bytes((field.number, len(raw), kind))
        data += raw
    return head + data


def fit(*messages: bytes, size: int | None = None, damage: bool = False) -> bytes:
    """A file; ``size``: what its header declares instead; ``damage``: the checksum is another's."""
    body = b"".join(messages)
    head = struct.pack("<BBHI4s", 14, 0x20, 2171, len(body) if size is None else size, b".FIT")
    head += struct.pack("<H", crc(head))
    return head + body + struct.pack("<H", crc(head + body) ^ (0xFFFF if damage else 0))
