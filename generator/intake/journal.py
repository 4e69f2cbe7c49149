"""The one writer: stream threads hand it events, it writes a batch every 100 ms.

All that came in 100 ms goes into one transaction, with the leases of the open streams and the
runner's heartbeat when those are due. While the database is away everything waits in memory and
is tried again; a record that the database refuses is dropped alone, and its spool tells the rest.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from ..models import Chunk, Generation
from ..models.generation import POSTED
from ..services import attempts, workers
from ..services.changes import Change, begin_change
from ..services.claims import LEASE
from ..services.lifecycle import advance
from ..soundverse.wire import StreamEvent
from . import failpoints, outcomes
from .records import CHUNKS_AT_EACH_END, CHUNKS_KEPT, Ended, Record, result_fields

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.1
BEAT_SECONDS = 5.0
RETRY_SECONDS = 0.5
RENEW_BELOW = LEASE * 2 / 3
DONE = "done"

DATABASE_AWAY = (OperationalError, InterfaceError)
_News = StreamEvent | Ended


class Journal:
    """Writes the news of open streams. `on_written` is called after each commit.

    `runner` is the token of the runner whose heartbeat it keeps up, every `beat` seconds.
    """

    def __init__(
        self, runner: UUID, on_written: Callable[[], None], beat: float = BEAT_SECONDS
    ) -> None:
        self._runner = runner
        self._beat_seconds = beat
        self._on_written = on_written
        self._inbox: queue.SimpleQueue[tuple[Record, _News, datetime]] = queue.SimpleQueue()
        self._open: dict[int, Record] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._deposed = threading.Event()
        self._beat_at = 0.0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def open_count(self) -> int:
        """How many streams have not come to a written end."""
        with self._lock:
            return len(self._open)

    @property
    def is_deposed(self) -> bool:
        """Whether another runner has taken our runner's place."""
        return self._deposed.is_set()

    def open(self, record: Record) -> None:
        """Write this stream's news from now on and keep its lease."""
        with self._lock:
            self._open[record.attempt.pk] = record

    def put(self, record: Record, news: _News) -> None:
        """Hand over one event, or the end; for any thread, never waits."""
        self._inbox.put((record, news, timezone.now()))

    def close(self, timeout: float) -> None:
        """Write what is left and stop; what cannot be written in time is left to the spool."""
        self._closing.set()
        self._thread.join(timeout)
        self._abandoned.set()
        self._thread.join()
        if left := self.open_count:
            log.warning("%d streams ended without a written end; their spools tell it", left)

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._take_turn()
        finally:
            connection.close()

    def _take_turn(self) -> None:
        try:
            self._gather()
            self._write_due()
        except Exception:
            # The leases of all streams hang on this thread: no event may end it.
            log.exception("the journal goes on after an error")

    def _is_over(self) -> bool:
        return self._abandoned.is_set() or (self._closing.is_set() and not self.open_count)

    def _gather(self) -> None:
        """Fold in what comes within one batch's time."""
        until = time.monotonic() + BATCH_SECONDS
        while (left := until - time.monotonic()) > 0:
            try:
                record, news, at = self._inbox.get(timeout=left)
            except queue.Empty:
                return
            if isinstance(news, Ended):
                record.end(news)
            else:
                record.add_event(news, at)

    def _write_due(self) -> None:
        with self._lock:
            records = list(self._open.values())
        dirty = [record for record in records if record.is_dirty]
        beats = time.monotonic() >= self._beat_at
        if not dirty and not beats:
            return
        try:
            self._write(dirty, records, beats=beats)
        except DATABASE_AWAY as error:
            log.warning("the database is away, %d streams wait: %s", len(dirty), error)
            connection.close()
            self._abandoned.wait(RETRY_SECONDS)
        except Exception:
            log.exception("a batch was refused; its records are written one by one")
            self._write_singly(dirty)

    def _write_singly(self, dirty: list[Record]) -> None:
        for record in dirty:
            try:
                self._write([record], [], beats=False)
            except DATABASE_AWAY:
                # What is still dirty is in the next batch.
                return
            except Exception:
                log.exception("attempt %s was refused and dropped", record.attempt.token)
                self._forget(record)

    def _write(self, dirty: list[Record], records: list[Record], *, beats: bool) -> None:
        with begin_change() as change:
            _write_chunks(dirty)
            for record in dirty:
                _write_record(record, change)
            if beats:
                self._beat(records)
        for record in dirty:
            _reach_point(record)
            record.clear_written()
            if record.ended is not None:
                self._forget(record)
        self._on_written()

    def _beat(self, leased: list[Record]) -> None:
        now = timezone.now()
        Generation.objects.filter(
            lease_token__in=[record.attempt.token for record in leased],
            status__in=POSTED,
            lease_until__lt=now + RENEW_BELOW,
        ).update(lease_until=now + LEASE)
        if not workers.beat_runner(self._runner, len(leased)):
            self._deposed.set()
        self._beat_at = time.monotonic() + self._beat_seconds

    def _forget(self, record: Record) -> None:
        with self._lock:
            self._open.pop(record.attempt.pk, None)


def _write_record(record: Record, change: Change) -> None:
    attempt = record.attempt
    if record.count and not record.is_streaming:
        advance(attempt.generation_id, "stream", token=attempt.token)
    _write_progress(record, change)
    if record.result is not None and not record.is_result_taken:
        attempts.take_result(attempt, result_fields(record.result), name="complete")
    if record.ended is not None:
        _write_end(record, record.ended)


def _write_chunks(records: list[Record]) -> None:
    chunks = [chunk for record in records for chunk in record.kept_chunks()]
    # A commit whose answer was lost is tried again: what it stored must not stand in the way.
    Chunk.objects.bulk_create(chunks, ignore_conflicts=True)
    for record in (record for record in records if record.count > CHUNKS_KEPT):
        Chunk.objects.filter(
            attempt=record.attempt,
            sequence__gt=CHUNKS_AT_EACH_END,
            sequence__lte=record.count - CHUNKS_AT_EACH_END,
        ).delete()


def _write_progress(record: Record, change: Change) -> None:
    attempt = record.attempt
    if record.last_event_at is None:
        return
    rows = Generation.objects.filter(
        pk=attempt.generation_id, lease_token=attempt.token, status__in=POSTED
    )
    rows.update(
        version=change.version,
        stage=record.stage,
        progress=record.progress,
        chunk_count=record.count,
        last_event_at=record.last_event_at,
        **record.ids,
    )
    generation = attempt.generation
    change.touch(user_id=generation.owner_id, project_id=generation.project_id)


def _reach_point(record: Record) -> None:
    if record.result is not None:
        failpoints.reach("result_committed")
    elif record.is_streaming:
        failpoints.reach("mid_stream")
    elif record.count:
        failpoints.reach("first_chunk_committed")


def _write_end(record: Record, ended: Ended) -> None:
    fields: dict[str, Any] = {
        **record.ids,
        "http_status": ended.http_status,
        "spool_sha256": ended.spool.sha256,
        "spool_bytes": ended.spool.size,
    }
    if record.result is not None:
        attempts.end_attempt(record.attempt.pk, outcome=DONE, **fields)
        return
    if ended.error is not None:
        ending = outcomes.Ending(ended.error, record.count > 0, record.said, fields)
        outcomes.settle(record.attempt, ending)
