"""``poise import``: files of a vendor into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from server.cli.output import Format, FormatOption, console, fail, print_json, render
from server.cli.session import DataOption
from server.cli.work import carry_out

if TYPE_CHECKING:
    from storage.ledger import Job

__all__ = ["adapter_called", "register"]

#: Rejected rows printed one by one; a table of more helps nobody (JSON and CSV hold them all).
SHOWN_REJECTIONS = 20
#: How many rejections are read from the ledger at a time.
PAGE = 1_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    vendor: Annotated[str, typer.Argument(help="Whose files: an adapter's name, or its beginning (nba).")],
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, zips or tars (gz, zst).")],
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Import a vendor's files and score what changed. Importing the same files again changes nothing."""
    from storage import ledger

    name = adapter_called(vendor)
    absolute = []
    for path in paths:
        if not path.exists():
            raise fail(f"{path}: no such file or folder")
        absolute.append(str(path.resolve()))

    async def order() -> Job:
        key = f"import:{name}:{'|'.join(absolute)}"
        return await ledger.enqueue("games.import", {"vendor": name, "paths": absolute}, key=key)

    rejected: list[dict[str, Any]] = []

    async def then(job: Job) -> None:
        rejected.extend(await _rejections(job.id))

    job = carry_out(data, order, "importing", then)
    files: dict[str, dict[str, int]] = (job.result or {}).get("files", {})
    if format is Format.JSON:
        print_json({"files": files, "rejected": rejected})
        return
    if format is Format.CSV:
        rows = [{"file": file, **counts} for file, counts in files.items()]
        render(rows, ("file", "rows", "stored", "unchanged", "rejected"), format)
        return
    _summarise(files, rejected, job)


def adapter_called(name: str) -> str:
    """The full name of the game feed called ``name`` or beginning with it."""
    from adapters.host import load_registry

    known = tuple(load_registry().game_feeds)
    fitting = [one for one in known if one == name] or [one for one in known if one.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    problem = "no game feed is called" if not fitting else "several game feeds begin with"
    raise fail(f"{problem} {name!r}", hint=f"there are: {', '.join(known) or 'none'}")


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
    total = {
        name: sum(f[name] for f in files.values()) for name in ("rows", "stored", "unchanged", "rejected")
    }
    scored = (job.result or {}).get("scored", {})
    console.print(
        f"{len(files):,} files, {total['rows']:,} rows: {total['stored']:,} stored, "
        f"{total['unchanged']:,} unchanged, {total['rejected']:,} rejected; "
        f"{scored.get('games', 0):,} games scored",
        highlight=False,
    )
    if rejected:
        render(rejected[:SHOWN_REJECTIONS], ("file", "row", "field", "reason"), Format.TABLE)
    if len(rejected) > SHOWN_REJECTIONS:
        console.print(
            f"… and {len(rejected) - SHOWN_REJECTIONS:,} more: poise jobs show {job.id}, or --format json"
        )
    if unscorable := scored.get("unscorable"):
        console.print(f"not scored, a team is unknown: {', '.join(unscorable[:10])}", highlight=False)
