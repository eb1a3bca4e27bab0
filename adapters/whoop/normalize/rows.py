"""One record of a page while it is read: what is required of it, what is optional, what went wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from adapters.whoop.payloads import ScoreState
from poise_sdk.fields import Fields, Trouble
from poise_sdk.observations import Quality, QualityFlag
from poise_sdk.records import Rejected

__all__ = ["MILLIS_PER_MINUTE", "Row", "Score"]

MILLIS_PER_MINUTE: Final = 60_000.0

_T = TypeVar("_T")

_FLAGS: Final = {
    ScoreState.PENDING_SCORE: QualityFlag.PENDING_SCORE,
    ScoreState.UNSCORABLE: QualityFlag.UNSCORABLE,
}


@dataclass(slots=True)
class Score:
    """The measured part of a record, empty where there is none yet; troubles are noted in its row."""

    row: Row
    fields: Fields

    def number(self, name: str) -> float | None:
        """A number, or ``None`` where it is absent or none."""
        return self.row.attempt(lambda: self.fields.number(name, None))

    def minutes(self, name: str) -> float | None:
        """Milliseconds as minutes."""
        millis = self.number(name)
        return None if millis is None else millis / MILLIS_PER_MINUTE

    def flag(self, name: str) -> bool | None:
        """True, false, or ``None`` where it is absent or neither."""
        return self.row.attempt(lambda: self.fields.flag(name, None))

    def part(self, name: str) -> Score:
        """The object ``name`` within; empty where it is absent or none."""
        inner = self.row.attempt(lambda: self.fields.get(name))
        return Score(self.row, Fields({}) if inner is None else inner)


@dataclass(slots=True)
class Row:
    """A record of a document: ``number`` is its 1-based place, ``rejected`` what was left out of it."""

    file: str
    number: int
    value: object
    quality: list[Quality] = field(default_factory=list)
    _rejected: list[Rejected] = field(default_factory=list)

    @property
    def fields(self) -> Fields:
        """Its fields."""
        return Fields.of(self.value)

    @property
    def remarks(self) -> tuple[Quality, ...]:
        """What is to be said of the record."""
        return tuple(self.quality)

    def rejected(self) -> Iterator[Rejected]:
        """The values that were left out, once each."""
        told, self._rejected = self._rejected, []
        return iter(dict.fromkeys(told))

    def attempt(self, read: Callable[[], _T]) -> _T | None:
        """What ``read`` gives; ``None``, and a note, where it is in trouble."""
        try:
            return read()
        except Trouble as trouble:
            self._rejected.append(trouble.rejected(file=self.file, row=self.number, kept=True))
            return None

    def offset(self) -> int | None:
        """Seconds of ``timezone_offset``."""
        return self.attempt(lambda: self.fields.offset("timezone_offset"))

    def updated_at(self) -> dt.datetime | None:
        """When WHOOP last changed it."""
        return self.attempt(lambda: self.fields.moment("updated_at", None))

    def ongoing(self) -> None:
        """Remark that the record is not over yet."""
        self.quality.append(Quality(flag=QualityFlag.PARTIAL, detail="not over yet"))

    def score(self) -> Score:
        """The score where ``score_state`` says that there is one; else empty, and a remark why."""
        state = self._state()
        if state is not ScoreState.SCORED:
            flag = _FLAGS[state] if state is not None else QualityFlag.PENDING_SCORE
            self.quality.append(Quality(flag=flag))
            return Score(self, Fields({}))
        scored = self.attempt(self._scored)
        if scored is None:
            self.quality.append(Quality(flag=QualityFlag.PARTIAL, field="score", detail="SCORED without it"))
            return Score(self, Fields({}))
        return Score(self, scored)

    def _scored(self) -> Fields:
        if "score" not in self.fields:
            raise Trouble("score", "it is missing although score_state is SCORED")
        return self.fields.get("score")

    def _state(self) -> ScoreState | None:
        """The state; ``None`` for a word that WHOOP has not described: no score is taken on trust."""
        word = self.attempt(lambda: self.fields.text("score_state"))
        if word is None:
            return None
        try:
            return ScoreState(word)
        except ValueError:
            trouble = Trouble("score_state", f"{word[:40]!r} is no state that WHOOP describes")
            self._rejected.append(trouble.rejected(file=self.file, row=self.number, kept=True))
            return None
