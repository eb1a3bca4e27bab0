"""Serve recorded games as a process: ``python -m adapters.nba_stats.simulator GAME.json … --speed N``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.nba_stats.simulator import GameSimulator
from adapters.nba_stats.simulator.feed import FeedServer

__all__ = ["main"]


def _start(text: str) -> tuple[int, float]:
    """``4 5:00``: period and clock."""
    match = re.fullmatch(r"Q?(\d+)[ @](\d+):(\d\d(?:\.\d)?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"write the period and the clock like '4 5:00', not {text!r}")
    return int(match[1]), 60 * int(match[2]) + float(match[3])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m adapters.nba_stats.simulator", description=__doc__)
    parser.add_argument("games", nargs="+", type=Path, metavar="GAME.json")
    parser.add_argument("--speed", type=float, default=1.0, help="recorded seconds in one of ours")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--from", dest="start_at", type=_start, metavar="'4 5:00'", help="begin here")
    parser.add_argument("--max-gap", type=float, metavar="SECONDS", help="no pause longer than this")
    parser.add_argument("--stagger", type=float, default=0.0, metavar="SECONDS", help="between the games")
    parser.add_argument("--endless", action="store_true", help="no game ever ends")
    return parser


async def _serve(feed: FeedServer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no signals on a Windows loop
            loop.add_signal_handler(number, stop.set)
    async with feed:
        sys.stdout.write(f"feed {feed.base_url}\n")
        sys.stdout.flush()
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; 0, or 2 for what cannot be replayed."""
    options = _parser().parse_args(arguments)
    try:
        feed = GameSimulator().replay(
            options.games,
            speed=options.speed,
            port=options.port,
            start_at=options.start_at,
            max_gap_s=options.max_gap,
            stagger_s=options.stagger,
            endless=options.endless,
        )
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(_serve(feed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
