"""The adapter for Garmin: FIT files and exports of Garmin Connect; its interface is for Garmin's partners."""

from __future__ import annotations

from poise_sdk.hooks import Register, hookimpl

__all__ = ["poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Register the one adapter; what it needs is imported when the host asks for it."""
    from adapters.garmin.adapter import Garmin

    register(Garmin())
