"""``poise import``: files of a vendor into the store, of games or of one athlete's body."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from server.cli.output import Format, FormatOption, console, fail, notices, print_json, render
from server.cli.session import DataOption
from server.cli.work import carry_out

if TYPE_CHECKING:
    from poise_sdk.adapter import Adapter
    from storage.ledger import Job

__all__ = ["adapter_called", "register"]

#: Rejected rows printed one by one; a table of more helps nobody (JSON and CSV hold them all).
SHOWN_REJECTIONS = 20
#: How many rejections are read from the ledger at a time.
PAGE = 1_000
COUNTS = ("rows", "stored", "unchanged", "rejected")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    vendor: Annotated[str, typer.Argument(help="Whose files: an adapter's name, or its beginning (nba).")],
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, zips or tars (gz, zst).")],
    athlete: Annotated[
        str | None,
        typer.Option(
            "--athlete", help="Whose body the files tell of; added if nobody is called so. Not for games."
        ),
    ] = None,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Import a vendor's files. Importing the same files again changes nothing.

    Games are scored afterwards; what changed is told by file, what was refused with its reason.
    """
    from poise_sdk.wearable import WearableAdapter
    from storage import ledger

    adapter = adapter_called(vendor)
    if isinstance(adapter, WearableAdapter):
        if not adapter.capabilities.file_import:
            raise fail(f"{adapter.title} has no files to import", hint=f"poise connect {adapter.name}")
        if athlete is None:
            raise fail(
                f"{adapter.title} tells of somebody's body: say whose, with --athlete NAME",
                hint="poise athletes list shows who is known, poise athletes add NAME adds somebody",
            )
    elif athlete is not None:
        raise fail(f"{adapter.title} tells of games: --athlete is for wearables")
    absolute = []
    for path in paths:
        if not path.exists():
            raise fail(f"{path}: no such file or folder")
        absolute.append(str(path.resolve()))

    async def order() -> Job:
        args: dict[str, Any] = {"vendor": adapter.name, "paths": absolute}
        key = f"import:{adapter.name}:{'|'.join(absolute)}"
        if athlete is None:
            return await ledger.enqueue("games.import", args, key=key)
        whose = await _athlete(athlete)
        args["athlete_id"] = whose
        return await ledger.enqueue("wearables.import", args, key=f"{key}:{whose}")

    rejected: list[dict[str, Any]] = []

    async def then(job: Job) -> None:
        rejected.extend(await _rejections(job.id))

    job = carry_out(data, order, "importing", then)
    files: dict[str, dict[str, int]] = (job.result or {}).get("files", {})
    if format is Format.JSON:
        print_json({"files": files, "rejected": rejected})
        return
    if format is Format.CSV:
        render([{"file": file, **counts} for file, counts in files.items()], ("file", *COUNTS), format)
        return
    _summarise(files, rejected, job)


def adapter_called(name: str) -> Adapter:
    """The adapter called ``name`` or beginning with it."""
    from adapters.host import load_registry

    registry = load_registry()
    known = registry.names
    fitting = [one for one in known if one == name] or [one for one in known if one.startswith(name)]
    if len(fitting) == 1:
        return registry.get(fitting[0])
    problem = "no adapter is called" if not fitting else "several adapters begin with"
    raise fail(f"{problem} {name!r}", hint=f"there are: {', '.join(fitting or known) or 'none'}")


async def _athlete(name: str) -> int:
    """The id of the athlete called ``name``, who is added if there is none."""
    from storage.people import athletes

    found = await athletes.find(name)
    if found is None:
        found = await athletes.add(name, "UTC")
        notices.print(f"nobody was called {name!r}: added, with the time zone UTC", highlight=False)
    return int(found.id)


async def _rejections(job_id: UUID) -> list[dict[str, Any]]:
    """Every rejected row of the job, as the ``--format json`` contract words it."""
    from storage import ledger

    found: list[dict[str, Any]] = []
    while page := await ledger.rejections(job_id, limit=PAGE, after=len(found)):
        found += [
            {"file": one.file, "row": one.row, "field": one.field, "reason": one.reason} for one in page
        ]
    return found


def _summarise(files: dict[str, dict[str, int]], rejected: list[dict[str, Any]], job: Job) -> None:
    result = job.result or {}
    total = {name: sum(f[name] for f in files.values()) for name in COUNTS}
    line = (
        f"{len(files):,} files, {total['rows']:,} rows: {total['stored']:,} stored, "
        f"{total['unchanged']:,} unchanged, {total['rejected']:,} rejected"
    )
    if "scored" in result:
        line += f"; {result['scored'].get('games', 0):,} games scored"
    console.print(line, highlight=False)
    if records := result.get("records"):
        console.print(", ".join(f"{count:,} {kind}" for kind, count in records.items()), highlight=False)
    if days := result.get("days"):
        console.print(f"{days['count']:,} days changed, {days['first']} to {days['last']}", highlight=False)
    if rejected:
        render(rejected[:SHOWN_REJECTIONS], ("file", "row", "field", "reason"), Format.TABLE)
    if len(rejected) > SHOWN_REJECTIONS:
        console.print(
            f"… and {len(rejected) - SHOWN_REJECTIONS:,} more: poise jobs show {job.id}, or --format json"
        )
    if unscorable := result.get("scored", {}).get("unscorable"):
        console.print(f"not scored, a team is unknown: {', '.join(unscorable[:10])}", highlight=False)
