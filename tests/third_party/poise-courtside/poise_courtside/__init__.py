"""The Courtside League's play-by-play for Poise."""

from poise_courtside.adapter import CourtsideAdapter
from poise_sdk.hooks import Register, hookimpl

__all__ = ["CourtsideAdapter", "poise_register_adapters"]


@hookimpl
def poise_register_adapters(register: Register) -> None:
    """Called once by Poise when it starts."""
    register(CourtsideAdapter())
