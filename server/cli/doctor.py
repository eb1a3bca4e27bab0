"""``poise doctor``: what this machine has, what is running, and what to do where something is amiss."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from server.cli.output import Format, FormatOption, render
from server.cli.session import DataOption, endpoints, settings_for

__all__ = ["register"]

#: Under this much free space an import of a season can fail half-way.
ENOUGH_SPACE = 2 * 2**30


@dataclass(frozen=True)
class Finding:
    """One check: ``ok``, ``warning`` or ``problem``, and what was found."""

    check: str
    state: str
    found: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(data: DataOption = None, format: FormatOption = Format.TABLE) -> None:
    """Check the installation and the data folder; exits with 1 if there is a problem."""
    findings = list(_findings(data))
    rows = [{"check": one.check, "state": one.state, "found": one.found} for one in findings]
    render(rows, ("check", "state", "found"), format)
    if any(one.state == "problem" for one in findings):
        raise typer.Exit(1)


def _findings(data: Path | None) -> Iterator[Finding]:
    yield Finding("Python", "ok", sys.version.split()[0])
    settings = settings_for(data)
    folder = settings.data
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
    space = "ok" if free >= ENOUGH_SPACE else "warning"
    yield Finding("data folder", space, f"{folder}, {free / 2**30:.0f} GiB free")
    yield from _checked("programs", _programs)
    yield from _checked("expected points", _model)
    yield from _checked("adapters", _adapters)
    yield from _checked("servers", lambda: _servers(data))


def _checked(check: str, ask: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from ask()
    except Exception as error:  # a doctor reports whatever is wrong, of whatever kind
        yield Finding(check, "problem", f"{type(error).__name__}: {error}")


def _programs() -> Iterator[Finding]:
    from storage.embedded.accounts import server_account
    from storage.embedded.binaries import NoRedisBinary, postgres_binaries, redis_binary

    account = server_account()
    yield Finding("PostgreSQL program", "ok", str(postgres_binaries(account).root))
    try:
        yield Finding("Redis program", "ok", str(redis_binary(account)))
    except NoRedisBinary as error:
        yield Finding("Redis program", "warning", f"{error}; server and worker will share one process")


def _model() -> Iterator[Finding]:
    from analytics.clutch import shipped

    yield Finding("expected points", "ok", f"version {shipped().version}, hash verified")


def _adapters() -> Iterator[Finding]:
    from adapters.host import load_registry

    registry = load_registry()
    yield Finding("adapters", "ok" if registry.names else "problem", ", ".join(registry.names) or "none")
    for fault in registry.faults:
        yield Finding("adapters", "warning", f"{fault.origin.distribution}: {fault.error}")


def _servers(data: Path | None) -> Iterator[Finding]:
    import asyncio

    with endpoints(data) as found:
        yield from asyncio.run(_asked(found.database_url, found.redis_url))


async def _asked(database_url: str, redis_url: str) -> list[Finding]:
    from storage import ledger
    from storage.connect import database, rows
    from tasks.worker import worker_alive

    redis = ledger.connect_redis(redis_url)
    try:
        async with database(database_url, max_size=1):
            version = (await rows("SHOW server_version"))[0]["server_version"]
            games = (await rows("SELECT count(*) AS n FROM games"))[0]["n"]
            dead = (await rows("SELECT count(*) AS n FROM jobs WHERE state = 'dead'"))[0]["n"]
        await redis.ping()
        alive = await worker_alive(redis)
    finally:
        await redis.aclose(close_connection_pool=True)
    letters = f"{dead} dead: poise jobs list --state dead" if dead else "none dead"
    return [
        Finding("database", "ok", f"PostgreSQL {version}, {games:,} games"),
        Finding("queue", "ok", "Redis answers"),
        Finding("worker", "ok", "alive" if alive else "none running; commands do their own work"),
        Finding("jobs", "warning" if dead else "ok", letters),
    ]
