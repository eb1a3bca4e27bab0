"""What goes wrong at a simulated vendor, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

__all__ = ["Fault", "FaultPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way for an answer to go wrong; made by the class methods."""

    kind: Literal["status", "hang", "reset", "truncate", "oversize", "slow"]
    code: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    delay_s: float = 0.0

    @classmethod
    def status(cls, code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
        """Answer with this status instead."""
        return cls(kind="status", code=code, headers=headers or {}, body=body)

    @classmethod
    def firewall(cls) -> Fault:
        """403 with a web page, as a content network answers whom it does not like."""
        page = b"<!DOCTYPE html><html><head><title>Access Denied</title></head><body>Denied</body></html>"
        return cls.status(403, {"content-type": "text/html"}, page)

    @classmethod
    def hang(cls) -> Fault:
        """Take the request and never answer."""
        return cls(kind="hang")

    @classmethod
    def reset(cls) -> Fault:
        """Take the request and drop the connection."""
        return cls(kind="reset")

    @classmethod
    def truncate(cls) -> Fault:
        """Announce the whole body, send half of it, drop the connection."""
        return cls(kind="truncate")

    @classmethod
    def oversize(cls, size: int) -> Fault:
        """Send ``size`` bytes of nothing, unannounced."""
        return cls(kind="oversize", size=size)

    @classmethod
    def slow(cls, delay_s: float) -> Fault:
        """Answer rightly, ``delay_s`` seconds late."""
        return cls(kind="slow", delay_s=delay_s)


class FaultPlan:
    """The faults to come, oldest first."""

    def __init__(self) -> None:
        self._plan: list[tuple[str, Fault, int | None]] = []

    def add(self, fault: Fault, *, path: str = "*", times: int | None = None) -> None:
        """Let requests whose path fits the pattern ``path`` (``*`` and ``?``) meet ``fault``.

        ``times`` of them; ``None``: all, until :meth:`clear`.
        """
        self._plan.append((path, fault, times))

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self._plan.clear()

    def take(self, path: str) -> Fault | None:
        """The fault that a request for ``path`` meets now, counted off."""
        for index, (pattern, fault, times) in enumerate(self._plan):
            if not fnmatchcase(path, pattern):
                continue
            if times is not None and times <= 1:
                del self._plan[index]
            elif times is not None:
                self._plan[index] = (pattern, fault, times - 1)
            return fault
        return None
