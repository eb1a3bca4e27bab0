"""The command ``poise-sdk``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from poise_sdk.errors import Fatal
from poise_sdk.scaffold.names import Names
from poise_sdk.scaffold.package import Kind, write

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``poise-sdk``; its exit code: 0, 1 where it refuses, 2 where it was called wrongly."""
    parser = argparse.ArgumentParser(
        prog="poise-sdk", description="Write an adapter for Poise in a package of your own."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    new = commands.add_parser(
        "new",
        help="begin a package",
        description="Begin a package: an adapter for an invented vendor, which passes the conformance suite.",
    )
    new.add_argument("name", metavar="NAME", help="the vendor, in lower case: my-ring")
    new.add_argument(
        "--kind",
        type=Kind,
        choices=tuple(Kind),
        default=Kind.WEARABLE,
        help="body data or play-by-play (default: %(default)s)",
    )
    new.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="where (default: here)")
    return _new(parser.parse_args(arguments))


def _new(arguments: argparse.Namespace) -> int:
    try:
        folder = write(Names.of(arguments.name), arguments.kind, arguments.into)
    except Fatal as error:
        sys.stderr.write(f"poise-sdk: {error}\n")
        return 1
    sys.stdout.write(f"{folder} is ready. What is next stands in its README:\n\n")
    sys.stdout.write(f"  cd {folder} && pip install -e . && pytest\n")
    return 0
