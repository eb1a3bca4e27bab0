"""``python -m benchmarks [NAME …]``: measure everything, or the named ones; see ``--list``."""

from __future__ import annotations

import argparse
import importlib

from benchmarks.harness import Row, show, write

#: Each module has ``run() -> list[Row]``.
BENCHMARKS = (
    "season",
    "upsert",
    "readings",
    "graphql",
    "day",
    "fanout",
    "sync",
    "whoop_export",
    "apple_health",
)


def main() -> None:
    """Run the benchmarks, print the table; a complete run is kept in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args()
    if options.list:
        print("\n".join(BENCHMARKS))
        return
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in options.names or BENCHMARKS:
        print(f"measuring: {name}", flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").run()
    show(rows)
    if not options.names:
        write(rows)


if __name__ == "__main__":
    main()
