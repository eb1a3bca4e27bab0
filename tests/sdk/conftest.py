from __future__ import annotations

import pytest

from poise_sdk.testing import troubles


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite waits one second for an adapter that never gives up: here it is known that it will not."""
    monkeypatch.setattr(troubles, "_HANGING_S", 1.0)
