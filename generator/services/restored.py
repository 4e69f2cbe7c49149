"""What becomes of rows that come out of a backup.

What waited in it may have been sent since, so nobody but a person may send it.
"""

from __future__ import annotations

from django.db.models import F

from ..models import Generation, Runner, Status, Version
from .changes import begin_change
from .lifecycle import advance

RESTORED = "restored"
_WORDS = (
    "This studio was restored from a backup in which this was still waiting. It may have been made "
    "since. Let it run if you still want it, or cancel it."
)


def settle(version: int) -> None:
    """Hold every queued row, and every claimed one, whose holder is not here.

    `version` is the last that pages have seen here: they must not take older ones for news.
    """
    # Its workers are not here either, however young their last word is.
    Runner.objects.all().delete()
    Version.objects.filter(value__lt=version).update(value=version)
    waiting = Generation.objects.filter(status__in=(Status.QUEUED, Status.CLAIMED))
    for pk, billed in list(waiting.values_list("pk", "billed")):
        with begin_change():
            advance(pk, "unclaim", lease_token=None, lease_until=None)
            advance(
                pk,
                "hold",
                next_try_at=None,
                error_code=RESTORED,
                error=_WORDS,
                may_be_billed=billed or F("may_be_billed"),
            )
