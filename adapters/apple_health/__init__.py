"""The adapter for Apple Health: exports of the Health app, and JSON of the app Health Auto Export."""

from __future__ import annotations

from poise_sdk.hooks import Register, hookimpl

__all__ = ["poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Register the one adapter; what it needs is imported when the host asks for it."""
    from adapters.apple_health.adapter import AppleHealth

    register(AppleHealth())
