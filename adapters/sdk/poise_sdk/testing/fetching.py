"""What the suite asks of a wearable's client while all goes well: all pages, again and again."""

from __future__ import annotations

import datetime as dt
from typing import Final

from poise_sdk.errors import Fatal, NeedsReauth
from poise_sdk.observations import WearableRecord
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.simulation import Fault
from poise_sdk.testing.body_invariants import flaws
from poise_sdk.testing.connecting import ClientTries, contents, pages_of, said_by, span
from poise_sdk.testing.observing import records_of
from poise_sdk.testing.trials import Trial
from poise_sdk.testing.troubles import expect
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Credentials, Secret, WearableAdapter, WearableClient

__all__ = ["FetchChecks"]

_FOREIGN: Final = Credentials(
    access_token=Secret("an-access-token-of-nobody"), refresh_token=Secret("a-refresh-token-of-nobody")
)


class FetchChecks(ClientTries):
    """Mixed into the suite of a wearable that has a client."""

    def test_valid_credentials_give_documents(self) -> None:
        """Of each data type, from ``base_url``; what they hold is understood."""

        async def check(trial: Trial, client: WearableClient) -> None:
            records = 0
            for kind in self._kinds():
                trial.requests.clear()
                pages = await self._fetched(trial, client, kind)
                assert trial.requests, f"fetch({kind}) does not ask base_url"
                for page in pages:
                    assert page.received_at.utcoffset() == dt.timedelta(0), "received_at is not UTC"
                    for document in page.documents:
                        records += self._understood(trial.adapter, document)
            assert records, "no data type gave a record"
            user = await client.user_id()
            assert user is None or (isinstance(user, str) and user), f"user_id() is {user!r}"

        self._with_client(check)

    def test_paging_goes_to_the_end_and_resumes_anywhere(self) -> None:
        """A token that dies between two pages, or a worker that is killed, costs no page and doubles none."""

        async def check(trial: Trial, client: WearableClient) -> None:
            turned = 0
            for kind in self._kinds():
                whole = await self._fetched(trial, client, kind)
                assert not whole or whole[-1].next_cursor is None, f"{kind}: the last page names a next one"
                turned += max(len(whole) - 1, 0)
                for n in {1, len(whole) - 1} & set(range(1, len(whole))):
                    cursor = whole[n - 1].next_cursor
                    assert cursor, f"{kind}: page {n} of {len(whole)} names no next_cursor"
                    rest = await self._fetched(trial, client, kind, cursor)
                    assert contents(rest) == contents(whole[n:]), (
                        f"{kind}: resumed after page {n} of {len(whole)}, the rest is another: "
                        f"{len(rest)} pages, not {len(whole) - n}"
                    )
                if len(whole) > 1:
                    await self._dies_between_pages(trial, client, kind)
            assert turned or not self.setting.paged, (
                "no answer has a second page, so paging is not tried: let the vendor have more than fits on "
                "one page, or say paged=False if it does not page"
            )

        self._with_client(check)

    def test_a_span_in_the_future_gives_no_page(self) -> None:
        """After a sync that ran ahead of the vendor's clock there is nothing to ask for."""

        async def check(trial: Trial, client: WearableClient) -> None:
            since = max(trial.now, dt.datetime.now(dt.UTC)) + dt.timedelta(days=2)
            for kind in self._kinds():
                pages = await pages_of(client, kind, since, since + dt.timedelta(days=1))
                assert not pages, f"fetch({kind}) gives {len(pages)} pages of the future"

        self._with_client(check)

    def test_asking_again_gives_the_same_records(self) -> None:
        """By the same client and by a new one: whatever comes twice is recognised by its ids."""

        async def check(trial: Trial, client: WearableClient) -> None:
            async with trial.adapter.connect(trial.config(await trial.grant())) as other:
                for kind in self._kinds():
                    first = said_by(trial.adapter, await self._fetched(trial, client, kind))
                    for again in (client, other):
                        second = said_by(trial.adapter, await self._fetched(trial, again, kind))
                        assert first == second, f"fetch({kind}) gives other records when asked again"

        self._with_client(check)

    def test_invalid_credentials_need_reauth(self) -> None:
        """And none at all are refused in words, not by an AttributeError."""

        async def check(trial: Trial, _: WearableClient) -> None:
            for credentials, right in ((_FOREIGN, (NeedsReauth,)), (None, (Fatal, NeedsReauth))):

                async def ask(credentials: Credentials | None = credentials) -> None:
                    async with trial.adapter.connect(trial.config(credentials)) as client:
                        await self._fetched(trial, client, self._kinds()[0])

                await expect(ask, right, "wrong credentials" if credentials else "no credentials")

        self._with_client(check)

    def test_ending_an_ended_connection_is_no_error(self) -> None:
        """``revoke`` twice; if it asks the vendor, the credentials are dead afterwards."""

        async def check(trial: Trial, _: WearableClient) -> None:
            async with trial.adapter.connect(trial.config(await trial.grant())) as client:
                trial.requests.clear()
                for _turn in range(2):
                    await client.revoke()
                if trial.requests:
                    fetch = self._calls(trial, client)[f"fetch({self._kinds()[0]})"]
                    await expect(fetch, (NeedsReauth,), "after revoke")

        self._with_client(check)

    def _understood(self, adapter: WearableAdapter, document: RawDocument) -> int:
        items = records_of(adapter, document, "a fetched document")
        wrong = list(flaws(document, items))
        wrong += [f"{item.field}: {item.reason}" for item in items if isinstance(item, Rejected)]
        assert not wrong, f"the fetched document {document.name}: " + "; ".join(wrong[:10])
        return sum(isinstance(item, WearableRecord) for item in items)

    async def _dies_between_pages(self, trial: Trial, client: WearableClient, kind: DataType) -> None:
        async def walk() -> None:
            async for _ in client.fetch(kind, *span(trial)):
                trial.faults.add(Fault.status(401))

        try:
            await expect(walk, (NeedsReauth,), f"fetch({kind}), a token that dies after the first page")
        finally:
            trial.faults.clear()
