"""``poise connect`` and ``poise disconnect``: an athlete's account at a vendor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from server.cli.accounts import by_consent, by_token, keep, team
from server.cli.athletes import AthleteOption
from server.cli.following import Ended, dispatch, follow, told, with_services
from server.cli.output import Format, FormatOption, console, fail, notices, print_json, render
from server.cli.session import DataOption, reading
from server.cli.vendors import secret_from, way_in, wearable_called

if TYPE_CHECKING:
    from poise_sdk.wearable import Secret, WearableAdapter
    from storage.ledger import Job
    from storage.people.connections import Connection
    from tasks.context import Services

__all__ = ["register"]

COLUMNS: Final = ("type", "work", "status", "records", "stored", "rejected", "error")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("connect")(connect)
    app.command("disconnect")(disconnect)


def connect(
    vendor: Annotated[str, typer.Argument(help="The vendor's name, or its beginning.")],
    athlete: Annotated[str | None, typer.Option("--athlete", help="The athlete's name or id.")] = None,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the vendor's page, or only print its address."),
    ] = True,
    redirect_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="The port of the redirect URI http://127.0.0.1:PORT/callback; 0: any free one.",
        ),
    ] = 0,
    token_from_env: Annotated[
        str | None,
        typer.Option(
            metavar="VARIABLE",
            help="Team tokens: the environment variable that holds it; else the registered one.",
        ),
    ] = None,
    vendor_athlete: Annotated[
        str | None, typer.Option(metavar="ID", help="Team tokens: the athlete's id at the vendor.")
    ] = None,
    list_athletes: Annotated[
        bool, typer.Option("--list-athletes", help="Team tokens: list whom the token covers, connect nobody.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the first sync and the history to their ends.")
    ] = False,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Connect an athlete's account at a vendor and order its data: the last days first, then its history.

    By consent on the vendor's own page, or by a team's token. The redirect URI must be registered with the
    vendor beforehand; --redirect-port keeps it the same.
    """
    adapter = wearable_called(vendor)
    way = way_in(adapter)
    if way == "files only":
        raise fail(
            f"{adapter.title} offers files only", hint=f"poise import {adapter.name} PATH --athlete NAME"
        )
    team_token = way == "team token"
    if not team_token and (token_from_env or vendor_athlete or list_athletes):
        raise fail(f"{adapter.title} asks the athlete's consent: it knows no team tokens")
    if not list_athletes and athlete is None:
        raise fail("whose account? --athlete NAME", hint="poise athletes list shows who is known")
    if team_token and not list_athletes and vendor_athlete is None:
        raise fail(
            f"{adapter.title}'s token covers a team: say who it is there, with --vendor-athlete ID",
            hint=f"poise connect {adapter.name} --list-athletes shows them",
        )
    token = _token(data, adapter, token_from_env) if team_token else None
    if list_athletes:
        assert token is not None
        render(with_services(data, lambda _: team(adapter, token)), ("id", "name"), format)
        return

    async def work(services: Services) -> tuple[Connection, list[Ended]]:
        from storage.people import athletes

        who = await athletes.named(athlete or "")
        if token is not None:
            credentials = await by_token(adapter, token, vendor_athlete or "")
            connection, jobs = await keep(adapter, who, credentials)
        else:
            connection, jobs = await by_consent(adapter, who, redirect_port, browser=browser)
        notices.print(f"{who.name} is connected to {adapter.title}", highlight=False, markup=False)
        alive = await dispatch(services, jobs)
        if wait:
            # What is new comes first: history of the same type would only wait for it.
            new = [job for job in jobs if job.kind == "sync.run"]
            old = [job for job in jobs if job.kind != "sync.run"]
            return connection, await follow(services, new, _title) + await follow(services, old, _title)
        if not alive:
            notices.print(
                f"no worker is running: poise up fetches the data, or now: poise sync --athlete {who.name!r}",
                highlight=False,
                markup=False,
            )
        return connection, []

    connection, ended = with_services(data, work)
    if format is Format.JSON:
        print_json({"connection": _shown(connection), "jobs": [told(one) for one in ended]})
    elif format is Format.CSV or ended:
        render([told(one) for one in ended], COLUMNS, format)


def disconnect(
    vendor: Annotated[str, typer.Argument(help="The vendor's name, or its beginning.")],
    athlete: AthleteOption,
    data: DataOption = None,
) -> None:
    """End an athlete's connection here and at the vendor. What was fetched stays."""
    adapter = wearable_called(vendor)

    async def work(services: Services) -> Ended:
        from tortoise.transactions import in_transaction

        from storage.people import athletes, connections
        from storage.people.orders import order_revoke

        who = await athletes.named(athlete)
        connection = await connections.find(who.id, adapter.name)
        if connection is None:
            raise fail(f"{who.name} is not connected to {adapter.title}")
        async with in_transaction():
            await connections.remove(connection.id)
            job = await order_revoke(connection.id)
        await dispatch(services, [job])
        return (await follow(services, [job], lambda _: f"telling {adapter.title}"))[0]

    done = with_services(data, work)
    if done.failed:
        raise fail(
            f"the connection is ended here, but {adapter.title} could not be told: {done.failed}",
            hint=f"poise jobs retry {done.job.id}, or end it in {adapter.title}'s own app",
        )
    console.print(
        f"disconnected; at {adapter.title}: {(done.job.result or {}).get('revoked')}",
        highlight=False,
        markup=False,
    )


def _token(data: Path | None, adapter: WearableAdapter, variable: str | None) -> Secret:
    """A team's token: from the environment, else the registered one, else from whoever sits here."""
    from storage.people import vendor_apps

    if variable is None:
        app = reading(data, lambda: vendor_apps.find(adapter.name))
        if app is not None and app.client.client_secret is not None:
            return app.client.client_secret
    return secret_from(variable, f"{adapter.title}'s token")


def _title(job: Job) -> str:
    work = "fetching" if job.kind == "sync.run" else "fetching back"
    return f"{work} {job.args['data_type']}"


def _shown(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "athlete_id": connection.athlete_id,
        "vendor": connection.vendor,
        "status": connection.status,
        "vendor_user_id": connection.vendor_user_id,
        "scopes": list(connection.scopes),
        "connected_at": connection.connected_at,
    }
