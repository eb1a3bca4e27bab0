"""The conformance suite against an adapter's own simulator: right adapters pass, wrong ones do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.testing.simulating import SimulatedFetchChecks, SimulatedHookChecks
from poise_sdk.vendors import SimulatesWearable
from poise_sdk.wearable import Credentials, Secret
from tests.sdk.broken import Defect, checks_of, failure, unproven
from tests.sdk.pulse import adapter, suite_of
from tests.sdk.pulse_vendor import PulseVendor


class Simulated(adapter.PulseAdapter):  # type: ignore[name-defined,misc]  # made by poise-sdk new
    """The right adapter, with a simulator of its own."""

    def vendor_simulator(self, **how: object) -> PulseVendor:
        return PulseVendor(**how)  # type: ignore[arg-type]  # as the protocol says


SIMULATED = {"base": Simulated, "routes": None, "webhook": None}
DEFECTS: dict[str, Defect] = {
    "asks for everything, whatever the span": Defect(
        """
        class Client(PulseClient):
            async def fetch(self, kind, since, until, *, cursor=None):
                long_ago = since - datetime.timedelta(days=40)
                async for page in super().fetch(kind, long_ago, until, cursor=cursor):
                    yield page
        connect = opens(Client)
        """,
        "later_since",
        "the span is not passed on",
    ),
    "tells another account": Defect(
        """
        class Client(PulseClient):
            async def user_id(self): return 'u-2'
        connect = opens(Client)
        """,
        "the_account_is",
        "user_id() is 'u-2', 'u-1' consented",
    ),
    "webhooks of another account": Defect(
        """
        def parse_webhook(self, webhook):
            return tuple(change(event, vendor_user_id='u-9') for event in super().parse_webhook(webhook))
        """,
        "names_can_be_fetched",
        "a webhook names the account 'u-9', user_id() is 'u-1'",
    ),
    "webhooks of another record": Defect(
        """
        def parse_webhook(self, webhook):
            return tuple(change(event, record_id='s-none') for event in super().parse_webhook(webhook))
        """,
        "names_can_be_fetched",
        "no such document",
    ),
}


@pytest.mark.parametrize("check", checks_of(suite_of("pass", **SIMULATED)))
def test_a_right_adapter_passes(check: str, tmp_path: Path) -> None:
    assert failure(suite_of("pass", **SIMULATED), f"{check}", tmp_path) is None


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, tmp_path: Path) -> None:
    wrong = DEFECTS[defect]
    said = failure(suite_of(wrong.body, **SIMULATED), wrong.check, tmp_path)
    assert said is not None, f"{defect}: {wrong.check} passes"
    assert wrong.says in said


def test_every_check_of_simulators_is_proven_to_fail() -> None:
    own = unproven(SimulatedFetchChecks, DEFECTS) | unproven(SimulatedHookChecks, DEFECTS)
    inherited = set(checks_of(SimulatedFetchChecks.__base__)) | set(checks_of(SimulatedHookChecks.__base__))  # type: ignore[arg-type]  # they have one
    assert own <= inherited


def test_a_simulator_may_be_given_from_outside(tmp_path: Path) -> None:
    suite = suite_of("pass", **{**SIMULATED, "base": adapter.PulseAdapter, "simulator": PulseVendor})
    assert failure(suite, "names_can_be_fetched", tmp_path) is None


def test_a_simulator_that_announces_nothing_is_told(tmp_path: Path) -> None:
    class Silent(PulseVendor):
        async def advance(self, hours: float) -> None:
            return None

    suite = suite_of("pass", **{**SIMULATED, "base": adapter.PulseAdapter, "simulator": Silent})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("poise_sdk.testing.simulating._ARRIVES_S", 0.05)
        assert "has announced nothing after 3 days" in str(failure(suite, "says_what_happened", tmp_path))


def test_the_protocol_of_simulators_is_kept() -> None:
    assert isinstance(Simulated(), SimulatesWearable)


def test_what_is_needed_is_asked_for() -> None:
    for given, says in (
        ({"routes": None, "webhook": None}, "has a client: give routes= or a vendor_simulator"),
        ({"webhook": None}, "has webhooks: give webhook="),
    ):
        with pytest.raises(ValueError, match=says):
            suite_of("pass", **given)
    no_consent = """
        capabilities = capable(oauth=None, webhooks=frozenset())
        authorize_url, exchange = WearableAdapter.authorize_url, WearableAdapter.exchange
        """
    with pytest.raises(ValueError, match="no consent page: give credentials="):
        suite_of(no_consent, **SIMULATED)
    with pytest.raises(ValueError, match=r"accepts\(\) takes none of the samples"):
        suite_of("def accepts(self, name): return name.endswith('.fit')")


def test_a_vendor_of_files_needs_samples_only(tmp_path: Path) -> None:
    files_only = """
        capabilities = capable(oauth=None, webhooks=frozenset())
        connect = WearableAdapter.connect
        authorize_url, exchange = WearableAdapter.authorize_url, WearableAdapter.exchange
        verify_webhook, parse_webhook = WearableAdapter.verify_webhook, WearableAdapter.parse_webhook
        """
    suite = suite_of(files_only, routes=None, webhook=None)
    assert not any("credentials" in check or "webhook" in check for check in checks_of(suite))
    for check in checks_of(suite):
        (folder := tmp_path / check).mkdir()
        assert failure(suite, check, folder) is None


def test_a_teams_key_is_given_by_hand(tmp_path: Path) -> None:
    key = Credentials(access_token=Secret("the-key-of-the-team"))
    team = """
        capabilities = capable(oauth=None, team_token=True)
        authorize_url, exchange = WearableAdapter.authorize_url, WearableAdapter.exchange
        """
    suite = suite_of(team, credentials=key)
    for check in ("test_valid_credentials", "test_invalid_credentials", "paging_goes", "how_to_recover"):
        assert failure(suite, check, tmp_path) is None
