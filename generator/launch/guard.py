"""The watchman of `start`: a process of its own that cleans up, whatever ends `start`.

It reads the process ids that `start` writes to its standard input. When that pipe closes without
the word `done`, `start` was killed: it asks the processes to end, and kills what is left. Its copy
of the run's lock keeps a second start away for so long.

Whoever belongs to the run is known by a mark in the environment, which children of children
inherit too; where there is no /proc (macOS) only the processes named are found.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MARK = "SOUNDVERSE_STUDIO_RUN"
PATIENCE = 18.0
DYING = 5.0


def marked(mark: str) -> set[int]:
    """Return the ids of the processes that carry the mark of a run."""
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                found.add(int(entry.parent.name))
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each process that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def watch(mark: str, lines: Iterable[str]) -> None:
    """Wait for the end of `start`, then see to it that nothing of the run is left."""
    pids: set[int] = set()
    done = False
    for line in lines:
        word = line.strip()
        done = word == "done"
        if word.isdecimal():
            pids.add(int(word))
    if not done:
        send(pids & marked(mark) or pids, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while marked(mark) and time.monotonic() < deadline:
            time.sleep(0.1)
    _kill(mark)


def _kill(mark: str) -> None:
    """Return when they are gone: a killed process still holds its port until it is taken down."""
    deadline = time.monotonic() + DYING
    while (left := marked(mark)) and time.monotonic() < deadline:
        send(left, signal.SIGKILL)
        time.sleep(0.02)


if __name__ == "__main__":
    watch(sys.argv[1], sys.stdin)
