"""Strangers' adapters: what raises, hangs or yields rubbish is told as such, and the rest is kept."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from poise_sdk.observations import Night, Reading
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Capabilities, Item, WearableAdapter
from tasks.sync import translate
from tasks.sync.translate import normalized

AT = dt.datetime(2025, 6, 1, 22, tzinfo=dt.UTC)
DOCUMENT = RawDocument(name="v1/sleep", content=b"{}")


class Stranger(WearableAdapter):
    name = "stranger"
    title = "Stranger"
    version = "1"
    capabilities = Capabilities(data_types=frozenset())

    def __init__(self, normalize: Callable[[], Iterable[Any]]) -> None:
        self._normalize = normalize

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        return self._normalize()


def night(**more: Any) -> Night:
    return Night(source_id="n1", start_at=AT, end_at=AT + dt.timedelta(hours=8), **more)


def test_sound_records_come_through_as_they_are() -> None:
    told = Rejected(file="v1/sleep", reason="no", row=3)
    reading = Reading(start_at=AT, metric="hr_bpm", value=math.nan)
    items, failure = normalized(Stranger(lambda: [night(deep_min=1.5), told]), DOCUMENT)
    assert (items, failure) == ([night(deep_min=1.5), told], None)
    # what is implausible is not judged here
    (found,), failure = normalized(Stranger(lambda: [reading]), DOCUMENT)
    assert isinstance(found, Reading)
    assert math.isnan(found.value)
    assert failure is None


def test_what_came_before_it_raised_is_kept() -> None:
    def raising() -> Iterable[Item]:
        yield night()
        raise KeyError("score")

    items, failure = normalized(Stranger(raising), DOCUMENT)
    assert failure == "the adapter stranger failed on v1/sleep: KeyError: 'score'"
    assert items == [night(), Rejected(file="v1/sleep", reason=failure)]


def test_one_that_hangs_is_stopped_and_what_came_before_is_kept() -> None:
    def hanging() -> Iterable[Item]:
        yield night()
        try:
            time.sleep(60)
        except Exception:
            time.sleep(60)  # a stranger that catches everything is stopped all the same
        yield night()

    begun = time.monotonic()
    items, failure = normalized(Stranger(hanging), DOCUMENT, within_s=0.1)
    assert time.monotonic() - begun < 30
    assert failure == "the adapter stranger failed on v1/sleep: it took longer than 0.1 s"
    assert items[0] == night()


def test_one_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "MOST_ITEMS", 10)
    items, failure = normalized(Stranger(lambda: itertools.repeat(night())), DOCUMENT)
    assert len(items) == 11
    assert failure is not None
    assert "no end of records" in failure


@pytest.mark.parametrize("rubbish", [None, 17, "a night", {"start": 1}, Night, object()])
def test_what_is_no_record_is_refused_alone(rubbish: object) -> None:
    items, failure = normalized(Stranger(lambda: [night(), rubbish, night()]), DOCUMENT)
    assert items[0] == items[2] == night()
    assert isinstance(items[1], Rejected)
    assert "which is no record" in items[1].reason
    assert failure == "the adapter stranger yields what is no record: 1 of 3 items"


@pytest.mark.parametrize(
    "fields",
    [
        {"start_at": "yesterday"},
        {"deep_min": "ninety"},
        {"end_at": 17},
        {"stages": ("deep",)},
        {"quality": [1, 2]},
        {"source_id": 7},
        {"nap": object()},
    ],
)
def test_a_record_with_a_field_of_the_wrong_type_is_refused_alone(fields: dict[str, Any]) -> None:
    values: dict[str, Any] = {"start_at": AT, "row": 4} | fields
    items, failure = normalized(Stranger(lambda: [Night(**values), night()]), DOCUMENT)
    assert isinstance(items[0], Rejected)
    assert items[0].row == 4
    assert "malformed Night" in items[0].reason
    assert items[1] == night()
    assert failure is not None


def test_a_subclass_of_a_record_is_no_record() -> None:
    class MyNight(Night, frozen=True, kw_only=True, tag=True):
        mood: str = "good"

    items, failure = normalized(Stranger(lambda: [MyNight(start_at=AT)]), DOCUMENT)
    assert isinstance(items[0], Rejected)
    assert failure is not None


def test_what_is_no_iterable_is_a_failure() -> None:
    items, failure = normalized(Stranger(lambda: 17), DOCUMENT)  # type: ignore[arg-type, return-value]
    assert failure == "the adapter stranger failed on v1/sleep: TypeError: 'int' object is not iterable"
    assert items == [Rejected(file="v1/sleep", reason=failure)]
