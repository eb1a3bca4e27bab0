"""The program's own worker with a short lease: ``quick_worker.py DATA DATABASE_URL REDIS_URL``."""

from __future__ import annotations

import sys
from pathlib import Path

from storage.embedded.runtime import Endpoints
from storage.settings import Settings
from tasks.options import WorkerOptions
from tasks.worker import run_worker

OPTIONS = WorkerOptions(
    poll_s=0.01, lease_s=2.0, heartbeat_s=0.2, progress_s=0.05, sweep_s=0.1, overdue_s=0.3
)


def main() -> None:
    data, database_url, redis_url = sys.argv[1:]
    endpoints = Endpoints(database_url=database_url, redis_url=redis_url)
    run_worker(Settings(data=Path(data)), endpoints, options=OPTIONS)


if __name__ == "__main__":
    main()
