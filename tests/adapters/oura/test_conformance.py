"""The conformance suite over the built-in adapter, against its own simulator."""

from __future__ import annotations

from adapters.oura.adapter import OuraAdapter
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.oura import invented

TestOura = adapter_suite(OuraAdapter, samples=invented.DOCUMENTS)
