"""``poise adapters``: which vendors Poise speaks to, and where each adapter comes from."""

from __future__ import annotations

import typer

from server.cli.output import Format, FormatOption, notices, render

__all__ = ["register"]

adapters = typer.Typer(help="The installed adapters.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(adapters, name="adapters")


@adapters.callback()
def family() -> None:
    """The installed adapters."""


@adapters.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """List every adapter found by its entry point, ours and others' alike."""
    from adapters.host import load_registry

    registry = load_registry()
    rows = [
        {
            "name": adapter.name,
            "title": adapter.title,
            "version": adapter.version,
            "kind": kind,
            "from": f"{origin.distribution} {origin.version}",
        }
        for kind, group in (("games", registry.game_feeds), ("wearable", registry.wearables))
        for adapter in group.values()
        for origin in (registry.origin(adapter.name),)
    ]
    render(rows, ("name", "title", "version", "kind", "from"), format)
    for fault in registry.faults:
        notices.print(f"[yellow]not loaded[/] {fault.origin.distribution}: {fault.error}", highlight=False)
