"""The hooks by which adapters come into Poise; their docstrings are the documentation.

A plugin is a module (or object) named by an entry point of the group ``poise.adapters``::

    [project.entry-points."poise.adapters"]
    courtside = "poise_courtside"

and its hook implementations are functions of that module marked with :data:`hookimpl`::

    from poise_sdk.hooks import Register, hookimpl

    @hookimpl
    def poise_register_adapters(register: Register) -> None:
        register(CourtsideAdapter())

Hooks are synchronous. What has to wait belongs on the adapter, whose ``connect`` is asynchronous.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final, TypeAlias

import pluggy

from poise_sdk.adapter import Adapter
from poise_sdk.errors import Fatal

__all__ = ["ENTRY_POINT_GROUP", "PROJECT", "Register", "check_synchronous", "hookimpl", "hookspec"]

#: The project name that pluggy's markers carry.
PROJECT: Final = "poise"
#: The entry-point group in which the host looks for plugins.
ENTRY_POINT_GROUP: Final = "poise.adapters"

Register: TypeAlias = Callable[[Adapter], None]
"""What ``poise_register_adapters`` is given: call it once for each adapter."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def poise_register_adapters(register: Register) -> None:
    """Register the adapters of this plugin: call ``register(adapter)`` for each of them.

    Called once, when the host starts. ``register`` refuses what is not a
    :class:`~poise_sdk.adapter.GameFeedAdapter` or :class:`~poise_sdk.wearable.WearableAdapter`
    instance, a name that is not lower-case letters, digits and underscores, and a name that is taken.
    Do nothing else here: no network, no files, no threads.
    """


def check_synchronous(plugin: object) -> None:
    """Raise :class:`~poise_sdk.errors.Fatal` if a hook implementation of ``plugin`` is asynchronous.

    pluggy would call it, get a coroutine, and drop it unawaited: the adapters would be missing
    without a word.
    """
    for name in dir(plugin):
        if not name.startswith("poise_"):
            continue
        function = getattr(plugin, name, None)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise Fatal(
                f"hook {name} is asynchronous",
                hint="make it a plain function; what has to wait belongs into the adapter's connect()",
            )
