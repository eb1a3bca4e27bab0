"""``poise sync``: fetch what is new now, and see how far everything is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from server.cli.athletes import AthleteOption
from server.cli.following import Ended, dispatch, follow, told, with_services
from server.cli.output import Format, FormatOption, fail, notices, render
from server.cli.session import DataOption, reading
from server.cli.vendors import wearable_called

if TYPE_CHECKING:
    from storage.ledger import Job
    from storage.people.connections import Connection
    from storage.people.sync_states import SyncState
    from tasks.context import Services

__all__ = ["register"]

sync = typer.Typer(help="Fetch what is new from vendors; how far that is.")

RAN: Final = ("athlete", "vendor", "type", "status", "records", "stored", "rejected", "error")
STATUS: Final = (
    "vendor",
    "type",
    "status",
    "last_success",
    "synced_until",
    "history",
    "records",
    "rejected",
    "error",
    "next",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(sync, name="sync")


@sync.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    athlete: Annotated[
        str | None, typer.Option("--athlete", help="Of this athlete only (name or id).")
    ] = None,
    vendor: Annotated[str | None, typer.Option("--vendor", help="From this vendor only.")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="This type of data only (sleep, …). Repeatable.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow it to the end, and say what came of it.")
    ] = False,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Fetch what is new now. A worker does it; where none is running it is done here."""
    if context.invoked_subcommand is not None:
        return
    name = wearable_called(vendor).name if vendor is not None else None

    async def work(services: Services) -> tuple[list[Job], list[Ended], dict[int, tuple[str, str]]]:
        found = await _connections(athlete, name)
        jobs = await _orders([connection for connection, _ in found], types or [])
        whose = {connection.id: (who, connection.vendor) for connection, who in found}
        if not await dispatch(services, jobs) and jobs and not wait:
            notices.print("no worker is running: fetching here", highlight=False)
        elif not wait:
            return jobs, [], whose

        def title(job: Job) -> str:
            return " ".join((*whose[job.args["connection_id"]], job.args["data_type"]))

        return jobs, await follow(services, jobs, title), whose

    jobs, ended, whose = with_services(data, work)
    if not ended:
        notices.print(f"{len(jobs)} syncs are ordered: poise sync status shows how they go", highlight=False)
        return
    render([_ran(one, whose) for one in ended], RAN, format)
    if any(one.failed for one in ended):
        raise typer.Exit(1)


@sync.command("status")
def status(athlete: AthleteOption, data: DataOption = None, format: FormatOption = Format.TABLE) -> None:
    """Show how far each type of an athlete's data is, what went wrong, and when it is asked for next."""

    async def ask() -> list[dict[str, Any]]:
        from storage.people import athletes, connections, sync_states

        who = await athletes.named(athlete)
        found = await connections.of_athlete(who.id)
        states = {(one.connection_id, one.data_type): one for one in await sync_states.of_athlete(who.id)}
        return await _statuses(found, states, dt.datetime.now(dt.UTC))

    found = reading(data, ask)
    if not found and format is Format.TABLE:
        notices.print("no vendor is connected: poise connect VENDOR --athlete NAME", highlight=False)
        return
    render(found, STATUS, format)


async def _connections(athlete: str | None, vendor: str | None) -> list[tuple[Connection, str]]:
    """The living connections that are meant, with their athletes' names."""
    from adapters.host import load_registry
    from storage.people import athletes, connections

    found: list[tuple[Connection, str]] = []
    if athlete is not None:
        who = await athletes.named(athlete)
        found = [(one, who.name) for one in await connections.of_athlete(who.id)]
        dead = [one for one, _ in found if one.status != "connected" and vendor in (None, one.vendor)]
        for one in dead:
            reason = f": {one.status_reason}" if one.status_reason else ""
            notices.print(
                f"{one.vendor} must be connected again{reason}", style="yellow", highlight=False, markup=False
            )
    else:
        for name in load_registry().wearables:
            after = 0
            while page := await connections.of_vendor(name, after=after):
                after = page[-1].id
                for one in page:
                    known = await athletes.get(one.athlete_id)
                    found.append((one, known.name if known is not None else ""))
    living = [(one, who) for one, who in found if one.status == "connected" and vendor in (None, one.vendor)]
    if not living:
        whose = f"of {athlete} " if athlete is not None else ""
        raise fail(
            f"no living connection {whose}{f'to {vendor} ' if vendor else ''}to synchronise".replace(
                "  ", " "
            ),
            hint="poise connect VENDOR --athlete NAME",
        )
    return living


async def _orders(found: Sequence[Connection], types: Sequence[str]) -> list[Job]:
    from adapters.host import load_registry
    from storage.people.orders import order_sync

    adapters = load_registry().wearables
    known = {one.value for adapter in adapters.values() for one in adapter.capabilities.data_types}
    if unknown := [one for one in types if one not in known]:
        raise fail(f"no type of data is called {unknown[0]!r}", hint=f"there are: {', '.join(sorted(known))}")
    jobs = []
    for connection in found:
        if (adapter := adapters.get(connection.vendor)) is None:
            notices.print(f"[yellow]no adapter for {connection.vendor} is installed[/]", highlight=False)
            continue
        for data_type in sorted(adapter.capabilities.data_types):
            if not types or data_type.value in types:
                jobs.append(await order_sync(connection.id, data_type, "asked for", urgent=True))
    return jobs


def _ran(one: Ended, whose: dict[int, tuple[str, str]]) -> dict[str, Any]:
    athlete, vendor = whose[one.job.args["connection_id"]]
    return {"athlete": athlete, "vendor": vendor, **told(one)}


async def _statuses(
    found: Sequence[Connection], states: dict[Any, SyncState], now: dt.datetime
) -> list[dict[str, Any]]:
    from adapters.host import load_registry
    from server.cli.turns import next_turns
    from storage.people.sync_states import SyncState

    adapters = load_registry().wearables
    turns = await next_turns(adapters, now) if found else {}
    told = []
    for connection in found:
        adapter = adapters.get(connection.vendor)
        types = adapter.capabilities.data_types if adapter is not None else frozenset()
        for data_type in sorted(types | {one for whose, one in states if whose == connection.id}):
            key = (connection.id, data_type)
            state = states.get(key) or SyncState(connection_id=connection.id, data_type=data_type)
            lives = connection.status == "connected"
            told.append(
                {
                    "vendor": connection.vendor,
                    "type": data_type.value,
                    "status": state.status if lives else connection.status,
                    "last_success": state.last_success_at,
                    "synced_until": state.synced_until,
                    "history": "complete" if state.backfill_done else state.backfill_from,
                    "records": state.records,
                    "rejected": state.rejected,
                    "error": state.error if lives else connection.status_reason or state.error,
                    "next": _next(state, turns.get(key), now) if lives else None,
                }
            )
    return told


def _next(state: SyncState, turn: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """When a type is asked for next: what is ordered, what the plan says, at once if it never was."""
    return state.next_at or turn or (now if state.last_attempt_at is None else None)
