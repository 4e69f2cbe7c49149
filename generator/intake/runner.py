"""The runner: claims queued rows, holds one thread a stream, and stays until all is quiet."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ..models import Generation, random_id
from ..services import workers
from ..services.attempts import begin_attempt
from ..services.changes import begin_change
from ..services.claims import Claim, claim_rows, has_claimable
from ..services.lifecycle import advance
from ..services.money import pause_key
from . import bells, failpoints
from .journal import BEAT_SECONDS, DATABASE_AWAY, Journal
from .lifeline import Lifeline
from .records import Record
from .streams import Stream
from .upstream import build_client, request_of

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
FLUSH_SECONDS = 2.0
# Room for the spool, the database's log and a few finished files.
DISK_ROOM = 200 * 1024 * 1024
DISK_PAUSE = timedelta(seconds=30)
_DISK_FULL = (
    "The disk of this studio is nearly full, so nothing is sent. Free some space; it goes on by "
    "itself."
)


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes that bound a runner.

    `box`: how long it claims; well under the task's time limit with a whole stream after it.
    `drain`: how long open streams may go on once the worker stops. `disk_room`: bytes below
    which nothing is claimed. `beat`: how often the runner says that it lives.
    """

    box: float = 600.0
    drain: float = 900.0
    disk_room: int = DISK_ROOM
    beat: float = BEAT_SECONDS


def run(cluster: str, lifeline: Lifeline, limits: Limits | None = None) -> bool:
    """Be the live runner of the cluster until nothing is left; False when there is one already."""
    token = random_id()
    if lifeline.is_cut() or not workers.take_runner(cluster, token):
        return False
    StreamRunner(token, lifeline, limits or Limits()).serve()
    return True


class StreamRunner:
    """Holds the open streams of one process."""

    def __init__(self, token: UUID, lifeline: Lifeline, limits: Limits) -> None:
        self._token = token
        self._lifeline = lifeline
        self._limits = limits
        self._streams: list[Stream] = []
        self._news = threading.Event()
        self._journal = Journal(token, self._news.set, limits.beat)
        self._claims_until = time.monotonic() + limits.box
        self._aborts_at: float | None = None
        self._is_retired = False

    def serve(self) -> None:
        """Look for rows every 200 ms until the queue is empty and no stream is open."""
        try:
            while not self._turn_is_last():
                self._news.wait(POLL_SECONDS)
                self._news.clear()
        finally:
            self._journal.close(FLUSH_SECONDS)
            with suppress(*DATABASE_AWAY):
                workers.leave_runner(self._token)

    def _turn_is_last(self) -> bool:
        try:
            return self._turn()
        except Exception:
            # A stream must not die with a fault of the loop; the time box ends all loops.
            log.exception("the runner goes on after an error")
            connection.close()
            return self._is_past_box() and not self._journal.open_count

    def _turn(self) -> bool:
        self._streams = [stream for stream in self._streams if stream.is_alive()]
        if self._lifeline.is_cut():
            return self._drain()
        if self._is_retired or self._is_past_box() or self._journal.is_deposed:
            self._retire()
            return not self._journal.open_count
        self._start_streams()
        return not self._journal.open_count and self._leave()

    def _is_past_box(self) -> bool:
        return time.monotonic() >= self._claims_until

    def _drain(self) -> bool:
        """Claim nothing more; cut what is open when its time is over."""
        self._retire()
        now = time.monotonic()
        if self._aborts_at is None:
            self._aborts_at = now + self._limits.drain
        if now >= self._aborts_at:
            for stream in self._streams:
                stream.abort()
        is_flushed = now >= self._aborts_at + FLUSH_SECONDS
        return is_flushed or not self._journal.open_count

    def _retire(self) -> None:
        """Make room for another runner while our own streams run to their end."""
        if not self._is_retired:
            self._is_retired = True
            workers.leave_runner(self._token)
            bells.ring_queued(timezone.now())

    def _leave(self) -> bool:
        """Go if nothing is left, seen under the lock that every new row takes.

        A row committed later finds no runner and rings for a new one.
        """
        with begin_change():
            if has_claimable(timezone.now()):
                return False
            workers.leave_runner(self._token)
        return True

    def _start_streams(self) -> None:
        seats = settings.STREAM_SEATS - self._journal.open_count
        if seats > 0 and self._has_disk_room():
            for claim in claim_rows(seats):
                self._start(claim)

    def _has_disk_room(self) -> bool:
        folder = Path(settings.SPOOL_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free >= self._limits.disk_room:
            return True
        if has_claimable(now := timezone.now()):
            pause_key(code="disk_full", message=_DISK_FULL, until=now + DISK_PAUSE)
        return False

    def _start(self, claim: Claim) -> None:
        failpoints.reach("claimed")
        try:
            client = build_client()
        except ValueError as error:
            _refuse(claim, str(error))
            return
        attempt = begin_attempt(claim)
        if attempt is None:
            client.close()
            return
        failpoints.reach("submitting_committed")
        generation = Generation.objects.select_related("owner", "project").get(
            pk=claim.generation_id
        )
        attempt.generation = generation
        stream = Stream(client, request_of(generation), Record(attempt), self._journal)
        stream.start()
        self._streams.append(stream)


def _refuse(claim: Claim, reason: str) -> None:
    advance(
        claim.generation_id,
        "refuse_claim",
        token=claim.token,
        lease_until=None,
        error_code="not_configured",
        error=reason[:500],
    )
    pause_key(code="not_configured", message=reason[:500])
