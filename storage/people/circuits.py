"""Circuits: a vendor in trouble is left alone for a while, then tried by one request.

::

    closed ──5 failures in a row──▶ open ──retry_at──▶ probing ──success──▶ closed
                                     ▲                    │
                                     └──── failure ───────┘   (a pause twice as long, up to half an hour)

What counts as failure is the vendor's own trouble: errors of its servers and silence. A refusal (429, 401,
403) comes from a vendor that works. Each change is one statement, so all workers agree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from storage.ledger.jobs import storable_text
from storage.people.sql import execute, one, rows

__all__ = ["OPENS_AFTER", "Circuit", "allowed", "failed", "get", "succeeded", "troubled"]

#: Failures in a row that open a circuit.
OPENS_AFTER: Final = 5
#: The first pause, and the longest.
_FIRST: Final = dt.timedelta(minutes=1)
_LONGEST: Final = dt.timedelta(minutes=30)
#: How long a probe may take before another worker may try: its own may have been killed.
_PROBE: Final = dt.timedelta(minutes=4)

_ALLOWED: Final = """
SELECT opened_at, greatest(retry_at, probing_until) AS wait FROM vendor_circuits WHERE vendor = $1
"""

# Of many who come when the pause is over, the one whose UPDATE finds it so is the probe.
_PROBING: Final = """
UPDATE vendor_circuits SET probing_until = clock_timestamp() + $2
WHERE vendor = $1 AND opened_at IS NOT NULL AND retry_at <= clock_timestamp()
  AND (probing_until IS NULL OR probing_until <= clock_timestamp())
RETURNING vendor
"""

# While it is open, only the probe's failure counts: requests under way when it opened fail too, and would
# push the pause to its longest at once. The exponent is bounded before the power, which would overflow.
_FAILED: Final = """
INSERT INTO vendor_circuits AS c (vendor, failures, reason) VALUES ($1, 1, $2)
ON CONFLICT (vendor) DO UPDATE SET
    reason = $2,
    failures = c.failures + (c.opened_at IS NULL OR c.probing_until IS NOT NULL)::int,
    opened_at = CASE
        WHEN c.opened_at IS NULL AND c.failures + 1 >= $3 THEN clock_timestamp() ELSE c.opened_at END,
    retry_at = CASE
        WHEN (c.opened_at IS NULL AND c.failures + 1 >= $3) OR c.probing_until IS NOT NULL
        THEN clock_timestamp()
            + least($5::interval, $4::interval * 2 ^ least(greatest(c.failures + 1 - $3, 0), 20))
        ELSE c.retry_at END,
    probing_until = NULL
RETURNING retry_at
"""

_SUCCEEDED: Final = """
UPDATE vendor_circuits
SET failures = 0, opened_at = NULL, retry_at = NULL, probing_until = NULL, reason = NULL
WHERE vendor = $1 AND (failures > 0 OR opened_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Where a vendor stands."""

    vendor: str
    failures: int
    opened_at: dt.datetime | None
    """``None``: closed, requests go through."""
    retry_at: dt.datetime | None
    reason: str | None


async def allowed(vendor: str) -> dt.datetime | None:
    """``None``: go on. Else the instant (UTC) at which to ask again.

    Of all who ask when the pause is over one is let through, as the probe; it must report by :func:`failed`
    or :func:`succeeded`, and if it never does, another is let through minutes later.
    """
    row = await one(_ALLOWED, vendor)
    if row is None or row["opened_at"] is None:
        return None
    if await one(_PROBING, vendor, _PROBE) is not None:
        return None
    row = await one(_ALLOWED, vendor)
    return row["wait"] if row is not None and row["opened_at"] is not None else None


async def failed(vendor: str, reason: str) -> dt.datetime | None:
    """The vendor had trouble of its own; when it may be tried again, ``None`` if at once."""
    row = await one(_FAILED, vendor, storable_text(reason)[:500], OPENS_AFTER, _FIRST, _LONGEST)
    assert row is not None
    retry_at: dt.datetime | None = row["retry_at"]
    return retry_at


async def succeeded(vendor: str) -> None:
    """The vendor answered: the circuit closes, whoever asked."""
    await execute(_SUCCEEDED, vendor)


async def get(vendor: str) -> Circuit:
    """Where a vendor stands; one never in trouble is closed."""
    found = await rows("SELECT * FROM vendor_circuits WHERE vendor = $1", vendor)
    if not found:
        return Circuit(vendor=vendor, failures=0, opened_at=None, retry_at=None, reason=None)
    row = found[0]
    return Circuit(**{name: row[name] for name in ("vendor", "failures", "opened_at", "retry_at", "reason")})


async def troubled() -> list[Circuit]:
    """The vendors whose circuits are open."""
    found = await rows("SELECT vendor FROM vendor_circuits WHERE opened_at IS NOT NULL ORDER BY vendor")
    return [await get(row["vendor"]) for row in found]
