"""``poise vendors``, ``poise connect`` and ``poise disconnect``."""

from __future__ import annotations

import io
import socket

import pytest

from poise_sdk.simulation import Fault
from tests.cli.conftest import Poise, assert_refused
from tests.cli.vendor import CLIENT, TEAM_TOKEN, Armband, Browser
from tests.storage.people.invented import key


@pytest.fixture(autouse=True)
def ann(poise: Poise) -> None:
    assert poise("athletes", "add", "Ann").code == 0


def types_of(rows: list[dict[str, str]], work: str) -> list[tuple[str, str]]:
    return [(row["type"], row["status"]) for row in rows if row["work"] == work]


def test_vendors_are_listed_with_how_they_connect(poise: Poise, armband: Armband) -> None:
    listed = poise("vendors", "list", "--format", "csv")
    found = {row["vendor"]: row for row in listed.table}
    assert (found["armband"]["connects"], found["armband"]["registered"]) == ("consent", "yes")
    assert (found["squad"]["connects"], found["squad"]["registered"]) == ("team token", "not needed")
    assert (found["drawer"]["connects"], found["drawer"]["files"]) == ("files only", "yes")
    assert "nba_stats" not in found
    assert "Armband" in poise("vendors", "list").out


def test_a_registration_is_kept_and_its_secret_is_read_and_never_shown(
    poise: Poise, stranger_vendors: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_refused(poise("vendors", "configure", "armband"), "nothing to configure", "--client-id ID")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = poise("vendors", "configure", "armband", "--client-id", "x")
    assert_refused(done, "Armband's client secret is needed")
    done = poise("vendors", "configure", "armband", "--client-id", "x", "--secret-from-env", "NOBODY")
    assert_refused(done, "the environment variable NOBODY is empty or not set")
    monkeypatch.setattr("sys.stdin", io.StringIO("the-word\n"))
    done = poise("vendors", "configure", "armb", "--client-id", "x", "--option", "region=eu")
    assert (done.code, done.err) == (0, "Armband is configured\n")
    assert "the-word" not in poise("vendors", "list", "--format", "json").out
    configure = ("vendors", "configure", "armband")
    assert_refused(poise(*configure, "--base-url", "nonsense"), "not a base URL: nonsense")
    assert_refused(poise(*configure, "--option", "nonsense"), "not an option: 'nonsense'")
    assert_refused(poise("vendors", "configure", "fitness"), "no wearable is called 'fitness'", "armband")


def test_an_athlete_connects_by_consent_and_the_data_is_ordered(
    poise: Poise, armband: Armband, browser: Browser
) -> None:
    done = poise("connect", "armband", "--athlete", "ann", "--format", "json")
    assert done.code == 0
    assert {k: done.json["connection"][k] for k in ("vendor", "status", "vendor_user_id", "scopes")} == {
        "vendor": "armband",
        "status": "connected",
        "vendor_user_id": "u1",
        "scopes": ["nights", "offline"],
    }
    browser.close()
    ((status, page),) = browser.pages
    assert status == 200
    assert "Ann is connected to Armband" in page
    assert "the redirect URI is http://127.0.0.1:" in done.err
    assert armband.base_url in done.err
    assert "no worker is running" in done.err
    secret = CLIENT.client_secret
    assert secret is not None
    assert secret.reveal() not in done.out + done.err
    kinds = [row["kind"] for row in poise("jobs", "list", "--format", "csv").table]
    assert sorted(kinds) == ["sync.backfill", "sync.run"]
    assert armband.asked("/nights") == 0


def test_connecting_can_wait_for_all_history(poise: Poise, armband: Armband, browser: Browser) -> None:
    done = poise("connect", "armband", "--athlete", "Ann", "--wait", "--format", "csv")
    assert done.code == 0
    assert types_of(done.table, "sync") == [("sleep", "ok")]
    assert types_of(done.table, "backfill") == [("sleep", "done")]
    (row,) = poise("sync", "status", "--athlete", "Ann", "--format", "json").json
    assert (row["status"], row["history"]) == ("ok", "complete")


def test_the_redirect_port_can_be_the_one_that_is_registered(
    poise: Poise, armband: Armband, browser: Browser
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = poise("connect", "armband", "--athlete", "Ann", "--redirect-port", port)
        assert_refused(done, f"port {port} cannot be listened on", "--redirect-port")
    done = poise("connect", "armband", "--athlete", "Ann", "--redirect-port", port)
    assert done.code == 0
    assert f"the redirect URI is http://127.0.0.1:{port}/callback" in done.err


def test_forged_answers_are_refused_and_waited_through(
    poise: Poise, armband: Armband, browser: Browser
) -> None:
    browser.before = (
        "{redirect}?code=forged&state=guessed",
        "{redirect}?code=forged",
        "{redirect}/../favicon.ico",
    )
    assert poise("connect", "armband", "--athlete", "Ann").code == 0
    browser.close()
    assert [status for status, _ in browser.pages] == [400, 400, 404, 200]
    assert armband.asked("/oauth/token", "POST") == 1


def test_a_consent_that_is_refused_connects_nobody(poise: Poise, armband: Armband, browser: Browser) -> None:
    browser.account = ""
    done = poise("connect", "armband", "--athlete", "Ann")
    assert done.code == 1
    assert "the vendor gave no consent: access_denied" in done.err
    browser.close()
    assert "Poise could not finish" in browser.pages[0][1]
    assert poise("athletes", "list", "--format", "csv").table[0]["vendors"] == ""


def test_what_fails_at_the_vendor_is_told_in_a_sentence(
    poise: Poise, armband: Armband, browser: Browser
) -> None:
    armband.vendor.faults.add(Fault.status(503), path="/oauth/token", times=1)
    done = poise("connect", "armband", "--athlete", "Ann")
    assert done.code == 1
    assert "HTTP 503" in done.err
    assert "Traceback" not in done.err
    browser.close()
    assert "Its terminal says why" in browser.pages[0][1]
    # an attempt that failed leaves nothing, and the next one goes well
    assert poise("connect", "armband", "--athlete", "Ann").code == 0


def test_an_account_is_one_athlete_s(poise: Poise, armband: Armband, browser: Browser) -> None:
    poise("athletes", "add", "Bob")
    assert poise("connect", "armband", "--athlete", "Ann").code == 0
    done = poise("connect", "armband", "--athlete", "Bob")
    assert done.code == 1
    assert "this account of armband is connected to another athlete, Ann" in done.err
    # the same athlete may connect again, with new credentials
    assert poise("connect", "armband", "--athlete", "Ann").code == 0


def test_what_cannot_be_connected_says_what_can_be_done(poise: Poise, stranger_vendors: None) -> None:
    assert_refused(
        poise("connect", "armband", "--athlete", "Ann"), "no application is registered with armband"
    )
    assert_refused(poise("connect", "armband"), "whose account? --athlete NAME")
    assert_refused(poise("connect", "drawer", "--athlete", "Ann"), "files only", "poise import drawer")
    assert_refused(poise("connect", "armband", "--list-athletes"), "knows no team tokens")
    assert_refused(poise("connect", "squad", "--athlete", "Ann"), "--vendor-athlete ID", "--list-athletes")
    assert_refused(poise("connect", "nba_stats", "--athlete", "Ann"), "no wearable is called 'nba_stats'")
    assert_refused(poise("disconnect", "armband", "--athlete", "Ann"), "Ann is not connected to Armband")


def test_a_database_elsewhere_without_keys_is_refused_before_anybody_is_sent_anywhere(
    poise: Poise, armband: Armband, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POISE_VAULT_KEYS")
    done = poise("connect", "armband", "--athlete", "Ann")
    assert_refused(done, "POISE_VAULT_KEYS is not set", "same keys for every server and worker")
    assert browser.pages == []


def test_a_team_s_token_connects_an_athlete_by_the_vendor_s_id(
    poise: Poise, armband: Armband, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert poise("vendors", "configure", "squad", "--base-url", armband.base_url).code == 0
    monkeypatch.setenv("TOKEN", TEAM_TOKEN)
    listed = poise("connect", "squad", "--list-athletes", "--token-from-env", "TOKEN", "--format", "csv")
    assert [(row["id"], row["name"]) for row in listed.table] == [(f"u{n}", f"User {n}") for n in (1, 2, 3)]
    by_token = ("--athlete", "Ann", "--token-from-env", "TOKEN", "--vendor-athlete")
    assert_refused(poise("connect", "squad", *by_token, "u9"), "Squad knows no athlete 'u9'")
    done = poise("connect", "squad", *by_token, "u2", "--format", "json")
    assert done.json["connection"]["vendor_user_id"] == "u2"
    assert TEAM_TOKEN not in done.out + done.err

    # a token that is registered need not be given again
    assert poise("vendors", "configure", "squad", "--secret-from-env", "TOKEN").code == 0
    assert len(poise("connect", "squad", "--list-athletes", "--format", "json").json) == 3
    assert poise("vendors", "configure", "squad", "--forget").code == 0
    assert poise("vendors", "configure", "squad", "--base-url", armband.base_url).code == 0

    # on standard input, for scripts; and a wrong one is told as such
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    done = poise("connect", "squad", "--athlete", "Ann", "--vendor-athlete", "u2")
    assert done.code == 1
    assert "HTTP 401" in done.err


def test_disconnecting_ends_it_at_the_vendor_too(poise: Poise, armband: Armband, browser: Browser) -> None:
    poise("connect", "armband", "--athlete", "Ann")
    done = poise("disconnect", "armband", "--athlete", "Ann")
    assert (done.code, done.out) == (0, "disconnected; at Armband: ended\n")
    assert not armband.consent.connected("u1")
    assert poise("athletes", "list", "--format", "csv").table[0]["vendors"] == ""
    assert_refused(poise("sync", "--athlete", "Ann"), "no living connection of Ann to synchronise")


def test_keys_are_rotated_under_connections_that_live_on(
    poise: Poise, armband: Armband, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    poise("connect", "armband", "--athlete", "Ann")
    monkeypatch.setenv("POISE_VAULT_KEYS", f"new:{key('n')},one:{key('1')}")
    done = poise("vault", "rotate")
    # the token, the application's secret, and the verifier of the dance that is over
    assert done.out == "3 secrets are sealed anew under the key new\n"
    monkeypatch.setenv("POISE_VAULT_KEYS", f"other:{key('o')}")
    done = poise("vault", "rotate")
    assert done.code == 1
    assert "3 secrets do not open with the keys that are here" in done.err
    assert "the secret of connection 1 is sealed with the key 'new'" in done.err
    monkeypatch.setenv("POISE_VAULT_KEYS", f"new:{key('n')}")
    assert poise("disconnect", "armband", "--athlete", "Ann").out == "disconnected; at Armband: ended\n"
