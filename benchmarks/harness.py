"""One row a measurement: ours, what it is held against, their ratio and the goal.

A ratio is measured in one run on one machine, so that a noisy neighbour slows both sides alike.
Nothing here fails: a missed goal is printed as missed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import pathlib
import platform
import sys
from collections.abc import Iterable

import psutil
from rich.console import Console
from rich.table import Table

__all__ = ["RESULTS", "Row", "machine", "show", "write"]

RESULTS = pathlib.Path(__file__).parent / "RESULTS.md"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement.

    ``ratio`` is what the goal speaks of; ``at_least`` or ``at_most`` is that goal (one of them,
    or none where a figure is only reported).
    """

    group: str
    what: str
    ours: str
    against: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"

    @property
    def goal(self) -> str:
        """The goal in words, empty where there is none."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g} {self.unit}"
        return f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, or nothing where there is no goal."""
        if self.at_least is not None:
            return "met" if self.ratio >= self.at_least else "missed"
        if self.at_most is not None:
            return "met" if self.ratio <= self.at_most else "missed"
        return ""

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of the table's columns."""
        ratio = f"{self.ratio:,.2f} {self.unit}"
        return (self.group, self.what, self.ours, self.against, ratio, self.goal, self.verdict)


COLUMNS = ("group", "what", "ours", "against", "result", "goal", "")


def machine() -> str:
    """The machine in one line: enough to compare, nothing that identifies it."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    )


def show(rows: Iterable[Row]) -> None:
    """Print the table."""
    table = Table(*COLUMNS, header_style="bold")
    for row in rows:
        style = {"met": "green", "missed": "red"}.get(row.verdict, "")
        table.add_row(*row.cells(), style=style)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def write(rows: Iterable[Row], *, path: pathlib.Path = RESULTS) -> None:
    """Write the table as Markdown, with the day and the machine."""
    lines = [
        "# Results",
        "",
        f"`make bench`, {dt.datetime.now(dt.UTC):%Y-%m-%d}, on {machine()}.",
        "Read the ratios: both sides of each were taken in one run, and the machine is noisy.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
        "",
    ]
    path.write_text("\n".join(lines))
