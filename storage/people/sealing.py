"""Sealing: AES-256-GCM with a fresh nonce, bound to what the secret belongs to.

The associated data is ``poise PURPOSE OWNER``: a sealed token moved to another row, or into another table,
does not open there. A nonce is 96 random bits (NIST SP 800-38D §8.2.2), so one key may seal 2³² times before
a repetition becomes likely enough to matter; with an hourly refresh of a thousand connections that is five
centuries.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from poise_sdk.wearable import Secret
from storage.people.keys import KEY_FILE, KeyRing, VaultError, load_keys
from storage.settings import Settings, current_settings

__all__ = ["Sealed", "Vault", "current_vault"]

#: Bytes of a nonce of GCM.
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored."""

    key_id: str
    nonce: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class Vault:
    """Seals and opens with the keys of ``settings``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ring = load_keys(settings)
        self._seen = _mark(settings)

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._ring.keys)})"

    @property
    def ring(self) -> KeyRing:
        """The keys as they are now: another process may have rotated the key file."""
        if self._ring.from_file and (mark := _mark(self._settings)) != self._seen:
            self._ring, self._seen = load_keys(self._settings), mark
        return self._ring

    def seal(self, value: Secret, *, purpose: str, owner: str | int) -> Sealed:
        """Seal ``value`` for ``owner`` under the newest key."""
        ring = self.ring
        nonce = secrets.token_bytes(_NONCE)
        key_id = ring.newest
        text = AESGCM(ring.keys[key_id]).encrypt(nonce, value.reveal().encode(), _bound(purpose, owner))
        return Sealed(key_id, nonce, text)

    def open(self, sealed: Sealed, *, purpose: str, owner: str | int) -> Secret:
        """What was sealed for ``owner``. Raises :class:`~storage.people.keys.VaultError`."""
        what = f"the secret of {purpose} {owner}"
        ring = self.ring
        key = ring.keys.get(sealed.key_id)
        if key is None:
            place = KEY_FILE if ring.from_file else "POISE_VAULT_KEYS"
            raise VaultError(
                f"{what} is sealed with the key {sealed.key_id!r}, which is not here",
                hint=f"add it to {place}, or connect again",
            )
        try:
            text = AESGCM(key).decrypt(sealed.nonce, sealed.sealed, _bound(purpose, owner))
        except (InvalidTag, ValueError):
            raise VaultError(
                f"{what} does not open with the key {sealed.key_id!r}: another key had that name, or the row "
                "was changed",
                hint="give the key it was sealed with, or connect again",
            ) from None
        return Secret(text.decode())


_latest: tuple[Settings, Vault] | None = None


def current_vault() -> Vault:
    """The vault of the settings in force (:func:`storage.settings.current_settings`)."""
    global _latest  # reading the keys again for each secret would cost more than opening it
    settings = current_settings()
    if _latest is None or _latest[0] != settings:
        _latest = settings, Vault(settings)
    return _latest[1]


def _mark(settings: Settings) -> tuple[int, int] | None:
    try:
        found = (settings.data / KEY_FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _bound(purpose: str, owner: str | int) -> bytes:
    return f"poise {purpose} {owner}".encode()
