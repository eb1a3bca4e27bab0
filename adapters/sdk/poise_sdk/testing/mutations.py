"""Damaged copies of a sample: whole documents that are not the vendor's, and single rows that are odd.

Everything is deterministic: the same sample gives the same damage, in every run and on every machine.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from poise_sdk.records import RawDocument

__all__ = ["Damage", "damaged_rows", "rubbish"]

#: A vendor nobody knows: valid JSON, plausible words, nothing that a game feed could mean.
WRONG_VENDOR: Final = b'{"athlete": {"id": "a1"}, "nights": [{"start": "2024-01-01T23:00:00Z", "score": 71}]}'
WRONG_CSV: Final = b"Cycle start time,Recovery score %\n2024-01-01 23:00:00,71\n"
WEB_PAGE: Final = b"<!DOCTYPE html>\n<html><head><title>403</title></head><body>Access denied</body></html>"
#: What a broken vendor puts where something else belongs.
ODD: Final[tuple[Any, ...]] = (
    None, "", "?", -1, 0, 10**30, 1.5e308, True, [], {}, [[]], "9" * 400, "-5", "NaN", "\x00", "PT99M99.00S",
)  # fmt: skip


Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged document and what was done to it."""

    what: str
    document: RawDocument


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
        for share in (0.25, 0.5, 0.99):
            cut = sample.content[: int(len(sample.content.rstrip()) * share)]
            bodies[f"the first {share:.0%} of the sample"] = cut
    for what, body in bodies.items():
        yield Damage(what, RawDocument(name=sample.name, content=body))


def damaged_rows(sample: RawDocument, times: int) -> Iterator[Damage]:
    """``times`` copies of the sample (JSON or CSV) with one odd field, or one row that is none."""
    dice = random.Random(sample.name)  # noqa: S311  # damage, not cryptography
    if _is_json(sample.content):
        yield from _damaged_json(sample, times, dice)
    elif sample.name.lower().endswith(".csv"):
        yield from _damaged_csv(sample, times, dice)


def _is_json(content: bytes) -> bool:
    return content.lstrip()[:1] in (b"{", b"[")


def _damaged_json(sample: RawDocument, times: int, dice: random.Random) -> Iterator[Damage]:
    value = json.loads(sample.content)
    rows, heads = _places(value)
    for n in range(times if rows or heads else 0):
        # Rows are many and their fields the likeliest to be odd; what stands above them is hit at times.
        places = heads if heads and (n % 5 == 4 or not rows) else rows
        path = places[dice.randrange(len(places))]
        mutant = json.loads(sample.content)  # quicker than a deep copy
        parent = _at(mutant, path[:-1])
        row = parent[path[-1]]
        odd = ODD[n // 4 % len(ODD)]
        place = "/".join(map(str, path))
        if n % 4 == 3 or not row:
            parent[path[-1]] = odd
            what = f"{odd!r:.40} instead of the row {place}"
        else:
            key = dice.choice(sorted(row)) if isinstance(row, dict) else dice.randrange(len(row))
            if n % 4 == 2:
                del row[key]
                what = f"no field {key!r} in the row {place}"
            else:
                row[key] = odd
                what = f"{odd!r:.40} as field {key!r} of the row {place}"
        yield Damage(what, RawDocument(name=sample.name, content=json.dumps(mutant).encode()))


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
        if n % 4 == 3 or not mutant[at]:
            mutant[at] = mutant[at][: len(mutant[at]) // 2]
            what = f"row {at} cut in the middle"
        else:
            column = dice.randrange(len(mutant[at]))
            mutant[at][column] = "" if odd is None else str(odd)
            what = f"{odd!r:.40} in column {table[0][column : column + 1]} of row {at}"
        out = io.StringIO()
        csv.writer(out).writerows(mutant)
        yield Damage(what, RawDocument(name=sample.name, content=out.getvalue().encode()))
