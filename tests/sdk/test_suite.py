"""The conformance suite must be able to fail: adapters broken on purpose, one defect each."""

from __future__ import annotations

import textwrap
from pathlib import Path

import anyio.lowlevel
import httpcore
import pytest

from poise_sdk.records import RawDocument
from poise_sdk.testing.guard import Impure, pure
from poise_sdk.testing.mutations import damaged_rows, rubbish
from poise_sdk.testing.samples import load_samples
from poise_sdk.testing.suite import adapter_suite

pytest_plugins = ["pytester"]

#: httpx imports these at its first request. A run inside this run forgets what it imported, and two
#: copies of one exception class would not know each other.
IMPORTED_BEFORE = (httpcore, anyio.lowlevel)

PACKAGE = Path(__file__).parents[1] / "third_party" / "poise-courtside"
SAMPLES = PACKAGE / "tests" / "samples"
GAME = RawDocument(name="game.json", content=(SAMPLES / "game_C-17.json").read_bytes())

MODULE = """
import asyncio, builtins, datetime, itertools, random, socket, time
from contextlib import asynccontextmanager
from pathlib import Path
import httpx, msgspec
from poise_courtside import CourtsideAdapter
from poise_courtside.adapter import CourtsideFeed
from poise_sdk.adapter import FeedConfig, Fetched
from poise_sdk.errors import *
from poise_sdk.http import HttpKit
from poise_sdk.records import *
from poise_sdk.simulation import *
from poise_sdk.testing.suite import adapter_suite

SAMPLES = Path({samples!r})
change = msgspec.structs.replace

def each(result, edit):
    return change(result, plays=result.plays and tuple(edit(p) for p in result.plays))

class Broken(CourtsideAdapter):
{body}

TestBroken = adapter_suite(
    Broken, samples=SAMPLES, game_id="C-17",
    routes={{"/games/C-17": SAMPLES / "game_C-17.json", "/today": SAMPLES / "today.json",
             "/days/{{day}}": SAMPLES / "today.json"}},
)
"""

#: Defect → the body of the broken adapter, the test that must fail, a word of what it must say.
DEFECTS: dict[str, tuple[str, str, str]] = {
    "an odd name": ("name = 'Court-Side'", "identity", "is no name"),
    "no title": ("title = ''", "identity", "title is empty"),
    "a name that changes": (
        """
        def __init__(self):
            self.name = f"courtside{random.randrange(10**9)}"
        """,
        "identity",
        "differs between two instances",
    ),
    "an asynchronous normalize": (
        "async def normalize(self, document): return super().normalize(document)",
        "plain_function",
        "asynchronous",
    ),
    "another type": ("def normalize(self, document): return []", "samples_are_understood", "gave a list"),
    "understands nothing": (
        """
        def normalize(self, document):
            return Normalized(rejected=(Rejected(file=document.name, reason='x'),))
        """,
        "samples_are_understood",
        "nothing was understood",
    ),
    "reads the clock": (
        """
        def normalize(self, document):
            now = datetime.datetime.now(datetime.UTC)
            return each(super().normalize(document), lambda p: change(p, edited_at=now))
        """,
        "same_answer",
        "a second call",
    ),
    "remembers": (
        """
        seen = set()
        def normalize(self, document):
            result = super().normalize(document)
            fresh = tuple(t for t in result.teams if t.id not in self.seen)
            self.seen.update(t.id for t in fresh)
            return change(result, teams=fresh)
        """,
        "same_answer",
        "another answer",
    ),
    "opens a file": (
        """
        def normalize(self, document):
            open("/dev/null").close()
            return super().normalize(document)
        """,
        "nothing_outside",
        "inside what must be pure",
    ),
    "opens a socket and hides it": (
        """
        def normalize(self, document):
            try:
                socket.socket().close()
            except BaseException:
                pass
            return super().normalize(document)
        """,
        "nothing_outside",
        "inside what must be pure",
    ),
    "raises on rubbish": (
        """
        def normalize(self, document):
            msgspec.json.decode(document.content)
            return super().normalize(document)
        """,
        "rubbish",
        "must never raise",
    ),
    "takes rubbish for an empty day": (
        """
        def normalize(self, document):
            result = super().normalize(document)
            return result if result.games else Normalized()
        """,
        "rubbish",
        "is not rejected",
    ),
    "raises on an odd row": (
        """
        def normalize(self, document):
            result = super().normalize(document)
            if result.rejected and result.games:
                raise KeyError("clock")
            return result
        """,
        "odd_row",
        "must never raise, it raised KeyError",
    ),
    "drops odd rows in silence": (
        """
        def normalize(self, document):
            result = super().normalize(document)
            return change(result, rejected=()) if result.games else result
        """,
        "odd_row",
        "disappear without a reason",
    ),
    "positions with gaps": (
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, position=p.position * 10))
        """,
        "keep_their_promises",
        "positions do not run",
    ),
    "a negative score": (
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, score_home=-1))",
        "keep_their_promises",
        "a negative score",
    ),
    "points that do not add up": (
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, score_away=p.score_away + 1))
        """,
        "keep_their_promises",
        "its plays score",
    ),
    "minutes for seconds, the wrong way": (
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, clock_s=p.clock_s * 60))
        """,
        "keep_their_promises",
        "s on the clock",
    ),
    "numbers twice": (
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, number=1))",
        "keep_their_promises",
        "have the number 1",
    ),
    "text for a number": (
        "def normalize(self, d): return each(super().normalize(d), lambda p: change(p, clock_s='12:00'))",
        "keep_their_promises",
        "a field of a wrong type",
    ),
    "plays of a game nobody announced": (
        "def normalize(self, d): return change(super().normalize(d), games=())",
        "keep_their_promises",
        "is not among games",
    ),
    "local time": (
        """
        def normalize(self, d):
            zone = datetime.timezone(datetime.timedelta(hours=1))
            result = super().normalize(d)
            games = (change(g, tipoff_at=g.tipoff_at.astimezone(zone)) for g in result.games)
            return change(result, games=tuple(games))
        """,
        "keep_their_promises",
        "is not UTC",
    ),
    "a miss that scores": (
        """
        def normalize(self, d):
            return each(super().normalize(d), lambda p: change(p, points=1) if p.made is False else p)
        """,
        "keep_their_promises",
        "points for a shot",
    ),
    "files under other names": (
        "def accepts(self, name): return name.endswith('.xml')",
        "same_documents",
        "accepts",
    ),
    "a reader that stops at what it cannot read": (
        """
        def read_file(self, path, **more):
            for item in super().read_file(path, **more):
                if isinstance(item, Rejected):
                    return
                yield item
        """,
        "climbs_out",
        "climbs.",
    ),
    "a reader without bounds": (
        """
        def read_file(self, path, **more):
            import zipfile
            archive = zipfile.ZipFile(path)
            for name in sorted(archive.namelist()):
                yield RawDocument(name=name, content=archive.read(name))
        """,
        "bomb",
        "assert not",
    ),
    "a reader in no order": (
        """
        turn = itertools.count()
        def read_file(self, path, **more):
            items = list(super().read_file(path, **more))
            return iter(items[::-1] if next(self.turn) % 2 else items)
        """,
        "stable_order",
        "assert names",
    ),
    "a missing file taken for an empty one": (
        """
        def read_file(self, path, **more):
            return super().read_file(path, **more) if path.exists() else iter(())
        """,
        "missing_file",
        "DID NOT RAISE",
    ),
    "an address of its own": (
        """
        @asynccontextmanager
        async def connect(self, config):
            async with HttpKit("http://127.0.0.1:1", config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "serves_games",
        "connection failed",
    ),
    "a feed that forgets what is known": (
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def fetch_game(self, game_id, validators=None):
                    return await super().fetch_game(game_id)
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "not_sent_again",
        "is not reported as unchanged",
    ),
    "a feed that asks no budget": (
        """
        @asynccontextmanager
        async def connect(self, config):
            config = FeedConfig(base_url=config.base_url, timeout_s=config.timeout_s)
            async with HttpKit(config.base_url, config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "asks_the_budget",
        "asked the budget",
    ),
    "errors of its own": (
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    try:
                        return await super().live_games()
                    except PoiseError as error:
                        raise RuntimeError("vendor trouble") from error
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "NeedsReauth is right, it raised RuntimeError",
    ),
    "trouble taken for a day without games": (
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def schedule(self, day):
                    try:
                        return await super().schedule(day)
                    except PoiseError:
                        return Normalized()
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "is right, it answered",
    ),
    "a pause of its own": (
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    try:
                        return await super().live_games()
                    except Retriable as error:
                        raise Retriable("slow down", after=1.0) from error
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "how_to_recover",
        "the vendor asked for 7 s",
    ),
    "patience without end": (
        """
        @asynccontextmanager
        async def connect(self, config):
            config = FeedConfig(base_url=config.base_url, timeout_s=30)
            async with HttpKit(config.base_url, config=config) as http:
                yield CourtsideFeed(http, self.normalize)
        """,
        "hangs_is_given_up",
        "ignores FeedConfig.timeout_s",
    ),
    "a web page taken for a day without games": (
        """
        @asynccontextmanager
        async def connect(self, config):
            class Feed(CourtsideFeed):
                async def live_games(self):
                    return change(await super().live_games(), rejected=())
            async with HttpKit(config.base_url, config=config) as http:
                yield Feed(http, self.normalize)
        """,
        "web_page_with_status_200",
        "was taken for a day without games",
    ),
}


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs inside this run load our plugin and no other: quicker, and as a plain author's would be."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, body: str, keyword: str = "") -> pytest.RunResult:
    pytester.syspathinsert(PACKAGE)
    indented = textwrap.indent(textwrap.dedent(body), "    ")
    pytester.makepyfile(MODULE.format(samples=str(SAMPLES), body=indented))
    options = ("-p", "poise_sdk.testing.plugin", "-p", "no:cacheprovider", "-k", keyword or "test")
    return pytester.runpytest_inprocess(*options)


def test_a_right_adapter_passes_everything(pytester: pytest.Pytester) -> None:
    run(pytester, "pass").assert_outcomes(passed=19)


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_catches(defect: str, pytester: pytest.Pytester) -> None:
    body, keyword, word = DEFECTS[defect]
    result = run(pytester, body, keyword)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed") == 1, f"{defect}: {outcomes}"
    assert word in result.stdout.str(), f"{defect}: the failure does not say {word!r}"


def test_every_check_of_the_suite_is_proven_to_fail() -> None:
    suite = adapter_suite_of_courtside()
    checks = [name for name in dir(suite) if name.startswith("test_")]
    proven = {check for check in checks for _, keyword, _ in DEFECTS.values() if keyword in check}
    assert set(checks) == proven


def adapter_suite_of_courtside() -> type:
    from poise_sdk.adapter import GameFeedAdapter
    from poise_sdk.records import Normalized

    class Empty(GameFeedAdapter):
        name, title, version = "empty", "Empty", "1"

        def normalize(self, document: RawDocument) -> Normalized:
            return Normalized()

        def connect(self, config: object) -> None:  # type: ignore[override]  # only that it is there
            raise NotImplementedError

    with pytest.raises(ValueError, match="has a feed: give game_id= and routes="):
        adapter_suite(Empty, samples=[GAME])
    return adapter_suite(Empty, samples=[GAME], game_id="1", routes={"/": b""})


def test_a_suite_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no samples"):
        load_samples(tmp_path)
    with pytest.raises(ValueError, match="two samples of one name"):
        load_samples([GAME, GAME])


def test_the_damage_is_the_same_in_every_run_and_always_damage() -> None:
    table = RawDocument(name="t.csv", content=b"id,points\n1,2\n2,3\n3,0\n")
    for sample in (GAME, table):
        first, second = list(damaged_rows(sample, 64)), list(damaged_rows(sample, 64))
        assert first == second
        assert len(first) == 64
        assert len({damage.document.content for damage in first}) > 20
        assert list(rubbish(sample)) == list(rubbish(sample))
        assert all(damage.document.content != sample.content for damage in rubbish(sample))


def test_the_guard_lets_pure_work_pass_and_stops_the_rest(tmp_path: Path) -> None:
    with pure():
        assert sorted([2, 1]) == [1, 2]
    with pytest.raises(Impure), pure():
        (tmp_path / "x").write_text("x")
    (tmp_path / "x").write_text("outside the guard everything is allowed")
