"""What ``poise-sdk new pulse`` writes, as the right wearable that defects are put into."""

from __future__ import annotations

import atexit
import dataclasses
import datetime
import importlib
import itertools
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from poise_sdk import errors, oauth, observations, records, wearable
from poise_sdk.scaffold.names import Names
from poise_sdk.scaffold.package import Kind, write
from poise_sdk.testing.suite import adapter_suite
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import WearableAdapter, WearableConfig
from tests.sdk.broken import broken

_HOME = tempfile.TemporaryDirectory(prefix="poise-pulse-")
atexit.register(_HOME.cleanup)
PACKAGE = write(Names.of("pulse"), Kind.WEARABLE, Path(_HOME.name))
SAMPLES = PACKAGE / "tests" / "samples"

sys.path += [str(PACKAGE), str(PACKAGE / "tests")]

adapter = importlib.import_module("poise_pulse.adapter")
client = importlib.import_module("poise_pulse.client")
played = importlib.import_module("test_pulse")
"""The package's own tests: how they play the vendor."""

__all__ = ["PACKAGE", "ROUTES", "SAMPLES", "WORDS", "adapter", "client", "played", "suite_of"]

ROUTES = {
    "/v1/sleeps": played.paged("sleeps.json"),
    "/v1/workouts": played.paged("workouts.json"),
    "/v1/me": b'{"id": "u-1"}',
}


def _opens(kind: type, edit: Callable[[WearableConfig], WearableConfig] = lambda config: config) -> Any:
    """A ``connect`` that opens this kind of client."""

    @asynccontextmanager
    async def connect(self: WearableAdapter, config: WearableConfig) -> Any:
        async with client.open_http(edit(config)) as http:
            yield kind(http, config)

    return connect


def _edited(kind: type, **edits: Callable[[Any], Any]) -> Any:
    """A ``normalize`` whose records of ``kind`` have fields edited: each edit is given the record."""

    def normalize(self: WearableAdapter, document: records.RawDocument) -> Any:
        for item in adapter.PulseAdapter.normalize(self, document):
            if isinstance(item, kind):
                item = msgspec.structs.replace(item, **{name: edit(item) for name, edit in edits.items()})
            yield item

    return normalize


#: What the bodies of defects may use.
WORDS: dict[str, Any] = {
    **vars(errors),
    **vars(records),
    **vars(observations),
    **vars(wearable),
    "DataType": DataType,
    "PulseClient": client.PulseClient,
    "asynccontextmanager": asynccontextmanager,
    "capable": lambda **claims: dataclasses.replace(adapter.PulseAdapter.capabilities, **claims),
    "change": dataclasses.replace,
    "client": client,
    "datetime": datetime,
    "edited": _edited,
    "itertools": itertools,
    "msgspec": msgspec,
    "oauth": oauth,
    "opens": _opens,
    "random": random,
}


def suite_of(body: str, base: type[WearableAdapter] = adapter.PulseAdapter, **more: Any) -> type:
    """The conformance suite over the right adapter with ``body`` in it."""
    given = {"samples": SAMPLES, "routes": ROUTES, "webhook": played.signed} | more
    return adapter_suite(broken(base, body, WORDS), **given)
