"""The operator's registrations: stored, sealed, and overridden by the environment."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from poise_sdk.errors import Fatal
from poise_sdk.wearable import ClientCredentials, Secret
from storage.connect import rows
from storage.people import vendor_apps
from storage.settings import Settings, VendorSettings, settings_in_force

pytestmark = pytest.mark.usefixtures("db")


async def test_what_is_configured_is_found_and_the_secret_is_sealed() -> None:
    assert await vendor_apps.find("whoop") is None
    await vendor_apps.configure(
        "whoop",
        client_id="id",
        client_secret=Secret("word"),
        base_url="http://127.0.0.1:4711/",
        callback_url="https://me.example/webhooks/whoop",
        options={"region": "eu"},
    )
    app = await vendor_apps.find("whoop")
    assert app is not None
    assert app.client == ClientCredentials(client_id="id", client_secret=Secret("word"))
    assert (app.base_url, app.callback_url) == ("http://127.0.0.1:4711", "https://me.example/webhooks/whoop")
    assert app.options == {"region": "eu"}
    assert "word" not in str(await rows("SELECT * FROM vendor_apps")) + repr(app)
    assert await vendor_apps.configured() == {"whoop": True}


async def test_what_is_not_told_stays_and_an_empty_address_goes() -> None:
    await vendor_apps.configure("whoop", client_id="id", client_secret=Secret("word"), base_url="http://a")
    await vendor_apps.configure("whoop", callback_url="http://b")
    app = await vendor_apps.find("whoop")
    assert app is not None
    assert app.client.client_secret == Secret("word")
    assert (app.base_url, app.callback_url) == ("http://a", "http://b")
    await vendor_apps.configure("whoop", base_url="")
    app = await vendor_apps.find("whoop")
    assert app is not None
    assert (app.base_url, app.callback_url, app.client.client_id) == (None, "http://b", "id")
    assert await vendor_apps.forget("whoop")
    assert not await vendor_apps.forget("whoop")


async def test_the_environment_goes_first_value_by_value(settings: Settings) -> None:
    await vendor_apps.configure("whoop", client_id="id", client_secret=Secret("word"), base_url="http://a")
    given = {
        "whoop": VendorSettings(client_secret=SecretStr("other")),
        "oura": VendorSettings(client_id="o", base_url="http://o/"),
    }
    with settings_in_force(settings.model_copy(update={"vendors": given})):
        app = await vendor_apps.find("whoop")
        assert app is not None
        assert app.client == ClientCredentials(client_id="id", client_secret=Secret("other"))
        assert app.base_url == "http://a"
        app = await vendor_apps.required("oura")
        assert app.client == ClientCredentials(client_id="o")
        assert app.base_url == "http://o"
        assert await vendor_apps.configured() == {"oura": True, "whoop": True}


async def test_a_vendor_without_an_application_says_what_to_do() -> None:
    with pytest.raises(
        Fatal, match=r"no application is registered with whoop \(.*poise vendors configure whoop"
    ):
        await vendor_apps.required("whoop")
    await vendor_apps.configure("catapult", base_url="http://a")
    app = await vendor_apps.find("catapult")
    assert app is not None
    assert app.client == ClientCredentials(client_id="")
    assert await vendor_apps.configured() == {"catapult": False}
    with pytest.raises(Fatal, match="no application"):
        await vendor_apps.required("catapult")


@pytest.mark.parametrize("url", ["whoop.com", "ftp://a", "http://", "javascript:alert(1)"])
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Fatal, match="not a base URL"):
        await vendor_apps.configure("whoop", base_url=url)
    assert await vendor_apps.find("whoop") is None


async def test_a_consent_page_is_at_the_server_that_stands_in_for_the_vendor() -> None:
    url = "https://api.vendor.example/oauth/auth?client_id=a&scope=b%20c"
    await vendor_apps.configure("whoop", client_id="id")
    app = await vendor_apps.required("whoop")
    assert vendor_apps.consent_url(app, url) == url
    await vendor_apps.configure("whoop", base_url="http://127.0.0.1:4711/")
    app = await vendor_apps.required("whoop")
    assert vendor_apps.consent_url(app, url) == "http://127.0.0.1:4711/oauth/auth?client_id=a&scope=b%20c"
