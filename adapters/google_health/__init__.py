"""Google Health: what Fitbit and Health Connect devices give to a Google account."""

from __future__ import annotations

from adapters.google_health.adapter import GoogleHealthAdapter
from poise_sdk.hooks import Register, hookimpl

__all__ = ["poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Register the adapter."""
    register(GoogleHealthAdapter())
