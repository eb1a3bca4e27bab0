"""The vendor of `tests.cli.armband`, somebody at a browser, and the adapters' installation."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import threading
from pathlib import Path

import httpx

from poise_sdk.simulated_oauth import SimulatedConsent, press
from poise_sdk.simulation import Reply, Request, SimulatedVendor
from poise_sdk.vendors import SimulatedAccount
from poise_sdk.wearable import ClientCredentials, Secret

__all__ = ["CLIENT", "NIGHTS", "TEAM_TOKEN", "Armband", "Browser", "site"]

CLIENT = ClientCredentials(client_id="poise-app", client_secret=Secret("armband-app-secret"))
TEAM_TOKEN = "squad-team-token"
ACCOUNTS = tuple(SimulatedAccount(id=f"u{n}", name=f"User {n}", time_zone="UTC") for n in (1, 2, 3))
#: Nights that every account has, the last one being today's.
NIGHTS = 20
PAGE = 8


class Armband:
    """The vendor, on loopback, in a thread of its own; a context manager."""

    def __init__(self) -> None:
        self.vendor = SimulatedVendor()
        self.consent = SimulatedConsent(
            self.vendor,
            CLIENT,
            ACCOUNTS,
            authorize="/oauth/authorize",
            token="/oauth/token",
            clock=lambda: dt.datetime.now(dt.UTC),
            offline_scope="offline",
        )
        self.vendor.route("/me")(self._me)
        self.vendor.route("/me", method="DELETE")(self._revoke)
        self.vendor.route("/nights")(self._nights)
        self.vendor.route("/team")(self._team)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return self.vendor.base_url

    def asked(self, path: str, method: str = "GET") -> int:
        """How often a path was asked for."""
        return sum(one.path == path and one.method == method for one in self.vendor.requests)

    def __enter__(self) -> Armband:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.vendor.__aenter__(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.vendor.__aexit__(None, None, None), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _me(self, request: Request) -> Reply:
        who = self.consent.account(request)
        return who if isinstance(who, Reply) else Reply.json({"id": who})

    def _revoke(self, request: Request) -> Reply:
        self.consent.revoke(request)
        return Reply(status=204)

    def _team(self, request: Request) -> Reply:
        if not self._is_team(request):
            return Reply(status=401)
        return Reply.json([{"id": one.id, "name": one.name} for one in ACCOUNTS])

    def _nights(self, request: Request) -> Reply:
        if not self._is_team(request) and isinstance(who := self.consent.account(request, "nights"), Reply):
            return who
        since, until = (dt.datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        ends = (today - dt.timedelta(days=n) for n in range(NIGHTS))
        fitting = [end for end in ends if since <= end < until]
        first = int(request.query["from"])
        shown = [
            {"id": f"n{end:%Y%m%d}", "end": end.isoformat(), "asleep": 400.0 + end.day}
            for end in fitting[first : first + PAGE]
        ]
        more = {"x-next": str(first + PAGE)} if len(fitting) > first + PAGE else {}
        return Reply.json(shown, headers=more)

    def _is_team(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TEAM_TOKEN}"


class Browser:
    """Somebody at a browser who presses the button of ``account`` and is sent back; ``pages``: what they saw.

    ``before`` are addresses that are opened first, with ``{redirect}`` for the redirect URI.
    """

    def __init__(self, account: str = "u1", *, before: tuple[str, ...] = ()) -> None:
        self.account = account
        self.before = before
        self.pages: list[tuple[int, str]] = []
        self._threads: list[threading.Thread] = []

    def open(self, url: str) -> bool:
        """As :func:`webbrowser.open`."""
        self._threads.append(threading.Thread(target=self._browse, args=(url,)))
        self._threads[-1].start()
        return True

    def close(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _browse(self, url: str) -> None:
        redirect = httpx.URL(url).params["redirect_uri"]
        for address in self.before:
            self._get(address.replace("{redirect}", redirect))
        self._get(asyncio.run(press(url, self.account)))

    def _get(self, url: str) -> None:
        answer = httpx.get(url, timeout=30, trust_env=False)
        self.pages.append((answer.status_code, answer.text))


def site(folder: Path) -> Path:
    """A folder that makes these adapters installed, once it is on the path."""
    installed = folder / "armband-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: armband\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[poise.adapters]\narmband = armband\n")
    # Under a name of its own: it is imported in child processes too, which know no tests.
    shutil.copy(Path(__file__).with_name("armband.py"), folder)
    return folder
