"""The program's own worker with a short lease, to be killed: ``tests.tasks.live.worker_process DATA``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from storage.embedded.runtime import Endpoints
from storage.settings import Settings
from tasks.worker import run_worker
from tests.tasks.conftest import QUICK

LEASE_S = 2.0


def main() -> None:
    endpoints = Endpoints(database_url=os.environ["TEST_DATABASE"], redis_url=os.environ["TEST_REDIS"])
    run_worker(Settings(data=Path(sys.argv[1])), endpoints, options=replace(QUICK, lease_s=LEASE_S))


if __name__ == "__main__":
    main()
