"""``poise vendors``: whose wearables can be connected, and the operator's registrations with them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.output import Format, FormatOption, fail, notices, render
from server.cli.session import DataOption, reading

if TYPE_CHECKING:
    from poise_sdk.wearable import Secret, WearableAdapter

__all__ = ["register", "secret_from", "way_in", "wearable_called"]

vendors = typer.Typer(
    help="Vendors of wearables, and how this Poise is registered with them.", no_args_is_help=True
)

COLUMNS = ("vendor", "title", "connects", "registered", "webhooks", "files", "connections", "trouble")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(vendors, name="vendors")


@vendors.command("list")
def list_(data: DataOption = None, format: FormatOption = Format.TABLE) -> None:
    """List the vendors of wearables: how they connect, whether they are registered, whether they answer."""
    render(reading(data, lambda: _listed()), COLUMNS, format)


@vendors.command("configure")
def configure(
    vendor: Annotated[str, typer.Argument(help="The vendor's name, or its beginning.")],
    client_id: Annotated[str | None, typer.Option(help="The application's id at the vendor.")] = None,
    secret_from_env: Annotated[
        str | None,
        typer.Option(
            metavar="VARIABLE",
            help="The environment variable that holds the secret. Otherwise it is asked for, or read from "
            "standard input.",
        ),
    ] = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="The vendor gave no secret: the application proves itself by PKCE."),
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="Another server with the vendor's protocol; \"\" for the vendor's own.")
    ] = None,
    callback_url: Annotated[
        str | None, typer.Option(help="Where the vendor is to send webhooks, as reached from outside.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What only this vendor needs. Repeatable.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Erase the registration instead.")] = False,
    data: DataOption = None,
) -> None:
    """Keep a registration with a vendor; what is not told stays. The secret is sealed, never shown again."""
    from storage.people import vendor_apps

    adapter = wearable_called(vendor)
    if forget:
        known = reading(data, lambda: vendor_apps.forget(adapter.name))
        notices.print(f"{adapter.title} is {'forgotten' if known else 'not configured'}", highlight=False)
        return
    options = _options(option or [])
    if not any((client_id, secret_from_env, base_url is not None, callback_url is not None, options)):
        raise fail("nothing to configure", hint=f"poise vendors configure {adapter.name} --client-id ID")
    secret: Secret | None = None
    if secret_from_env or (client_id and not public):
        secret = secret_from(secret_from_env, f"{adapter.title}'s client secret")

    async def keep() -> None:
        await vendor_apps.configure(
            adapter.name,
            client_id=client_id,
            client_secret=secret,
            base_url=base_url,
            callback_url=callback_url,
            options=options or None,
        )
        if callback_url and adapter.capabilities.webhooks:
            await order_webhooks_of(adapter.name)

    reading(data, keep)
    notices.print(f"{adapter.title} is configured", highlight=False)


async def order_webhooks_of(vendor: str) -> None:
    """Have a vendor asked for webhooks now: the daily look at them may be a day away.

    A worker's next round finds the order; it needs the address of the registration to answer by then.
    """
    from storage import ledger

    await ledger.enqueue("sync.subscriptions", {"vendor": vendor}, key=f"subscriptions:{vendor}")


def wearable_called(name: str) -> WearableAdapter:
    """The wearable called ``name`` or beginning with it."""
    from adapters.host import load_registry

    known = load_registry().wearables
    fitting = [one for one in known if one == name] or [one for one in known if one.startswith(name)]
    if len(fitting) == 1:
        return known[fitting[0]]
    problem = "no wearable is called" if not fitting else "several wearables begin with"
    raise fail(f"{problem} {name!r}", hint=f"there are: {', '.join(fitting or known) or 'none'}")


def secret_from(variable: str | None, what: str) -> Secret:
    """A secret from the environment, else from whoever sits here, else from standard input."""
    from poise_sdk.wearable import Secret

    if variable is not None:
        value = os.environ.get(variable, "").strip()
        if not value:
            raise fail(f"the environment variable {variable} is empty or not set")
        return Secret(value)
    if sys.stdin.isatty():
        value = typer.prompt(what, hide_input=True, err=True).strip()
    else:
        value = sys.stdin.readline().strip()
    if not value:
        raise fail(f"{what} is needed", hint="give it on standard input, or name a variable that holds it")
    return Secret(value)


def way_in(adapter: WearableAdapter) -> str:
    """How an athlete's account of this vendor is connected."""
    if adapter.capabilities.oauth is not None:
        return "consent"
    return "team token" if adapter.capabilities.team_token else "files only"


async def _listed() -> list[dict[str, Any]]:
    from adapters.host import load_registry
    from storage.connect import rows
    from storage.people import circuits, vendor_apps

    found = await rows(
        "SELECT vendor, count(*) AS n FROM connections WHERE status = 'connected' GROUP BY vendor"
    )
    connections = {row["vendor"]: row["n"] for row in found}
    registered = await vendor_apps.configured()
    troubled = {one.vendor: one.retry_at for one in await circuits.troubled()}
    return [
        {
            "vendor": adapter.name,
            "title": adapter.title,
            "connects": way_in(adapter),
            "registered": _registered(adapter, registered),
            "webhooks": "yes" if adapter.capabilities.webhooks else "no",
            "files": "yes" if adapter.capabilities.file_import else "no",
            "connections": connections.get(adapter.name, 0),
            "trouble": f"until {troubled[adapter.name]:%H:%M:%SZ}" if adapter.name in troubled else None,
        }
        for adapter in load_registry().wearables.values()
    ]


def _registered(adapter: WearableAdapter, registered: dict[str, bool]) -> str:
    if adapter.capabilities.oauth is None:
        return "not needed"
    return "yes" if registered.get(adapter.name) else "no"


def _options(given: list[str]) -> dict[str, str]:
    options = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise fail(f"not an option: {one!r}", hint="an option is NAME=VALUE")
        options[name] = value
    return options
