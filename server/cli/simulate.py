"""``poise simulate``: invented leagues in a vendor's exact format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli.output import fail, notices, progress_bar

__all__ = ["invent", "register"]

simulate = typer.Typer(help="Invent data in a vendor's exact format.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(simulate, name="simulate")


@simulate.callback()
def family() -> None:
    """Invent data in a vendor's exact format."""


@simulate.command("league")
def league(
    out: Annotated[Path, typer.Argument(help="The folder to write into.", file_okay=False)],
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 7,
    season: Annotated[str, typer.Option(help="Such as 2025-26.")] = "2025-26",
    teams: Annotated[int, typer.Option(min=2, max=30)] = 8,
    games: Annotated[int, typer.Option(min=1, max=5000)] = 56,
) -> None:
    """Write a season of invented teams and players, played out possession by possession."""
    paths = invent(out, seed=seed, season=season, teams=teams, games=games)
    notices.print(f"wrote {len(paths)} games into {out}; next: poise import nba {out}", highlight=False)


def invent(out: Path, *, seed: int, season: str, teams: int, games: int) -> list[Path]:
    """Write an invented season with a progress bar; returns the recordings in order of time."""
    from tasks.live.replay import simulator_of

    _, simulator = simulator_of(None)
    with progress_bar() as bar:
        line = bar.add_task("playing games", total=games)
        try:
            return simulator.simulate_league(
                out,
                seed=seed,
                season=season,
                teams=teams,
                games=games,
                on_progress=lambda done, _: bar.update(line, completed=done),
            )
        except ValueError as error:
            raise fail(str(error)) from error
