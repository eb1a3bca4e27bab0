"""The conformance suite over the built-in adapter."""

from __future__ import annotations

from adapters.garmin.adapter import Garmin
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.garmin import invented

TestGarmin = adapter_suite(
    Garmin,
    samples=[invented.document(content, name) for name, content in invented.everything().items()],
)
