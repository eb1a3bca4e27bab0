from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest

from poise_sdk.errors import Fatal
from poise_sdk.observations import Night
from poise_sdk.records import RawDocument
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import (
    Capabilities,
    ClientCredentials,
    Credentials,
    Item,
    Secret,
    WearableAdapter,
    WearableConfig,
    Webhook,
)

CLIENT = ClientCredentials(client_id="poise", client_secret=Secret("the-clients-secret"))


class FilesOnly(WearableAdapter):
    name = "files_only"
    title = "Files Only"
    version = "1"
    capabilities = Capabilities(data_types=frozenset({DataType.SLEEP}), file_import=True)

    def normalize(self, document: RawDocument) -> Iterable[Item]:
        yield Night(
            source_id=document.name,
            start_at=dt.datetime(2025, 1, 5, 22, tzinfo=dt.UTC),
            end_at=dt.datetime(2025, 1, 6, 6, tzinfo=dt.UTC),
            asleep_min=431.0,
        )


def test_a_secret_never_shows_itself() -> None:
    credentials = Credentials(access_token=Secret("the-access"), refresh_token=Secret("the-refresh"))
    for shown in (
        repr(credentials),
        str(credentials),
        f"{credentials.access_token}",
        f"{CLIENT!r}",
        repr(WearableConfig(credentials=credentials, client=CLIENT)),
        repr([credentials.refresh_token]),
    ):
        assert "the-" not in shown
    assert credentials.access_token.reveal() == "the-access"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


async def test_what_an_adapter_does_not_offer_it_refuses_by_name() -> None:
    adapter = FilesOnly()
    webhook = Webhook(headers={}, body=b"", received_at=dt.datetime(2025, 1, 5, tzinfo=dt.UTC))
    with pytest.raises(Fatal, match="Files Only offers files only"):
        adapter.connect(WearableConfig())
    with pytest.raises(Fatal, match="no webhooks"):
        adapter.parse_webhook(webhook)
    assert not adapter.verify_webhook(webhook, CLIENT)
    assert adapter.answer_challenge({}, CLIENT) is None


def test_a_record_of_a_vendor_is_typed_and_immutable() -> None:
    (night,) = FilesOnly().normalize(RawDocument(name="n1", content=b""))
    assert isinstance(night, Night)
    with pytest.raises(AttributeError):
        night.asleep_min = 1.0  # type: ignore[misc]  # that it is refused is what is tested
