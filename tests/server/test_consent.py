"""Connecting by the athlete's consent: in a browser by cookie, in an app by its secret, never otherwise."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx
import pytest

from poise_sdk.simulated_oauth import press
from poise_sdk.simulation import Fault
from poise_sdk.wearable import Secret
from storage import ledger
from storage.people import vault, vendor_apps
from tests.server import bodies
from tests.server.bodies import ADA, BEN
from tests.server.clients import Api
from tests.server.conftest import Settings, serving
from tests.server.stranger import CLIENT, TidewatchVendor, registry

BEGIN = """
mutation($input: ConnectionBeginInput!) {
  connectionBegin(input: $input) {
    startUrl authorizeUrl session expiresAt errors { code message field }
  }
}
"""
COMPLETE = """
mutation($input: ConnectionCompleteInput!) {
  connectionComplete(input: $input) {
    connection { id vendor status scopes athlete { name } syncStates { dataType status } }
    errors { code message field }
  }
}
"""
APP = "poise.app://connected"


@pytest.fixture
def home(ward: str) -> str:
    return ward


@pytest.fixture
async def vendor() -> AsyncIterator[TidewatchVendor]:
    async with TidewatchVendor() as made:
        yield made


@pytest.fixture
async def api(settings: Settings, house: Path, vendor: TidewatchVendor) -> AsyncIterator[Api]:
    """The application, registered with the vendors."""
    async with serving(settings(allowed_origins=("https://app.example",)), registry()) as made:
        for name in ("tidewatch", "rude"):
            await vendor_apps.configure(
                name,
                client_id=CLIENT.client_id,
                client_secret=CLIENT.client_secret,
                base_url=vendor.base_url,
            )
        yield made


async def begin(api: Api, name: str = ADA, **more: Any) -> Any:
    [athlete] = await sql(api, "SELECT id FROM athletes WHERE name = $1", name)
    given = {"athlete": str(athlete["id"]), "vendor": "tidewatch", **more}
    return (await api.data(BEGIN, input=given))["connectionBegin"]


async def sql(api: Api, statement: str, *args: Any) -> list[Any]:
    """Rows of the database under test."""
    from storage.connect import rows

    return await rows(statement, *args)


async def stored(api: Api) -> list[Any]:
    return await sql(api, "SELECT vendor, status, vendor_user_id, scopes FROM connections ORDER BY id")


async def to_vendor(api: Api, start_url: str, account: str = "u1", **press_options: Any) -> httpx.URL:
    """Open the link, consent; the address the browser is sent back to."""
    started = await api.http.get(start_url)
    assert started.status_code == 303, started.text
    return httpx.URL(await press(started.headers["location"], account, **press_options))


async def test_a_browser_goes_to_the_vendor_and_comes_back_connected(api: Api, home: str):
    begun = await begin(api)
    assert begun["errors"] == []
    assert (begun["authorizeUrl"], begun["session"]) == (None, None)
    started = await api.http.get(begun["startUrl"])
    assert started.status_code == 303
    cookie = started.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/oauth/tidewatch/callback" in cookie
    query = dict(parse_qsl(urlsplit(started.headers["location"]).query))
    assert query["redirect_uri"] == "http://127.0.0.1:8000/oauth/tidewatch/callback"
    assert query["code_challenge_method"] == "S256"
    back = await press(started.headers["location"], "u1")
    page = await api.http.get(back)
    assert page.status_code == 200, page.text
    assert "Tidewatch is connected" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert await stored(api) == [
        {
            "vendor": "tidewatch",
            "status": "connected",
            "vendor_user_id": "u1",
            "scopes": ["recovery", "sleep", "strain"],
        }
    ]
    jobs = (await ledger.list_jobs()).jobs
    assert sorted(job.kind for job in jobs) == ["sync.backfill"] * 3 + ["sync.run"] * 3
    [connection] = await sql(api, "SELECT id FROM connections")
    credentials, _ = await vault.load_credentials(connection["id"])
    assert credentials.refresh_token is not None


async def test_a_link_opens_once(api: Api):
    begun = await begin(api)
    assert (await api.http.head(begun["startUrl"])).status_code == 200, "a preview spends nothing"
    assert (await api.http.get(begun["startUrl"])).status_code == 303
    again = await api.http.get(begun["startUrl"])
    assert again.status_code == 410
    assert "location" not in again.headers
    for url in ("/connect/tidewatch/start", "/connect/tidewatch/start?ticket=x"):
        assert (await api.http.get(url)).status_code == 410
    assert (await api.http.get("/connect/nobody/start?ticket=x")).status_code == 404


async def test_a_link_of_one_vendor_opens_no_other(api: Api):
    begun = await begin(api)
    other = begun["startUrl"].replace("/connect/tidewatch/", "/connect/rude/")
    assert (await api.http.get(other)).status_code == 410


async def test_an_answer_in_another_browser_connects_nothing_and_spends_nothing(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    kept = api.http.cookies
    api.http.cookies = httpx.Cookies()
    refused = await api.http.get(back)
    assert refused.status_code == 400
    assert "another browser" in refused.text
    assert await stored(api) == []
    api.http.cookies = kept
    assert (await api.http.get(back)).status_code == 200, "the right browser still can"


async def test_an_answer_serves_once(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    cookies = httpx.Cookies(api.http.cookies)
    assert (await api.http.get(back)).status_code == 200
    api.http.cookies = cookies
    again = await api.http.get(back)
    assert again.status_code == 400
    assert len(await stored(api)) == 1


@pytest.mark.parametrize("change", [{"state": "forged"}, {"state": ""}, {"code": ""}, {"code": "forged"}])
async def test_a_forged_answer_connects_nothing(api: Api, change: dict[str, str]):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    answer = await api.http.get(back.copy_merge_params(change))
    assert answer.status_code == 400
    assert await stored(api) == []
    assert (await ledger.list_jobs()).jobs == ()


async def test_a_state_of_one_attempt_with_the_cookie_of_another_is_refused(api: Api):
    mine = await to_vendor(api, (await begin(api))["startUrl"])
    theirs = await to_vendor(api, (await begin(api, BEN))["startUrl"], "u2")
    # An attacker's answer put under the victim's cookie: the name is the state's, so it must be forged too.
    jar = list(api.http.cookies.jar)
    assert len(jar) == 2
    names = [cookie.name for cookie in jar]
    swapped = httpx.Cookies()
    swapped.set(names[0], jar[1].value or "", domain="127.0.0.1")
    api.http.cookies = swapped
    answers = [(await api.http.get(back)).status_code for back in (mine, theirs)]
    assert answers == [400, 400]
    assert await stored(api) == []


async def test_a_late_answer_is_refused(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    await sql(api, "UPDATE connect_attempts SET expires_at = now() - interval '1 second'")
    late = await api.http.get(back)
    assert late.status_code == 400
    assert "longer than 10 minutes" in late.text
    assert await stored(api) == []


async def test_who_does_not_agree_is_told_that_nothing_happened(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"], "")
    page = await api.http.get(back)
    assert page.status_code == 400
    assert "You did not agree" in page.text
    assert await stored(api) == []
    spent = await api.http.get(back)
    assert spent.status_code == 400


async def test_what_a_vendor_says_in_the_address_is_not_repeated(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"], "")
    page = await api.http.get(
        back.copy_merge_params({"error": "<b>call 555</b>", "error_description": "<script>x</script>"})
    )
    assert page.status_code == 400
    assert "555" not in page.text
    assert "script" not in page.text


async def test_scopes_that_were_not_granted_are_not_shared_and_not_asked_for(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"], granted=["sleep"])
    assert (await api.http.get(back)).status_code == 200
    states = await sql(api, "SELECT data_type, status FROM sync_states ORDER BY data_type")
    assert states == [
        {"data_type": "cycle", "status": "not_shared"},
        {"data_type": "recovery", "status": "not_shared"},
    ]
    assert {job.args["data_type"] for job in (await ledger.list_jobs()).jobs} == {"sleep"}


async def test_an_account_belongs_to_one_athlete(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    assert (await api.http.get(back)).status_code == 200
    again = await to_vendor(api, (await begin(api, BEN))["startUrl"])
    page = await api.http.get(again)
    assert page.status_code == 409
    assert len(await stored(api)) == 1


@pytest.mark.parametrize("fault", [Fault.status(500), Fault.status(429)])
async def test_a_vendor_in_trouble_is_an_answer_of_its_own(api: Api, vendor: TidewatchVendor, fault: Fault):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    vendor.faults.add(fault, times=1)
    page = await api.http.get(back)
    assert page.status_code == 503
    assert "try again later" in page.text
    assert await stored(api) == []


async def test_a_broken_adapter_is_contained_and_its_secrets_stay_out_of_the_log(
    api: Api, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "poise")
    back = await to_vendor(api, (await begin(api, vendor="rude"))["startUrl"])
    page = await api.http.get(back)
    assert page.status_code == 503
    assert "adapter of Rude failed" in page.text
    assert "ValueError" in caplog.text
    code = dict(back.params)["code"]
    assert code not in caplog.text
    assert dict(back.params)["state"] not in caplog.text
    assert await stored(api) == []


async def test_a_browser_is_sent_on_to_an_allowed_page_only(api: Api):
    begun = await begin(api, returnTo="https://app.example/done?tab=1")
    back = await to_vendor(api, begun["startUrl"])
    onward = await api.http.get(back)
    assert onward.status_code == 303
    assert onward.headers["location"] == "https://app.example/done?tab=1&connected=tidewatch"
    denied = await to_vendor(api, (await begin(api, returnTo="https://app.example/done"))["startUrl"], "")
    assert (await api.http.get(denied)).headers["location"] == "https://app.example/done?error=denied"


async def test_no_other_page_is_sent_on_to(api: Api):
    for url in [
        "https://evil.example/",
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "https://app.example\\@evil.example",
        "http://[",
        "",
    ]:
        begun = await begin(api, returnTo=url)
        [error] = begun["errors"]
        assert (error["code"], error["field"]) == ("INVALID", "returnTo")
        assert begun["startUrl"] is None


async def test_an_app_finishes_with_its_own_secret(api: Api):
    begun = await begin(api, redirectUri=APP)
    assert begun["startUrl"] is None
    back = httpx.URL(await press(begun["authorizeUrl"], "u1"))
    assert str(back).startswith(APP)
    given = {"session": begun["session"], "state": back.params["state"], "code": back.params["code"]}
    done = (await api.data(COMPLETE, input=given))["connectionComplete"]
    assert done["errors"] == []
    assert done["connection"]["vendor"] == "tidewatch"
    assert done["connection"]["status"] == "CONNECTED"
    assert done["connection"]["athlete"] == {"name": ADA}
    again = (await api.data(COMPLETE, input=given))["connectionComplete"]
    assert again["connection"] is None
    assert [error["code"] for error in again["errors"]] == ["INVALID"]


@pytest.mark.parametrize("change", [{"session": "forged"}, {"state": "forged"}, {"code": "forged"}])
async def test_an_app_with_anything_forged_connects_nothing(api: Api, change: dict[str, str]):
    begun = await begin(api, redirectUri=APP)
    back = httpx.URL(await press(begun["authorizeUrl"], "u1"))
    given = {"session": begun["session"], "state": back.params["state"], "code": back.params["code"]}
    done = (await api.data(COMPLETE, input=given | change))["connectionComplete"]
    assert done["connection"] is None
    assert [error["code"] for error in done["errors"]] == ["INVALID"]
    assert await stored(api) == []


async def test_an_apps_address_must_be_one_that_only_an_app_has(api: Api):
    for uri in [
        "javascript:alert(1)",
        "http://evil.example/",
        "data:text/html,x",
        "app",
        "x y://z",
        "https://",
        "a://b#c",
    ]:
        [error] = (await begin(api, redirectUri=uri))["errors"]
        assert (error["code"], error["field"]) == ("INVALID", "redirectUri")


async def test_an_apps_own_addresses_are_taken(api: Api):
    for uri in [APP, "https://app.example/cb", "http://127.0.0.1:4999/cb", "http://localhost/cb"]:
        assert (await begin(api, redirectUri=uri))["errors"] == []


async def test_nothing_begins_with_a_vendor_that_is_not_ready_for_it(api: Api, home: str):
    cases = {
        "nobody": "INVALID",
        "harbour": "DISABLED",
    }
    for name, code in cases.items():
        [error] = (await begin(api, vendor=name))["errors"]
        assert error["code"] == code, name
    await vendor_apps.forget("tidewatch")
    for more in ({}, {"redirectUri": APP}):
        [error] = (await begin(api, **more))["errors"]
        assert error["code"] == "DISABLED"
        assert "poise vendors configure tidewatch" in error["message"]


async def test_nobody_is_connected_who_is_not_here(api: Api):
    given = {"athlete": "999999", "vendor": "tidewatch"}
    [error] = (await api.data(BEGIN, input=given))["connectionBegin"]["errors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", "athlete")


async def test_a_public_address_is_written_into_links(
    settings: Settings, house: Path, vendor: TidewatchVendor
):
    public = settings(public_url="https://poise.example/")
    async with serving(public, registry()) as api:
        await vendor_apps.configure("tidewatch", client_id="x", client_secret=Secret("y"))
        begun = await begin(api)
        assert begun["startUrl"].startswith("https://poise.example/connect/tidewatch/start?ticket=")
        url = begun["startUrl"].removeprefix("https://poise.example")
        started = await api.http.get(url, headers={"host": "poise.example"})
    assert started.status_code == 303
    assert "redirect_uri=https%3A%2F%2Fpoise.example%2Foauth%2Ftidewatch" in started.headers["location"]
    assert "secure" in started.headers["set-cookie"].lower()


ATTACH = """
mutation($input: ConnectionAttachInput!) {
  connectionAttach(input: $input) { connection { vendor status } errors { code message field } }
}
"""


async def test_a_teams_athlete_is_attached_by_the_vendors_id(api: Api):
    given = {"athlete": "1", "vendor": "harbour", "vendorAthleteId": "7", "token": "the team's"}
    done = (await api.data(ATTACH, input=given))["connectionAttach"]
    assert done == {"connection": {"vendor": "harbour", "status": "CONNECTED"}, "errors": []}
    [error] = (await api.data(ATTACH, input=given | {"vendorAthleteId": "9"}))["connectionAttach"]["errors"]
    assert (error["code"], error["field"]) == ("INVALID", "vendorAthleteId")
    assert "7 (Ada), 8 (Ben)" in error["message"]
    [error] = (await api.data(ATTACH, input={**given, "token": None}))["connectionAttach"]["errors"]
    assert error["code"] == "DISABLED"
    [error] = (await api.data(ATTACH, input={**given, "vendor": "tidewatch"}))["connectionAttach"]["errors"]
    assert error["code"] == "DISABLED"


REMOVE = """
mutation($id: ID!) {
  connectionRemove(id: $id) { connection { status } job { kind } errors { code field } }
}
"""


async def test_a_connection_is_removed_here_at_once_and_at_the_vendor_by_a_job(api: Api, home: str):
    connection = await bodies.connect(home)
    done = (await api.data(REMOVE, id=str(connection)))["connectionRemove"]
    assert done == {"connection": {"status": "REMOVED"}, "job": {"kind": "sync.revoke"}, "errors": []}
    again = (await api.data(REMOVE, id=str(connection)))["connectionRemove"]
    assert again["errors"] == [{"code": "CONFLICT", "field": "id"}]
    for id, code in (("999", "NOT_FOUND"), ("x", "INVALID"), ("R2FtZTpnMQ", "INVALID")):
        [error] = (await api.data(REMOVE, id=id))["connectionRemove"]["errors"]
        assert error["code"] == code
    listed = await api.data(f'{{ athlete(name: "{ADA}") {{ connections {{ id }} }} }}')
    assert listed["athlete"]["connections"] == []


START = """
mutation($input: SyncStartInput!) { syncStart(input: $input) { jobs { kind state } errors { code field } } }
"""


async def test_a_sync_is_ordered_for_what_is_connected(api: Api, home: str):
    [error] = (await api.data(START, input={"athlete": "1"}))["syncStart"]["errors"]
    assert error["code"] == "CONFLICT"
    await bodies.connect(home)
    done = (await api.data(START, input={"athlete": "1", "dataType": "SLEEP"}))["syncStart"]
    assert done == {"jobs": [{"kind": "sync.run", "state": "QUEUED"}], "errors": []}
    done = (await api.data(START, input={"athlete": "1", "vendor": "tidewatch"}))["syncStart"]
    assert len(done["jobs"]) == 3
    assert len((await ledger.list_jobs()).jobs) == 3, "of one type one is open"
    for more, code in (({"dataType": "JOURNAL"}, "CONFLICT"), ({"vendor": "nobody"}, "INVALID")):
        [error] = (await api.data(START, input={"athlete": "1", **more}))["syncStart"]["errors"]
        assert error["code"] == code


async def test_secrets_of_connections_are_nowhere_in_the_graph(api: Api):
    back = await to_vendor(api, (await begin(api))["startUrl"])
    assert (await api.http.get(back)).status_code == 200
    [token] = await sql(api, "SELECT connection_id FROM connection_tokens")
    credentials, _ = await vault.load_credentials(token["connection_id"])
    said = await api.data(
        f'{{ athlete(name: "{ADA}") {{ connections {{ id key status scopes syncStates {{ error }} }} }} }}'
    )
    assert credentials.access_token.reveal() not in str(said)


async def test_redis_holds_neither_ticket_nor_session(api: Api, redis_url: str, home: str):
    import redis

    begun = await begin(api)
    ticket = dict(parse_qsl(urlsplit(begun["startUrl"]).query))["ticket"]
    with redis.Redis.from_url(redis_url) as client:
        keys = [key.decode() for key in client.scan_iter("poise:ticket:*")]
        [key] = keys
        assert ticket not in key
        assert ticket.encode() not in (client.get(key) or b"")
        assert 0 < client.ttl(key) <= 600
    connection = await asyncpg.connect(home)
    try:
        assert await connection.fetchval("SELECT count(*) FROM connect_attempts") == 0
    finally:
        await connection.close()
