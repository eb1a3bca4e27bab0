"""Render the adapters' ``coverage.yaml`` as the README's tables.

``python scripts/coverage.py`` writes them between the README's two markers; a test holds the README
against the rendering, so that the tables cannot say more than the adapters do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["BEGIN", "END", "between", "render", "rewrite"]

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- coverage:begin -->", "<!-- coverage:end -->"

#: How much a document says of a field, as ``coverage.yaml`` words it.
SIGNS = {"parsed": "●", "inferred": "○", "not_supported": "·"}

Levels = Mapping[str, str]
"""What each format says of one field."""


def render(root: Path = ROOT) -> str:
    """The tables of every vendor below ``root / "adapters"``, as Markdown."""
    return "\n\n".join(_vendor(path) for path in sorted((root / "adapters").glob("*/coverage.yaml")))


def between(text: str) -> str:
    """What stands between the markers of ``text``; raises ``ValueError`` where they are missing."""
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[begin:end].strip()


def rewrite(text: str, tables: str) -> str:
    """``text`` with ``tables`` between its markers."""
    return text.replace(f"{BEGIN}\n{between(text)}\n{END}", f"{BEGIN}\n{tables}\n{END}")


def _vendor(path: Path) -> str:
    """A vendor's tables: of games where the file has ``plays``, of body data where it has ``records``."""
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    return _wearable(told) if "records" in told else _game_feed(told)


def _wearable(told: Mapping[str, Any]) -> str:
    """One table: a row for the fields of a kind of record that all formats treat alike.

    What no format says is left out: the record's own description lists it.
    """
    formats: dict[str, str] = told["formats"]
    records: dict[str, dict[str, Levels]] = told["records"]
    rows = [
        (kind, ", ".join(f"`{one}`" for one in names), *signs)
        for kind, fields in records.items()
        for signs, names in _alike(fields, formats)
        if set(signs) - {"", SIGNS["not_supported"]}
    ]
    shown: set[str] = set()
    named: list[tuple[str, ...]] = []
    for kind, *cells in rows:
        named.append(("" if kind in shown else f"`{kind}`", *cells))
        shown.add(kind)
    return _table((f"`{told['vendor']}`", "fields", *formats.values()), named, left=2)


def _game_feed(told: Mapping[str, Any]) -> str:
    formats: dict[str, str] = told["formats"]
    plays: dict[str, Levels] = told["plays"]
    games: dict[str, Levels] = told["games"]
    of_plays = [name for name in formats if any(name in levels for levels in plays.values())]
    by_play = _table(
        (f"`{told['vendor']}`: a play", *(formats[name] for name in of_plays)),
        ((", ".join(f"`{one}`" for one in fields), *signs) for signs, fields in _alike(plays, of_plays)),
    )
    by_game = _table(
        (f"`{told['vendor']}`: a game", *(f"`{field}`" for field in games)),
        ((title, *(_sign(games[field], name) for field in games)) for name, title in formats.items()),
    )
    return f"{by_play}\n\n{by_game}"


def _alike(
    fields: Mapping[str, Levels], formats: Iterable[str]
) -> Iterable[tuple[tuple[str, ...], list[str]]]:
    """Fields that all formats treat alike share a row; in the order of their first."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for field, levels in fields.items():
        rows.setdefault(tuple(_sign(levels, name) for name in formats), []).append(field)
    return rows.items()


def _sign(levels: Levels, name: str) -> str:
    return SIGNS[levels[name]] if name in levels else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, left: int = 1) -> str:
    """Markdown; the first ``left`` columns hold words, the others signs."""
    rule = ("---",) * left + (":-:",) * (len(head) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(rewrite(readme.read_text(encoding="utf-8"), render()), encoding="utf-8")
