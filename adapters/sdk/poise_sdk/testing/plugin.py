"""The pytest plugin of poise-sdk: fixtures for authors of adapters.

pytest loads it by itself where both are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from poise_sdk.records import RawDocument
    from poise_sdk.simulation import SimulatedVendor

__all__ = ["poise_archives", "poise_pure", "poise_vendor"]

# Before the modules are imported, so that their assertions explain themselves.
pytest.register_assert_rewrite("poise_sdk.testing")


@pytest.fixture
def poise_pure() -> Callable[[], AbstractContextManager[None]]:
    """``with poise_pure(): …`` fails the test if the block opens a file, a socket, or a program."""
    from poise_sdk.testing.guard import pure

    return pure


@pytest.fixture
def poise_vendor() -> SimulatedVendor:
    """A vendor on loopback that is not running yet: add routes, then ``async with poise_vendor``."""
    from poise_sdk.simulation import SimulatedVendor

    return SimulatedVendor()


@pytest.fixture
def poise_archives(tmp_path: Path) -> Callable[[Sequence[RawDocument]], dict[str, Path]]:
    """``poise_archives(documents)`` writes them as a folder, a zip, a tar and a tar.gz; paths by kind."""
    from poise_sdk.testing.packing import pack

    return lambda documents: pack(documents, tmp_path)
