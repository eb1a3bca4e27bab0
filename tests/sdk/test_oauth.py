from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from poise_sdk import oauth
from poise_sdk.errors import Fatal, NeedsReauth, PoiseError, Retriable
from poise_sdk.http import HttpKit
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.wearable import ClientCredentials, Credentials, Secret

CLIENT = ClientCredentials(client_id="poise", client_secret=Secret("hush"))
CALLBACK = "https://me.example/callback"


class TokenEndpoint(SimulatedVendor):
    """Answers with ``reply`` and keeps the last form."""

    def __init__(self) -> None:
        super().__init__()
        self.reply = Reply.json(
            {"access_token": "A2", "refresh_token": "R2", "expires_in": 3600, "scope": "sleep offline"}
        )
        self.form: dict[str, str] = {}
        self.route("/token", method="POST")(self._token)

    def _token(self, request: Request) -> Reply:
        self.form = dict(parse_qsl(request.body.decode()))
        return self.reply


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with TokenEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def http(endpoint: TokenEndpoint) -> AsyncIterator[HttpKit]:
    async with HttpKit(endpoint.base_url) as http:
        yield http


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_address_for_the_browser_carries_everything_but_secrets() -> None:
    authorization = oauth.begin(CALLBACK, ("read:sleep", "offline"))
    assert authorization.code_verifier is not None
    url = oauth.authorize_url("https://v.example/auth?lang=en", CLIENT, authorization, extra={"prompt": "x"})
    query = {key: value for key, (value,) in parse_qs(urlsplit(url).query).items()}
    assert query == {
        "lang": "en",
        "response_type": "code",
        "client_id": "poise",
        "redirect_uri": CALLBACK,
        "scope": "read:sleep offline",
        "state": authorization.state.reveal(),
        "prompt": "x",
        "code_challenge": oauth.challenge(authorization.code_verifier),
        "code_challenge_method": "S256",
    }
    assert "hush" not in url
    assert authorization.code_verifier.reveal() not in url


def test_every_dance_has_its_own_state_and_verifier() -> None:
    dances = [oauth.begin(CALLBACK, ()) for _ in range(50)]
    assert len({dance.state for dance in dances}) == 50
    assert len({dance.code_verifier for dance in dances}) == 50
    assert all(dance.code_verifier and 43 <= len(dance.code_verifier.reveal()) <= 128 for dance in dances)
    assert oauth.begin(CALLBACK, (), pkce=False).code_verifier is None


@pytest.mark.parametrize("returned", [None, "", "other", "täuschung"])
def test_a_state_that_is_not_ours_is_refused(returned: str | None) -> None:
    authorization = oauth.begin(CALLBACK, ())
    with pytest.raises(NeedsReauth):
        oauth.check_state(authorization, returned)
    oauth.check_state(authorization, authorization.state.reveal())


async def test_a_code_becomes_credentials(endpoint: TokenEndpoint, http: HttpKit) -> None:
    authorization = oauth.begin(CALLBACK, ("sleep",))
    before = dt.datetime.now(dt.UTC)
    credentials = await oauth.exchange(http, "token", CLIENT, authorization, "the-code")
    assert endpoint.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": CALLBACK,
        "code_verifier": authorization.code_verifier and authorization.code_verifier.reveal(),
        "client_id": "poise",
        "client_secret": "hush",
    }
    assert (credentials.access_token, credentials.refresh_token) == (Secret("A2"), Secret("R2"))
    assert credentials.scopes == {"sleep", "offline"}
    assert credentials.expires_at is not None
    assert credentials.expires_at >= before + dt.timedelta(hours=1)


async def test_a_refresh_keeps_what_the_vendor_does_not_repeat(
    endpoint: TokenEndpoint, http: HttpKit
) -> None:
    endpoint.reply = Reply.json({"access_token": "A2", "expires_in": "600"})
    old = Credentials(
        access_token=Secret("A1"),
        refresh_token=Secret("R1"),
        scopes=frozenset({"sleep"}),
        vendor_user_id="u1",
    )
    fresh = await oauth.refresh(http, "token", CLIENT, old)
    assert endpoint.form["refresh_token"] == "R1"
    assert (fresh.refresh_token, fresh.scopes, fresh.vendor_user_id) == (Secret("R1"), {"sleep"}, "u1")
    assert fresh.expires_at is not None


async def test_without_a_refresh_token_only_the_athlete_can_help(http: HttpKit) -> None:
    with pytest.raises(NeedsReauth):
        await oauth.refresh(http, "token", CLIENT, Credentials(access_token=Secret("A1")))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply.json({"error": "invalid_grant"}, status=400), NeedsReauth),
        (Reply.json({"error": "access_denied"}, status=403), NeedsReauth),
        (Reply.json({"error": "invalid_client"}, status=401), Fatal),
        (Reply.json({"error": "temporarily_unavailable"}, status=400), Retriable),
        (Reply(status=401, body=b"nope"), NeedsReauth),
        (Reply(status=500), Retriable),
        (Reply.json({}), Retriable),
        (Reply.json(["odd"]), Retriable),
        (Reply(body=b"<html>"), Retriable),
    ],
)
async def test_a_refusal_says_who_can_mend_it(
    reply: Reply, kind: type[PoiseError], endpoint: TokenEndpoint, http: HttpKit
) -> None:
    endpoint.reply = reply
    old = Credentials(access_token=Secret("A1"), refresh_token=Secret("R1"))
    with pytest.raises(kind) as caught:
        await oauth.refresh(http, "token", CLIENT, old)
    assert "R1" not in str(caught.value)


@pytest.mark.parametrize("lifetime", ["soon", -5, "nan", [], 1e30])
async def test_an_odd_lifetime_is_bounded(lifetime: object, endpoint: TokenEndpoint, http: HttpKit) -> None:
    endpoint.reply = Reply.json({"access_token": "A2", "expires_in": lifetime})
    credentials = await oauth.exchange(http, "token", CLIENT, oauth.begin(CALLBACK, ()), "code")
    assert credentials.access_token == Secret("A2")
