"""Ringing again for work whose bell was lost."""

from __future__ import annotations

from datetime import datetime

from ..models import Generation
from ..services import bell
from ..services.claims import has_claimable, sendable
from ..services.workers import has_live_runner

# More at once would only stand in the task queue; the next look rings for the rest.
FINISH_BELLS = 4


def ring_queued(now: datetime) -> bool:
    """Wake a runner if a row waits and no runner would see it."""
    if not has_claimable(now) or has_live_runner(now):
        return False
    bell.ring(bell.RUN_QUEUED, sendable(now).values_list("pk", flat=True)[0])
    return True


def ring_finish(now: datetime) -> int:
    """Ring for finished music whose file is due and that nobody is fetching; return how many."""
    due = Generation.objects.fetch_due(now).order_by("status_at").values_list("pk", flat=True)
    rows = list(due[:FINISH_BELLS])
    for pk in rows:
        bell.ring(bell.FINISH_GENERATION, pk)
    return len(rows)
