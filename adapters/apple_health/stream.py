"""An export of any size as documents of bounded size, in one pass and in little memory.

The elements of the file are dealt out to two kinds of documents, each element to exactly one:

* ``export.xml#0001``, ``#0002``, …: pieces of about :data:`PIECE` bytes, cut between elements;
* ``export.xml#sleep-0001``, …: sleep analysis and heart rate variability, which stand apart in the file and
  belong together. They are put aside while the file is read, and come in order of time, cut where nobody
  slept for :data:`QUIET` seconds, so that no night is in two documents.

A file that ends too early, or an archive that is broken further on, gives all that came before, and one
report.
"""

from __future__ import annotations

import array
import datetime as dt
import re
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np

from adapters.apple_health.markup import CUT_SHORT, ROOT_TAG, TAG, TOP_LEVEL, closing, declares_entities
from adapters.apple_health.payloads import HRV, SLEEP
from adapters.apple_health.times import parse_moment
from poise_sdk.files import Refused
from poise_sdk.records import RawDocument, Rejected

__all__ = ["PIECE", "QUIET", "Aside", "Ended", "read_block", "split_export"]

#: Bytes of one document, about: large enough for reading by columns, small enough to hold several of.
PIECE: Final = 12 * 1024 * 1024
_MIB: Final = 1024 * 1024
#: Bytes one element may have. The longest known is a workout of a day with its events, below 2 MB.
ELEMENT: Final = 4 * PIECE
#: Bytes of an element's beginning within which it must be told whether it lies inside a ``Correlation``.
_CORRELATION: Final = _MIB
#: Seconds without sleep between two documents of sleep; longer than what still counts as one sleep.
QUIET: Final = 3 * 3600
#: Bytes after which a document of sleep ends at the next quiet time, and at which it ends in any case.
_SLEEP_PIECE: Final = 4 * 1024 * 1024
#: Elements put aside: a hundred years of fifty stages a night. What is more stays where it stands.
_MOST_ASIDE: Final = 2_000_000
#: Bytes of elements put aside that are kept in memory.
_IN_MEMORY: Final = 16 * 1024 * 1024
_NAME: Final = re.compile(rb"<([A-Za-z]+)")
_ASIDE: Final = tuple(f'"{name}"'.encode() for name in (SLEEP, HRV))


class Ended(Exception):
    """The stream is over, as it should be."""


class Aside:
    """Elements put aside: their bytes in a file without a name, where and when in two small columns."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by close()
        self._size = 0
        self._times = array.array("q")
        self._places = array.array("q")

    @property
    def full(self) -> bool:
        """Whether no more is taken."""
        return len(self._places) >= 2 * _MOST_ASIDE

    def put(self, line: bytes, start_s: int, end_s: int) -> None:
        """Keep an element with its line."""
        self._file.write(line)
        self._times.extend((start_s, end_s))
        self._places.extend((self._size, len(line)))
        self._size += len(line)

    def documents(self, name: str, most: int) -> Iterator[RawDocument]:
        """What was put aside, in order of time, in documents that hold whole nights."""
        if not self._places:
            return
        times = np.frombuffer(self._times, np.int64).reshape(-1, 2)
        places = np.frombuffer(self._places, np.int64).reshape(-1, 2)
        order = np.lexsort((places[:, 0], times[:, 1], times[:, 0]))
        starts, lengths = times[order, 0], places[order, 1]
        until = np.maximum.accumulate(times[order, 1])
        quiet = np.concatenate(([False], starts[1:] - until[:-1] > QUIET))
        first, size, number = 0, 0, 0
        for index in range(len(order) + 1):
            at_end = index == len(order)
            enough = size >= min(_SLEEP_PIECE, most // 2) and not at_end and bool(quiet[index])
            if index > first and (at_end or enough or size + int(lengths[index]) > most):
                number += 1
                yield RawDocument(
                    name=f"{name}#sleep-{number:04d}", content=self._read(places[order[first:index]])
                )
                first, size = index, 0
            if not at_end:
                size += int(lengths[index])

    def _read(self, places: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> bytes:
        parts = []
        for offset, length in places.tolist():
            self._file.seek(offset)
            parts.append(self._file.read(length))
        return b"".join(parts)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def split_export(
    stream: BinaryIO, name: str, head: bytes, *, size: int = PIECE
) -> Iterator[RawDocument | Rejected]:
    """The documents, of about ``size`` bytes, of an export's XML; ``head`` was read of ``stream`` already.

    What ``stream`` raises is raised again after everything that came before it.
    """
    root = ROOT_TAG.search(head)
    if declares_entities(head[: root.start()] if root else b""):
        raise Refused("it defines entities, which the Health app never does: refused")
    aside = Aside()
    try:
        number, rest = 0, head[root.end() :].lstrip(b"\r\n") if root else head
        while True:
            data, broken = read_block(stream, max(size - len(rest), size // 4), rest)
            more = broken is None
            at = _cut(data) if more else _last(data)
            if at is None and more:
                if len(data) > ELEMENT:
                    broken = Refused(f"one element of more than {ELEMENT:,} bytes, the rest was not read")
                    break
                rest = data
                continue
            end = at if more or at is not None else closing(data)
            piece = _put_aside(data, len(data) if end is None else end, aside)
            rest = data[at:] if more else b""
            if piece and not piece.isspace():
                number += 1
                yield RawDocument(name=f"{name}#{number:04d}", content=piece)
            if not more:
                break
        yield from aside.documents(name, size)
        if broken is not None and not isinstance(broken, Ended):
            raise broken
        if root is not None and not root.group().endswith(b"/>") and closing(data) is None:
            yield Rejected(file=name, reason=CUT_SHORT)
    finally:
        aside.close()


def read_block(stream: BinaryIO, size: int, before: bytes = b"") -> tuple[bytes, Exception | None]:
    """``before`` and up to ``size`` bytes; with fewer, what ended (:class:`Ended`) or broke the stream.

    A decompressor gives as few bytes at a time as it likes; only nothing is the end. What was read before
    the break is kept.
    """
    parts = [before]
    try:
        while size > 0:
            part = stream.read(min(size, _MIB))
            if not part:
                return b"".join(parts), Ended()
            parts.append(part)
            size -= len(part)
    except Exception as error:  # of whatever kind: the caller raises it again
        return b"".join(parts), error
    return b"".join(parts), None


def _cut(data: bytes) -> int | None:
    """Where the last element under the root begins; before it are whole elements. ``None``: nowhere."""
    window = 64 * 1024
    while True:
        start = max(len(data) - window, 0)
        # A tag's first bytes may lie at the very end: then it is not recognised, and an earlier one taken.
        found = [match.start() for match in TOP_LEVEL.finditer(data, start)]
        for at in reversed(found):
            outside = _outside(data, at)
            if outside > 0 and (line := _line_start(data, outside)):
                return line
        if start == 0:
            return None
        window *= 8


def _last(data: bytes) -> int | None:
    """At the end of the file: where an element that is cut short begins; ``None`` where none is."""
    at = _cut(data)
    if at is None or closing(data) is not None:
        return None
    return None if _whole(data, at) is not None else at


def _outside(data: bytes, at: int) -> int:
    """``at``, or where the ``Correlation`` begins that the element at ``at`` lies in."""
    low = max(at - _CORRELATION, 0)
    inside = data.rfind(b"Correlation", low, at)
    while inside > 0 and data[inside - 1 : inside] not in (b"<", b"/"):  # a type's name
        inside = data.rfind(b"Correlation", low, inside)
    if inside <= 0 or data[inside - 1 : inside] == b"/":
        return at
    tag = TAG.match(data, inside - 1)
    return at if tag is not None and tag.group().endswith(b"/>") else inside - 1


def _line_start(data: bytes, at: int) -> int:
    """The beginning of the line, where only blanks stand before ``at``: the layout is kept."""
    start = at
    while start > 0 and data[start - 1] in b" \t":
        start -= 1
    return start if start == 0 or data[start - 1] in b"\r\n" else at


def _whole(data: bytes, at: int) -> int | None:
    """Where the element that begins at ``at`` (or after blanks) ends, its line end included."""
    while at < len(data) and data[at] in b" \t":
        at += 1
    end = data.find(b">", at) + 1
    if end == 0:
        return None
    if data.count(b'"', at, end) % 2 or data.find(b"'", at, end) >= 0:  # it may stand within a value
        tag = TAG.match(data, at)
        if tag is None:
            return None
        end = tag.end()
    if data[end - 2] != ord("/"):
        name = _NAME.match(data, at)
        if name is None:
            return None
        closing_tag = b"</" + name.group(1) + b">"
        end = data.find(closing_tag, end)
        if end < 0:
            return None
        end += len(closing_tag)
    return end + 1 if data[end : end + 1] == b"\n" else end


def _put_aside(data: bytes, stop: int, aside: Aside) -> bytes:
    """``data`` up to ``stop`` without its records of sleep and variability, which go to ``aside``."""
    spans = []
    for needle in _ASIDE:
        at = data.find(needle, 0, stop)
        while at >= 0 and not aside.full:
            start = data.rfind(b"<Record", 0, at)
            end = _whole(data, start) if start >= 0 else None
            if end is None or not at < end <= stop:
                at = data.find(needle, at + len(needle), stop)
                continue
            start = _line_start(data, start)
            line = data[start:end]
            span = _seconds(line)
            if span is not None:
                # Only sleep keeps a night together: variability is measured all day.
                aside.put(line, span[0], span[1] if needle == _ASIDE[0] else 0)
                spans.append((start, end))
            at = data.find(needle, end, stop)
    spans.sort()
    # Views: what is kept is copied once.
    view, kept, position = memoryview(data), [], 0
    for start, end in [*spans, (stop, stop)]:
        kept.append(view[position:start])
        position = end
    return b"".join(kept)


def _seconds(element: bytes) -> tuple[int, int] | None:
    """From when to when (s since 1970); ``None`` where it does not say: then it stays where it stands."""
    try:
        start = _time(element, b' startDate="')
        return start, max(_time(element, b' endDate="'), start)
    except ValueError:
        return None


def _time(element: bytes, attribute: bytes) -> int:
    start = element.index(attribute) + len(attribute)
    text = element[start : element.index(b'"', start)].decode()
    try:
        return int(dt.datetime.fromisoformat(text[:19] + text[20:]).timestamp())
    except ValueError:
        return int(parse_moment(text)[0].timestamp())
