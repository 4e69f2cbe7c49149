"""Who fetches a finished file, and when it is tried again.

`next_try_at` is the lease as well as the back-off: whoever moves it ahead does the work, and when a
fetching process dies the row is simply due again (see GenerationQuerySet.fetch_due). A try counts
from its beginning, so a file that kills its reader is not read for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ..models import Generation, Status
from ..models.generation import FETCH_GAVE_UP, GenerationQuerySet
from .lifecycle import advance

LEASE = timedelta(seconds=90)
_RENEW_BELOW = timedelta(seconds=60)
# 5 s, 15 s, 1, 5 and 30 min, then every 2 h: just over 24 h in all.
DELAYS = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 1800)) + (timedelta(hours=2),) * 12


@dataclass
class FetchLease:
    """The right to fetch one generation's files, good until `until`; `tries` counts this one."""

    generation_id: int
    until: datetime
    tries: int

    @property
    def is_last(self) -> bool:
        """Whether nothing more is tried after this one fails."""
        return self.tries > len(DELAYS)

    @property
    def is_worn_out(self) -> bool:
        """Whether more tries began than ever ended: their processes died."""
        return self.tries > len(DELAYS) + 1

    def renew(self) -> None:
        """Say that the work goes on; writes only when little time is left."""
        now = timezone.now()
        if self.until - now < _RENEW_BELOW and self._held().update(next_try_at=now + LEASE):
            self.until = now + LEASE

    def _held(self) -> GenerationQuerySet:
        return Generation.objects.filter(
            pk=self.generation_id, status=Status.FETCHING, next_try_at=self.until
        )


def claim_fetch(generation_id: int) -> FetchLease | None:
    """Take the right to fetch, or return None: not due, or somebody else is at it."""
    now = timezone.now()
    due = Generation.objects.fetch_due(now).filter(pk=generation_id)
    tries = due.values_list("fetch_tries", flat=True).first()
    if tries is None:
        return None
    lease = FetchLease(generation_id, now + LEASE, tries + 1)
    taken = due.filter(fetch_tries=tries).update(next_try_at=lease.until, fetch_tries=lease.tries)
    return lease if taken else None


def postpone_fetch(lease: FetchLease, *, code: str, message: str, for_good: bool = False) -> None:
    """Note why the file is not here, and try again later, or (`for_good`) when a person says so."""
    gave_up = for_good or lease.is_last
    advance(
        lease.generation_id,
        "fetch_later",
        where={"next_try_at": lease.until},
        detail={"code": code, "tries": lease.tries},
        next_try_at=None if gave_up else timezone.now() + DELAYS[lease.tries - 1],
        error_code=FETCH_GAVE_UP if gave_up else code,
        error=message[:500],
    )
