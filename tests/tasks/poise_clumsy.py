"""A stranger's adapter of files: what a line of a file says decides how the adapter behaves."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from pathlib import Path

from poise_sdk.files import DEFAULT_LIMITS, Limits, read_documents
from poise_sdk.hooks import Register, hookimpl
from poise_sdk.observations import Workout
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, Item, WearableAdapter

BEGIN = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


class Clumsy(WearableAdapter):
    name = "clumsy"
    title = "Clumsy"
    version = "1"
    capabilities = Capabilities(data_types=frozenset({DataType.WORKOUT}), file_import=True)

    def read_file(self, path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[RawDocument | Rejected]:
        for number, document in enumerate(read_documents(path, limits=limits)):
            if path.name == "unreadable" and number == 1:
                raise RuntimeError("out of paper")
            if path.name == "rubbish":
                yield "a page"  # type: ignore[misc]
            yield document

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        for row, line in enumerate(document.content.decode().splitlines(), 1):
            match line:
                case "raise":
                    raise KeyError("score")
                case "hang":
                    while True:
                        time.sleep(0.01)
                case "exit":
                    os._exit(3)
                case "rubbish":
                    yield "a workout"  # type: ignore[misc]
                case _:
                    hour = int(line)
                    yield Workout(
                        row=row,
                        start_at=BEGIN + dt.timedelta(hours=hour),
                        end_at=BEGIN + dt.timedelta(hours=hour, minutes=30),
                        activity="running",
                        avg_hr_bpm=100 + hour,
                    )


class Dumb(WearableAdapter):
    name = "dumb"
    title = "Dumb"
    version = "1"
    capabilities = Capabilities(data_types=frozenset({DataType.WORKOUT}))

    def normalize(self, document: RawDocument) -> Iterator[Item]:
        yield from ()


@hookimpl
def poise_register_adapters(register: Register) -> None:
    register(Clumsy())
    register(Dumb())
