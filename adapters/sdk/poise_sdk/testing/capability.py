"""What the suite asks of a wearable's capabilities: that they say what the adapter does."""

from __future__ import annotations

import datetime as dt
import re
from typing import ClassVar

from poise_sdk.metrics import METRICS
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, WearableAdapter

__all__ = ["CapabilityChecks"]

_METRIC = re.compile(r"[a-z][a-z0-9_]*")


class CapabilityChecks:
    """Mixed into the class that :func:`~poise_sdk.testing.suite.adapter_suite` makes."""

    adapter_class: ClassVar[type[WearableAdapter]]

    def test_capabilities_say_what_there_is(self) -> None:
        """Data types, history and windows that make sense."""
        told = getattr(self.adapter_class, "capabilities", None)
        assert isinstance(told, Capabilities), f"capabilities is {told!r}, not Capabilities(…)"
        assert told.data_types, "capabilities.data_types is empty: what is it for?"
        for name in ("data_types", "webhooks"):
            odd = [kind for kind in getattr(told, name) if not isinstance(kind, DataType)]
            assert not odd, f"capabilities.{name}: {odd[0]!r} is no DataType"
        beyond = sorted(told.webhooks - told.data_types)
        assert not beyond, f"webhooks tell of {beyond}, which are not among data_types"
        assert told.backfill_days is None or told.backfill_days > 0, f"backfill_days={told.backfill_days}"
        assert told.overlap >= dt.timedelta(0), f"overlap={told.overlap}"
        assert told.window > dt.timedelta(0), f"window={told.window}"

    def test_capabilities_agree_with_the_methods(self) -> None:
        """The host asks for what is claimed, and for nothing else."""
        told = self.adapter_class.capabilities
        for claimed, name, methods in (
            (told.oauth is not None, "oauth", ("authorize_url", "exchange")),
            (bool(told.webhooks), "webhooks", ("verify_webhook", "parse_webhook")),
        ):
            for method in methods:
                written = self._overrides(method)
                assert claimed or not written, f"{method} is written, but capabilities.{name} claims nothing"
                assert written or not claimed, f"capabilities.{name} is claimed, but {method} is not written"
        asked = self._overrides("connect")
        assert asked or not told.webhooks, "webhooks without connect: nobody could fetch what they announce"
        assert asked or not (told.oauth or told.team_token), "consent without connect leads nowhere"
        assert asked or told.file_import, "neither connect nor file_import: no data can come"
        assert told.file_import or not self._overrides("read_file"), (
            "read_file is written, but capabilities.file_import is False"
        )
        assert told.oauth is None or not told.team_token, "oauth and team_token: whose consent is it?"

    def test_metrics_are_known_or_documented(self) -> None:
        """A name of :mod:`poise_sdk.metrics`, or one that the adapter's docstring explains."""
        text = self.adapter_class.__doc__ or ""
        for name in sorted(self.adapter_class.capabilities.metrics):
            assert _METRIC.fullmatch(name), f"the metric {name!r} is not in snake_case"
            assert name in METRICS or re.search(rf"\b{name}\b", text), (
                f"the metric {name!r} is not in poise_sdk.metrics: use the name there, or say in the "
                f"docstring of {self.adapter_class.__name__} what it is and in which unit"
            )

    def _overrides(self, method: str) -> bool:
        return getattr(self.adapter_class, method) is not getattr(WearableAdapter, method)
