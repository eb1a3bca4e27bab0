"""Where a database cluster lies, and how it is made.

It is the folder ``postgres`` in the data folder. As root, the servers' account usually cannot
traverse the way to it (``/root`` is 0700), and no permission of anybody's folder is changed for it.
Instead root opens the folder and hands down the open descriptor: ``/proc/self/fd/N`` leads to the
folder itself, past its parents. Where the system has no such way, the cluster lies in the common
place and the data folder holds a pointer to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from storage.embedded.accounts import Account, can_reach, server_account, setup_account
from storage.embedded.binaries import common_place, postgres_binaries
from storage.embedded.private import read_private, write_private

__all__ = ["SUPERUSER", "ClusterError", "cluster_folder", "create_cluster", "remove_cluster", "way_into"]

SUPERUSER = "poise"
_FOLDER = "postgres"
_POINTER = "postgres.json"
_VERSION = "18"


class ClusterError(RuntimeError):
    """The database cluster cannot be made or used as it is."""


def cluster_folder(data: Path) -> Path:
    """The cluster of this data folder, existing or to be made (its parent then exists)."""
    account = server_account()
    inside = data / _FOLDER
    if account is None or inside.is_dir():
        return inside
    pointed = (read_private(data / _POINTER) or {}).get("cluster")
    if isinstance(pointed, str):
        return Path(pointed)
    if can_reach(account, [data], os.X_OK) or _descriptors_lead(data, account):
        return inside
    key = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]
    # A fresh name: the same path may have held another data folder, whose pointer moved with it.
    place = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=common_place()))
    # Its group is the account's: that may pass through it, not list it or write in it.
    os.chown(place, -1, account.gid)
    place.chmod(0o710)
    outside = place / _FOLDER
    write_private(data / _POINTER, {"cluster": str(outside)})
    return outside


@contextlib.contextmanager
def way_into(folder: Path) -> Iterator[tuple[Path, tuple[int, ...]]]:
    """A path by which the servers' account gets into ``folder``, and the descriptors it must inherit."""
    account = server_account()
    if account is None or can_reach(account, [folder.parent], os.X_OK):
        yield folder, ()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}"), (descriptor,)
    finally:
        os.close(descriptor)


def _descriptors_lead(data: Path, account: Account) -> bool:
    """Whether the account can enter a folder of its own in ``data`` by an inherited descriptor."""
    if sys.platform != "linux":
        return False
    probe = Path(tempfile.mkdtemp(prefix=".probe-", dir=data))
    try:
        _hand_over(probe, account)
        descriptor = os.open(probe, os.O_RDONLY | os.O_DIRECTORY)
        try:
            entered = subprocess.run(
                ["/bin/sh", "-c", f"cd /proc/self/fd/{descriptor}/"],
                check=False,
                stderr=subprocess.DEVNULL,
                cwd="/",
                pass_fds=[descriptor],
                user=account.uid,
                group=account.gid,
                extra_groups=[],
            )
        finally:
            os.close(descriptor)
    finally:
        probe.rmdir()
    return entered.returncode == 0


def create_cluster(cluster: Path, password: str, *, durable: bool = True) -> None:
    """Make an empty cluster: complete afterwards, or absent, also when killed halfway.

    UTF-8; text is compared by code point (PostgreSQL's own C.UTF-8), so that no upgrade of the
    system's locales ever invalidates an index. Raises :class:`ClusterError` with ``initdb``'s words.
    """
    version = cluster / "PG_VERSION"
    if version.exists():
        if version.read_text().strip() != _VERSION:
            raise ClusterError(f"{cluster} is of PostgreSQL {version.read_text().strip()}, not {_VERSION}")
        return
    workshop = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(mode=0o700)
    try:
        made = _initdb(workshop, password, durable=durable)
        _hand_over(made, server_account())
        made.rename(cluster)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _initdb(workshop: Path, password: str, *, durable: bool) -> Path:
    secret = workshop / "password"
    secret.touch(mode=0o600)
    secret.write_text(f"{password}\n")
    account = setup_account()
    _hand_over(workshop, account)
    initdb = postgres_binaries(server_account()).initdb
    with way_into(workshop) as (inside, descriptors):
        argv = [str(initdb), "-D", f"{inside}/cluster", f"--pwfile={inside}/password", "-U", SUPERUSER]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(
            argv if durable else [*argv, "--no-sync"],
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            pass_fds=descriptors,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if done.returncode != 0:
        raise ClusterError(f"initdb failed: {done.stderr.strip()}")
    return workshop / "cluster"


def remove_cluster(data: Path) -> None:
    """Delete the cluster of a data folder, wherever it lies. It must not be running."""
    account = server_account()
    pointed = (read_private(data / _POINTER) or {}).get("cluster")
    if account is not None and isinstance(pointed, str):
        shutil.rmtree(Path(pointed).parent, ignore_errors=True)
        (data / _POINTER).unlink(missing_ok=True)
    shutil.rmtree(data / _FOLDER, ignore_errors=True)


def _hand_over(folder: Path, account: Account | None) -> None:
    """Give a cluster of ours, and nothing else, to the account that will run it."""
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
