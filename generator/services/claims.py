"""Taking queued rows: how many there is room for, and whose turn it is."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from ..models import Generation, random_id
from ..models.generation import LEASED, GenerationQuerySet
from .changes import begin_change
from .lifecycle import advance
from .money import active_pause

LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Claim:
    """A row that is ours as long as its lease is renewed."""

    generation_id: int
    token: UUID


def sendable(now: datetime) -> GenerationQuerySet:
    """Due rows that may be sent to the upstream as it is set now.

    A row made while everything was free was agreed to be free: it is never sent for money.
    """
    rows = Generation.objects.due(now)
    return rows if settings.UPSTREAM_IS_OWN_ENGINE else rows.filter(billed=True)


def has_claimable(now: datetime) -> bool:
    """Whether a runner has something to do: a due row, no pause, and a free place upstream."""
    return sendable(now).exists() and _room() > 0 and active_pause(now) is None


def claim_rows(seats: int) -> list[Claim]:
    """Claim up to `seats` rows, fewer where the key's limit of requests in flight is reached.

    The count is taken under the version row's lock, so the limit holds across all runners.
    """
    now = timezone.now()
    if not has_claimable(now):
        return []
    with begin_change():
        return [
            claim
            for pk in _fair_turns(now, min(seats, _room()))
            if (claim := _claim(pk, now)) is not None
        ]


def claim_row(pk: int) -> Claim | None:
    """Claim this one row out of turn, whatever room there is upstream; None when it has moved."""
    return _claim(pk, timezone.now())


def _claim(pk: int, now: datetime) -> Claim | None:
    claim = Claim(pk, random_id())
    taken = advance(pk, "claim", lease_token=claim.token, lease_until=now + LEASE)
    return claim if taken else None


def _room() -> int:
    return settings.SOUNDVERSE_CONCURRENCY - Generation.objects.filter(status__in=LEASED).count()


def _fair_turns(now: datetime, seats: int) -> list[int]:
    """Choose rows: the owner with the fewest open streams first, then the oldest row."""
    leased = Generation.objects.filter(status__in=LEASED).values("owner_id")
    busy = dict(leased.annotate(n=Count("pk")).values_list("owner_id", "n"))
    firsts = sendable(now).values("owner_id").annotate(first=Min("pk"))
    turns = [(busy.get(row["owner_id"], 0), row["first"], row["owner_id"]) for row in firsts]
    heapq.heapify(turns)
    chosen: list[int] = []
    while turns and len(chosen) < seats:
        count, pk, owner = heapq.heappop(turns)
        chosen.append(pk)
        after = sendable(now).filter(owner_id=owner, pk__gt=pk).order_by("pk")
        following = after.values_list("pk", flat=True).first()
        if following is not None:
            heapq.heappush(turns, (count + 1, following, owner))
    return chosen
