"""``poise-sdk new``: its names, its files, what it refuses. That what it writes works: tests/third_party."""

from __future__ import annotations

from pathlib import Path

import pytest

from poise_sdk.errors import Fatal
from poise_sdk.scaffold.command import main
from poise_sdk.scaffold.names import Names
from poise_sdk.scaffold.package import Kind, render


def test_a_name_stands_in_each_place_as_it_is_written_there() -> None:
    written = Names.of("my-ring").put("newvendor NewVendor new-vendor New Vendor poise_newvendor")
    assert written == "my_ring MyRing my-ring My Ring poise_my_ring"
    assert Names.of("my_ring").put("newvendor new-vendor") == "my_ring my-ring"
    assert Names.of("garmin2").put("NewVendor") == "Garmin2"


@pytest.mark.parametrize("kind", Kind)
def test_no_template_leaves_its_own_name_behind(kind: Kind) -> None:
    for path, text in render(Names.of("pulse"), kind).items():
        for word in ("newvendor", "new-vendor", "new vendor", ".tmpl"):
            assert word not in f"{path}\n{text}".lower(), f"{path} still says {word}"


@pytest.mark.parametrize("kind", Kind)
def test_a_package_has_its_parts(kind: Kind) -> None:
    files = set(render(Names.of("pulse"), kind))
    parts = ("__init__", "adapter", "client", "normalize", "payloads")
    assert {f"poise_pulse/{part}.py" for part in parts} <= files
    assert {"pyproject.toml", "README.md", "poise_pulse/py.typed", "poise_pulse/coverage.yaml"} <= files
    assert {"tests/test_pulse.py", ".gitignore"} <= files


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("My-Ring", "is no name"),
        ("2ring", "is no name"),
        ("ring-", "is no name"),
        ("a--b", "is no name"),
        ("ring!", "is no name"),
        ("../ring", "is no name"),
        ("", "is no name"),
        ("ring\n", "is no name"),
        ("rïng", "is no name"),
        ("poise-ring", "leave that out"),
        ("poise_ring", "leave that out"),
        ("sdk", "is taken"),
        ("r" * 41, "too long"),
    ],
)
def test_a_bad_name_is_refused_in_words(
    name: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "--into", str(tmp_path), "--", name]) == 1
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pulse").mkdir()
    (tmp_path / "pulse" / "mine.txt").write_text("mine")
    assert main(["new", "pulse", "--into", str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "pulse").iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert main(["new", "pulse", "--into", str(tmp_path / "file")]) == 1
    assert "pulse: Not a directory (check the folder" in capsys.readouterr().err


def test_what_is_next_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "pulse", "--into", str(tmp_path / "new" / "place")]) == 0
    folder = tmp_path / "new" / "place" / "pulse"
    assert f"cd {folder} && pip install -e . && pytest" in capsys.readouterr().out
    assert (folder / "poise_pulse" / "adapter.py").is_file()


@pytest.mark.parametrize("arguments", [[], ["new"], ["old", "pulse"], ["new", "pulse", "--kind", "toaster"]])
def test_a_wrong_call_shows_how_to_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: poise-sdk" in capsys.readouterr().err


def test_names_are_made_by_the_rules_only() -> None:
    with pytest.raises(Fatal):
        Names.of("Not A Name")
