"""What becomes of a job whose attempt failed.

========================  ========================================================================
``Fatal``                 dead at once
``NeedsReauth``           dead at once: nothing changes until the owner gives access again
``Skippable``             succeeded, with a note: this one item is of no use
``Retriable(after=…)``    queued again after the seconds the vendor asked for, else with backoff
anything else             queued again with backoff: a defect is told from bad luck by its persistence
========================  ========================================================================

Every failure counts; the last attempt's makes the job dead.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from poise_sdk.errors import Fatal, NeedsReauth, Retriable, Skippable

__all__ = ["DEFAULT_BACKOFF", "Backoff", "Bury", "Retry", "Skip", "decide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential backoff with full jitter.

    The delay before attempt n + 1 is uniform on [0, min(``cap_s``, ``base_s`` · 2^(n - 1))], which
    spreads the attempts of many clients best (M. Brooker, "Exponential Backoff and Jitter", AWS
    Architecture Blog, 2015).
    """

    base_s: float = 1.0
    cap_s: float = 300.0

    def ceiling_s(self, attempt: int) -> float:
        """Return the longest delay after failed attempt number ``attempt`` (1-based)."""
        # the exponent is bounded because 2.0 ** 1024 overflows; by then the cap holds anyway
        return min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 64))

    def delay_s(self, attempt: int, rng: random.Random) -> float:
        """Draw the delay after failed attempt number ``attempt`` (1-based)."""
        return rng.uniform(0.0, self.ceiling_s(attempt))


DEFAULT_BACKOFF: Final = Backoff()


@dataclass(frozen=True, slots=True)
class Retry:
    """Queue it again, due in ``after_s`` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Make it a dead letter."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Count it as done; ``note`` says why nothing was."""

    note: str


def decide(
    error: BaseException,
    *,
    attempt: int,
    max_attempts: int,
    backoff: Backoff,
    rng: random.Random,
) -> Retry | Bury | Skip:
    """Decide by the error and the number of the attempt (1-based) that raised it.

    A group of errors (from a ``TaskGroup``) is as final as its most final member, waits as long as
    its most patient one, and is skipped only if all its members are.
    """
    leaves = list(_leaves(error))
    if any(isinstance(leaf, Fatal | NeedsReauth) for leaf in leaves):
        return Bury()
    if all(isinstance(leaf, Skippable) for leaf in leaves):
        return Skip("; ".join(str(leaf) for leaf in leaves))
    if attempt >= max_attempts:
        return Bury()
    asked = [leaf.after for leaf in leaves if isinstance(leaf, Retriable) and leaf.after is not None]
    return Retry(max(asked) if asked else backoff.delay_s(attempt, rng))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
