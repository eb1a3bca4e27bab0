"""``python -m server.cli``: the ``poise`` command, for processes that start each other."""

from __future__ import annotations

from server.cli.main import main

if __name__ == "__main__":
    main()
