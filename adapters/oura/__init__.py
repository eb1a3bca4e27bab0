"""Oura: the ring's interface, version 2; registered here, as a stranger's would be."""

from __future__ import annotations

from poise_sdk.hooks import Register, hookimpl

__all__ = ["poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Register the one adapter; what it needs is imported when the host asks for it."""
    from adapters.oura.adapter import OuraAdapter

    register(OuraAdapter())
