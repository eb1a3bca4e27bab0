"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
import time

__all__ = ["LOOPBACK", "free_port", "is_free"]

LOOPBACK = "127.0.0.1"

# Below the range from which systems take the local ports of outgoing connections (32768 up on Linux,
# 49152 up elsewhere): a client that retries while its server restarts could otherwise be given the
# server's own port and connect to itself, and the server could not come back.
_FIRST, _LAST = 15_000, 32_000
_ATTEMPTS = 200
_PATIENCE_S = 1.0  # a predecessor may be on its way out
_POLL_S = 0.02


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """``preferred`` if it is free or soon will be, else any free port. Raises ``OSError``: there is none."""
    if preferred is not None:
        deadline = time.monotonic() + _PATIENCE_S
        while not is_free(preferred) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        if is_free(preferred):
            return preferred
    for port in random.sample(range(_FIRST, _LAST), _ATTEMPTS):
        if is_free(port):
            return port
    raise OSError("no free port on the loopback interface")
