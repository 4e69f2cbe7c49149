"""How a worker's processes learn that they shall end.

A pipe whose other end the supervisor holds: it is cut when the supervisor wants to stop, and when
it dies however it dies. Nothing is ever written into it, so any number of processes can watch it.
Beside it a flag in memory that the queue's main process shares with all it forks.
"""

from __future__ import annotations

import mmap
import os
import select

FD_VARIABLE = "WORKER_LIFELINE"
DRAIN_VARIABLE = "WORKER_DRAIN"
CLUSTER_VARIABLE = "WORKER_CLUSTER"

# Shared by fork and without a lock, which a killed process could take into its grave.
_stopping = mmap.mmap(-1, 1)


def say_stopping() -> None:
    """Tell this process and all that were forked from it to end."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Whether this process, or the one it was forked from, shall end."""
    return bool(_stopping[0])


class Lifeline:
    """The watching end; without a descriptor nobody will ever cut it."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor

    @classmethod
    def inherited(cls) -> Lifeline:
        """Return the one that this process was started with."""
        text = os.environ.get(FD_VARIABLE)
        return cls(int(text) if text else None)

    def is_cut(self, wait: float = 0) -> bool:
        """Whether the other end is gone; waits up to `wait` seconds for that."""
        if self._descriptor is None:
            return is_stopping()
        return bool(select.select([self._descriptor], [], [], wait)[0]) or is_stopping()
