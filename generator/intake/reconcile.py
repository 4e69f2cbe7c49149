"""Puts right what a crash, a lost bell or a changed setting left behind; run every 5 s.

Each step looks at rows and files only, so it does not matter who died, and doing it twice or in
two places at once changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from ..models import Attempt, Chunk, Generation, LedgerEntry, Status
from ..models.generation import LEASED
from ..services import attempts, lapses, trash
from ..services.lifecycle import advance
from ..soundverse.replay import Replay, read_events
from .bells import ring_finish, ring_queued
from .journal import DATABASE_AWAY, DONE
from .records import Record, result_fields
from .spool import digest_of, read_spool, sweep_spools
from .upstream import key_to_send

log = logging.getLogger(__name__)

# A stream that ended well is written into its attempt within moments; later it never will be.
ENDING_TIME = timedelta(seconds=60)
OVERDUE = timedelta(seconds=30)
HOUSEKEEPING_SECONDS = 3600.0

Step = Callable[[datetime], object]


class Reconciler:
    """Runs the steps; keeps in mind when the slow ones were done."""

    def __init__(self) -> None:
        self._housekeeping_at = 0.0
        self._finisher: threading.Thread | None = None

    def tick(self, now: datetime | None = None) -> None:
        """Run each step once; trouble in one never keeps the others from running."""
        for step in (*STEPS, self._finish_overdue, self._keep_house):
            try:
                step(now or timezone.now())
            except DATABASE_AWAY as error:
                log.warning("the database is away: %s", error)
                connection.close()
            except Exception:
                log.exception("reconcile goes on after an error")

    def wait_finished(self, timeout: float) -> None:
        """Wait for a file that is being fetched here."""
        if self._finisher is not None:
            self._finisher.join(timeout)

    def _finish_overdue(self, now: datetime) -> None:
        """Fetch one file here if the task queue's processes leave it lying.

        An idle one that was killed can make all others deaf; music that is made must still arrive.
        """
        if self._finisher is not None and self._finisher.is_alive():
            return
        long_ago = now - OVERDUE
        due = Generation.objects.fetch_due(now).filter(status_at__lt=long_ago)
        overdue = due.filter(Q(next_try_at=None) | Q(next_try_at__lt=long_ago))
        if (pk := overdue.values_list("pk", flat=True).first()) is not None:
            log.warning("the task queue left generation %s lying; its file is fetched here", pk)
            self._finisher = threading.Thread(target=_finish_here, args=[pk], daemon=True)
            self._finisher.start()

    def _keep_house(self, _now: datetime) -> None:
        if time.monotonic() >= self._housekeeping_at:
            self._housekeeping_at = time.monotonic() + HOUSEKEEPING_SECONDS
            sweep_spools()


def recover_spools(now: datetime) -> int:
    """End every attempt whose holder is gone; what its spool holds is not lost.

    Returns how many results were found.
    """
    alive = Q(generation__status__in=LEASED, generation__lease_until__gte=now)
    # Unknown without an ended attempt is a lapse, which a poll may have seen before us.
    silent = Q(generation__status__in=(*LEASED, Status.UNKNOWN))
    ending = Q(generation__status_at__gte=now - ENDING_TIME) & ~silent
    orphans = Attempt.objects.filter(ended_at=None).exclude(alive).exclude(ending)
    return sum(_try_to_recover(attempt, now) for attempt in orphans.select_related("generation"))


def _try_to_recover(attempt: Attempt, now: datetime) -> bool:
    """One spool that cannot be read or stored must not keep the others' music away."""
    try:
        return _recover(attempt, now)
    except DATABASE_AWAY:
        raise
    except Exception:
        log.exception("reconcile goes on without the spool of attempt %s", attempt.token)
        return False


def _recover(attempt: Attempt, now: datetime) -> bool:
    raw = read_spool(attempt.token)
    replay = read_events(raw, secret=key_to_send())
    record = _record_of(attempt, replay, now)
    digest = digest_of(raw)
    fields: dict[str, Any] = {
        **record.ids,
        "spool_sha256": digest.sha256,
        "spool_bytes": digest.size,
    }
    if replay.result is None:
        Chunk.objects.bulk_create(record.kept_chunks(), ignore_conflicts=True)
        is_lost = not _is_result_taken(attempt)
        state = LedgerEntry.State.MAY_BE_BILLED if is_lost and attempt.billed else None
        outcome = "lapsed" if is_lost else DONE
        attempts.end_attempt(attempt.pk, outcome=outcome, ledger=state, **fields)
        return False
    result = result_fields(replay.result) | {"chunk_count": record.count}
    found = attempts.take_result(attempt, result, name="recover", lease_until__lt=now)
    # Paid music first: its chunks may be refused, it may not.
    Chunk.objects.bulk_create(record.kept_chunks(), ignore_conflicts=True)
    attempts.end_attempt(attempt.pk, outcome="recovered", **fields)
    return found


def _is_result_taken(attempt: Attempt) -> bool:
    """Whether the journal wrote the result and died before it wrote the end."""
    generation = attempt.generation
    return generation.lease_token == attempt.token and bool(generation.audio_url)


def _record_of(attempt: Attempt, replay: Replay, now: datetime) -> Record:
    """Fold the spooled events as the journal did: the same events get the same numbers."""
    record = Record(attempt)
    for event in replay.events:
        record.add_event(event, now)
    return record


def rerun_free_unknowns(_now: datetime) -> int:
    """Queue again what our own engine lost; return how many."""
    lost = Generation.objects.filter(
        status=Status.UNKNOWN, billed=False, posts_allowed__lte=lapses.FREE_RERUNS
    )
    return sum(lapses.rerun_free(pk) for pk in list(lost.values_list("pk", flat=True)))


def hold_once_free(_now: datetime) -> int:
    """Hold rows that were asked for while nothing cost anything, once an upstream charges."""
    if settings.UPSTREAM_IS_OWN_ENGINE:
        return 0
    free = Generation.objects.filter(status=Status.QUEUED, billed=False)
    return sum(
        advance(
            pk,
            "hold",
            where={"billed": False},
            error_code="cost_changed",
            error="This was asked for while music was free here. The studio now uses a service "
            "that charges, so it waits: let it go on, or cancel it.",
        )
        for pk in list(free.values_list("pk", flat=True))
    )


STEPS: tuple[Step, ...] = (
    recover_spools,
    lapses.sweep_lapsed,
    rerun_free_unknowns,
    hold_once_free,
    ring_queued,
    ring_finish,
    trash.purge_due,
)


def _finish_here(pk: int) -> None:
    # Only here: what measures and draws takes seconds to load, and hardly ever is it needed.
    from . import assets

    try:
        assets.finish(pk)
    except Exception:
        log.exception("the file of generation %s could not be fetched here", pk)
    finally:
        connection.close()
