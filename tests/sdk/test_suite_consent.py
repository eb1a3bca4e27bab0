"""A wearable's consent dance with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.consenting import ConsentChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.pulse import suite_of

#: A consent page's address, taken apart and put together again.
_PAGE = """
        def authorize_url(self, client, authorization):
            return super().authorize_url(client, {})
        """

DEFECTS: dict[str, Defect] = {
    "forgets the state": Defect(
        _PAGE.format("change(authorization, state=Secret('x'))"), "told_who_asks", "the state is not in"
    ),
    "forgets who asks": Defect(
        """
        def authorize_url(self, client, authorization):
            return super().authorize_url(change(client, client_id='pulse'), authorization)
        """,
        "told_who_asks",
        "the client id is not in",
    ),
    "comes back elsewhere": Defect(
        _PAGE.format("change(authorization, redirect_uri='https://pulse.example')"),
        "told_who_asks",
        "the redirect_uri is not in",
    ),
    "claims PKCE": Defect(
        _PAGE.format("change(authorization, code_verifier=None)"), "told_who_asks", "PKCE is claimed"
    ),
    "shows PKCE's secret half": Defect(
        """
        def authorize_url(self, client, authorization):
            url = super().authorize_url(client, authorization)
            return f"{url}&code_verifier={authorization.code_verifier.reveal()}"
        """,
        "told_who_asks",
        "PKCE's secret half is in the address",
    ),
    "shows the application's secret": Defect(
        """
        def authorize_url(self, client, authorization):
            return f"{super().authorize_url(client, authorization)}&key={client.client_secret.reveal()}"
        """,
        "told_who_asks",
        "the client secret is in the address",
    ),
    "asks for less than it claims": Defect(
        _PAGE.format("change(authorization, scopes=('sleep',))"), "told_who_asks", "['workout', 'offline']"
    ),
    "a page in the clear": Defect(
        """
        def authorize_url(self, client, authorization):
            return super().authorize_url(client, authorization).replace("https:", "http:", 1)
        """,
        "told_who_asks",
        "is not https",
    ),
    "a token for credentials": Defect(
        """
        async def exchange(self, *dance):
            return (await super().exchange(*dance)).access_token
        """,
        "code_is_exchanged",
        "exchange gave a Secret",
    ),
    "tokens that nobody gave": Defect(
        """
        async def exchange(self, *dance):
            return change(await super().exchange(*dance), access_token=Secret("made-up"))
        """,
        "code_is_exchanged",
        "the new credentials are not accepted",
    ),
    "takes any code": Defect(
        """
        async def exchange(self, *dance):
            try:
                return await super().exchange(*dance)
            except NeedsReauth:
                return Credentials(access_token=Secret("none"))
        """,
        "code_is_exchanged",
        "exchange, a wrong code: NeedsReauth is right, it answered",
    ),
    "a wrong code taken for a passing trouble": Defect(
        """
        async def exchange(self, *dance):
            try:
                return await super().exchange(*dance)
            except NeedsReauth as error:
                raise Retriable(error.message) from error
        """,
        "code_is_exchanged",
        "exchange, a wrong code: NeedsReauth is right, it raised Retriable",
    ),
    "a passing trouble taken for a wrong code": Defect(
        """
        async def exchange(self, *dance):
            try:
                return await super().exchange(*dance)
            except Retriable as error:
                raise NeedsReauth(error.message) from error
        """,
        "code_is_exchanged",
        "exchange, a 500: Retriable is right, it raised NeedsReauth",
    ),
    "remembers a verifier for everybody": Defect(
        """
        mine = []
        def authorize_url(self, client, authorization):
            self.mine.append(authorization.code_verifier)
            return super().authorize_url(client, authorization)
        async def exchange(self, config, authorization, code):
            return await super().exchange(config, change(authorization, code_verifier=self.mine[-1]), code)
        """,
        "verifier_of_another_dance",
        "exchange, the verifier of another dance: NeedsReauth is right",
    ),
    "gives back the old credentials": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                old = self._credentials
                await super().refresh()
                return old
        connect = opens(Client)
        """,
        "refresh_gives",
        "refresh gave the old access token",
    ),
    "goes on with the old token": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                old = self._credentials
                fresh = await super().refresh()
                self._credentials = old
                return fresh
        connect = opens(Client)
        """,
        "refresh_gives",
        "goes on with the old token",
    ),
    "forgets whose account it is": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                return change(await super().refresh(), vendor_user_id=None)
        connect = opens(Client)
        """,
        "refresh_gives",
        "forgets whose account",
    ),
    "loses the refresh token": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                return change(await super().refresh(), refresh_token=None)
        connect = opens(Client)
        """,
        "refresh_gives",
        "lost the refresh token",
    ),
    "keeps the spent refresh token": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                old = self._credentials.refresh_token
                return change(await super().refresh(), refresh_token=old)
        connect = opens(Client)
        """,
        "refresh_gives",
        "the old refresh token was kept",
    ),
    "rotates without a word": Defect(
        """
        capabilities = capable(oauth=change(Base.capabilities.oauth, rotates_refresh_tokens=False))
        class Client(PulseClient):
            async def refresh(self):
                return change(await super().refresh(), refresh_token=Secret("another"))
        connect = opens(Client)
        """,
        "refresh_gives",
        "capabilities.oauth does not say so",
    ),
    "claims a rotation it cannot do": Defect(
        """
        class Client(PulseClient):
            refresh = WearableClient.refresh
        connect = opens(Client)
        """,
        "refresh_gives",
        "rotation is claimed, refresh is not written",
    ),
    "tries a dead refresh token for ever": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                try:
                    return await super().refresh()
                except NeedsReauth as error:
                    raise Retriable(error.message) from error
        connect = opens(Client)
        """,
        "dead_refresh",
        "refresh, a wrong refresh token: NeedsReauth is right",
    ),
    "takes none for a spent one": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                self._credentials.refresh_token.reveal()
                return await super().refresh()
        connect = opens(Client)
        """,
        "dead_refresh",
        "refresh, no refresh token: NeedsReauth is right, it raised AttributeError",
    ),
}


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_is_proven_to_fail() -> None:
    assert not unproven(ConsentChecks, DEFECTS)
