"""``poise athletes``: the people whose bodies Poise knows something about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.following import dispatch, follow, with_services
from server.cli.output import Format, FormatOption, console, fail, notices, print_json, render
from server.cli.session import DataOption, endpoints, reading
from server.cli.vendors import wearable_called

if TYPE_CHECKING:
    from storage.people.athletes import Athlete
    from tasks.context import Services

__all__ = ["AthleteOption", "register"]

athletes = typer.Typer(help="The athletes.", no_args_is_help=True)

AthleteOption = Annotated[str, typer.Option("--athlete", help="The athlete's name or id.")]
ZoneOption = Annotated[
    str, typer.Option("--time-zone", help="Where the athlete's days begin: Europe/Berlin.")
]

COLUMNS = ("id", "name", "time_zone", "player_id", "vendors", "created_at")
#: Athletes read at once.
PAGE = 500
#: Seconds that vendors are given to hear of a removal; an athlete's wish does not wait for them.
FAREWELL_S = 20.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(athletes, name="athletes")


@athletes.command("add")
def add(
    name: str,
    time_zone: ZoneOption = "UTC",
    player: Annotated[int | None, typer.Option(help="The athlete's id as a player in the league.")] = None,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Add an athlete."""
    from storage.people import athletes as people

    added = reading(data, lambda: people.add(name, time_zone, player))
    if format is Format.TABLE:
        console.print(
            f"{added.name} is athlete {added.id}, in {added.time_zone}", highlight=False, markup=False
        )
    elif format is Format.JSON:
        print_json(_row(added, ()))
    else:
        render([_row(added, ())], COLUMNS, format)


@athletes.command("edit")
def edit(
    name: Annotated[str, typer.Argument(help="The athlete's name or id.")],
    rename: Annotated[str | None, typer.Option(help="Another name.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Another time zone.")] = None,
    player: Annotated[int | None, typer.Option(help="The athlete's id as a player in the league.")] = None,
    data: DataOption = None,
) -> None:
    """Change an athlete's name, time zone or player. Days that are stored stay as they are."""
    from storage.people import athletes as people

    async def change() -> Athlete:
        athlete = await people.named(name)
        if time_zone is not None:
            athlete = await people.set_time_zone(athlete.id, time_zone)
        if player is not None:
            athlete = await people.set_player(athlete.id, player)
        if rename is not None:
            athlete = await people.rename(athlete.id, rename)
        return athlete

    changed = reading(data, change)
    console.print(
        f"{changed.name} is athlete {changed.id}, in {changed.time_zone}", highlight=False, markup=False
    )


@athletes.command("list")
def list_(data: DataOption = None, format: FormatOption = Format.TABLE) -> None:
    """List the athletes and the vendors they are connected to."""
    render(reading(data, _listed), COLUMNS, format)


@athletes.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The athlete's name or id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: DataOption = None,
) -> None:
    """Erase an athlete: connections (ended at the vendors too), every observation, every raw document."""
    from storage.people import athletes as people

    athlete = reading(data, lambda: people.named(name))
    if not yes and not typer.confirm(f"Erase {athlete.name} and everything about them?", err=True):
        raise fail("nothing was erased")
    with_services(data, lambda services: _farewell(services, athlete.id))
    rows = _erase(data, athlete.id)
    console.print(f"{athlete.name} is erased: {rows:,} records and readings", highlight=False, markup=False)


@athletes.command("token")
def token(
    name: Annotated[str, typer.Argument(help="The athlete's name or id.")],
    vendor: Annotated[
        str, typer.Option(help="In whose format the app posts: apple_health for Health Auto Export.")
    ] = "apple_health",
    revoke: Annotated[bool, typer.Option("--revoke", help="End the athlete's tokens instead.")] = False,
    data: DataOption = None,
) -> None:
    """Let an app post an athlete's data here by itself: a token, shown this once."""
    from storage.people import athletes as people
    from storage.people import ingest_tokens

    adapter = wearable_called(vendor)
    if not adapter.capabilities.file_import:
        raise fail(f"{adapter.title} has no files to import")

    async def change() -> tuple[Athlete, Any]:
        athlete = await people.named(name)
        if revoke:
            return athlete, await ingest_tokens.revoke(athlete.id, adapter.name)
        return athlete, (await ingest_tokens.create(athlete.id, adapter.name)).reveal()

    athlete, told = reading(data, change)
    if revoke:
        console.print(
            f"{told} of {athlete.name}'s tokens for {adapter.name} ended", highlight=False, markup=False
        )
        return
    notices.print(
        f"POST /ingest/{adapter.name} at this server's address, with the header Authorization: Bearer and "
        f"this token, brings {athlete.name}'s data:",
        highlight=False,
        markup=False,
    )
    console.print(told, highlight=False, markup=False, soft_wrap=True)


async def _farewell(services: Services, athlete_id: int) -> None:
    """End the connections here, and tell the vendors if they listen."""
    import asyncio

    from tortoise.transactions import in_transaction

    from storage import ledger
    from storage.people import connections
    from storage.people.orders import order_revoke

    async with in_transaction():
        found = await connections.of_athlete(athlete_id)
        jobs = [await order_revoke(one.id) for one in found if await connections.remove(one.id)]
    await dispatch(services, jobs)
    try:
        async with asyncio.timeout(FAREWELL_S):
            ended = await follow(services, jobs, lambda job: "telling the vendors")
    except TimeoutError:
        notices.print("[yellow]a vendor does not answer[/]: end the connection in its own app, too")
    else:
        for one in ended:
            if one.failed:
                notices.print(f"[yellow]not told to the vendor[/] {one.failed}", highlight=False)
    for job in jobs:
        await ledger.cancel(job.id)


def _erase(data: Path | None, athlete_id: int) -> int:
    """Erase the observations, the raw documents they came from, and the name; how many rows that were."""
    from contextlib import closing

    from server.cli.session import settings_for
    from storage import archive
    from storage.connect import connect
    from storage.observations import erase_athlete

    settings = settings_for(data)
    with endpoints(data) as found, closing(connect(found.database_url)) as c:
        kept = archive.Archive(settings.archive_url or str(settings.data / "archive"))
        return erase_athlete(c, kept, settings.data / "uploads", athlete_id)


async def _listed() -> list[dict[str, Any]]:
    from storage.connect import rows
    from storage.people import athletes as people

    found = await rows(
        "SELECT athlete_id, array_agg(vendor || CASE status WHEN 'connected' THEN '' "
        "ELSE ' (' || status || ')' END ORDER BY vendor) AS vendors "
        "FROM connections WHERE status <> 'removed' GROUP BY athlete_id"
    )
    vendors = {row["athlete_id"]: row["vendors"] for row in found}
    listed: list[dict[str, Any]] = []
    after = 0
    while page := await people.page(after, PAGE):
        listed += [_row(one, vendors.get(one.id, ())) for one in page]
        after = page[-1].id
    return listed


def _row(athlete: Athlete, vendors: Any) -> dict[str, Any]:
    return {
        "id": athlete.id,
        "name": athlete.name,
        "time_zone": athlete.time_zone,
        "player_id": athlete.player_id,
        "vendors": ", ".join(vendors),
        "created_at": athlete.created_at,
    }
