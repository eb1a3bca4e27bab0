"""The keys of the vault: from the environment, or from a private file in the data folder.

``POISE_VAULT_KEYS`` is ``id:base64,id:base64,…``: the first key seals, all of them open. Without it the keys
lie in ``vault.keys.json`` (mode 0600) beside the embedded database they protect: whoever has one folder has
both, and a backup of the folder can be restored. A database elsewhere is shared by machines that do not
share a folder, so there the keys must be given.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from poise_sdk.errors import Fatal
from storage.embedded.locks import FolderLock
from storage.embedded.postgres import EmbeddedPostgres, StartError
from storage.embedded.private import data_folder, read_private, write_private
from storage.settings import Settings

__all__ = [
    "KEY_BYTES",
    "KEY_FILE",
    "KeyRing",
    "VaultError",
    "add_key",
    "load_keys",
    "new_key",
    "retire_keys",
    "rotation",
]

#: AES-256.
KEY_BYTES: Final = 32
KEY_FILE: Final = "vault.keys.json"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOW: Final = "POISE_VAULT_KEYS is ID:KEY,…; a key: openssl rand -base64 32"


class VaultError(Fatal):
    """A secret cannot be sealed or opened; the message never shows one."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id; the first one seals."""

    keys: dict[str, bytes] = field(repr=False)
    from_file: bool = False

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))


class _Stored(msgspec.Struct):
    """A key in the key file."""

    id: str
    key: str


def load_keys(settings: Settings) -> KeyRing:
    """The keys these settings mean; makes the key file where one is due and missing.

    Raises :class:`VaultError` for malformed keys, and where there are none and none may be made.
    """
    if settings.vault_keys is not None:
        return KeyRing(_parsed(settings.vault_keys.get_secret_value()))
    path = settings.data / KEY_FILE
    if (ring := _read(path)) is not None:
        return ring
    if not _embedded(settings):
        raise VaultError(
            "vendors' tokens cannot be sealed: DATABASE_URL names a database outside of the data folder, and "
            "POISE_VAULT_KEYS is not set",
            hint=f"set it to the same keys for every server and worker of that database ({_HOW})",
        )
    return _made(path)


def new_key() -> tuple[str, bytes]:
    """A fresh key and a name for it."""
    return f"k{secrets.token_hex(4)}", secrets.token_bytes(KEY_BYTES)


def add_key(settings: Settings) -> KeyRing:
    """Put a fresh key before those of the key file."""
    path = settings.data / KEY_FILE
    before = load_keys(settings)
    name, key = new_key()
    return _write(path, {name: key, **before.keys})


def retire_keys(settings: Settings, keep: int) -> KeyRing:
    """Forget all but the first ``keep`` keys of the key file."""
    before = load_keys(settings)
    return _write(settings.data / KEY_FILE, dict(list(before.keys.items())[:keep]))


@contextmanager
def rotation(settings: Settings) -> Iterator[None]:
    """Be the only one to change the key file for the body's duration; :class:`VaultError` if another is."""
    lock = FolderLock(data_folder(settings.data) / "vault.lock")
    if not lock.acquire():
        raise VaultError("the keys are being rotated by another process", hint="wait for it")
    try:
        yield
    finally:
        lock.release()


def _embedded(settings: Settings) -> bool:
    """Whether the database is the data folder's own: ``poise up`` gives its processes the URL of it, too."""
    if settings.database_url is None:
        return True
    try:
        return settings.database_url.get_secret_value() == EmbeddedPostgres(settings.data).url
    except (StartError, KeyError):
        return False


def _parsed(text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, part in enumerate((part.strip() for part in text.split(",")), start=1):
        if not part:
            continue
        name, colon, encoded = part.partition(":")
        # Never the key itself, and of its name only what is certainly no key.
        if not colon or not _ID.fullmatch(name):
            raise VaultError(f"POISE_VAULT_KEYS: key {number} is not ID:KEY", hint=_HOW)
        if name in keys:
            raise VaultError(f"POISE_VAULT_KEYS: two keys are called {name!r}", hint=_HOW)
        keys[name] = _key(encoded, f"POISE_VAULT_KEYS: key {name!r}")
    if not keys:
        raise VaultError("POISE_VAULT_KEYS holds no key", hint=_HOW)
    return keys


def _key(encoded: str, what: str) -> bytes:
    try:
        key = base64.b64decode(encoded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise VaultError(f"{what} is not base64", hint=_HOW) from None
    if len(key) != KEY_BYTES:
        raise VaultError(f"{what} has {len(key)} bytes, not {KEY_BYTES}", hint=_HOW)
    return key


def _made(path: Path) -> KeyRing:
    data_folder(path.parent)
    name, key = new_key()
    scratch = path.with_name(f".{path.name}.{name}")
    _write(scratch, {name: key})
    # Server and worker start together and both may be the first to need a key: a name is linked only once.
    with suppress(FileExistsError):
        path.hardlink_to(scratch)
    scratch.unlink()
    ring = _read(path)
    if ring is None:
        raise VaultError(f"{path} vanished as soon as it was made", hint="check the data folder")
    return ring


def _read(path: Path) -> KeyRing | None:
    try:
        if not path.exists():  # asked first: somebody may be making it, and then it is there whole
            return None
        values = read_private(path)
    except OSError as error:
        raise VaultError(f"{path}: {error.strerror or error}", hint="check who may read it") from error
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others", hint=f"chmod 600 {path}")
    try:
        found = msgspec.convert((values or {}).get("keys"), list[_Stored])
    except msgspec.ValidationError:
        found = []
    if not found:
        # A new one in its place would seal, and everything sealed before would be lost unnoticed.
        raise VaultError(f"{path}: not a key file", hint="restore it: without it, all must connect again")
    return KeyRing({one.id: _key(one.key, str(path)) for one in found}, from_file=True)


def _write(path: Path, keys: dict[str, bytes]) -> KeyRing:
    write_private(
        path, {"keys": [{"id": name, "key": base64.b64encode(key).decode()} for name, key in keys.items()]}
    )
    return KeyRing(keys, from_file=True)
