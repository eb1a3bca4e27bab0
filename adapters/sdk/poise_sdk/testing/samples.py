"""The samples an author gives to the suite, read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from poise_sdk.records import RawDocument

__all__ = ["Sample", "load_samples"]

Sample = RawDocument | Path


def load_samples(samples: Path | Iterable[Sample]) -> tuple[RawDocument, ...]:
    """Documents from documents, files and folders (every file below them), in a stable order.

    Raises :class:`ValueError` where there is none: a suite without samples would pass and say nothing.
    """
    documents: list[RawDocument] = []
    for sample in [samples] if isinstance(samples, Path) else samples:
        documents.extend([sample] if isinstance(sample, RawDocument) else _files(sample))
    if not documents:
        raise ValueError(f"no samples: {samples!r}")
    names = [document.name for document in documents]
    if len(set(names)) < len(names):
        raise ValueError(f"two samples of one name: {sorted(n for n in names if names.count(n) > 1)[0]}")
    return tuple(documents)


def _files(path: Path) -> Sequence[RawDocument]:
    if path.is_file():
        return [RawDocument(name=path.name, content=path.read_bytes())]
    files = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))
    return [RawDocument(name=f.relative_to(path).as_posix(), content=f.read_bytes()) for f in files]
