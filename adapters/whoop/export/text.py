"""The bytes of a CSV as rows of cells, whatever wrote or re-saved it. Nothing here knows WHOOP.

Encodings: UTF-8 with and without mark, UTF-16, Windows code page 1252. Cells parted by comma, semicolon,
tab or bar; lines ended by LF, CRLF or CR; quoted as RFC 4180 says. A quote that is never closed spoils its
own line only.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from typing import Final

__all__ = ["DELIMITERS", "NotText", "cells_of", "decode", "lines_of", "records"]

DELIMITERS: Final = (",", ";", "\t", "|")

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes that tell UTF-16 without a mark: a text of mostly ASCII has a NUL in every second place.
_SAMPLE: Final = 512
_LINE: Final = re.compile(r"\r\n|\n|\r")
#: How a UTF-8 text looks that was read as code page 1252 and saved again (``Ã©``, ``â€™``).
_TWICE: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u2010-\u203a\u0192\u02c6\u02dc]|\u00e2\u20ac")
#: Lines that one quoted cell may run over; more is a quote that was never closed.
_LONGEST_CELL: Final = 200


class NotText(ValueError):
    """The bytes are no text; the message says why."""


def decode(content: bytes) -> str:
    """The text. Raises :class:`NotText` for what is none."""
    text = _decoded(content)
    if "\0" in text:
        raise NotText("binary data, not a text")
    return _repaired(text)


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise NotText(f"its first bytes say {encoding}, but it is not: {error.reason}") from None
    if (unmarked := _unmarked_utf16(content[:_SAMPLE])) is not None:
        try:
            return content.decode(unmarked)
        except UnicodeDecodeError:
            raise NotText("binary data, not a text") from None
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")  # every byte is a letter of it: 1252 with stray control characters


def _unmarked_utf16(sample: bytes) -> str | None:
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half * 0.8 and not sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > half * 0.8 and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _repaired(text: str) -> str:
    """``text`` with letters put right that a program encoded twice."""
    if _TWICE.search(text) is None:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:  # not the whole text was: it stays as it came
        return text


def lines_of(text: str) -> list[str]:
    """The physical lines."""
    lines = _LINE.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one record; a quote that is not closed is taken as it stands."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return line.split(delimiter)


def records(lines: list[str], delimiter: str, begins: Callable[[list[str]], bool]) -> Iterator[list[str]]:
    """The cells of one record after the other; empty lines are none.

    A quoted cell may run over several lines, but not into one that ``begins`` a record by itself: then a
    quote was never closed, and the line it stands in is a record as it is.
    """
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip():
            continue
        if line.count('"') % 2 and (end := _end(lines, at, delimiter, begins)) is not None:
            line, at = "\n".join(lines[at - 1 : end]), end
        yield cells_of(line, delimiter)


def _end(lines: list[str], at: int, delimiter: str, begins: Callable[[list[str]], bool]) -> int | None:
    """Where the record ends whose quote is still open at line ``at``; ``None`` if nothing closes it."""
    for end in range(at, min(at + _LONGEST_CELL, len(lines))):
        if begins(cells_of(lines[end], delimiter)):
            return None
        if lines[end].count('"') % 2:
            return end + 1
    return None
