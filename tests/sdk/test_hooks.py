from __future__ import annotations

import inspect
import types

import pluggy
import pytest

from poise_sdk import hooks
from poise_sdk.errors import Fatal


def _specs() -> list[str]:
    return [name for name in dir(hooks) if name.startswith("poise_")]


def test_every_hook_is_documented_and_synchronous() -> None:
    assert _specs() == ["poise_register_adapters"]
    for name in _specs():
        function = getattr(hooks, name)
        assert len(inspect.getdoc(function) or "") > 80
        assert not inspect.iscoroutinefunction(function)


def test_an_asynchronous_hook_is_refused_by_name() -> None:
    async def poise_register_adapters(register: hooks.Register) -> None: ...

    plugin = types.SimpleNamespace(poise_register_adapters=poise_register_adapters)
    with pytest.raises(Fatal, match="poise_register_adapters is asynchronous"):
        hooks.check_synchronous(plugin)


def test_a_misspelt_hook_is_found_by_check_pending() -> None:
    @hooks.hookimpl
    def poise_register_adapter(register: hooks.Register) -> None: ...

    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(types.SimpleNamespace(poise_register_adapter=poise_register_adapter))
    with pytest.raises(pluggy.PluginValidationError, match="unknown hook 'poise_register_adapter'"):
        manager.check_pending()
