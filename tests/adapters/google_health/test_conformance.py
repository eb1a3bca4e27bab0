"""The conformance suite over the built-in adapter, against invented data points."""

from __future__ import annotations

from adapters.google_health.adapter import GoogleHealthAdapter
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.google_health import invented, serving

TestGoogleHealth = adapter_suite(GoogleHealthAdapter, samples=invented.DOCUMENTS, routes=dict(serving.ROUTES))
