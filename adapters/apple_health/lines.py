"""The quick way: the Health app writes one element a line, its attributes in double quotes.

Cut at quotation marks, a line is a row of a table in which names and values take turns, and polars reads
such tables faster than any parser of XML reads elements. That holds only while the layout is kept, so it is
checked, not assumed: attributes are found by name, children must stand inside their record, and where any
line is something else, the whole document goes the general way (:mod:`adapters.apple_health.trees`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from adapters.apple_health.markup import unescape
from adapters.apple_health.raw import ATTRIBUTES, BEATS, FORMER, RECORDS, ZONES, Element, Raw
from adapters.apple_health.trees import read_trees

__all__ = ["read_lines"]

#: Cells of a line: a record has at most nine attributes, two cells each, and what follows the last.
_CELLS: Final = 2 * 9 + 1
_COLUMNS: Final = [f"c{index}" for index in range(_CELLS)]
#: Cells that hold what stands between two values: the next attribute's name.
_NAMES: Final = _COLUMNS[2::2]
_OPENING, _CHILD, _BEAT, _META, _CLOSING, _OTHER, _REMARK = range(1, 8)
_KINDS: Final = {
    " <Record type=": _OPENING,
    "   <InstantaneousBeatsPerMinute bpm=": _BEAT,
    "  <MetadataEntry key=": _META,
    "  <HeartRateVariabilityMetadataList>": _CHILD,
    "  </HeartRateVariabilityMetadataList>": _CHILD,
    " </Record>": _CLOSING,
}
#: What ends a tag: of an element without children, of one with.
_EMPTY, _FULL = "/>", ">"

Kinds = npt.NDArray[np.int8]


def read_lines(content: bytes, file: str) -> Raw | None:
    """The content of a document (elements under the root, clean); ``None`` if its layout is another."""
    if not content.startswith(b" <") or b"\r" in content[:4096]:
        return None
    try:
        table = pl.read_csv(
            content,
            has_header=False,
            separator='"',
            quote_char=None,
            schema=dict.fromkeys(_COLUMNS, pl.String),
            missing_columns="insert",
            extra_columns="ignore",
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None
    top, kinds = _kinds(table["c0"])
    # A row is an element under the root; what belongs to it has its number.
    row = pl.Series("row", np.cumsum(top), dtype=pl.Int64)
    records, full = _records(table, row, kinds)
    if records is None or not _nested(kinds, full):
        return None
    children = pl.DataFrame([row, *(table[name] for name in ("c1", "c2", "c3", "c4"))])
    beats = _beats(children.filter(pl.Series(kinds == _BEAT)))
    zones = _zones(children.filter(pl.Series(kinds == _META)))
    elements = _others(content, table["c0"], row, top, kinds, file)
    if beats is None or zones is None or elements is None:
        return None
    return Raw(records, beats, zones, elements)


def _kinds(first: pl.Series) -> tuple[npt.NDArray[np.bool_], Kinds]:
    """Which lines begin an element under the root, and what each is, by the text before its first value.

    Lines of other elements than records are ``_OTHER``. Remarks and instructions (``<!``, ``<?``) stay
    unknown (0): the Health app writes none.
    """
    kinds = first.replace_strict(_KINDS, default=0, return_dtype=pl.Int8).to_numpy()
    top = kinds == _OPENING
    if kinds.all():
        return top, kinds
    # Beginnings that are not known are few, and repeat.
    strange = first.filter(pl.Series(kinds == 0)).unique().to_list()
    codes = {text: _strange(text or "") for text in strange}
    more = first.replace_strict(codes, default=0, return_dtype=pl.Int8).to_numpy()
    top = top | (more == _OPENING)
    # Of a line that is nothing known: whether the last element that began is no record.
    last = np.maximum.accumulate(np.where(top, np.arange(len(kinds)), 0))
    other = (kinds[last] != _OPENING) & (more != _REMARK)
    kinds = np.where(other, np.int8(_OTHER), kinds)
    return top, np.where((kinds == 0) & (more == _CHILD), np.int8(_CHILD), kinds)


def _strange(text: str) -> int:
    """What a line that is no record's is: an element under the root, a remark, a line of nothing."""
    if not text.strip():
        return _CHILD
    if text[:2] != " <":
        return 0
    return _OPENING if text[2:3].isalpha() else _REMARK if text[2:3] in ("!", "?") else 0


def _nested(kinds: Kinds, full: npt.NDArray[np.bool_]) -> bool:
    """Whether every line is known, and children stand inside an open record, which is closed after them.

    ``full`` says of every record, in order, whether its tag left it open.
    """
    if (kinds == 0).any():
        return False
    opening = kinds == _OPENING
    steps = np.zeros(len(kinds), np.int64)
    steps[opening] = full
    steps[kinds == _CLOSING] = -1
    after = np.cumsum(steps)
    before = after - steps
    outside = opening | (kinds == _OTHER)
    inside = np.isin(kinds, (_BEAT, _META, _CLOSING))
    return bool((before[outside] == 0).all() and (before[inside] == 1).all() and not after[-1:].any())


def _records(
    table: pl.DataFrame, row: pl.Series, kinds: Kinds
) -> tuple[pl.DataFrame | None, npt.NDArray[np.bool_]]:
    """Records by the names of their attributes, and which are open; ``None`` where a name is not one."""
    at = np.flatnonzero(kinds == _OPENING)
    full = np.zeros(len(at), np.bool_)
    nothing = None, full
    if not len(at):
        return pl.DataFrame(schema=RECORDS), full
    opening = table.filter(pl.Series(kinds == _OPENING))
    opening = opening.hstack([row.gather(at), pl.Series("place", np.arange(len(at)))])
    frames = []
    for part in opening.partition_by(_NAMES):
        names = [part[name][0] for name in _NAMES]
        end = next((index for index, name in enumerate(names) if name in (_EMPTY, _FULL)), None)
        if end is None or any(names[end + 1 :]):
            return nothing
        places = {"type": "c1"}
        for index, name in enumerate(names[:end]):
            if name[:1] != " " or name[-1:] != "=" or not name[1:-1].isidentifier():
                return nothing
            places[FORMER.get(name[1:-1], name[1:-1])] = f"c{2 * index + 3}"
        if len(places) != end + 1:  # an attribute stands twice
            return nothing
        if names[end] == _FULL:
            full[part["place"].to_numpy()] = True
        absent = pl.Series([None], dtype=pl.String).new_from_index(0, part.height)
        columns = [
            (part[places[attribute]] if attribute in places else absent).alias(column)
            for attribute, column in ATTRIBUTES.items()
        ]
        frames.append(pl.DataFrame([part["row"], *columns]))
    return _unescaped(pl.concat(frames).sort("row")), full


#: Columns of which texts with a reference are read as what they mean; a device's name is only looked at.
_TEXTS: Final = [column for column in ATTRIBUTES.values() if column != "device"]


def _unescaped(records: pl.DataFrame) -> pl.DataFrame | None:
    """``records`` without references; ``None`` where one is undefined, or a text holds what none may.

    Texts with a reference are few and repeat.
    """
    if records["source"].str.contains("<", literal=True).any():
        return None
    marks = pl.col(_TEXTS).str.contains("&", literal=True)
    for column in [
        name for name, any_one in records.select(marks.any()).row(0, named=True).items() if any_one
    ]:
        marked = records.filter(pl.col(column).str.contains("&", literal=True))[column].unique().to_list()
        plain = {text: unescape(text) for text in marked}
        if None in plain.values():
            return None
        records = records.with_columns(pl.col(column).replace(plain))
    return records


def _beats(table: pl.DataFrame) -> pl.DataFrame | None:
    if not table.height:
        return pl.DataFrame(schema=BEATS)
    if not ((table["c2"] == " time=") & (table["c4"] == _EMPTY)).fill_null(False).all():
        return None
    return table.select("row", time="c3")


def _zones(table: pl.DataFrame) -> pl.DataFrame | None:
    if not ((table["c2"] == " value=") & table["c4"].is_in((_EMPTY, _FULL))).fill_null(False).all():
        return None
    named = table.filter(pl.col("c1") == "HKTimeZone")
    return named.select("row", zone="c3") if named.height else pl.DataFrame(schema=ZONES)


def _others(
    content: bytes,
    first: pl.Series,
    row: pl.Series,
    top: npt.NDArray[np.bool_],
    kinds: Kinds,
    file: str,
) -> list[tuple[int, Element]] | None:
    """Elements that are no records, read by expat; ``None`` where one of them is not well-formed."""
    at = np.flatnonzero(top & (kinds == _OTHER))
    if not len(at):
        return []
    places: set[int] = set()  # one text may begin like another; a place is one element all the same
    for begin in set(first.gather(at).to_list()):
        needle = b"\n" + begin.rstrip("/>").encode()
        place = 0 if content.startswith(needle[1:]) else content.find(needle)
        while place >= 0:
            places.add(place)
            place = content.find(needle, place + 1)
    spans = [content[place : _next_top(content, place + 1)] for place in sorted(places)]
    raw = read_trees(b"".join(spans), file)
    # A record in another layout than the Health app's comes to light here.
    if raw.rejected or raw.records.height or len(spans) != len(at):
        return None
    # Numbered among themselves as yet.
    rows = row.gather(at).to_list()
    return [(rows[number - 1], element) for number, element in raw.elements]


def _next_top(content: bytes, at: int) -> int:
    """Where the next element under the root begins, or the end."""
    while (at := content.find(b"\n <", at)) >= 0:
        if content[at + 3 : at + 4] != b"/":
            return at
        at += 1
    return len(content)
