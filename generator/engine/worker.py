"""The child process that renders: one JSON job a line on stdin, JSON news a line on stdout.

It ends itself when stdin closes, even in the middle of a render: that is how a killed engine
leaves no process behind.
"""

from __future__ import annotations

import os
import sys
from queue import SimpleQueue
from threading import Thread


def _read(jobs: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        jobs.put(line)
    os._exit(0)


def main() -> None:
    """Serves jobs until stdin closes."""
    out, sys.stdout = sys.stdout, sys.stderr  # a stray print must not break the protocol
    jobs: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    # Only now the imports, which take a second: a child must hear the end while it imports, too.
    from generator.engine.jobs import run_job

    while True:
        run_job(jobs.get(), out)


if __name__ == "__main__":
    main()
