"""The embedded Redis: a carrier of jobs and events on loopback, behind a password, without a memory.

It keeps nothing on disk: the job ledger is in PostgreSQL, so losing Redis loses no job. Where no
Redis program can be had, the last resort is fakeredis inside the process (``fakeredis://``); server
and worker must then share that process. :func:`connection_pool` hides the difference.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import signal
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import fakeredis
import redis
import redis.asyncio
from fakeredis import FakeAsyncRedisConnection

from storage.embedded.accounts import server_account
from storage.embedded.binaries import NoRedisBinary, redis_binary
from storage.embedded.logs import log_file
from storage.embedded.ports import LOOPBACK, free_port
from storage.embedded.private import data_folder, read_private, write_private
from storage.embedded.processes import Guarded

__all__ = ["IN_PROCESS_URL", "EmbeddedRedis", "NoRedisBinary", "RedisStartError", "connection_pool"]

_log = logging.getLogger(__name__)

IN_PROCESS_URL = "fakeredis://in-process/0"
"""The URL of the last resort: visible to this process only."""

_ACCESS = "redis.access.json"
_READY_WITHIN_S = 15.0
_ANSWER_WITHIN_S = 1.0
_STOP_WITHIN_S = 3.0  # nothing to save
_STARTS = 3
_POLL_S = 0.01


class RedisStartError(RuntimeError):
    """Redis did not come up; the text names its log."""


class EmbeddedRedis:
    """Starts, restarts and stops the Redis of one data folder; see :class:`EmbeddedPostgres`."""

    def __init__(self, data: Path, *, owner: int | None = None) -> None:
        self.data = data
        self._owner = owner
        self._server: Guarded | None = None
        self._changing = threading.RLock()

    def __repr__(self) -> str:
        return f"EmbeddedRedis({str(self.data)!r})"

    @property
    def log(self) -> Path:
        """Redis' own log."""
        return self.data / "logs" / "redis.log"

    @property
    def url(self) -> str:
        """``redis://:…@127.0.0.1:PORT/0``, the same after every restart; a secret."""
        access = read_private(self.data / _ACCESS)
        if access is None:
            raise RedisStartError(f"no Redis has been started in {self.data} yet")
        return f"redis://:{access['password']}@{LOOPBACK}:{access['port']}/0"

    @property
    def running(self) -> bool:
        """Whether the server process we started is still there."""
        return self._server is not None and self._server.poll() is None

    def start(self, *, same_port: bool = False) -> None:
        """Bring Redis up; returns when it answers. Raises :class:`NoRedisBinary`, :class:`RedisStartError`.

        With ``same_port`` a port that is taken is an error, otherwise another one is chosen.
        """
        with self._changing:
            if self.running:
                return
            self.stop()
            data_folder(self.data)
            access = read_private(self.data / _ACCESS) or {}
            password = str(access.get("password") or secrets.token_urlsafe(24))
            wanted = access.get("port")
            for attempt in range(1, _STARTS + 1):
                port = free_port(wanted if isinstance(wanted, int) else None)
                if same_port and port != wanted:
                    raise RedisStartError(f"port {wanted} of the embedded Redis is taken by another program")
                write_private(self.data / _ACCESS, {"port": port, "password": password})
                try:
                    self._launch(port, password)
                    return
                except RedisStartError:
                    self.stop()
                    if attempt == _STARTS:
                        raise

    def answers(self) -> bool:
        """Whether a connection with our password succeeds, whichever process runs the server."""
        try:
            with contextlib.closing(_client(self.url)) as client:
                return bool(client.ping())
        except (redis.RedisError, RedisStartError):
            return False

    def stop(self) -> None:
        """End it; what it held is gone."""
        with self._changing:
            if self._server is not None:
                self._server.stop()
                self._server = None

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, port: int, password: str) -> None:
        account = server_account()
        configuration = {
            "bind": LOOPBACK,
            "port": port,
            "requirepass": password,
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",  # a full Redis refuses; it never forgets a job silently
        }
        # By its standard input: a password among the arguments could be read by everybody.
        stdin = "".join(f"{name} {value}\n" for name, value in configuration.items()).encode()
        with log_file(self.log) as output:
            self._server = Guarded(
                [redis_binary(account), "-"],
                owner=self._owner,
                account=account,
                stop_signal=signal.SIGTERM,
                death_signal=signal.SIGKILL,
                grace_s=_STOP_WITHIN_S,
                env={"LC_ALL": "C", "TZ": "UTC"},
                stdin=stdin,
                output=output,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        with contextlib.closing(_client(self.url)) as client:
            while time.monotonic() < deadline:
                if not self.running:
                    raise RedisStartError(f"Redis ended while starting; see {self.log}")
                with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
                    client.ping()
                    return
                time.sleep(_POLL_S)
        raise RedisStartError(f"Redis was not ready within {_READY_WITHIN_S:.0f} s; see {self.log}")


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S)


@cache
def _in_process_server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


def connection_pool(url: str, **options: Any) -> redis.asyncio.ConnectionPool:
    """A pool of asyncio connections to ``url``, also where it is :data:`IN_PROCESS_URL`.

    Give it to ``redis.asyncio.Redis(connection_pool=…)`` or ``arq.ArqRedis(connection_pool=…)``.
    """
    if url.startswith("fakeredis://"):
        return redis.asyncio.ConnectionPool(
            connection_class=FakeAsyncRedisConnection, server=_in_process_server(), **options
        )
    return redis.asyncio.ConnectionPool.from_url(url, **options)
