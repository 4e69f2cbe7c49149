"""How a worker's processes learn that they shall end: a pipe whose other end the supervisor holds.

It is cut when the supervisor wants to stop, and when it dies however it dies. Nothing is ever
written into it, so any number of processes can watch it.
"""

from __future__ import annotations

import os
import select

FD_VARIABLE = "WORKER_LIFELINE"
DRAIN_VARIABLE = "WORKER_DRAIN"
CLUSTER_VARIABLE = "WORKER_CLUSTER"


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
            return False
        return bool(select.select([self._descriptor], [], [], wait)[0])
