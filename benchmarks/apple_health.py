"""An export of the Health app, typed: against ``iterparse`` and against a peer from PyPI.

"As imported" is how the importer works: one process reads the file and puts its documents aside, two others
type them, on two cores together. ``iterparse`` only visits the elements, it types nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from adapters.apple_health.adapter import AppleHealth
from benchmarks.apple_health_file import write_export
from benchmarks.apple_health_peer import seconds
from benchmarks.harness import Row
from poise_sdk.observations import ReadingTable
from poise_sdk.records import RawDocument

__all__ = ["run"]

MEGABYTES, PEER_MEGABYTES = 150, 30
#: The size of the smaller file whose peak of memory is compared.
SMALL_MEGABYTES = 50
ROUNDS = 3
CHILDREN = 2
#: Documents under way at once: more would be memory, fewer would leave a child idle.
_UNDER_WAY = 4
_GROUP = "apple_health"


def run() -> list[Row]:
    """Measure; about half a minute."""
    with tempfile.TemporaryDirectory(prefix="poise-bench-") as name:
        folder = Path(name)
        large, small = folder / "export.xml", folder / "small.xml"
        write_export(large, MEGABYTES)
        write_export(small, SMALL_MEGABYTES)
        one_line = folder / "one_line.xml"
        write_export(one_line, MEGABYTES // 2, lines=False)
        with _children() as pool:
            _import(small, pool)
            visits, imports, others, alones = [], [], [], []
            for _ in range(ROUNDS):
                visits.append(_rate(large, _visit))
                imports.append(_rate(large, lambda path: _import(path, pool)))
                others.append(_rate(one_line, lambda path: _import(path, pool)))
                alones.append(_rate(large, _alone))
            archive = _zipped(large, level=1)
            zipped = _rate(archive, lambda path: _import(path, pool)) * _size(large) / _size(archive)
        visited, imported, other, alone = map(statistics.median, (visits, imports, others, alones))
        peer = _peer(folder)
        against = f"iterparse, visiting only: {visited:.0f} MB/s"
        return [
            _speed("as imported", imported, against, imported / visited, 1.8),
            _speed("as imported", imported, "", imported, 120, unit="MB/s"),
            _speed("in one process", alone, against, alone / visited),
            _speed("not one record a line, as imported", other, "", other, 60, unit="MB/s"),
            _speed("zipped, as imported", zipped, f"apple-health-parser: {peer:.1f} MB/s", zipped / peer, 10),
            *(_memory(path) for path in (small, large)),
        ]  # fmt: skip


def _speed(
    what: str, rate: float, against: str, ratio: float, goal: float | None = None, unit: str = "×"
) -> Row:
    ours = f"{rate:.0f} MB/s"
    return Row(group=_GROUP, what=what, ours=ours, against=against, ratio=ratio, at_least=goal, unit=unit)


def _size(path: Path) -> float:
    return path.stat().st_size / 1e6


def _rate(path: Path, work: Callable[[Path], object]) -> float:
    begun = time.perf_counter()
    work(path)
    return _size(path) / (time.perf_counter() - begun)


def _visit(path: Path) -> int:
    records = 0
    for _, element in ElementTree.iterparse(path):
        records += element.tag == "Record"
        element.clear()
    return records


def _alone(path: Path) -> int:
    return sum(_typed(item) for item in AppleHealth().read_file(path) if isinstance(item, RawDocument))


def _typed(document: RawDocument) -> int:
    items = AppleHealth().normalize(document)
    return sum(item.rows if isinstance(item, ReadingTable) else 1 for item in items)


def _typed_file(path: str, name: str) -> int:
    """In a child: a document that was put aside."""
    file = Path(path)
    content = file.read_bytes()
    file.unlink()
    return _typed(RawDocument(name=name, content=content))


def _children() -> ProcessPoolExecutor:
    # Two children share two cores: one thread of polars each.
    os.environ["POLARS_MAX_THREADS"] = "1"
    return ProcessPoolExecutor(CHILDREN, mp_context=multiprocessing.get_context("spawn"))


def _import(path: Path, pool: ProcessPoolExecutor) -> int:
    records, waiting = 0, deque[Future[int]]()
    for number, item in enumerate(AppleHealth().read_file(path)):
        assert isinstance(item, RawDocument), item
        aside = path.parent / f"{path.name}-{number}"
        aside.write_bytes(item.content)
        waiting.append(pool.submit(_typed_file, str(aside), item.name))
        if len(waiting) >= _UNDER_WAY:
            records += waiting.popleft().result()
    return records + sum(future.result() for future in waiting)


def _zipped(path: Path, level: int) -> Path:
    archive = path.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        packed.write(path, f"apple_health_export/{path.name}")
    return archive


def _peer(folder: Path) -> float:
    """MB/s (unpacked) of the peer, which reads archives only and grows with them."""
    (folder / "peer").mkdir()
    path = folder / "peer" / "export.xml"
    write_export(path, PEER_MEGABYTES)
    return _size(path) / seconds(_zipped(path, level=6), folder / "peer" / "environment")


def _memory(path: Path) -> Row:
    peak = float(_child(path))
    return Row(
        group=_GROUP,
        what=f"{_size(path):.0f} MB in one process, peak of memory",
        ours=f"{peak:.0f} MB",
        against="",
        ratio=peak,
        at_most=300,
        unit="MB",
    )


def _child(path: Path) -> str:
    command = [sys.executable, "-m", "benchmarks.apple_health", str(path)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    return str(json.loads(done.stdout.strip().splitlines()[-1]))


def _peak_mb() -> float:
    """The most memory this process has had, in MB (of Linux: a child's rusage begins with its parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    _alone(Path(sys.argv[1]))
    print(json.dumps(_peak_mb()))
