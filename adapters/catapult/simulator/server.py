"""The vendor itself: OpenField's paths on loopback, over the sessions of an invented team."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from adapters.catapult.payloads import ACTIVITIES, ATHLETES, STATS
from adapters.catapult.simulator.sessions import Session, make_accounts, make_sessions
from poise_sdk.simulation import FaultPlan, Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.wearable import ClientCredentials, Credentials, Secret

__all__ = ["CatapultSimulator"]

_TEAM: Final = "simulated-team"
_SCOPE: Final = "connect"
_DEFAULT_PAGE: Final = 100
_TOO_MANY: Final = 429


class CatapultSimulator:
    """See :class:`poise_sdk.vendors.WearableSimulator`; there is no consent page and there are no webhooks.

    The whole team's token is :attr:`team_token`; :attr:`narrow_token` is one that may not read the API
    (403). ``remaining`` bounds the requests that are answered before a 429.
    """

    def __init__(
        self,
        *,
        athletes: int = 3,
        days: int = 30,
        seed: int = 1,
        port: int = 0,
        now: dt.datetime | None = None,
        client: ClientCredentials | None = None,
    ) -> None:
        self._now = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
        self._seed = seed
        self._accounts = make_accounts(seed, athletes)
        first = self._now.date() - dt.timedelta(days=days)
        self.sessions = make_sessions(seed, self._accounts, first, self._now)
        """The team's activities, oldest first."""
        token = client.client_secret if client else None
        self.team_token = token or Secret(f"simulated-catapult-team-token-{seed}")
        self._client = ClientCredentials(
            client_id=client.client_id if client else _TEAM, client_secret=self.team_token
        )
        self.narrow_token = Secret(f"simulated-catapult-token-without-connect-{seed}")
        self.remaining: int | None = None
        """How many more requests are answered; ``None``: all."""
        self.retry_after_s = 30
        self._vendor = SimulatedVendor(port=port)
        self._vendor.route(f"/{ATHLETES}")(self._athletes)
        self._vendor.route(f"/{ACTIVITIES}")(self._activities)
        self._vendor.route(f"/{STATS}", method="POST")(self._stats)

    @property
    def base_url(self) -> str:
        """The root; the data is at ``/api/v6``."""
        return self._vendor.base_url

    @property
    def client(self) -> ClientCredentials:
        """A team has no application; where one is configured, its secret is the team's token."""
        return self._client

    @property
    def accounts(self) -> tuple[SimulatedAccount, ...]:
        """The team's athletes."""
        return self._accounts

    @property
    def now(self) -> dt.datetime:
        """The simulated instant."""
        return self._now

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""
        return self._vendor.faults

    @property
    def requests(self) -> list[Request]:
        """What was asked, oldest first."""
        return self._vendor.requests

    def credentials(self, athlete: int = 0) -> Credentials:
        """The team's token, for one athlete's connection."""
        return Credentials(access_token=self.team_token, vendor_user_id=self._accounts[athlete].id)

    async def consent(self, authorize_url: str, account: str) -> str:
        """A team's token is made in OpenField: nobody is asked."""
        raise ValueError("Catapult has no consent page: use credentials()")

    async def advance(self, hours: float) -> None:
        """Move the simulated instant on; sessions that ended meanwhile are there."""
        before, self._now = self._now, self._now + dt.timedelta(hours=hours)
        known = {session.id for session in self.sessions}
        fresh = make_sessions(self._seed, self._accounts, before.date(), self._now)
        self.sessions += [session for session in fresh if session.id not in known]

    def correct(self, session: Session, athlete: int, **figures: float) -> None:
        """Somebody corrects an athlete's figures of a session, a minute from now."""
        session.figures[self._accounts[athlete].id].update(figures)
        self._touch(session)

    def delete(self, session: Session) -> None:
        """Somebody deletes a session, a minute from now: it is listed as deleted, without statistics."""
        session.deleted = True
        self._touch(session)

    def _touch(self, session: Session) -> None:
        self._now += dt.timedelta(minutes=1)
        session.modified_at = self._now

    async def __aenter__(self) -> Self:
        await self._vendor.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._vendor.__aexit__(kind, error, traceback)

    def _refused(self, request: Request) -> Reply | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == self.narrow_token.reveal():
            return Reply.json({"error": f"the token lacks the scope {_SCOPE}"}, status=403)
        if token != self.team_token.reveal():
            return Reply.json({"error": "Unauthenticated."}, status=401)
        if self.remaining is not None:
            if self.remaining <= 0:
                headers = {"retry-after": str(self.retry_after_s)}
                return Reply.json({"error": "Too Many Attempts."}, status=_TOO_MANY, headers=headers)
            self.remaining -= 1
        return None

    def _athletes(self, request: Request) -> Reply:
        if refused := self._refused(request):
            return refused
        rows = []
        for account in self._accounts:
            first, _, last = account.name.partition(" ")
            rows.append({"id": account.id, "first_name": first, "last_name": last, "is_deleted": 0})
        return Reply.json(rows)

    def _activities(self, request: Request) -> Reply:
        if refused := self._refused(request):
            return refused
        query = request.query
        try:
            since, until = int(query.get("start_time", 0)), int(query.get("end_time", 2**40))
            page, size = int(query.get("page", 1)), int(query.get("page_size", _DEFAULT_PAGE))
        except ValueError:
            return Reply.json({"error": "a parameter is no whole number"}, status=400)
        if page < 1 or size < 1:
            return Reply.json({"error": "page and page_size begin at 1"}, status=400)
        within = [one for one in self.sessions if since <= one.start.timestamp() < until]
        return Reply.json([one.listed() for one in within[(page - 1) * size : page * size]])

    def _stats(self, request: Request) -> Reply:
        if refused := self._refused(request):
            return refused
        try:
            asked: Any = msgspec.json.decode(request.body)
            wanted = {one["name"]: set(one["values"]) for one in asked["filters"]}
            parameters, groups = list(asked["parameters"]), set(asked["group_by"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return Reply.json({"error": "filters, parameters and group_by are needed"}, status=400)
        if groups != {"activity", "athlete"}:
            return Reply.json({"error": "this simulator groups by activity and athlete only"}, status=400)
        names = {account.id: account.name for account in self._accounts}
        rows = [
            {
                "activity_id": session.id,
                "activity_name": session.name,
                "athlete_id": athlete,
                "athlete_name": names[athlete],
                **{name: figures[name] for name in parameters if name in figures},
            }
            for session in self.sessions
            if not session.deleted and session.id in wanted.get("activity_id", {session.id})
            for athlete, figures in session.figures.items()
            if athlete in wanted.get("athlete_id", {athlete})
        ]
        return Reply.json(rows)
