"""How the command line speaks: tables for people, CSV and JSON for programs, errors on stderr."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

__all__ = ["Format", "FormatOption", "console", "fail", "notices", "print_json", "progress_bar", "render"]

#: What was asked for goes to stdout, everything said about it to stderr, so that output can be piped.
#: Where nobody looks (a file, a pipe) no table is squeezed into eighty columns.
_UNSEEN_WIDTH = 240
console = Console(width=None if sys.stdout.isatty() else _UNSEEN_WIDTH)
notices = Console(stderr=True)


class Format(StrEnum):
    """The shape of a command's output."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]


def render(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], format: Format) -> None:
    """Print ``rows`` with ``columns`` in the order given, as ``format`` says."""
    if format is Format.JSON:
        print_json([{column: row[column] for column in columns} for row in rows])
    elif format is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(row[column]) for column in columns] for row in rows)
    else:
        table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        shown = [[_shown(row[column]) for column in columns] for row in rows]
        numeric = [all(_is_number(line[at]) for line in shown) for at in range(len(columns))]
        for column, right in zip(columns, numeric, strict=True):
            table.add_column(column, justify="right" if right else "left", no_wrap=right)
        for line in shown:
            table.add_row(*line)
        console.print(table)


def print_json(value: Any) -> None:
    """Print ``value`` as one JSON document."""
    text = orjson.dumps(value, default=_json, option=orjson.OPT_INDENT_2).decode()
    sys.stdout.write(text + "\n")


def _json(value: Any) -> str:
    if isinstance(value, UUID):  # the database driver's own kind of it, which orjson does not know
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def progress_bar() -> Progress:
    """A progress bar on stderr that vanishes when done; it stays silent where nobody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notices,
        transient=True,
        disable=not notices.is_terminal,
    )


def fail(message: str, *, hint: str | None = None, code: int = 1) -> typer.Exit:
    """Say what went wrong and what to do; ``raise`` what this returns."""
    notices.print(f"[bold red]error[/] {escape(message)}", highlight=False, soft_wrap=True)
    if hint:
        notices.print(f"      {escape(hint)}", highlight=False, soft_wrap=True)
    return typer.Exit(code)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return "" if value is None else value


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return str(value)


def _is_number(text: str) -> bool:
    return text == "–" or text.lstrip("-").replace(".", "", 1).isdigit()
