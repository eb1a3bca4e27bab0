"""``poise demo``: everything at once, from nothing: a league, a live game, athletes with wearables."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.clutch.definition import LEAGUE
from server.cli.output import notices
from server.cli.session import DataOption, settings_for
from server.cli.simulate import invent
from server.cli.work import carry_out

if TYPE_CHECKING:
    from storage.ledger import Job

__all__ = ["demo"]

#: The invented league; its closest games are kept back and played live.
SEED, SEASON, TEAMS, GAMES = 7, "2025-26", 8, 56
KEPT_BACK = 6
#: The live games are shown from here on: five minutes before the end is what it is all about.
FROM = "4 5:30"
SPEED = 10.0


def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")] = 0,
    data: DataOption = None,
) -> None:
    """Show Poise at work: a league from nothing, a game live, athletes with wearables. Ctrl-C ends it."""
    from server.cli.processes import ADDRESS_FILE, set_up_logging, supervise
    from storage.embedded.ports import free_port
    from storage.embedded.supervisor import Program

    os.environ.setdefault("POISE_LOG_LEVEL", "WARNING")
    settings = settings_for(data)
    set_up_logging(settings.log_level)
    folder = settings.data / "demo"
    season, live = folder / "season", folder / "live"
    recordings = _recordings(live) or _invented(season, live)
    _imported(data, season)
    replaying = [sys.executable, "-m", "server.cli", "replay", *map(str, recordings), "--from", FROM]
    replaying += ["--speed", f"{SPEED:g}", "--again", "--loop"]
    notices.print(
        "a game is about to be played live; in another terminal: "
        f"[bold].venv/bin/poise watch --data {data or settings.data}[/]",
        highlight=False,
        soft_wrap=True,
    )
    port = port or free_port()
    living = [sys.executable, "-m", "server.cli.demo_athletes"]
    living += [f"http://127.0.0.1:{port}", str(settings.data / ADDRESS_FILE)]
    programs = (Program("replay", replaying), Program("athletes", living))
    raise typer.Exit(supervise(settings, port, programs))


def _recordings(live: Path) -> list[Path]:
    return sorted(live.glob("playbyplay_*.json"))


def _invented(season: Path, live: Path) -> list[Path]:
    """A season in one folder and its last games, not yet played, in another."""
    paths = invent(season, seed=SEED, season=SEASON, teams=TEAMS, games=GAMES)
    live.mkdir(parents=True, exist_ok=True)
    for path in sorted(paths, key=_close_plays)[-KEPT_BACK:]:
        for kept in (path, path.with_name(path.name.replace("playbyplay", "boxscore"))):
            kept.rename(live / kept.name)
    return _recordings(live)


def _close_plays(path: Path) -> int:
    """How many plays of a recording are clutch: the live games should be worth watching."""
    from adapters.host import load_registry
    from poise_sdk.records import RawDocument
    from tasks.live.replay import simulator_of

    adapter = load_registry().game_feed(simulator_of(None)[0])
    document = RawDocument(name=path.name, content=path.read_bytes())
    return sum(
        play.period >= LEAGUE.min_period
        and play.clock_s <= LEAGUE.last_seconds
        and abs(play.score_home - play.score_away) <= LEAGUE.margin
        for play in adapter.normalize(document).plays or ()
    )


def _imported(data: Path | None, season: Path) -> None:
    from storage import ledger
    from tasks.live.replay import simulator_of

    vendor, _ = simulator_of(None)

    async def order() -> Job:
        args = {"vendor": vendor, "paths": [str(season)]}
        return await ledger.enqueue("games.import", args, key=f"import:demo:{season}")

    job = carry_out(data, order, "importing the season")
    scored = (job.result or {}).get("scored", {}).get("games", 0)
    notices.print(f"the season is stored; {scored} games were scored", highlight=False)
