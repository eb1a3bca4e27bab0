"""The conformance suite over the built-in adapter."""

from __future__ import annotations

from adapters.apple_health.adapter import AppleHealth
from poise_sdk.testing.suite import adapter_suite
from tests.adapters.apple_health import invented

TestAppleHealth = adapter_suite(
    AppleHealth,
    samples=[
        invented.document(invented.everything()),
        invented.document(invented.auto_metrics(), "metrics.json"),
        invented.document(invented.auto_workouts(), "workouts.json"),
    ],
)
