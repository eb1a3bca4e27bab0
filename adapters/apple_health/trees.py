"""The general way: expat, element by element. What is not well-formed costs its own element only."""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

import polars as pl

from adapters.apple_health.markup import TOP_LEVEL
from adapters.apple_health.raw import ATTRIBUTES, BEATS, FORMER, RECORDS, ZONES, Element, Raw
from poise_sdk.records import Rejected

__all__ = ["read_trees"]

#: What an element's text is put into, so that a piece of a file is a document.
_OPEN: Final = b"<HealthData>"
_CLOSE: Final = b"</HealthData>"
#: Elements that are kept as trees.
_TREES: Final = frozenset({"Workout", "ActivitySummary"})
#: The deepest an export nests is five; what is deeper is made to exhaust memory.
_DEEPEST: Final = 64
#: Elements that stand under the root, or in a correlation: inside another the one before was not closed.
_ALONE: Final = frozenset({"Record", "Workout", "ActivitySummary", "Correlation"})
#: Elements around others that say nothing themselves.
_AROUND: Final = frozenset({"HealthData", "HeartRateVariabilityMetadataList"})
_STRAY: Final = "it is not closed before the next begins"
#: An attribute whose name is no name: up to iOS 8 a record's metadata were attributes, ``App Version="1"``.
_UNNAMED: Final = re.compile(rb"(?<=[\"']) ([^\s\"'=<>/][^\"'=<>/]*)=(?=\")")
_NO_NAME: Final = re.compile(rb"[^A-Za-z0-9_.\x80-\xff-]")


class _Stray(Exception):
    """An element of :data:`_ALONE` inside another; ``at``: where it begins."""

    def __init__(self, at: int) -> None:
        super().__init__(_STRAY)
        self.at = at


class _Columns:
    """Records as columns while they are read: those with the same attributes in the same order together.

    Strings in few long lists, because an object a record would keep the garbage collector busy.
    """

    def __init__(self) -> None:
        self.layouts: dict[tuple[str, ...], tuple[list[int], list[str]]] = {}

    def add(self, row: int, attributes: list[str]) -> None:
        """Keep a record: names and values of its attributes in turns."""
        names = tuple(attributes[::2])
        found = self.layouts.get(names)
        if found is None:
            found = self.layouts[names] = ([], [])
        found[0].append(row)
        found[1].extend(attributes)

    def drop(self, row: int) -> None:
        """Take back the record of ``row``, which is the last one."""
        for names, (rows, cells) in self.layouts.items():
            if rows and rows[-1] == row:
                rows.pop()
                del cells[-2 * len(names) :]

    def frame(self) -> pl.DataFrame:
        """All of them, in order."""
        frames = []
        for layout, (rows, cells) in self.layouts.items():
            columns: dict[str, Any] = {"row": rows}
            names = [FORMER.get(name, name) for name in layout]
            step = 2 * len(names)
            for attribute, column in ATTRIBUTES.items():
                if attribute in names:
                    columns[column] = cells[2 * names.index(attribute) + 1 :: step]
                else:
                    columns[column] = [None] * len(rows)
            frames.append(pl.DataFrame(columns, schema=RECORDS))
        return pl.concat(frames).sort("row") if frames else pl.DataFrame(schema=RECORDS)


class _Texts:
    """A text each of some rows, which need not differ."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.texts: list[str] = []

    def add(self, row: int, text: str) -> None:
        self.rows.append(row)
        self.texts.append(text)

    def drop(self, row: int) -> None:
        while self.rows and self.rows[-1] == row:
            self.rows.pop()
            self.texts.pop()

    def frame(self, schema: pl.Schema) -> pl.DataFrame:
        return pl.DataFrame(dict(zip(schema, (self.rows, self.texts), strict=True)), schema=schema)


class _Reader:
    """The handlers of one pass. Everything it sees is an element under the root, or below one.

    A quick pass looks at opening tags only, which saves half of the calls, and turns to careful handlers
    for whatever is no record. It cannot tell where in a broken document the trouble began.
    """

    def __init__(self, *, careful: bool) -> None:
        self.row = 0
        self.depth = 0
        self.top = ""
        self.records = _Columns()
        self.beats = _Texts()
        self.zones = _Texts()
        self.elements: list[tuple[int, Element]] = []
        self.open: list[Element] = []
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        # A definition in the middle of the elements is no export of the Health app.
        self.parser.StartDoctypeDeclHandler = _refuse
        if careful:
            self.parser.StartElementHandler = self.start
            self.parser.EndElementHandler = self.end
        else:
            self.parser.StartElementHandler = self.quick

    def quick(self, tag: str, attributes: list[str]) -> None:
        """An opening tag, as long as there are only records."""
        if tag == "Record":
            self.row += 1
            self.records.add(self.row, attributes)
        elif tag == "InstantaneousBeatsPerMinute":
            self.beats.add(self.row, _get(attributes, "time"))
        elif tag == "MetadataEntry":
            if "HKTimeZone" in attributes and _get(attributes, "key") == "HKTimeZone":
                self.zones.add(self.row, _get(attributes, "value"))
        elif tag not in _AROUND:
            self.depth = 1
            self.parser.StartElementHandler = self.start
            self.parser.EndElementHandler = self.end_of_other
            self.start(tag, attributes)

    def end_of_other(self, tag: str) -> None:
        """The end of what is no record, or of an element in it."""
        self.depth -= 1
        if self.depth == 1:
            self.parser.StartElementHandler = self.quick
            self.parser.EndElementHandler = None

    def start(self, tag: str, attributes: list[str]) -> None:
        depth = self.depth = self.depth + 1
        if depth == 2:
            self.row += 1
            self.top = tag
            if tag == "Record":
                self.records.add(self.row, attributes)
                return
        elif depth == 1:
            return
        if depth > 2 and tag in _ALONE and self.top != "Correlation":
            raise _Stray(self.parser.CurrentByteIndex)
        if self.top == "Record":
            if tag == "InstantaneousBeatsPerMinute":
                self.beats.add(self.row, _get(attributes, "time"))
            elif tag == "MetadataEntry" and depth == 3 and _get(attributes, "key") == "HKTimeZone":
                self.zones.add(self.row, _get(attributes, "value"))
        elif self.top in _TREES:
            if depth > _DEEPEST:
                raise expat.ExpatError("nested too deep")
            element = Element(tag, dict(zip(attributes[::2], attributes[1::2], strict=True)))
            if depth == 2:
                self.elements.append((self.row, element))
                self.open = [element]
            else:
                del self.open[depth - 2 :]
                self.open[-1].children.append(element)
                self.open.append(element)

    def end(self, tag: str) -> None:
        self.depth -= 1

    def spoiled(self) -> int:
        """The row of the element that is broken here; what was read of it is taken back."""
        if self.depth < 2:  # its tag itself is broken: it was not seen yet
            self.row += 1
            return self.row
        for kept in (self.records, self.beats, self.zones):
            kept.drop(self.row)
        if self.elements and self.elements[-1][0] == self.row:
            self.elements.pop()
        return self.row

    def again(self) -> _Reader:
        """A reader that goes on behind what was broken."""
        other = _Reader(careful=True)
        other.row = self.row
        other.records, other.beats, other.zones = self.records, self.beats, self.zones
        other.elements = self.elements
        return other


def read_trees(content: bytes, file: str) -> Raw:
    """The content of ``content`` (elements under the root, clean), whatever its layout."""
    rejected: list[Rejected] = []
    reader = _Reader(careful=False)
    if _parse(reader, memoryview(content)) is not None:
        reader = _read_carefully(_UNNAMED.sub(_named, content), file, rejected)
    return Raw(
        records=reader.records.frame(),
        beats=reader.beats.frame(BEATS),
        zones=reader.zones.frame(ZONES),
        elements=reader.elements,
        rejected=rejected,
    )


def _named(attribute: re.Match[bytes]) -> bytes:
    name = attribute.group(1)
    return b" " + (_NO_NAME.sub(b"_", name) if _NO_NAME.search(name) else name) + b"="


def _read_carefully(content: bytes, file: str, rejected: list[Rejected]) -> _Reader:
    """Read on behind every element that is broken; they are added to ``rejected``."""
    reader = _Reader(careful=True)
    at = 0
    while (trouble := _parse(reader, memoryview(content)[at:])) is not None:
        offset, reason = trouble
        broken = at + max(offset, 0)
        row = reader.spoiled()
        rejected.append(Rejected(file=file, row=row, reason=f"not well-formed, left out: {reason}"))
        # Whatever stands where it may not is sound in itself; anything else begins after the trouble.
        after = broken if reason is _STRAY and broken > at else max(broken, at) + 1
        following = TOP_LEVEL.search(content, after)
        if following is None:
            break
        at = following.start()
        reader = reader.again()
    return reader


def _parse(reader: _Reader, content: memoryview) -> tuple[int, str] | None:
    """Feed the reader; where in ``content`` it stopped and why, or ``None``."""
    parser = reader.parser
    try:
        parser.Parse(_OPEN, False)
        parser.Parse(content, False)
        parser.Parse(_CLOSE, True)
    except _Stray as stray:
        return stray.at - len(_OPEN), _STRAY
    except expat.ExpatError as error:
        return parser.CurrentByteIndex - len(_OPEN), _plain(str(error))
    return None


def _plain(message: str) -> str:
    # Line and column are those of a piece of the file, which would mislead.
    return re.sub(r": line \d+, column \d+", "", message)


def _refuse(*_: object) -> None:
    raise expat.ExpatError("a document type definition in the middle of the file")


def _get(attributes: list[str], name: str) -> str:
    for index in range(0, len(attributes), 2):
        if attributes[index] == name:
            return attributes[index + 1]
    return ""
