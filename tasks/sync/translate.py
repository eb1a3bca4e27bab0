"""What a vendor's document says, as far as an adapter that may be a stranger's can be believed.

The adapter may raise, hang, or yield rubbish; each is told as such, and what came before it is kept. What
it yields is decoded anew here, so that no record with a text where a time belongs gets any further; how
likely its values are is :mod:`poise_sdk.plausibility`'s affair.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import msgspec

from poise_sdk.observations import RECORD_TYPES, ReadingTable, WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item, WearableAdapter

__all__ = ["MOST_ITEMS", "NORMALIZE_S", "normalized"]

#: Seconds that an adapter may take for one page; a thousand records take a few milliseconds.
NORMALIZE_S: Final = 20.0
#: No page holds more; an endless generator is ended before it fills the memory.
MOST_ITEMS: Final = 500_000

_DECODERS: Final = {kind: msgspec.msgpack.Decoder(kind) for kind in RECORD_TYPES.values()}
_ENCODER: Final = msgspec.msgpack.Encoder()


def normalized(
    adapter: WearableAdapter, document: RawDocument, *, within_s: float = NORMALIZE_S
) -> tuple[list[Item], str | None]:
    """What ``document`` says, as far as it is sound, and how the adapter failed on it, if it did."""
    items: list[Item] = []
    rubbish = 0
    failure = None
    try:
        with _time_limit(within_s):
            for number, item in enumerate(adapter.normalize(document), 1):
                sound = _sound(item, document.name)
                rubbish += isinstance(sound, Rejected) and sound is not item
                items.append(sound)
                if number >= MOST_ITEMS:
                    failure = f"it yields no end of records: cut off after {MOST_ITEMS:,}"
                    break
    except _OutOfTimeError:
        failure = f"it took longer than {within_s:g} s"
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"[:300]
    if failure is not None:
        failure = f"the adapter {adapter.name} failed on {document.name}: {failure}"
        items.append(Rejected(file=document.name, reason=failure))
    elif rubbish:
        failure = f"the adapter {adapter.name} yields what is no record: {rubbish} of {len(items)} items"
    return items, failure


def _sound(item: object, file: str) -> Item:
    """The item, decoded anew; a :class:`Rejected` that says what is wrong with it."""
    if isinstance(item, ReadingTable | Rejected):
        return item
    decoder = _DECODERS.get(type(item)) if isinstance(item, WearableRecord) else None
    if decoder is None:
        return Rejected(file=file, reason=f"the adapter yields a {type(item).__name__}, which is no record")
    row = getattr(item, "row", None)
    row = row if isinstance(row, int) else None
    try:
        record: WearableRecord = decoder.decode(_ENCODER.encode(item))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        reason = f"the adapter yields a malformed {type(item).__name__}: {error}"
        return Rejected(file=file, row=row, reason=reason[:300])
    return record


class _OutOfTimeError(BaseException):
    """The time limit has passed. Not an ``Exception``: a stranger's ``except Exception`` must not eat it."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise inside the body when ``seconds`` have passed, in the main thread of a POSIX process.

    Elsewhere, and where the body does not come back to Python, the caller of the child kills it.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(signum: int, frame: FrameType | None) -> Any:
        raise _OutOfTimeError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
