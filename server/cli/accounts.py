"""The ways into an athlete's account at a vendor: consent on the vendor's page, or a team's token."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from server.cli.listener import Listener
from server.cli.output import fail, notices

if TYPE_CHECKING:
    from poise_sdk.wearable import Credentials, Secret, WearableAdapter, WearableConfig
    from storage.ledger import Job
    from storage.people.athletes import Athlete
    from storage.people.connections import Connection

__all__ = ["by_consent", "by_token", "keep", "team"]

Result = TypeVar("Result")

#: Seconds that the athlete has for the vendor's page: as long as an attempt lives.
CONSENT_S: Final = 600.0


async def by_consent(
    adapter: WearableAdapter, who: Athlete, port: int, *, browser: bool
) -> tuple[Connection, list[Job]]:
    """The dance of OAuth, with a page of our own on loopback for its end; what :func:`keep` gives."""
    from poise_sdk import oauth
    from poise_sdk.wearable import WearableConfig
    from storage.people import attempts, vendor_apps

    capability = adapter.capabilities.oauth
    assert capability is not None
    app = await vendor_apps.required(adapter.name)
    config = WearableConfig(client=app.client, base_url=app.base_url, options=app.options, urgent=True)
    session = secrets.token_urlsafe(32)
    kept: list[tuple[Connection, list[Job]]] = []
    async with Listener(port) as listener:
        dance = oauth.begin(listener.redirect_uri, capability.scopes, pkce=capability.pkce)
        await attempts.begin(who.id, adapter.name, dance, session)
        url = vendor_apps.consent_url(app, adapter.authorize_url(app.client, dance))
        notices.print(f"the redirect URI is {listener.redirect_uri}", highlight=False, soft_wrap=True)
        notices.print("open this page and agree:", highlight=False)
        notices.print(url, highlight=False, markup=False, soft_wrap=True)
        if browser:
            webbrowser.open(url)

        async def finish(code: Secret) -> str:
            attempt = await attempts.take(dance.state.reveal(), session)
            credentials = await _contained(
                adapter, adapter.exchange(config, attempt.authorization, code.reveal())
            )
            kept.append(await keep(adapter, who, await _named(adapter, config, credentials)))
            return f"{who.name} is connected to {adapter.title}. This page may be closed."

        await listener.receive(dance.state, CONSENT_S, finish)
    return kept[0]


async def _named(adapter: WearableAdapter, config: WearableConfig, credentials: Credentials) -> Credentials:
    """Credentials that say whose account they open, if the vendor tells."""
    from dataclasses import replace

    if credentials.vendor_user_id is not None:
        return credentials

    async def ask() -> str | None:
        async with adapter.connect(replace(config, credentials=credentials)) as client:
            return await client.user_id()

    return replace(credentials, vendor_user_id=await _contained(adapter, ask()))


async def by_token(adapter: WearableAdapter, token: Secret, vendor_athlete: str) -> Credentials:
    """A team's token, for the athlete it has under this id; exits if it has none."""
    from poise_sdk.wearable import Credentials

    known = [one["id"] for one in await team(adapter, token)]
    if known and vendor_athlete not in known:
        raise fail(
            f"{adapter.title} knows no athlete {vendor_athlete!r} of this team",
            hint=f"poise connect {adapter.name} --list-athletes shows them",
        )
    return Credentials(access_token=token, vendor_user_id=vendor_athlete)


async def team(adapter: WearableAdapter, token: Secret) -> list[dict[str, Any]]:
    """Whom a team's token covers."""
    from poise_sdk.wearable import Credentials, WearableConfig
    from storage.people import vendor_apps

    app = await vendor_apps.find(adapter.name)
    config = WearableConfig(
        credentials=Credentials(access_token=token),
        client=app.client if app else None,
        base_url=app.base_url if app else None,
        options=app.options if app else {},
        urgent=True,
    )

    async def ask() -> list[dict[str, Any]]:
        async with adapter.connect(config) as client:
            return [{"id": one.id, "name": one.name} for one in await client.athletes()]

    return await _contained(adapter, ask())


async def keep(
    adapter: WearableAdapter, who: Athlete, credentials: Credentials
) -> tuple[Connection, list[Job]]:
    """Write the connection and the orders for its data down, both or neither."""
    from tortoise.transactions import in_transaction

    from storage.people import connections
    from storage.people.orders import order_first

    async with in_transaction():
        connection = await connections.connect(who.id, adapter.name, credentials)
        return connection, await order_first(connection.id, adapter.capabilities.data_types)


async def _contained(adapter: WearableAdapter, work: Awaitable[Result]) -> Result:
    """What an adapter's call gives; a defect of a stranger's adapter is told as such."""
    from poise_sdk.errors import Fatal, PoiseError
    from tasks.failure import redact

    try:
        return await work
    except PoiseError:
        raise
    except Exception as error:
        raise Fatal(redact(f"the adapter {adapter.name} failed: {type(error).__name__}: {error}")) from error
