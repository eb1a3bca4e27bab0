"""``poise replay`` and ``poise watch``: a recorded game lived through again, and the eyes to see it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import watch as watching
from server.cli.output import fail, notices, progress_bar
from server.cli.session import DataOption, endpoints, settings_for

if TYPE_CHECKING:
    from storage.embedded.runtime import Endpoints
    from storage.settings import Settings
    from tasks.context import Services

__all__ = ["clock_time", "register"]

#: Tenths of a second in which a worker that is just starting may show itself.
WORKER_PATIENCE = 30


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("replay")(replay)
    app.command("watch")(watching.watch)


def clock_time(text: str) -> tuple[int, float]:
    """``4 5:00`` → period 4, 300 seconds left. Raises ``typer.BadParameter``."""
    try:
        period, clock = text.split()
        minutes, seconds = clock.split(":")
        return int(period), 60 * int(minutes) + float(seconds)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write the period and the clock, like '4 5:00'") from error


def replay(
    games: Annotated[
        list[Path], typer.Argument(help="Recorded games (GAME.json), played one after the other.")
    ],
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="Times as fast as it was.")] = 20.0,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin at this period and clock: '4 5:00'.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Replay over a stored game: its plays are forgotten first.")
    ] = False,
    loop: Annotated[
        bool, typer.Option("--loop", help="Begin anew after the last game, until Ctrl-C.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Serve a recorded game, with its late edits, from a local feed, and follow it as if it were live."""
    for path in games:
        if not path.is_file():
            raise fail(f"{path}: no such file")
    start_at = clock_time(start) if start else None
    with endpoints(data) as found:
        asyncio.run(
            _replay(settings_for(data), found, games, speed=speed, start_at=start_at, again=again, loop=loop)
        )


async def _replay(
    settings: Settings,
    found: Endpoints,
    games: Sequence[Path],
    *,
    speed: float,
    start_at: tuple[int, float] | None,
    again: bool,
    loop: bool,
) -> None:
    from tasks.context import open_services
    from tasks.handlers import load
    from tasks.worker import work, worker_alive

    async with open_services(settings, found) as services:
        stop = asyncio.Event()
        own: asyncio.Task[None] | None = None
        for _ in range(WORKER_PATIENCE):
            if await worker_alive(services.redis):
                break
            await asyncio.sleep(0.1)
        else:
            notices.print("no worker is running: this command does the work too")
            own = asyncio.create_task(work(services, stop, registry=load()))
        try:
            while True:
                for path in games:
                    await _one(services, path, speed=speed, start_at=start_at, again=again)
                if not loop:
                    return
                again = True
        finally:
            stop.set()
            if own is not None:
                await own


async def _one(
    services: Services, path: Path, *, speed: float, start_at: tuple[int, float] | None, again: bool
) -> None:
    from storage import ledger
    from tasks.inline import complete
    from tasks.live.replay import MAX_GAP_S, followed_replay, make_room, simulator_of, until_over

    vendor, simulator = simulator_of(None)
    try:
        feed = simulator.replay([path], speed=speed, start_at=start_at, max_gap_s=MAX_GAP_S)
    except (OSError, ValueError) as error:
        raise fail(
            f"{path}: {error}", hint="a recording is a play-by-play document of the live feed"
        ) from error
    await make_room(services.endpoints.database_url, feed.game_ids, again=again)
    notices.print(f"replaying game {', '.join(feed.game_ids)} at {speed:g} times its speed", highlight=False)
    async with followed_replay(services, vendor, feed, speed=speed):
        with progress_bar() as bar:
            line = bar.add_task("recorded seconds", total=None)
            async for elapsed in until_over(feed, speed=speed):
                bar.update(line, completed=int(elapsed))
    # The season's boards follow; without this a worker that ends with us might not come to it.
    scoring = await ledger.enqueue("clutch.score", {}, key="clutch.score:after-replay")
    await ledger.dispatch(services.redis, scoring)
    await complete(scoring.id, services)
    notices.print(f"game {', '.join(feed.game_ids)} is over", highlight=False)
