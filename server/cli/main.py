"""``poise``: the commands, gathered. A module holds a family; heavy imports wait until a command runs."""

from __future__ import annotations

import sys

import typer

from poise_sdk.errors import PoiseError
from server.cli import (
    adapters,
    athletes,
    clutch,
    connect,
    doctor,
    export,
    imports,
    jobs,
    play,
    processes,
    schema,
    simulate,
    sync,
    train,
    vault,
    vendors,
)
from server.cli.output import fail
from server.cli.trouble import explained

__all__ = ["app", "main"]

app = typer.Typer(
    name="poise",
    help="How ready the body is, and how the athlete plays when the game is close.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for family in (
    processes,
    imports,
    athletes,
    vendors,
    connect,
    sync,
    export,
    clutch,
    play,
    simulate,
    train,
    jobs,
    vault,
    schema,
    doctor,
    adapters,
):
    family.register(app)


def main() -> None:
    """Run a command; what users can mend is told in a sentence, not in a traceback."""
    try:
        app()
    except PoiseError as error:
        sys.exit(fail(error.message, hint=error.hint).exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if (sentence := explained(error)) is None:
            raise
        sys.exit(fail(sentence, hint="poise doctor looks for what is amiss").exit_code)
