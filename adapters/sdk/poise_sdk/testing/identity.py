"""What the suite asks of every adapter's identity."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest

from poise_sdk.adapter import Adapter
from poise_sdk.records import RawDocument

__all__ = ["IdentityChecks"]


class IdentityChecks:
    """Mixed into the class that :func:`~poise_sdk.testing.suite.adapter_suite` makes."""

    adapter_class: ClassVar[type[Adapter]]
    documents: ClassVar[tuple[RawDocument, ...]]

    def test_identity_is_stable(self) -> None:
        """Name, title and version are texts, the name a plain word, the same in every instance."""
        adapter, other = self.adapter_class(), self.adapter_class()
        for field in ("name", "title", "version"):
            value = getattr(adapter, field, None)
            assert isinstance(value, str), f"{field} is {value!r}, not a text"
            assert value, f"{field} is empty"
            assert value == getattr(other, field), f"{field} differs between two instances"
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", adapter.name), (
            f"{adapter.name!r} is no name: lower-case letters, digits and underscores"
        )

    @pytest.fixture
    def adapter(self) -> Adapter:
        """A new adapter for each test."""
        return self.adapter_class()
