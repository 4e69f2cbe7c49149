"""The task queue's main process, as the supervisor starts it: in a session of its own.

django-q2's own command waits for its processes without a limit and leaves them behind when its
sentinel dies; here everything ends when the lifeline is cut, at the latest when its time is over.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from django_q.cluster import Cluster

# Loaded once, before the fork: its processes share the memory, and no first track waits seconds
# for what measures and draws.
from . import finishing, lifeline, runner  # noqa: F401
from .lifeline import Lifeline


def serve(line: Lifeline, limit: float) -> None:
    """Run the queue until the lifeline is cut or SIGTERM comes, and `limit` seconds more at most.

    Needs a process group of its own.
    """
    if line.is_cut():  # while all this was loaded
        return
    cluster = Cluster()
    # In place of the queue's own, which would wait without a limit.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    cluster.start()
    while cluster.sentinel.is_alive() and not line.is_cut(0.2):
        pass
    lifeline.say_stopping()
    # Telling a dead sentinel would wait for ever: an Event waits until its sleepers have woken.
    threading.Thread(target=cluster.stop_event.set, daemon=True).start()
    cluster.sentinel.join(limit)
    if cluster.sentinel.exitcode != 0:
        # Our own handler spares this process; all others of the group end at once.
        os.killpg(os.getpgid(0), signal.SIGTERM)


def _stop(_signum: int, _frame: FrameType | None) -> None:
    lifeline.say_stopping()
