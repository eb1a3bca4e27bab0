"""The logs of the embedded servers: files in the data folder that do not grow without end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

__all__ = ["log_file"]

_KEEP_BYTES = 10_000_000  # beyond this a log is set aside at the next start, replacing the one before


def log_file(path: Path) -> IO[bytes]:
    """Open a log to append to, readable by its owner only."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > _KEEP_BYTES:
        path.replace(path.with_suffix(".1.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)
