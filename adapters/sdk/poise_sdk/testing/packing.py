"""Documents written as files, folders and archives, for tests of ``read_file``."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from poise_sdk.records import RawDocument

__all__ = ["pack", "write_tar", "write_zip"]


def pack(documents: Sequence[RawDocument], folder: Path) -> dict[str, Path]:
    """Write ``documents`` below ``folder`` as ``folder``, ``zip``, ``tar`` and ``tar.gz``; paths by kind."""
    plain = folder / "documents"
    for document in documents:
        target = plain / document.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(document.content)
    return {
        "folder": plain,
        "zip": write_zip(documents, folder / "documents.zip"),
        "tar": write_tar(documents, folder / "documents.tar"),
        "tar.gz": write_tar(documents, folder / "documents.tar.gz"),
    }


def write_zip(documents: Sequence[RawDocument], path: Path) -> Path:
    """A zip of ``documents``, names exactly as given, however unsafe."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for document in documents:
            archive.writestr(document.name, document.content)
    return path


def write_tar(documents: Sequence[RawDocument], path: Path) -> Path:
    """A tar of ``documents``, gzipped if ``path`` says so; names exactly as given."""
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for document in documents:
            info = tarfile.TarInfo(document.name)
            info.size = len(document.content)
            archive.addfile(info, io.BytesIO(document.content))
    return path
