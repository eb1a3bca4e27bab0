"""The operator's registrations with vendors: client id, secret (sealed), addresses, options.

``POISE_VENDORS__<VENDOR>__…`` goes before what is stored, value by value: a deployment may keep the secret
in its own store and never put it into the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import orjson

from poise_sdk.errors import Fatal
from poise_sdk.wearable import ClientCredentials, Secret
from storage.people.sealing import Sealed, current_vault
from storage.people.sql import Row, execute, one, rows
from storage.settings import VendorSettings, current_settings

__all__ = ["PURPOSE", "VendorApp", "configure", "configured", "consent_url", "find", "forget", "required"]

#: What binds a sealed secret to this table; the owner is the vendor's name.
PURPOSE: Final = "vendor"

# What is not told keeps its value: a new address needs no new secret.
_CONFIGURE: Final = """
INSERT INTO vendor_apps AS v (vendor, client_id, key_id, nonce, sealed, base_url, callback_url, options)
VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::jsonb, '{}'))
ON CONFLICT (vendor) DO UPDATE SET
    client_id = coalesce($2, v.client_id),
    key_id = coalesce($3, v.key_id), nonce = coalesce($4, v.nonce), sealed = coalesce($5, v.sealed),
    base_url = nullif(coalesce($6, v.base_url), ''), callback_url = nullif(coalesce($7, v.callback_url), ''),
    options = coalesce($8::jsonb, v.options), updated_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorApp:
    """How this Poise is known to a vendor."""

    vendor: str
    client: ClientCredentials
    """Its ``client_id`` is empty where the vendor gives none: a team's token needs no application."""
    base_url: str | None = None
    """Another server with the vendor's protocol; ``None``: the vendor's own."""
    callback_url: str | None = None
    """Where the vendor sends webhooks to, as it is reached from outside."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What only this vendor needs."""


async def configure(
    vendor: str,
    *,
    client_id: str | None = None,
    client_secret: Secret | None = None,
    base_url: str | None = None,
    callback_url: str | None = None,
    options: Mapping[str, str] | None = None,
) -> None:
    """Keep a registration; ``None`` leaves what is there, an empty address takes it away.

    Raises :class:`~poise_sdk.errors.Fatal` for what is no address.
    """
    for what, url in (("base URL", base_url), ("callback URL", callback_url)):
        if url:
            _check(what, url)
    sealed: Sealed | None = None
    if client_secret is not None:
        sealed = current_vault().seal(client_secret, purpose=PURPOSE, owner=vendor)
    await execute(
        _CONFIGURE,
        vendor,
        client_id,
        sealed.key_id if sealed else None,
        sealed.nonce if sealed else None,
        sealed.sealed if sealed else None,
        base_url.rstrip("/") if base_url else base_url,
        callback_url,
        orjson.dumps(dict(options)).decode() if options is not None else None,
    )


async def find(vendor: str) -> VendorApp | None:
    """The registration with a vendor, from the environment and the database; ``None`` if there is none.

    Raises :class:`~storage.people.keys.VaultError` where the secret does not open.
    """
    row = await one("SELECT * FROM vendor_apps WHERE vendor = $1", vendor)
    given = current_settings().vendors.get(vendor)
    if row is None and given is None:
        return None
    return _app(vendor, row or {}, given or VendorSettings())


async def required(vendor: str) -> VendorApp:
    """As :func:`find`; raises :class:`~poise_sdk.errors.Fatal` where no application is registered."""
    app = await find(vendor)
    if app is None or not app.client.client_id:
        raise Fatal(
            f"no application is registered with {vendor}",
            hint=f"register one with the vendor, then: poise vendors configure {vendor} --client-id ID",
        )
    return app


async def configured() -> dict[str, bool]:
    """The vendors with a registration, and whether it has a client id; no secret is opened."""
    found = await rows("SELECT vendor, client_id IS NOT NULL AS known FROM vendor_apps")
    stored = {row["vendor"]: bool(row["known"]) for row in found}
    given = {name: bool(one.client_id) for name, one in current_settings().vendors.items()}
    return {name: given.get(name, False) or stored.get(name, False) for name in sorted(stored | given)}


async def forget(vendor: str) -> bool:
    """Erase the stored registration; whether there was one."""
    return await one("DELETE FROM vendor_apps WHERE vendor = $1 RETURNING vendor", vendor) is not None


def consent_url(app: VendorApp, url: str) -> str:
    """The address of a consent page, moved to ``app.base_url`` where one is set.

    Adapters name the vendor's own page; another server with the vendor's protocol has it at the same path.
    """
    if app.base_url is None:
        return url
    parts = urlsplit(url)
    return f"{app.base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _app(vendor: str, row: Row, given: VendorSettings) -> VendorApp:
    secret: Secret | None = None
    if given.client_secret is not None:
        secret = Secret(given.client_secret.get_secret_value())
    elif row.get("sealed") is not None:
        sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
        secret = current_vault().open(sealed, purpose=PURPOSE, owner=vendor)
    base_url = given.base_url or row.get("base_url")
    return VendorApp(
        vendor=vendor,
        client=ClientCredentials(
            client_id=given.client_id or row.get("client_id") or "", client_secret=secret
        ),
        base_url=base_url.rstrip("/") if base_url else None,
        callback_url=given.callback_url or row.get("callback_url"),
        options=orjson.loads(row["options"]) if row else {},
    )


def _check(what: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Fatal(f"not a {what}: {url}", hint="an address begins with https:// (or http:// on loopback)")
