"""GraphiQL's files: what they were when they were taken in, and from nobody else's server."""

from __future__ import annotations

import hashlib
import re

from server.graphiql import STATIC

FOLDER = STATIC / "graphiql"
#: Ours: read by every browser, so they must name no foreign host at all.
OWN = ("index.html", "boot.js", "boot.css")
LARGEST = 3 * 2**20


def provenance() -> dict[str, str]:
    rows = re.findall(
        r"^\| (\S+) \| \S+ \| [\d.]+ \| \S+ \| ([0-9a-f]{64}) \|$",
        (FOLDER / "PROVENANCE.md").read_text(),
        re.M,
    )
    return dict(rows)


def test_every_file_is_ours_or_has_the_hash_it_came_with():
    known = provenance()
    others = {path.name for path in FOLDER.iterdir()} - {*OWN, "PROVENANCE.md", "LICENSES.txt"}
    assert others == set(known)
    for name, sha256 in known.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == sha256, name


def test_the_page_loads_nothing_from_another_host():
    for name in OWN:
        assert not re.search(r"(https?:)?//[a-z0-9]", (FOLDER / name).read_text().replace("// ", "")), name
    page = (FOLDER / "index.html").read_text()
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith(("/static/graphiql/", "data:,")), address
        if address.startswith("/"):
            assert (STATIC / address.removeprefix("/static/")).is_file(), address
    for style in FOLDER.glob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text()), style.name


def test_every_bundled_package_has_its_licence():
    licences = (FOLDER / "LICENSES.txt").read_text()
    for package in ("graphiql 3.9.0", "react 18.3.1", "react-dom 18.3.1", "graphql-ws 5.16.2", "codemirror "):
        assert package in licences, package


def test_all_of_it_is_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LARGEST
