"""``poise export``: everything that is known of an athlete's body, as files."""

from __future__ import annotations

import re
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from server.cli.athletes import AthleteOption
from server.cli.output import Format, fail, notices, render
from server.cli.session import DataOption, endpoints, reading

__all__ = ["register"]


class Files(StrEnum):
    """What the files are."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    athlete: AthleteOption,
    files: Annotated[Files, typer.Option("--format", help="What files to write.")] = Files.CSV,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The folder to write into. Default: one named after the athlete.", file_okay=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    show: Annotated[Format, typer.Option("--print", help="How to print what was written.")] = Format.TABLE,
    data: DataOption = None,
) -> None:
    """Write all observations of an athlete into files: one a table, every column, in the source's numbers."""
    from storage.connect import connect
    from storage.observations import export as write
    from storage.people import athletes

    who = reading(data, lambda: athletes.named(athlete))
    folder = out if out is not None else Path(f"poise-{_safe(who.name)}")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise fail(f"{folder} is not empty", hint="choose another folder with --out, or add --force")
    folder.mkdir(parents=True, exist_ok=True)
    with endpoints(data) as found, closing(connect(found.database_url)) as c:
        tables = write(c, who.id, folder, files.value)
    rows = [
        {"table": table, "rows": n, "file": str(folder / f"{table}.{files.value}")}
        for table, n in tables.items()
    ]
    render(rows, ("table", "rows", "file"), show)
    notices.print(
        f"{sum(tables.values()):,} rows of {who.name} are in {folder}", highlight=False, markup=False
    )


def _safe(name: str) -> str:
    """The athlete's name as a part of a folder's name."""
    return re.sub(r"[^\w-]+", "-", name).strip("-").lower() or "athlete"
