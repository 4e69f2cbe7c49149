"""One POST to the upstream in the books: begun before it is sent, ended when its end is known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import F, Max
from django.utils import timezone

from ..models import Attempt, Event, Generation, LedgerEntry, Status, random_id
from . import bell
from .changes import begin_change
from .claims import LEASE, Claim
from .lifecycle import advance
from .money import active_pause, open_ledger

LATE_TAKE = "late_take"
_UNHELD: dict[str, Any] = {"lease_token": None, "lease_until": None}


def begin_attempt(claim: Claim) -> Attempt | None:
    """Write down that the POST is sent, before it is sent; None when it must not be sent.

    That is when the row is ours no more, or the key has been paused since. Once an attempt is
    returned, the row counts as posted whatever happens; the caller sends at most once.
    """
    billed = not settings.UPSTREAM_IS_OWN_ENGINE
    now = timezone.now()
    with begin_change():
        if active_pause(now) is not None:
            advance(claim.generation_id, "release", token=claim.token, **_UNHELD)
            return None
        earlier = Attempt.objects.filter(generation_id=claim.generation_id)
        number = (earlier.aggregate(last=Max("number"))["last"] or 0) + 1
        begun = advance(
            claim.generation_id,
            "submit",
            token=claim.token,
            where={"posts__lt": F("posts_allowed")},
            detail={"attempt": number},
            posts=F("posts") + 1,
            billed=billed,
            submitted_at=now,
            last_event_at=None,
            stage="",
            progress=None,
            chunk_count=0,
            lease_until=now + LEASE,
            next_try_at=None,
            error="",
            error_code="",
        )
        if not begun:
            return None
        attempt = Attempt.objects.create(
            generation_id=claim.generation_id,
            number=number,
            token=claim.token,
            upstream=settings.SOUNDVERSE_BASE_URL,
            billed=billed,
            started_at=now,
        )
        open_ledger(attempt)
    return attempt


def end_attempt(
    attempt_id: int, *, outcome: str, ledger: LedgerEntry.State | None = None, **fields: Any
) -> None:
    """Close the books of one POST. `ledger` None leaves the charge as estimated."""
    rows = Attempt.objects.filter(pk=attempt_id).exclude(outcome=LATE_TAKE)
    rows.update(outcome=outcome, ended_at=timezone.now(), **fields)
    if ledger is not None:
        LedgerEntry.objects.filter(attempt_id=attempt_id).update(state=ledger)


def take_result(attempt: Attempt, result: dict[str, Any], *, name: str, **where: Any) -> bool:
    """Move the attempt's generation to fetching by the named transition, and ring for the file.

    Where a retry has replaced the attempt its music becomes another take: it was paid for too.
    Returns False when there is nothing to do any more.
    """
    with begin_change() as change:
        if _advance_to_fetching(attempt, result, name, where):
            bell.ring(bell.FINISH_GENERATION, attempt.generation_id)
            return True
        generation = Generation.objects.get(pk=attempt.generation_id)
        if generation.lease_token == attempt.token or not _is_first_late_take(attempt):
            return False
        take = _late_take(generation, attempt, result, change.version)
        change.touch(user_id=take.owner_id, project_id=take.project_id)
        bell.ring(bell.FINISH_GENERATION, take.pk)
    return True


def _is_first_late_take(attempt: Attempt) -> bool:
    rows = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=LATE_TAKE)
    return bool(rows.update(outcome=LATE_TAKE, ended_at=timezone.now()))


def _advance_to_fetching(
    attempt: Attempt, result: dict[str, Any], name: str, where: dict[str, Any]
) -> bool:
    fields = result | {
        "lease_until": None,
        "next_try_at": None,
        "fetch_tries": 0,
        "finished_at": None,
        "error": "",
        "error_code": "",
        "may_be_billed": False,
    }
    for step, conditions in ((name, where), ("find", {})):
        held = conditions | {"lease_token": attempt.token}
        if advance(attempt.generation_id, step, token=attempt.token, where=held, **fields):
            return True
    return False


def _late_take(
    generation: Generation, attempt: Attempt, result: dict[str, Any], version: int
) -> Generation:
    siblings = Generation.objects.filter(group=generation.group)
    take = Generation.objects.create(
        **{
            name: getattr(generation, name)
            for name in (
                *("owner", "project", "group", "prompt", "style", "duration", "model"),
                *("parameters", "license", "submitted_at"),
            )
        },
        **result,
        take=(siblings.aggregate(last=Max("take"))["last"] or 0) + 1,
        form_key=random_id(),
        status=Status.FETCHING,
        posts=1,
        billed=attempt.billed,
        lease_token=attempt.token,
        version=version,
        listed_version=version,
    )
    Event.objects.create(
        generation=take, project_id=take.project_id, name="late_take", to_status=Status.FETCHING
    )
    return take
