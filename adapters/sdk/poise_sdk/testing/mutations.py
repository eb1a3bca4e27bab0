"""Damaged copies of a sample: whole documents that are not the vendor's, and single rows that are odd.

Everything is deterministic: the same sample gives the same damage, in every run and on every machine.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from poise_sdk.records import RawDocument

__all__ = ["Damage", "Loss", "damaged_rows", "rubbish", "truncated"]

#: A vendor nobody knows: valid documents, plausible words, nothing that a game or a body could mean.
WRONG_VENDOR: Final = b'{"buoy": {"id": "b1"}, "soundings": [{"at": "2024-01-01T23:00:00Z", "depth_m": 71}]}'
WRONG_CSV: Final = b"Buoy,Taken,Depth (m)\nb1,2024-01-01 23:00:00,71\n"
WEB_PAGE: Final = b"<!DOCTYPE html>\n<html><head><title>403</title></head><body>Access denied</body></html>"
#: What a broken vendor puts where something else belongs.
ODD: Final[tuple[Any, ...]] = (
    None, "", "?", -1, 0, 10**30, 1.5e308, True, [], {}, [[]], "9" * 400, "-5", "NaN", "\x00", "PT99M99.00S",
)  # fmt: skip


#: A value in an XML attribute.
_ATTRIBUTE: Final = re.compile(rb'\s([\w:]+)="([^"<>]*)"')
#: Shares of a document that a broken download leaves.
_CUTS: Final = (0.25, 0.5, 0.99)

Place = tuple[str | int, ...]


class Loss(Enum):
    """What may not disappear, because of a damage, without a word."""

    RECORD = "record"
    """A value is nonsense: each record that it costs must be told."""
    ROW = "row"
    """A value is absent, as optional ones may be; a whole row must not be lost for it in silence."""
    ANY = "any"
    """Nothing can be said: the damage may have hit what no adapter reads."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged document and what was done to it."""

    what: str
    document: RawDocument
    loss: Loss = Loss.RECORD


def rubbish(sample: RawDocument) -> Iterator[Damage]:
    """Documents under the sample's name of which nothing can be understood."""
    dice = random.Random(sample.name)  # noqa: S311  # damage, not cryptography
    bodies = {
        "an empty file": b"",
        "only white space": b" \n\n ",
        "a web page": WEB_PAGE,
        "random bytes": dice.randbytes(2048),
        "another vendor's JSON": WRONG_VENDOR,
        "another vendor's CSV": WRONG_CSV,
        "null": b"null",
        "an empty object": b"{}",
        "an empty list": b"[]",
        "a number": b"17",
        "deeply nested lists": b"[" * 100_000,
    }
    if _is_json(sample.content):
        bodies |= {damage.what: damage.document.content for damage in truncated(sample)}
    for what, body in bodies.items():
        yield Damage(what, RawDocument(name=sample.name, content=body))


def truncated(sample: RawDocument) -> Iterator[Damage]:
    """The sample as a broken download leaves it."""
    whole = len(sample.content.rstrip())
    for share in _CUTS:
        cut = RawDocument(name=sample.name, content=sample.content[: int(whole * share)])
        yield Damage(f"the first {share:.0%} of the sample", cut, Loss.ANY)


def damaged_rows(sample: RawDocument, times: int) -> Iterator[Damage]:
    """``times`` copies of the sample with one odd field, or one row that is none.

    JSON and CSV are damaged field by field, XML attribute by attribute, anything else byte by byte.
    """
    dice = random.Random(sample.name)  # noqa: S311  # damage, not cryptography
    if _is_json(sample.content):
        yield from _damaged_json(sample, times, dice)
    elif sample.name.lower().endswith(".csv"):
        yield from _damaged_csv(sample, times, dice)
    elif sample.content.lstrip()[:1] == b"<":
        yield from _damaged_xml(sample, times, dice)
    else:
        yield from _damaged_bytes(sample, times, dice)


def _is_json(content: bytes) -> bool:
    return content.lstrip()[:1] in (b"{", b"[")


def _damaged_json(sample: RawDocument, times: int, dice: random.Random) -> Iterator[Damage]:
    rows, heads = _places(json.loads(sample.content))
    if not rows and not heads:
        heads = [()]  # a flat object is its own only row
    for n in range(times):
        # Rows are many and their fields the likeliest to be odd; what stands above them is hit at times.
        places = heads if heads and (n % 5 == 4 or not rows) else rows
        path = places[dice.randrange(len(places))]
        mutant = json.loads(sample.content)  # quicker than a deep copy
        row = _at(mutant, path)
        odd = ODD[n // 4 % len(ODD)]
        place = "/".join(map(str, path)) or "(document)"
        loss = Loss.RECORD if odd else Loss.ROW
        if path and (n % 4 == 3 or not row):
            _at(mutant, path[:-1])[path[-1]] = odd
            what = f"{odd!r:.40} instead of the row {place}"
        elif not row:
            continue  # an empty document is rubbish, not an odd row
        else:
            key = dice.choice(sorted(row)) if isinstance(row, dict) else dice.randrange(len(row))
            if n % 4 == 2:
                del row[key]
                what, loss = f"no field {key!r} in the row {place}", Loss.ROW
            else:
                row[key] = odd
                what = f"{odd!r:.40} as field {key!r} of the row {place}"
        yield Damage(what, RawDocument(name=sample.name, content=json.dumps(mutant).encode()), loss)


def _places(value: Any) -> tuple[list[Place], list[Place]]:
    """The places of rows (objects and lists inside lists) and of the objects above them."""
    rows: list[Place] = []
    heads: list[Place] = []
    pending: list[tuple[Place, Any]] = [((), value)]
    while pending:
        place, at = pending.pop()
        items = at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ()
        for key, item in items:
            if isinstance(item, dict | list):
                inner = (*place, key)
                pending.append((inner, item))
                if isinstance(at, list):
                    rows.append(inner)
                elif isinstance(item, dict):
                    heads.append(inner)
    return rows, heads


def _at(value: Any, path: Place) -> Any:
    for key in path:
        value = value[key]
    return value


def _damaged_csv(sample: RawDocument, times: int, dice: random.Random) -> Iterator[Damage]:
    table = list(csv.reader(io.StringIO(sample.content.decode("utf-8", "replace"))))
    for n in range(times if len(table) > 1 else 0):
        mutant = [list(row) for row in table]
        at = dice.randrange(1, len(mutant))
        odd = ODD[n // 4 % len(ODD)]
        loss = Loss.RECORD if odd else Loss.ROW
        if n % 4 == 3 or not mutant[at]:
            mutant[at] = mutant[at][: len(mutant[at]) // 2]
            what, loss = f"row {at} cut in the middle", Loss.ROW
        else:
            column = dice.randrange(len(mutant[at]))
            mutant[at][column] = "" if odd is None else str(odd)
            what = f"{odd!r:.40} in column {table[0][column : column + 1]} of row {at}"
        out = io.StringIO()
        csv.writer(out).writerows(mutant)
        yield Damage(what, RawDocument(name=sample.name, content=out.getvalue().encode()), loss)


def _damaged_xml(sample: RawDocument, times: int, dice: random.Random) -> Iterator[Damage]:
    attributes = list(_ATTRIBUTE.finditer(sample.content))
    for n in range(times if attributes else 0):
        hit = attributes[dice.randrange(len(attributes))]
        name = hit[1].decode("ascii", "replace")
        odd = ODD[n // 4 % len(ODD)]
        if n % 4 == 2:
            fresh, what = b"", f"no attribute {name}"
        else:
            text = "" if odd is None else str(odd).replace('"', "").replace("\x00", "\x0b")
            fresh, what = f' {name}="{text}"'.encode(), f"{text!r:.40} as attribute {name}"
        line = sample.content.count(b"\n", 0, hit.start()) + 1
        content = sample.content[: hit.start()] + fresh + sample.content[hit.end() :]
        yield Damage(f"{what} in line {line}", RawDocument(name=sample.name, content=content), Loss.ANY)


def _damaged_bytes(sample: RawDocument, times: int, dice: random.Random) -> Iterator[Damage]:
    for _ in range(times if sample.content else 0):
        at = dice.randrange(len(sample.content))
        content = bytearray(sample.content)
        content[at] ^= dice.randrange(1, 256)
        yield Damage(f"another byte at {at}", RawDocument(name=sample.name, content=bytes(content)), Loss.ANY)
