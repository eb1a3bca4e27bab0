"""Catapult: the OpenField Connect API of a team's vests."""

from __future__ import annotations

from adapters.catapult.adapter import CatapultAdapter
from poise_sdk.hooks import Register, hookimpl

__all__ = ["poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Register the adapter."""
    register(CatapultAdapter())
