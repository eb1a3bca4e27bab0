"""Writing a new package from its templates."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from poise_sdk.errors import Fatal
from poise_sdk.scaffold.names import Names

__all__ = ["Kind", "render", "write"]

#: What a template's name ends with, so that nobody takes it for a module of this package.
_SUFFIX: Final = ".tmpl"


class Kind(StrEnum):
    """What the adapter is for."""

    WEARABLE = "wearable"
    GAME_FEED = "game-feed"


def render(names: Names, kind: Kind) -> dict[str, str]:
    """The files of a new package: path relative to its folder → text."""
    root = files("poise_sdk.scaffold").joinpath(kind.value.replace("-", "_"))
    return dict(
        sorted(
            (names.put(path.removesuffix(_SUFFIX)), names.put(text)) for path, text in _templates(root, "")
        )
    )


def write(names: Names, kind: Kind, into: Path) -> Path:
    """Write a new package into a new folder of ``into``, called as it was given; the folder.

    Raises :class:`~poise_sdk.errors.Fatal` where the folder exists or cannot be made; nothing is
    overwritten.
    """
    folder = into / names.given
    try:
        folder.mkdir(parents=True)
        for path, text in render(names, kind).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise Fatal(f"{folder} exists already", hint="take another name, or --into another folder") from None
    except OSError as error:
        raise Fatal(
            f"{folder}: {error.strerror or error}", hint="check the folder and who may write it"
        ) from None
    return folder


def _templates(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield f"{prefix}{entry.name}", entry.read_text(encoding="utf-8")
