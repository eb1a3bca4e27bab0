"""Tests for adapters: :func:`poise_sdk.testing.suite.adapter_suite` and a pytest plugin."""
