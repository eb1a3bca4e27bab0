"""A wearable's client, open against a simulated vendor: what the checks of clients share."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final

from poise_sdk.testing.observing import records_of
from poise_sdk.testing.trials import Setting, Trial, open_trial
from poise_sdk.testing.troubles import TIMEOUT_S, CountingBudget
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Item, Page, WearableAdapter, WearableClient

__all__ = ["ClientTries", "contents", "pages_of", "said_by", "span"]

#: Pages of one answer: more than any window of any vendor has.
_MOST_PAGES: Final = 2_000

Call = Callable[[], Awaitable[object]]


class ClientTries:
    """Base of the checks of clients."""

    adapter_class: ClassVar[type[WearableAdapter]]
    setting: ClassVar[Setting]

    def _kinds(self) -> list[DataType]:
        return sorted(self.adapter_class.capabilities.data_types)

    async def _fetched(
        self, trial: Trial, client: WearableClient, kind: DataType, cursor: str | None = None
    ) -> list[Page]:
        since, until = span(trial)
        return await pages_of(client, kind, since, until, cursor)

    def _calls(self, trial: Trial, client: WearableClient) -> dict[str, Call]:
        """Every request the client can make, by name."""
        calls: dict[str, Call] = {}
        for kind in self._kinds():
            calls[f"fetch({kind})"] = lambda kind=kind: self._fetched(trial, client, kind)  # type: ignore[misc]  # a default binds the loop's value
        others = ["user_id", "athletes"]
        if trial.granted is not None and trial.granted.refresh_token:
            others.append("refresh")
        for name in others:
            if getattr(type(client), name) is not getattr(WearableClient, name):
                calls[name] = getattr(client, name)
        return calls

    def _with_client(
        self,
        check: Callable[[Trial, WearableClient], Awaitable[None]],
        *,
        budget: CountingBudget | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        async def run() -> None:
            adapter = self.adapter_class()
            async with open_trial(adapter, self.setting) as trial:
                config = trial.config(await trial.grant(), timeout_s=timeout_s, budget=budget)
                async with adapter.connect(config) as client:
                    assert isinstance(client, WearableClient), (
                        f"connect gives a {type(client).__name__}, not a WearableClient"
                    )
                    await check(trial, client)

        asyncio.run(run())


def span(trial: Trial) -> tuple[dt.datetime, dt.datetime]:
    """The span that the host would ask for at once, up to the vendor's present."""
    return trial.now - trial.adapter.capabilities.window, trial.now


async def pages_of(
    client: WearableClient,
    kind: DataType,
    since: dt.datetime,
    until: dt.datetime,
    cursor: str | None = None,
) -> list[Page]:
    """All pages of one answer; a failure if it does not end or gives something else."""
    pages: list[Page] = []
    answer = client.fetch(kind, since, until, cursor=cursor)
    if inspect.iscoroutine(answer):
        answer.close()  # never awaited, and said so below in better words
    assert hasattr(answer, "__aiter__"), (
        f"fetch gave a {type(answer).__name__}: write `async def fetch` with `yield`, for `async for`"
    )
    async for page in answer:
        assert isinstance(page, Page), f"fetch({kind}) gave a {type(page).__name__}, not a Page"
        pages.append(page)
        assert len(pages) < _MOST_PAGES, f"fetch({kind}) does not end after {_MOST_PAGES} pages"
    return pages


def said_by(adapter: WearableAdapter, pages: Sequence[Page]) -> list[Item]:
    """All that ``normalize`` says of the documents of ``pages``."""
    return [
        item
        for page in pages
        for document in page.documents
        for item in records_of(adapter, document, "a fetched document")
    ]


def contents(pages: Sequence[Page]) -> list[list[bytes]]:
    """The bytes of each page's documents."""
    return [[document.content for document in page.documents] for page in pages]
