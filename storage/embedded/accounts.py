"""Who the embedded servers run as: PostgreSQL refuses root, so root lends them an account of their own.

As an ordinary user everything runs as that user. As root the servers run under a user and group id
that no account of the machine has, so that nobody but root can read their files. ``initdb`` insists
on a name for its user, so it runs as ``nobody`` and the new cluster is handed over at once.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Account", "AccountError", "can_reach", "server_account", "setup_account"]

# Between systemd's dynamic users (to 65519) and the reserved 65533 up, and below the 65,536 ids that
# rootless containers map: free by every convention we know of.
_SERVER_ID = 65525

_PROBE = """
import os, sys
uid, gid = int(sys.argv[1]), int(sys.argv[2])
os.setgroups([]); os.setgid(gid); os.setuid(uid)
sys.exit(0 if all(os.access(path, int(sys.argv[3])) for path in sys.argv[4:]) else 3)
"""


class AccountError(RuntimeError):
    """Running as root, but no unprivileged account can be assumed."""


@dataclass(frozen=True)
class Account:
    """A user and a group, by number; there need not be names for them."""

    uid: int
    gid: int


def _probe(account: Account, paths: Sequence[Path], mode: int) -> int:
    """Become the account in a child and look: the only answer that counts every kind of permission."""
    terms = [str(account.uid), str(account.gid), str(mode), *map(str, paths)]
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE, *terms], check=False, stderr=subprocess.DEVNULL, cwd="/"
    ).returncode


def _nobody() -> Account | None:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


@cache
def server_account() -> Account | None:
    """The account of the servers' processes and files; ``None``: as we are (we are not root)."""
    if os.geteuid() != 0:
        return None
    for account in (Account(_SERVER_ID, _SERVER_ID), _nobody()):
        if account is not None and _probe(account, [], os.F_OK) == 0:
            return account
    raise AccountError(
        "PostgreSQL does not run as root, and this root cannot become another user (no CAP_SETUID?): "
        "start Poise as an ordinary user, or set DATABASE_URL"
    )


@cache
def setup_account() -> Account | None:
    """The account for ``initdb``: a user with a name, in the group of :func:`server_account`."""
    server = server_account()
    if server is None:
        return None
    named = _nobody()
    if named is None:
        raise AccountError("root needs the user 'nobody' to create a database cluster: set DATABASE_URL")
    return Account(named.uid, server.gid)


def can_reach(account: Account | None, paths: Sequence[Path], mode: int = os.R_OK | os.X_OK) -> bool:
    """Whether the account can get to all of ``paths`` and use them so (``os.R_OK``, ``os.X_OK``)."""
    if account is None:
        return all(os.access(path, mode) for path in paths)
    return _probe(account, paths, mode) == 0
