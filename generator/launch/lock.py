"""One run a data folder: the lock, and where the run that holds it can be reached."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

# A run whose `start` was killed cleans up for this long (see guard.PATIENCE) before it lets go.
LONGEST_WAIT = 25.0


class AlreadyRunning(Exception):
    """Another start holds the data folder; the text says where it can be reached."""


def take(path: Path, url: str) -> IO[str]:
    """Hold the folder's lock for as long as the file that is returned stays open.

    Raises AlreadyRunning when a living start holds it; waits for one that is only cleaning up.
    """
    file = path.open("a+")
    deadline = time.monotonic() + LONGEST_WAIT
    while not _try(file):
        holder = _read(file)
        if _is_alive(holder.get("pid")) or time.monotonic() > deadline:
            file.close()
            raise AlreadyRunning(
                f"Soundverse Studio is already running at {holder.get('url', 'this data folder')}: "
                "open it there, or stop that start (Ctrl-C) first."
            )
        time.sleep(0.2)
    file.truncate(0)
    file.write(json.dumps({"pid": os.getpid(), "url": url}))
    file.flush()
    return file


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> dict[str, object]:
    file.seek(0)
    try:
        holder: dict[str, object] = json.loads(file.read())
    except ValueError:
        return {"pid": os.getpid()}  # taken, but nothing is written yet: the holder just began
    return holder


def _is_alive(pid: object) -> bool:
    try:
        os.kill(int(str(pid)), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
