"""The embedded PostgreSQL: one cluster in the data folder, on a loopback port, behind a password."""

from __future__ import annotations

import contextlib
import logging
import secrets
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psutil

from storage.embedded.accounts import server_account
from storage.embedded.binaries import postgres_binaries
from storage.embedded.clusters import SUPERUSER, cluster_folder, create_cluster, remove_cluster, way_into
from storage.embedded.logs import log_file
from storage.embedded.ports import LOOPBACK, free_port
from storage.embedded.private import data_folder, read_private, write_private
from storage.embedded.processes import Guarded, end_processes, processes_in

__all__ = ["EmbeddedPostgres", "StartError", "heads"]

_log = logging.getLogger(__name__)

_ACCESS = "postgres.access.json"  # port and password: the same after every restart
_DATABASE = "poise"
_READY_WITHIN_S = 60.0  # crash recovery of a large write-ahead log takes its time
_STOP_WITHIN_S = 20.0  # the shutdown checkpoint, on a slow disk
_STARTS = 3  # a port may be taken between choosing it and using it
_POLL_S = 0.02

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # one way in: TCP with the password
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    # For a machine of two cores that also runs the server and the workers.
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",  # a season's import in one piece, without a checkpoint in its middle
    "jit": "off",  # compiling costs more than our short queries take
    "wal_level": "minimal",  # nobody replicates from an embedded database
    "max_wal_senders": "0",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class StartError(RuntimeError):
    """The database did not come up; the text names its log."""


class EmbeddedPostgres:
    """Starts, restarts and stops the PostgreSQL of one data folder.

    ``durable=False`` gives up surviving a crash of the *machine* for speed: for tests only. ``owner``
    is the process with which the database ends (default: this one). Whoever starts it must be the
    only one to do so for this folder: :mod:`storage.embedded.runtime` holds the lock.
    """

    def __init__(self, data: Path, *, durable: bool = True, owner: int | None = None) -> None:
        self.data = data
        self.durable = durable
        self._owner = owner
        self._server: Guarded | None = None
        self._changing = threading.RLock()

    def __repr__(self) -> str:
        return f"EmbeddedPostgres({str(self.data)!r})"

    @property
    def log(self) -> Path:
        """PostgreSQL's own log."""
        return self.data / "logs" / "postgres.log"

    @property
    def url(self) -> str:
        """``postgresql://poise:…@127.0.0.1:PORT/poise``, the same after every restart; a secret."""
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of the cluster."""
        access = read_private(self.data / _ACCESS)
        if access is None:
            raise StartError(f"no database has been started in {self.data} yet")
        return f"postgresql://{SUPERUSER}:{access['password']}@{LOOPBACK}:{access['port']}/{database}"

    @property
    def running(self) -> bool:
        """Whether the server process we started is still there."""
        return self._server is not None and self._server.poll() is None

    def start(self, *, same_port: bool = False) -> None:
        """Bring the database up, making the cluster first if need be; returns when a connection succeeds.

        A postmaster left behind on this cluster is stopped first. With ``same_port`` a port that is
        taken is an error, otherwise another one is chosen. Raises :class:`StartError`.
        """
        with self._changing:
            if self.running:
                return
            self._forget()
            data_folder(self.data)
            cluster = cluster_folder(self.data)
            self._end_leftovers(cluster)
            password = self._password(cluster)
            create_cluster(cluster, password, durable=self.durable)
            for attempt in range(1, _STARTS + 1):
                self._choose_port(password, same_port)
                try:
                    self._launch(cluster)
                    break
                except StartError:
                    self._forget()
                    self._end_leftovers(cluster)
                    if attempt == _STARTS:
                        raise
            self._make_database()

    def answers(self) -> bool:
        """Whether a connection with our password succeeds, whichever process runs the server."""
        try:
            with self._connection(_DATABASE):
                return True
        except (adbc.Error, StartError):
            return False

    def stop(self) -> None:
        """Shut down cleanly: open connections are ended, everything is on disk afterwards."""
        with self._changing:
            if self._server is not None:
                self._forget()
                self._end_leftovers(cluster_folder(self.data))

    def detach(self) -> None:
        """Leave it running for its ``owner``; this object then no longer answers for it."""
        with self._changing:
            if self._server is not None:
                self._server.detach()
                self._server = None

    def end_and_remove(self) -> None:
        """Stop whatever runs on this data folder's cluster and delete the cluster."""
        self.stop()
        self._end_leftovers(cluster_folder(self.data), expected=True)
        remove_cluster(self.data)

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _forget(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _password(self, cluster: Path) -> str:
        access = read_private(self.data / _ACCESS)
        if access is not None and (cluster / "PG_VERSION").exists():
            return str(access["password"])
        if access is None and (cluster / "PG_VERSION").exists():
            raise StartError(f"{self.data / _ACCESS} is missing: the password of the database is lost")
        password = secrets.token_urlsafe(24)
        write_private(self.data / _ACCESS, {"port": free_port(), "password": password})
        return password

    def _choose_port(self, password: str, same_port: bool) -> None:
        access = read_private(self.data / _ACCESS) or {}
        port = free_port(int(str(access["port"])))
        if same_port and port != access["port"]:
            raise StartError(f"port {access['port']} of the embedded database is taken by another program")
        if port != access["port"]:
            write_private(self.data / _ACCESS, {"port": port, "password": password})

    def _launch(self, cluster: Path) -> None:
        port = (read_private(self.data / _ACCESS) or {}).get("port")
        settings = _SETTINGS | (_DURABLE if self.durable else _FLEETING) | {"port": str(port)}
        account = server_account()
        with log_file(self.log) as output, way_into(cluster) as (inside, descriptors):
            argv = [str(postgres_binaries(account).postgres), "-D", str(inside)]
            argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            self._server = Guarded(
                argv,
                owner=self._owner,
                account=account,
                stop_signal=signal.SIGINT,  # "fast": ends sessions, then a clean shutdown
                death_signal=signal.SIGINT,
                grace_s=_STOP_WITHIN_S,
                env={"LC_ALL": "C", "TZ": "UTC"},
                output=output,
                pass_fds=descriptors,
            )
        self._wait(cluster)

    def _wait(self, cluster: Path) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            if not self.running:
                raise StartError(f"the embedded database ended while starting; see {self.log}")
            # The postmaster writes this word last; connecting earlier only fills its log with refusals.
            with contextlib.suppress(OSError):
                if (cluster / "postmaster.pid").read_text().rstrip().endswith("ready"):
                    with contextlib.suppress(adbc.Error), self._connection("postgres"):
                        return
            time.sleep(_POLL_S)
        raise StartError(
            f"the embedded database was not ready within {_READY_WITHIN_S:.0f} s; see {self.log}"
        )

    def _make_database(self) -> None:
        with self._connection("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = $1", (_DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {_DATABASE}")

    @contextlib.contextmanager
    def _connection(self, database: str) -> Iterator[Any]:
        connection = adbc.connect(self.url_of(database), autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    def _end_leftovers(self, cluster: Path, *, expected: bool = False) -> None:
        """Stop processes that still run on our cluster, and clear away a lock file that lies.

        The id in ``postmaster.pid`` proves nothing, it may be another program's by now (PostgreSQL
        itself would believe it); what counts is which server processes stand in the cluster's folder.
        """
        leftovers = processes_in(cluster, "postgres")
        if leftovers:
            level = logging.DEBUG if expected else logging.WARNING
            _log.log(level, "ending %d process(es) left over on %s", len(leftovers), cluster)
            end_processes(heads(leftovers), stop_signal=signal.SIGINT, grace_s=_STOP_WITHIN_S)
            end_processes(processes_in(cluster, "postgres"), stop_signal=signal.SIGQUIT, grace_s=2.0)
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def heads(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those whose parent is not among them; one may end by itself while we look."""
    pids = {process.pid for process in processes}
    heads = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:
                heads.append(process)
    return heads
