"""The stranger's package of ``tests/third_party`` as the right game feed that defects are put into."""

from __future__ import annotations

import datetime
import itertools
import random
import socket
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from poise_sdk import errors, records
from poise_sdk.adapter import FeedConfig, GameFeedAdapter
from poise_sdk.http import HttpKit
from poise_sdk.records import Normalized, Play, RawDocument
from poise_sdk.testing.suite import adapter_suite
from tests.sdk.broken import broken

PACKAGE = Path(__file__).parents[1] / "third_party" / "poise-courtside"
SAMPLES = PACKAGE / "tests" / "samples"
GAME = RawDocument(name="game.json", content=(SAMPLES / "game_C-17.json").read_bytes())

sys.path.append(str(PACKAGE))  # as pip would: tests run its code without installing it

from poise_courtside import CourtsideAdapter  # noqa: E402  # only now there is such a package
from poise_courtside.feed import CourtsideFeed  # noqa: E402

__all__ = ["GAME", "PACKAGE", "SAMPLES", "suite_of"]


def _each(result: Normalized, edit: Callable[[Play], Play]) -> Normalized:
    return msgspec.structs.replace(result, plays=result.plays and tuple(edit(p) for p in result.plays))


#: What the bodies of defects may use.
_WORDS: dict[str, Any] = {
    **vars(errors),
    **vars(records),
    "CourtsideFeed": CourtsideFeed,
    "FeedConfig": FeedConfig,
    "HttpKit": HttpKit,
    "asynccontextmanager": asynccontextmanager,
    "change": msgspec.structs.replace,
    "datetime": datetime,
    "each": _each,
    "itertools": itertools,
    "msgspec": msgspec,
    "random": random,
    "socket": socket,
}


def suite_of(body: str, base: type[GameFeedAdapter] = CourtsideAdapter) -> type:
    """The conformance suite over the right adapter with ``body`` in it."""
    return adapter_suite(
        broken(base, body, _WORDS),
        samples=SAMPLES,
        game_id="C-17",
        routes={
            "/games/C-17": SAMPLES / "game_C-17.json",
            "/today": SAMPLES / "today.json",
            "/days/{day}": SAMPLES / "today.json",
        },
    )
