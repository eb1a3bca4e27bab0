"""A wearable's client with one defect each: the conformance suite must find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.failing import FailureChecks
from poise_sdk.testing.fetching import FetchChecks
from tests.sdk.broken import Defect, failure, unproven
from tests.sdk.pulse import suite_of

DEFECTS: dict[str, Defect] = {
    "no document": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield change(page, documents=())
        connect = opens(Client)
        """,
        "test_valid_credentials",
        "no data type gave a record",
    ),
    "an address of its own": Defect(
        "connect = opens(PulseClient, lambda config: change(config, base_url='http://127.0.0.1:1'))",
        "test_valid_credentials",
        "connection failed",
    ),
    "a client of its own kind": Defect(
        """
        @asynccontextmanager
        async def connect(self, config):
            yield object()
        """,
        "test_valid_credentials",
        "connect gives a object, not a WearableClient",
    ),
    "a list for pages": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                return [page async for page in super().fetch(*span, cursor=cursor)]
        connect = opens(Client)
        """,
        "test_valid_credentials",
        "write `async def fetch` with `yield`",
    ),
    "documents for pages": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield page.documents[0]
        connect = opens(Client)
        """,
        "test_valid_credentials",
        "gave a RawDocument, not a Page",
    ),
    "a local clock": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield change(page, received_at=page.received_at.replace(tzinfo=None))
        connect = opens(Client)
        """,
        "test_valid_credentials",
        "received_at is not UTC",
    ),
    "a number for an account": Defect(
        """
        class Client(PulseClient):
            async def user_id(self): return 17
        connect = opens(Client)
        """,
        "test_valid_credentials",
        "user_id() is 17",
    ),
    "stops after the first page": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield page
                    return
        connect = opens(Client)
        """,
        "paging_goes",
        "the last page names a next one",
    ),
    "sees one page only": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield change(page, next_cursor=None)
                    return
        connect = opens(Client)
        """,
        "paging_goes",
        "say paged=False if it does not page",
    ),
    "hides the cursor": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span, cursor=cursor):
                    yield change(page, next_cursor=None)
        connect = opens(Client)
        """,
        "paging_goes",
        "page 1 of 3 names no next_cursor",
    ),
    "begins anew whatever the cursor": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                async for page in super().fetch(*span):
                    yield page
        connect = opens(Client)
        """,
        "paging_goes",
        "resumed after page 1 of 3, the rest is another: 3 pages, not 2",
    ),
    "takes a dead token for the end": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                try:
                    async for page in super().fetch(*span, cursor=cursor):
                        yield page
                except NeedsReauth:
                    return
        connect = opens(Client)
        """,
        "paging_goes",
        "a token that dies after the first page: NeedsReauth is right, it answered",
    ),
    "asks for the future": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, kind, since, until, *, cursor=None):
                long_ago = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
                async for page in super().fetch(kind, long_ago, until, cursor=cursor):
                    yield page
        connect = opens(Client)
        """,
        "in_the_future",
        "pages of the future",
    ),
    "answers once": Defect(
        """
        class Client(PulseClient):
            asked = set()
            async def fetch(self, kind, since, until, *, cursor=None):
                if kind in self.asked:
                    return
                self.asked.add(kind)
                async for page in super().fetch(kind, since, until, cursor=cursor):
                    yield page
        connect = opens(Client)
        """,
        "asking_again",
        "gives other records when asked again",
    ),
    "takes a refusal for an empty answer": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                try:
                    async for page in super().fetch(*span, cursor=cursor):
                        yield page
                except NeedsReauth:
                    pass
        connect = opens(Client)
        """,
        "invalid_credentials",
        "wrong credentials: NeedsReauth is right, it answered",
    ),
    "trusts that there are credentials": Defect(
        """
        class Client(PulseClient):
            def __init__(self, http, config):
                config.credentials.access_token
                super().__init__(http, config)
        connect = opens(Client)
        """,
        "invalid_credentials",
        "no credentials: Fatal or NeedsReauth is right, it raised AttributeError",
    ),
    "cannot end what has ended": Defect(
        """
        class Client(PulseClient):
            async def revoke(self):
                await self._http.request("DELETE", "v1/consent", headers=self._authorized())
        connect = opens(Client)
        """,
        "ending_an_ended",
        "does not accept the credentials",
    ),
    "ends something else": Defect(
        """
        class Client(PulseClient):
            async def revoke(self):
                await self._http.request("GET", "v1/me", headers=self._authorized())
        connect = opens(Client)
        """,
        "ending_an_ended",
        "after revoke: NeedsReauth is right, it answered",
    ),
    # trouble
    "asks no budget": Defect(
        "connect = opens(PulseClient, lambda config: change(config, budget=None))",
        "asks_the_budget",
        "0 of them asked the budget",
    ),
    "errors of its own": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, *span, cursor=None):
                try:
                    async for page in super().fetch(*span, cursor=cursor):
                        yield page
                except PoiseError as error:
                    raise RuntimeError("vendor trouble") from error
        connect = opens(Client)
        """,
        "how_to_recover",
        "fetch(sleep), 401: NeedsReauth is right, it raised RuntimeError",
    ),
    "a refresh with errors of its own": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                try:
                    return await super().refresh()
                except PoiseError as error:
                    raise NeedsReauth("cannot refresh") from error
        connect = opens(Client)
        """,
        "how_to_recover",
        "refresh, 403 with a web page: Retriable is right",
    ),
    "a pause of its own": Defect(
        """
        class Client(PulseClient):
            async def user_id(self):
                try:
                    return await super().user_id()
                except Retriable as error:
                    raise Retriable("slow down", after=1.0) from error
        connect = opens(Client)
        """,
        "how_to_recover",
        "the vendor asked for 7 s",
    ),
    "patience without end": Defect(
        "connect = opens(PulseClient, lambda config: change(config, timeout_s=30))",
        "hangs_is_given_up",
        "ignores the timeout_s",
    ),
    "a web page taken for an empty answer": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, kind, since, until, *, cursor=None):
                try:
                    async for page in super().fetch(kind, since, until, cursor=cursor):
                        yield page
                except Skippable:
                    return
        connect = opens(Client)
        """,
        "web_page_with_status_200",
        "was taken for an empty answer",
    ),
    "a web page taken for a night": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, kind, since, until, *, cursor=None):
                try:
                    async for page in super().fetch(kind, since, until, cursor=cursor):
                        yield page
                except Skippable:
                    content = b'{"type": "workout", "id": "w", "start": "2025-01-01T00:00:00Z", ' \\
                        b'"end": "2025-01-01T01:00:00Z", "sport": "none"}'
                    yield Page(documents=(RawDocument(name="x", content=content),), received_at=since)
        connect = opens(Client)
        """,
        "web_page_with_status_200",
        "a web page became records",
    ),
    "gives nothing for what is gone": Defect(
        """
        class Client(PulseClient):
            async def fetch_one(self, data_type, record_id):
                try:
                    return await super().fetch_one(data_type, record_id)
                except Skippable:
                    return ()
        connect = opens(Client)
        """,
        "record_that_is_gone",
        "Skippable or Fatal is right, it answered ()",
    ),
    "a token in the address": Defect(
        """
        class Client(PulseClient):
            async def user_id(self):
                token = self._credentials.access_token.reveal()
                await self._http.get(f"v1/me/{token}", headers=self._authorized())
        connect = opens(Client)
        """,
        "show_no_secret",
        "user_id, 401: the error shows a secret",
    ),
    "a secret in a cause": Defect(
        """
        class Client(PulseClient):
            async def refresh(self):
                try:
                    return await super().refresh()
                except PoiseError as error:
                    secret = self._config.client.client_secret.reveal()
                    raise NeedsReauth("no refresh") from ValueError(f"refused: {secret}")
        connect = opens(Client)
        """,
        "show_no_secret",
        "refresh, 401: the error shows a secret",
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
    assert not unproven(FetchChecks, DEFECTS) | unproven(FailureChecks, DEFECTS)
