"""What the suite asks of a game feed's ``normalize``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.records import Normalized, RawDocument
from poise_sdk.testing.guard import pure
from poise_sdk.testing.identity import IdentityChecks
from poise_sdk.testing.invariants import sums, violations
from poise_sdk.testing.mutations import Damage, damaged_rows, rubbish

__all__ = ["NormalizeChecks"]


class NormalizeChecks(IdentityChecks):
    """Mixed into the class that :func:`~poise_sdk.testing.suite.adapter_suite` makes."""

    adapter_class: ClassVar[type[GameFeedAdapter]]
    mutations: ClassVar[int]

    def test_normalize_is_a_plain_function(self, adapter: GameFeedAdapter) -> None:
        """What waits belongs to the feed."""
        assert not inspect.iscoroutinefunction(adapter.normalize), "normalize is asynchronous"

    def test_the_samples_are_understood(self, adapter: GameFeedAdapter) -> None:
        """Every sample says something, and at least one speaks of plays."""
        plays = 0
        for document in self.documents:
            result = _normalize(adapter, document, "the sample")
            said = (result.games, result.teams, result.players, result.plays)
            assert any(said), f"{document.name}: nothing was understood: {result.rejected[:3]}"
            plays += len(result.plays or ())
        assert plays, "no sample has plays: give one, or most of the suite says nothing"

    def test_the_records_keep_their_promises(self, adapter: GameFeedAdapter) -> None:
        """Units and ranges, unique ids, dense positions, no negative score, points that add up."""
        for document in self.documents:
            result = _normalize(adapter, document, "the sample")
            wrong = violations(document, result) + sums(result)
            assert not wrong, f"{document.name}: " + "; ".join(wrong[:10])

    def test_normalize_gives_the_same_answer_every_time(self, adapter: GameFeedAdapter) -> None:
        """Again, after other documents, and by another instance: no clock, no dice, no memory."""
        first = [_normalize(adapter, document, "the sample") for document in self.documents]
        backwards = [_normalize(adapter, document, "the sample") for document in reversed(self.documents)]
        fresh = [_normalize(self.adapter_class(), document, "the sample") for document in self.documents]
        for document, one, two, three in zip(self.documents, first, reversed(backwards), fresh, strict=True):
            assert one == two, f"{document.name}: a second call of normalize gives another answer"
            assert one == three, f"{document.name}: another instance gives another answer"

    def test_normalize_reaches_for_nothing_outside(self, adapter: GameFeedAdapter) -> None:
        """No file, no socket, no program."""
        for document in self.documents:
            _normalize(adapter, document, "the sample")  # imports and caches may read files once
            with pure():
                adapter.normalize(document)

    def test_rubbish_is_rejected_and_never_raises(self, adapter: GameFeedAdapter) -> None:
        """Truncated, empty, a web page, random bytes, another vendor's: one reason, no records."""
        for document in self.documents:
            for damage in rubbish(document):
                result = _checked(adapter, damage)
                assert result.rejected, f"{damage.document.name}: {damage.what} is not rejected"
                assert not result.games, f"{damage.document.name}: {damage.what} gives games"
                assert not result.plays, f"{damage.document.name}: {damage.what} gives plays"

    def test_an_odd_row_never_stops_the_others_nor_disappears(self, adapter: GameFeedAdapter) -> None:
        """A row with a missing or odd field is read or rejected; the promises hold for the rest."""
        for document in self.documents:
            whole = _normalize(adapter, document, "the sample")
            for damage in damaged_rows(document, self.mutations):
                result = _checked(adapter, damage)
                for what in ("plays", "games"):
                    lost = len(getattr(whole, what) or ()) - len(getattr(result, what) or ())
                    assert lost <= 0 or result.rejected, (
                        f"{document.name}: with {damage.what} {lost} {what} disappear without a reason"
                    )


def _checked(adapter: GameFeedAdapter, damage: Damage) -> Normalized:
    result = _normalize(adapter, damage.document, damage.what)
    wrong = violations(damage.document, result)
    assert not wrong, f"{damage.document.name}, {damage.what}: " + "; ".join(wrong[:10])
    return result


def _normalize(adapter: GameFeedAdapter, document: RawDocument, what: str) -> Normalized:
    with _telling(document, what):
        result = adapter.normalize(document)
    assert isinstance(result, Normalized), f"normalize gave a {type(result).__name__}, not a Normalized"
    return result


@contextmanager
def _telling(document: RawDocument, what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise AssertionError(
            f"{document.name}, {what}: normalize must never raise, it raised {type(error).__name__}: {error}"
        ) from error
