"""``poise vault``: the keys that vendors' tokens are sealed with."""

from __future__ import annotations

import typer

from server.cli.output import console, fail, notices
from server.cli.session import DataOption, reading

__all__ = ["register"]

vault = typer.Typer(help="The keys that vendors' tokens are sealed with.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(vault, name="vault")


@vault.callback()
def family() -> None:
    """The keys that vendors' tokens are sealed with."""


@vault.command("rotate")
def rotate(data: DataOption = None) -> None:
    """Seal everything anew under the newest key. Servers and workers may go on meanwhile.

    The newest is the first of POISE_VAULT_KEYS; without that variable a new key is made in the data folder.
    """
    from storage.people.rotation import rotate

    done = reading(data, rotate)
    console.print(f"{done.sealed:,} secrets are sealed anew under the key {done.key_id}", highlight=False)
    for reason in done.lost:
        notices.print(f"[yellow]not opened[/] {reason}", highlight=False)
    if done.lost:
        raise fail(
            f"{len(done.lost):,} secrets do not open with the keys that are here",
            hint="add the key they were sealed with, or connect those accounts again",
        )
