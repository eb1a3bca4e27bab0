"""The documents' sessions run the command line as the tests of the command line do."""

from __future__ import annotations

from tests.cli.conftest import data, poise

__all__ = ["data", "poise"]
