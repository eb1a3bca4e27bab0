"""``poise schema``: the GraphQL schema as text, written and compared."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from server.cli.output import fail, notices

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write it to FILE.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail if FILE differs from the code.")] = False,
    file: Annotated[Path, typer.Option("--file", help="The snapshot.")] = Path("schema.graphql"),
) -> None:
    """Print the GraphQL schema, write it to a file, or compare the file with the code."""
    from server.graphql.schema import print_sdl

    text = print_sdl()
    if write:
        file.write_text(text)
        notices.print(f"wrote {file}")
    elif check:
        stored = file.read_text() if file.exists() else ""
        difference = list(
            difflib.unified_diff(stored.splitlines(), text.splitlines(), str(file), "code", lineterm="", n=1)
        )
        if difference:
            sys.stdout.write("\n".join(difference[:80]) + "\n")
            raise fail(f"{file} is not what the code prints", hint="make schema, and look at the difference")
    else:
        sys.stdout.write(text)
