"""Known disorder of the older formats, put right; everything else stays as the vendor ordered it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.nba_stats.normalize.drafts import Draft
from poise_sdk.vocabulary import PlayKind

__all__ = ["chronological"]

#: Two rows of one instant whose numbers are at most this far apart were recorded together, so their
#: numbers tell their order; a row inserted hours later has a number far away and stands where it belongs.
_RECORDED_TOGETHER: Final = 5
#: Pairs that come the wrong way round: a substitution before the last free throw listed after it, and
#: a rebound listed after the second shot that it led to.
_MISPLACED: Final = {
    (PlayKind.FREE_THROW, PlayKind.SUBSTITUTION),
    (PlayKind.FIELD_GOAL, PlayKind.REBOUND),
}


def chronological(drafts: Sequence[Draft]) -> list[Draft]:
    """``drafts`` by period, then clock downwards, rows of one instant in their given order.

    Of these, neighbours that are known to be swapped (see ``_MISPLACED``) are swapped back.
    """
    ordered = sorted(drafts, key=lambda draft: (draft.period, -draft.clock_s))
    for index in range(1, len(ordered)):
        first, second = ordered[index - 1], ordered[index]
        if (
            0 < first.number - second.number <= _RECORDED_TOGETHER
            and first.clock_s == second.clock_s
            and first.period == second.period
            and (first.kind, second.kind) in _MISPLACED
        ):
            ordered[index - 1], ordered[index] = second, first
    return ordered
