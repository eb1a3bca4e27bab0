"""From bytes to the vendor's words: strictly and fast, or row by row where something does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from adapters.nba_stats.normalize.notes import Notes
from adapters.nba_stats.payloads import Envelope

__all__ = ["decode"]

_T = TypeVar("_T", bound=msgspec.Struct)
_STRICT: Final = msgspec.json.Decoder(Envelope)
_AT: Final = re.compile(r" - at `.*")
#: Names under which the vendor's objects carry their game and their play.
_GAME_IDS: Final = ("gameId", "gid")
_NUMBERS: Final = ("actionNumber", "evt")


def decode(content: bytes, notes: Notes) -> Envelope | None:
    """The document, or ``None`` with a note of why it cannot be read.

    A row or field that does not fit is noted and left out, and the rest is taken.
    """
    try:
        return _STRICT.decode(content)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        notes.add(f"not whole JSON, probably cut off on its way ({error}): fetch it again")
        return None
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        notes.add(f"not readable JSON ({error}): fetch it again")
        return None
    return _Mending(notes).mend(value, Envelope, None)


class _Shape(NamedTuple):
    """A field of a struct, as far as mending cares."""

    name: str
    type: Any
    required: bool
    struct: type[msgspec.Struct] | None
    """The struct that the field holds, or whose list it holds."""
    listed: bool


@lru_cache(maxsize=64)
def _shapes(struct: type[msgspec.Struct]) -> tuple[_Shape, ...]:
    shapes: list[_Shape] = []
    for field in msgspec.structs.fields(struct):
        listed = get_origin(field.type) is list or any(
            get_origin(option) is list for option in get_args(field.type)
        )
        shapes.append(_Shape(field.encode_name, field.type, field.required, _struct_in(field.type), listed))
    return tuple(shapes)


def _struct_in(hint: Any) -> type[msgspec.Struct] | None:
    """The struct in ``X``, ``X | None``, ``list[X]`` or ``list[X] | None``."""
    if get_origin(hint) is None and isinstance(hint, type):  # list[X] calls itself a type too
        return hint if issubclass(hint, msgspec.Struct) else None
    return next((found for option in get_args(hint) if (found := _struct_in(option)) is not None), None)


class _Mending:
    """Takes of a document what fits, and notes the rest."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.game_id: str | None = None

    def mend(self, value: object, struct: type[_T], row: int | None) -> _T | None:
        """``value`` as a ``struct``; ``None``, noted, where it means nothing without what does not fit."""
        if not isinstance(value, dict):
            self._note(f"no object but {_shown(value)}; left out", row, None, {})
            return None
        game_id = next((value[name] for name in _GAME_IDS if isinstance(value.get(name), str)), None)
        self.game_id = game_id or self.game_id
        fields: dict[str, Any] = {}
        for shape in _shapes(struct):
            if shape.name not in value:
                if shape.required:
                    self._note(f"has no {shape.name}; left out", row, shape.name, value)
                    return None
                continue
            mended = self._field(value, shape, row)
            if mended is msgspec.UNSET:
                if shape.required:
                    return None
                continue
            fields[shape.name] = mended
        return struct(**fields)

    def _field(self, value: Mapping[str, Any], shape: _Shape, row: int | None) -> Any:
        held = value[shape.name]
        if shape.struct is not None and shape.listed and isinstance(held, list):
            return self._rows(held, shape.struct)
        if shape.struct is not None and not shape.listed and held is not None:
            mended = self.mend(held, shape.struct, row)
            return msgspec.UNSET if mended is None else mended
        try:
            return msgspec.convert(held, shape.type, strict=False)
        except (msgspec.ValidationError, OverflowError) as error:
            consequence = "left out" if shape.required else f"kept without {shape.name}"
            reason = f"{_AT.sub('', str(error))}, but {_shown(held)}; {consequence}"
            self._note(reason, row, shape.name, value)
            return msgspec.UNSET

    def _rows(self, held: list[Any], struct: type[_T]) -> list[_T]:
        mended = []
        for position, item in enumerate(held, start=1):
            if type(item) is dict:
                try:
                    mended.append(msgspec.convert(item, struct))
                    continue
                except (msgspec.ValidationError, OverflowError):
                    pass
            found = self.mend(item, struct, position)
            if found is not None:
                mended.append(found)
        return mended

    def _note(self, reason: str, row: int | None, field: str | None, value: Mapping[str, Any]) -> None:
        play = next((value[name] for name in _NUMBERS if type(value.get(name)) is int), None)
        self.notes.add(reason, row=row, field=field, game_id=self.game_id, play=play)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
