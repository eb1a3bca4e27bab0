from __future__ import annotations

import importlib.metadata
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.host import Registry, load_registry
from poise_sdk.adapter import FeedConfig, GameFeedAdapter
from poise_sdk.errors import Fatal

GOOD = """
from poise_sdk.adapter import GameFeedAdapter
from poise_sdk.hooks import hookimpl
from poise_sdk.records import Normalized
from poise_sdk.vocabulary import DataType
from poise_sdk.wearable import Capabilities, WearableAdapter

class Feed(GameFeedAdapter):
    name, title, version = "feed", "Feed", "1"
    def normalize(self, document):
        return Normalized()

class Band(WearableAdapter):
    name, title, version = "band", "Band", "2"
    capabilities = Capabilities(data_types=frozenset({DataType.SLEEP}))
    def normalize(self, document):
        return ()

@hookimpl
def poise_register_adapters(register):
    register(Feed())
    register(Band())
"""

Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Install, Callable[[], Registry]]:
    """``install(distribution, code)`` and ``load()``: plugins as pip would leave them, in our folder."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution: str, code: str, *, version: str = "1.0", target: str = "") -> None:
        module = f"{distribution.replace('-', '_')}_{tmp_path.name}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{distribution}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[poise.adapters]\n{distribution} = {module}{target}\n")

    def load() -> Registry:
        found = importlib.metadata.distributions(path=[str(tmp_path)])
        return load_registry(point for distribution in found for point in distribution.entry_points)

    return install, load


def test_adapters_are_found_by_kind_with_their_origin(
    installed: tuple[Install, Callable[[], Registry]],
) -> None:
    install, load = installed
    install("good", GOOD, version="1.2.3")
    registry = load()
    assert not registry.faults
    assert registry.names == ("band", "feed")
    assert list(registry.game_feeds) == ["feed"]
    assert list(registry.wearables) == ["band"]
    assert registry.get("feed") is registry.game_feed("feed")
    assert registry.wearable("band").version == "2"
    origin = registry.origin("feed")
    assert (origin.distribution, origin.version, origin.entry_point) == ("good", "1.2.3", "good")


def test_an_unknown_name_is_told_together_with_the_known_ones(
    installed: tuple[Install, Callable[[], Registry]],
) -> None:
    install, load = installed
    install("good", GOOD)
    registry = load()
    for ask in (registry.get, registry.origin, registry.game_feed, registry.wearable):
        with pytest.raises(Fatal, match=r"'whop'.*installed: band, feed"):
            ask("whop")
    with pytest.raises(Fatal, match="Band is not a game feed"):
        registry.game_feed("band")
    with pytest.raises(Fatal, match="Feed is not a wearable"):
        registry.wearable("feed")


@pytest.mark.parametrize(
    ("code", "target", "message"),
    [
        ("import nothing_of_that_name", "", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)", "", "SystemExit: 3"),
        ("def broken(:", "", "SyntaxError"),
        ("x = 1", ":missing", "AttributeError"),
        ("x = 1", "", "it registers no adapter"),
        (
            """
            from poise_sdk.hooks import hookimpl
            @hookimpl
            def poise_register_adapter(register): ...
            """,
            "",
            "unknown hook 'poise_register_adapter'",
        ),
        (
            """
            from poise_sdk.hooks import hookimpl
            @hookimpl
            async def poise_register_adapters(register): ...
            """,
            "",
            "poise_register_adapters is asynchronous",
        ),
        (
            """
            from poise_sdk.hooks import hookimpl
            @hookimpl
            def poise_register_adapters(register, more): ...
            """,
            "",
            "more",
        ),
        (GOOD + "    raise KeyError('late')", "", "KeyError: 'late'"),
        (
            GOOD.replace("register(Feed())", "register(Feed)"),
            "",
            "Feed is a class (register an instance: Feed())",
        ),
        (
            GOOD.replace("register(Feed())", "register(17)"),
            "",
            "int is neither a GameFeedAdapter nor a Wearable",
        ),
        (GOOD.replace('"feed", "Feed"', '"The Feed", "Feed"'), "", "'The Feed' is no name"),
        (GOOD.replace('"feed", "Feed"', '"feed", None'), "", "Feed.title is not a text"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_fault_and_the_others_go_on(
    code: str, target: str, message: str, installed: tuple[Install, Callable[[], Registry]]
) -> None:
    install, load = installed
    install("broken", code, target=target)
    install("sound", GOOD.replace('"feed"', '"sound_feed"').replace('"band"', '"sound_band"'))
    registry = load()
    assert {"sound_feed", "sound_band"} <= set(registry.names)
    (fault,) = registry.faults
    assert fault.origin.distribution == "broken"
    assert message in fault.error


def test_what_a_plugin_registered_before_it_failed_stays(
    installed: tuple[Install, Callable[[], Registry]],
) -> None:
    install, load = installed
    install("half", GOOD.replace("register(Band())", "raise KeyError('late')"))
    registry = load()
    assert registry.names == ("feed",)
    assert len(registry.faults) == 1


def test_of_two_adapters_with_one_name_the_same_one_always_wins_and_both_are_named(
    installed: tuple[Install, Callable[[], Registry]],
) -> None:
    install, load = installed
    for distribution in ("zeta", "alpha"):
        install(distribution, GOOD.replace("    register(Band())", ""))
    registry = load()
    assert registry.origin("feed").distribution == "alpha"
    (fault,) = registry.faults
    assert fault.origin.distribution == "zeta"
    assert "the name 'feed' is taken by alpha (uninstall zeta or alpha)" in fault.error


def test_a_distribution_found_twice_on_the_path_is_one(
    installed: tuple[Install, Callable[[], Registry]], tmp_path: Path
) -> None:
    install, _ = installed
    install("good", GOOD)
    found = importlib.metadata.distributions(path=[str(tmp_path), str(tmp_path)])
    registry = load_registry(point for distribution in found for point in distribution.entry_points)
    assert registry.names == ("band", "feed")
    assert not registry.faults


def test_an_adapter_of_files_only_says_so(installed: tuple[Install, Callable[[], Registry]]) -> None:
    install, load = installed
    install("good", GOOD)
    adapter = load().game_feed("feed")
    assert isinstance(adapter, GameFeedAdapter)
    assert not adapter.has_feed
    with pytest.raises(Fatal, match="Feed offers files only"):
        adapter.connect(FeedConfig())


def test_what_is_installed_here_loads_without_a_fault() -> None:
    registry = load_registry()
    assert registry.faults == ()
    assert registry.origin("nba_stats").distribution == "poise"
