"""What the suite asks of a wearable's ``normalize``."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

from poise_sdk.observations import WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.testing.body_invariants import flaws, metrics_of, refusals, rows_of
from poise_sdk.testing.guard import pure
from poise_sdk.testing.identity import IdentityChecks
from poise_sdk.testing.mutations import Damage, Loss, damaged_rows, rubbish, truncated
from poise_sdk.testing.tables import told
from poise_sdk.wearable import Item, WearableAdapter

__all__ = ["ObserveChecks", "records_of"]


class ObserveChecks(IdentityChecks):
    """Mixed into the class that :func:`~poise_sdk.testing.suite.adapter_suite` makes."""

    adapter_class: ClassVar[type[WearableAdapter]]
    mutations: ClassVar[int]

    def test_normalize_is_a_plain_function(self, adapter: WearableAdapter) -> None:
        """A function or a generator; what waits belongs to the client."""
        for kind in (inspect.iscoroutinefunction, inspect.isasyncgenfunction):
            assert not kind(adapter.normalize), "normalize is asynchronous"

    def test_the_samples_are_understood(self, adapter: WearableAdapter) -> None:
        """Every sample gives a record."""
        for document in self.documents:
            items = records_of(adapter, document)
            rejected = [item for item in items if isinstance(item, Rejected)]
            assert len(items) > len(rejected), f"{document.name}: nothing was understood: {rejected[:3]}"

    def test_the_records_keep_their_promises(self, adapter: WearableAdapter) -> None:
        """Types, UTC, plausible values in the right units, stages in order, one id for one fact."""
        for document in self.documents:
            items = records_of(adapter, document)
            wrong = [*flaws(document, items)] or [*refusals(document, items)]
            assert not wrong, f"{document.name}: " + "; ".join(wrong[:10])

    def test_the_metrics_are_those_it_claims(self, adapter: WearableAdapter) -> None:
        """What the records carry stands in ``capabilities.metrics``: people choose a vendor by it."""
        found: set[str] = set()
        for document in self.documents:
            found |= metrics_of(records_of(adapter, document))
        missing = sorted(found - adapter.capabilities.metrics)
        assert not missing, f"the samples carry metrics that capabilities.metrics does not name: {missing}"

    def test_normalize_gives_the_same_answer_every_time(self, adapter: WearableAdapter) -> None:
        """Again, after other documents, and by another instance: no clock, no dice, no memory."""
        first = [records_of(adapter, document) for document in self.documents]
        backwards = [records_of(adapter, document) for document in reversed(self.documents)]
        fresh = [records_of(self.adapter_class(), document) for document in self.documents]
        for document, one, two, three in zip(self.documents, first, reversed(backwards), fresh, strict=True):
            assert one == two, f"{document.name}: a second call of normalize gives another answer"
            assert one == three, f"{document.name}: another instance gives another answer"

    def test_normalize_reaches_for_nothing_outside(self, adapter: WearableAdapter) -> None:
        """No file, no socket, no program."""
        for document in self.documents:
            records_of(adapter, document)  # imports and caches may read files once
            with pure():
                list(adapter.normalize(document))

    def test_rubbish_is_rejected_and_never_raises(self, adapter: WearableAdapter) -> None:
        """Empty, a web page, random bytes, another vendor's: one reason, no records."""
        lists = any(document.content.lstrip()[:1] == b"[" for document in self.documents)
        for document in self.documents:
            for damage in rubbish(document):
                items = _checked(adapter, damage)
                records = [item for item in items if not isinstance(item, Rejected)]
                where = f"{damage.document.name}: {damage.what}"
                assert not records, f"{where} gives {type(records[0]).__name__}"
                # A vendor whose pages are bare lists says "nothing" with an empty one.
                assert items or (lists and damage.what == "an empty list"), f"{where} is not rejected"

    def test_a_document_cut_short_is_told(self, adapter: WearableAdapter) -> None:
        """A broken download: what stands before the break may be read, the break is reported."""
        for document in self.documents:
            if document.name.lower().endswith(".csv"):
                continue  # a table has no end that could be missing
            for damage in truncated(document):
                items = _checked(adapter, damage)
                assert any(isinstance(item, Rejected) for item in items), (
                    f"{document.name}: {damage.what} is taken for the whole"
                )

    def test_an_odd_row_never_stops_the_others_nor_disappears(self, adapter: WearableAdapter) -> None:
        """A row with a missing or odd field is read, flagged or rejected; the promises hold for the rest."""
        for document in self.documents:
            whole = records_of(adapter, document)
            for damage in damaged_rows(document, self.mutations):
                lost = _lost(whole, _checked(adapter, damage), damage.loss)
                assert not lost, f"{document.name}: with {damage.what} {lost} disappear without a reason"


def records_of(adapter: WearableAdapter, document: RawDocument, what: str = "the sample") -> list[Item]:
    """All that ``normalize`` says of ``document``, tables taken apart; a failure if it raises."""
    try:
        result = adapter.normalize(document)
        assert isinstance(result, Iterable), (
            f"normalize gave a {type(result).__name__}: yield the records, or return a list of them"
        )
        return told(result)
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(
            f"{document.name}, {what}: normalize must never raise, it raised {type(error).__name__}: {error}"
        ) from error


def _checked(adapter: WearableAdapter, damage: Damage) -> list[Item]:
    items = records_of(adapter, damage.document, damage.what)
    wrong = list(flaws(damage.document, items))
    assert not wrong, f"{damage.document.name}, {damage.what}: " + "; ".join(wrong[:10])
    return items


def _lost(whole: Sequence[Item], items: Sequence[Item], loss: Loss) -> str:
    """What ``items`` lack of ``whole`` and nobody tells; empty if nothing."""
    if loss is Loss.ANY or any(isinstance(item, Rejected) for item in items):
        return ""
    if _remarks(items) > _remarks(whole):
        return ""
    if loss is Loss.ROW:
        # A changed id or time makes another row of the same one, so rows are counted.
        count = len(rows_of(whole)) - len(rows_of(items))
        return f"{count} rows" if count > 0 else ""
    kinds = Counter(type(item).__name__ for item in whole)
    kinds.subtract(type(item).__name__ for item in items)
    return ", ".join(f"{n} {kind}" for kind, n in kinds.items() if n > 0)


def _remarks(items: Sequence[Item]) -> int:
    return sum(len(item.quality) for item in items if isinstance(item, WearableRecord))
