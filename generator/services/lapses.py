"""What happens to work whose holder fell silent.

Needs neither a worker nor the spool, so that the poll can call it too: a page never shows
"generating" for a dead stream.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import F

from ..models import Generation, Status
from . import bell
from .changes import begin_change
from .lifecycle import advance

# A free engine may be asked again by machine; a third silence is the engine's fault, not bad luck.
FREE_RERUNS = 2


def sweep_lapsed(now: datetime) -> int:
    """Move every row whose lease is past: claimed back to queued, posted on to unknown.

    Returns how many were moved. One row a transaction, as no holder waits for another.
    """
    rows = Generation.objects.lapsed(now).values_list("pk", "status", "billed")
    return sum(_lapse(pk, status, billed, now) for pk, status, billed in list(rows))


def _lapse(pk: int, status: str, billed: bool, now: datetime) -> bool:
    past = {"lease_until__lt": now}
    if status == Status.CLAIMED:
        with begin_change():
            moved = advance(pk, "unclaim", where=past, lease_token=None, lease_until=None)
            bell.ring(bell.RUN_QUEUED, pk)
        return moved
    return advance(
        pk,
        "lapse",
        where=past,
        lease_until=None,
        error_code="lapsed",
        error="The worker stopped before the music was finished.",
        may_be_billed=billed or F("may_be_billed"),
    )


def rerun_free(generation_id: int) -> bool:
    """Queue an unknown generation once more if that can cost nothing, at most twice.

    Free is what was sent to the engine that `start` runs, and will be sent there again.
    """
    if not settings.UPSTREAM_IS_OWN_ENGINE:
        return False
    with begin_change():
        moved = advance(
            generation_id,
            "rerun_free",
            where={"billed": False, "posts_allowed__lte": FREE_RERUNS},
            posts_allowed=F("posts_allowed") + 1,
            lease_token=None,
            lease_until=None,
            next_try_at=None,
            tries=0,
            finished_at=None,
            progress=None,
            stage="",
            error="",
            error_code="",
        )
        if moved:
            bell.ring(bell.RUN_QUEUED, generation_id)
    return moved
