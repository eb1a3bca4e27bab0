"""Small private files: JSON that only its owner may read, always whole, never half written."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

__all__ = ["data_folder", "read_private", "write_private"]


def write_private(path: Path, values: Mapping[str, object]) -> None:
    """Replace ``path`` at once; mode 0600 from its first moment."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def read_private(path: Path) -> dict[str, object] | None:
    """What :func:`write_private` wrote; ``None`` where there is nothing readable."""
    try:
        values = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def data_folder(path: Path) -> Path:
    """Make the data folder, closed to everybody else; leave one that is there exactly as it is."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    return path
