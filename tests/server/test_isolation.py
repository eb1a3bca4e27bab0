"""What a server process loads."""

from __future__ import annotations

import subprocess
import sys


def test_the_application_loads_no_training_stack_and_no_worker():
    program = (
        "import sys, server.app, server.serving\n"
        "forbidden = ('sklearn', 'pymc', 'scipy', 'pandas', 'analytics', 'tasks', 'server.cli')\n"
        "print([name for name in forbidden if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
