"""One run a data folder: the lock, and where the run that holds it can be reached.

There are two: `start` holds the first, and the guard that cleans up after a killed start shares
the second. So the next start knows a living run from one whose last processes are just ending.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# A little longer than the guard's own patience.
LONGEST_WAIT = 25.0


class AlreadyRunning(Exception):
    """Another start holds the data folder; the text says where it can be reached."""


@contextmanager
def take(folder: Path, url: str) -> Iterator[IO[str]]:
    """Hold the data folder, and give the file of the second lock, for the guard to share.

    Raises AlreadyRunning when a living start holds it; waits for one that is only ending.
    """
    with (folder / "start.lock").open("a+") as own, (folder / "guard.lock").open("a+") as shared:
        if not _try(own):
            own.seek(0)
            raise AlreadyRunning(
                f"Soundverse Studio is already running at {own.read() or 'this data folder'}: "
                "open it there, or stop that start (Ctrl-C) first."
            )
        deadline = time.monotonic() + LONGEST_WAIT
        while not _try(shared):
            if time.monotonic() > deadline:
                raise AlreadyRunning(
                    "The last run has not ended yet: wait a moment and start again."
                )
            time.sleep(0.1)
        own.truncate(0)
        own.write(url)
        own.flush()
        yield shared


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
