"""``poise simulate``: invented leagues in a vendor's exact format, and vendors of wearables on loopback."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from server.cli.output import console, fail, notices, progress_bar

if TYPE_CHECKING:
    from poise_sdk.vendors import WearableSimulator
    from poise_sdk.wearable import WearableAdapter

__all__ = ["invent", "register", "run_vendor"]

#: Seconds between two looks at the clock of a simulated vendor.
TICK_S = 5.0


class _Simulators(TyperGroup):
    """The family's own commands, and one for every installed adapter that simulates its vendor."""

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """By name; adapters are looked for when somebody asks."""
        return self._own | {name: _command(adapter) for name, adapter in _simulated().items()}

    @commands.setter
    def commands(self, own: MutableMapping[str, Any]) -> None:
        self._own = dict(own)


simulate = typer.Typer(
    cls=_Simulators, help="Invent data in a vendor's exact format, or a whole vendor.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(simulate, name="simulate")


@simulate.callback()
def family() -> None:
    """Invent data in a vendor's exact format, or a whole vendor."""


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


def _simulated() -> dict[str, WearableAdapter]:
    from adapters.host import load_registry
    from poise_sdk.vendors import SimulatesWearable

    return {
        name: one for name, one in load_registry().wearables.items() if isinstance(one, SimulatesWearable)
    }


def _command(adapter: WearableAdapter) -> Any:
    """``poise simulate VENDOR``, as a command of click (of which typer has a private copy)."""
    alone = typer.Typer(add_completion=False)

    @alone.command(
        adapter.name, help=f"Be {adapter.title}, on loopback, with invented athletes, until Ctrl-C."
    )
    def vendor(
        athletes: Annotated[int, typer.Option(min=1, max=5000, help="How many accounts.")] = 3,
        days: Annotated[int, typer.Option(min=1, max=3650, help="How much history each of them has.")] = 30,
        port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 0,
        seed: Annotated[int, typer.Option(help="The same seed invents the same athletes.")] = 1,
        webhook_url: Annotated[
            str | None, typer.Option(help="Where webhooks go, for vendors that have it set up by hand.")
        ] = None,
        speed: Annotated[
            float,
            typer.Option(min=0, help="Simulated seconds a second: 3600 is a day in 24 s, 0 stands still."),
        ] = 1.0,
    ) -> None:
        from poise_sdk.vendors import SimulatesWearable

        assert isinstance(adapter, SimulatesWearable)
        simulator = adapter.vendor_simulator(
            athletes=athletes, days=days, seed=seed, port=port, webhook_url=webhook_url
        )
        try:
            asyncio.run(run_vendor(adapter, simulator, speed))
        except OSError as error:
            raise fail(f"port {port} cannot be listened on: {error.strerror or error}") from error

    return typer.main.get_command(alone)


async def run_vendor(adapter: WearableAdapter, simulator: WearableSimulator, speed: float) -> None:
    """Be a vendor until SIGINT or SIGTERM, its clock ``speed`` times as fast as ours."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with simulator as vendor:
        _introduce(adapter, vendor)
        last = loop.time()
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), TICK_S)
            except TimeoutError:
                now = loop.time()
                if speed:
                    await vendor.advance((now - last) * speed / 3600)
                last = now


def _introduce(adapter: WearableAdapter, vendor: WearableSimulator) -> None:
    """Say where it is and how to use it. What is secret about an invented vendor may be shown."""
    client = vendor.client
    many = len(vendor.accounts)
    told = [f"{adapter.title} is simulated at {vendor.base_url} with {many} athletes; Ctrl-C ends it"]
    if adapter.capabilities.oauth is not None:
        told.append(f"client id {client.client_id}")
        options = f"--client-id {client.client_id} --base-url {vendor.base_url}"
        if client.client_secret is not None:
            told.append(f"client secret {client.client_secret.reveal()}")
            told.append(
                f"echo {client.client_secret.reveal()} | poise vendors configure {adapter.name} {options}"
            )
        else:
            told.append(f"poise vendors configure {adapter.name} {options} --public")
        told.append(f"poise connect {adapter.name} --athlete NAME")
    else:
        told.append(f"poise vendors configure {adapter.name} --base-url {vendor.base_url}")
        if client.client_secret is not None:
            told.append(f"team token {client.client_secret.reveal()}")
            told.append(
                f"echo {client.client_secret.reveal()} | poise connect {adapter.name} --list-athletes"
            )
    for line in told:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.file.flush()
