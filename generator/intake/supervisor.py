"""The worker's own process: keeps the task queue alive, reconciles, and stops it all in order."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ..models import random_id
from ..services.claims import has_claimable
from ..services.workers import beat_supervisor, free_cluster, has_live_runner, leave_supervisor
from .journal import DATABASE_AWAY
from .lifeline import CLUSTER_VARIABLE, DRAIN_VARIABLE, FD_VARIABLE
from .reconcile import Reconciler

log = logging.getLogger(__name__)

# Below this SQLite can, in rare cases, damage a database whose WAL is reset under a reader.
SAFE_SQLITE = (3, 51, 3)
# Of the drain time so much is kept for writing down how each stream ended.
_WRITING_SECONDS = 3.0
_KILL_SECONDS = 1.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Pace:
    """Seconds between looks.

    `stall`: how long a due row may find no runner before the queue is started again. `restart`:
    the least time from one start of the queue to the next, so that a broken one is no storm.
    """

    watch: float = 0.5
    reconcile: float = 5.0
    checkpoint: float = 60.0
    stall: float = 15.0
    restart: float = 5.0


class Supervisor:
    """Runs until SIGTERM or SIGINT; a second one ends everything at once.

    `drain`: within so many seconds everything has ended then; open streams may go on until shortly
    before. Three seconds are the least. `queue`: the command that runs the task queue.
    """

    def __init__(
        self, drain: float, *, pace: Pace | None = None, queue: Sequence[str] | None = None
    ) -> None:
        self._drain = max(drain, _WRITING_SECONDS)
        self._pace = pace or Pace()
        self._command = queue or (
            *(sys.executable, str(settings.BASE_DIR / "manage.py")),
            *("worker", "--queue", "--drain", str(self._drain)),
        )
        self._name = f"{socket.gethostname()[:60]}-{secrets.token_hex(4)}"
        self._token = random_id()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._reconciler = Reconciler()
        self._watched_end, self._held_end = os.pipe()
        self._restart_at = 0.0
        self._stalled_since: float | None = None
        self._reconcile_at = 0.0
        self._checkpoint_at = 0.0

    def run(self) -> None:
        """Serve until told to stop; returns when no process is left."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        _note_sqlite()
        self._queue = self._started_queue()
        while not self._stopping.wait(self._pace.watch):
            self._watch()
        self._stop()

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        (self._hurry if self._stopping.is_set() else self._stopping).set()

    def _watch(self) -> None:
        now = time.monotonic()
        if self._queue.poll() is not None and now >= self._restart_at:
            log.warning("the task queue ended by itself and is started again")
            self._restart_queue()
        if now < self._reconcile_at:
            return
        self._reconcile_at = now + self._pace.reconcile
        self._reconciler.tick()
        self._unless_away(self._look)

    def _look(self) -> None:
        beat_supervisor(self._name, self._token)
        self._restart_if_stalled()
        self._checkpoint()

    def _restart_if_stalled(self) -> None:
        """Restart a queue that takes no task: seen when a due row finds no runner for too long."""
        now = timezone.now()
        if not has_claimable(now) or has_live_runner(now):
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = time.monotonic()
        elif time.monotonic() - self._stalled_since >= self._pace.stall:
            log.warning("the task queue has become deaf and is started again")
            self._restart_queue()

    def _checkpoint(self) -> None:
        """Fold SQLite's log back into the database, so that it never grows without end."""
        if connection.vendor != "sqlite" or time.monotonic() < self._checkpoint_at:
            return
        self._checkpoint_at = time.monotonic() + self._pace.checkpoint
        with connection.cursor() as cursor:
            # A reader in the way is no reason to stand still: the next look tries again.
            cursor.execute("PRAGMA busy_timeout = 100")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {settings.SQLITE_OPTIONS['timeout'] * 1000}")

    def _started_queue(self) -> subprocess.Popen[bytes]:
        connection.close()
        self._stalled_since = None
        self._restart_at = time.monotonic() + self._pace.restart
        return subprocess.Popen(  # noqa: S603  our own command, no word from outside
            self._command,
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                FD_VARIABLE: str(self._watched_end),
                DRAIN_VARIABLE: str(self._drain - _WRITING_SECONDS),
                CLUSTER_VARIABLE: self._name,
            },
            pass_fds=[self._watched_end],
            start_new_session=True,
        )

    def _restart_queue(self) -> None:
        self._kill_queue()
        self._unless_away(lambda: free_cluster(self._name))
        self._queue = self._started_queue()

    def _kill_queue(self) -> None:
        """Kill the queue's whole session: a lone sentinel or worker would go on unseen."""
        with suppress(ProcessLookupError):
            os.killpg(self._queue.pid, signal.SIGKILL)
        self._queue.wait()

    def _stop(self) -> None:
        os.close(self._held_end)
        # One that is still being loaded, which takes seconds, does not see the lifeline yet.
        self._queue.terminate()
        log.info("stopping: open streams get up to %.0f s; stop again to cut them", self._drain)
        until = time.monotonic() + self._drain + _KILL_SECONDS
        while self._queue.poll() is None and time.monotonic() < until:
            if self._hurry.wait(_LOOK_SECONDS):
                break
        self._kill_queue()
        self._reconciler.wait_finished(_KILL_SECONDS)
        os.close(self._watched_end)
        self._unless_away(lambda: leave_supervisor(self._name))
        connection.close()

    @staticmethod
    def _unless_away(work: Callable[[], None]) -> None:
        """Without the database nothing can be said or seen; the next look tries again."""
        try:
            work()
        except DATABASE_AWAY as error:
            log.warning("the database is away: %s", error)
            connection.close()


def _note_sqlite() -> None:
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < SAFE_SQLITE:
        log.info("SQLite %s: a newer one (3.51.3) is safer", sqlite3.sqlite_version)
