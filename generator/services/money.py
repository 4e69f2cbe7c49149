"""Limits on use, and the pause that keeps requests from a key that must wait."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ..models import Attempt, Event, Generation, LedgerEntry, Pause, Project, Status, User
from ..models.generation import OPEN
from .changes import Change, begin_change
from .errors import NotAllowed, QuotaReached

_NOT_COUNTED = Q(status__in=(Status.CANCELLED, Status.FAILED), may_be_billed=False)


def key_ref() -> str:
    """Name the configured key without holding it: 16 hex digits of the hash of key and host."""
    text = f"{settings.SOUNDVERSE_BASE_URL} {settings.SOUNDVERSE_API_KEY}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reserve_quota(*, by: User, project: Project, takes: int) -> None:
    """Raise QuotaReached when the takes do not fit.

    Called under the version row's lock: what is counted cannot change before the rows are there.
    A row that failed or was cancelled without a charge gives its place back. Each retry of an
    unknown one takes a place of its own, for it may be charged again.
    """
    day, month = timezone.now() - timedelta(days=1), timezone.now() - timedelta(days=30)
    here = Q(project=project)
    in_flight = Generation.objects.filter(owner=by, status__in=OPEN)
    used = (
        ("QUOTA_IN_FLIGHT", "at once", in_flight.count),
        ("QUOTA_USER_DAY", "a day for you", _spent(day, Q(owner=by), Q(actor=by))),
        ("QUOTA_PROJECT_MONTH", "a month for this project", _spent(month, here, here)),
        ("QUOTA_SITE_DAY", "a day for everybody here", _spent(day, Q(), Q())),
    )
    for setting, words, count_used in used:
        limit = getattr(settings, setting)
        if limit and (count := count_used()) + takes > limit:
            raise QuotaReached(
                f"The limit is {limit} tracks {words}, and {count} are used. "
                "Nothing was started. Wait, or ask an operator to raise it."
            )


def _spent(since: datetime, rows: Q, retries: Q) -> Callable[[], int]:
    """Count places taken since then: by rows that meet one condition, by retries the other."""
    made = Generation.objects.exclude(_NOT_COUNTED).filter(rows, created_at__gte=since)
    again = Event.objects.filter(retries, name="retry", at__gte=since)
    return lambda: made.count() + again.count()


def open_ledger(attempt: Attempt) -> None:
    """Note what one POST may cost, before it is sent; nothing is noted where nothing can cost."""
    if attempt.billed:
        generation = attempt.generation
        LedgerEntry.objects.create(
            attempt=attempt,
            generation=generation,
            project_id=generation.project_id,
            member_id=generation.owner_id,
            model=generation.model,
            license=generation.license,
        )


def active_pause(now: datetime | None = None) -> Pause | None:
    """Return the pause that keeps this key's requests back, if there is one."""
    pause = Pause.objects.filter(key_ref=key_ref()).first()
    return pause if pause and pause.is_active(now or timezone.now()) else None


def pause_key(*, code: str, message: str, until: datetime | None = None) -> None:
    """Keep every request with this key back until a time, or (None) until an operator resumes.

    A timed pause never shortens or replaces one that waits for an operator.
    """
    with begin_change() as change:
        pause, _ = Pause.objects.select_for_update().get_or_create(key_ref=key_ref())
        if pause.needs_operator and until is not None:
            return
        pause.needs_operator = until is None
        pause.until = max(filter(None, [until, pause.until]), default=None)
        pause.code, pause.message, pause.changed_at = code, message, timezone.now()
        pause.save()
        _show_on_waiting_cards(change)


def resume_key(*, by: User) -> None:
    """End the pause of this key; raises NotAllowed for anybody but an operator."""
    if not by.is_staff:
        raise NotAllowed("Only an operator may resume sending.")
    with begin_change() as change:
        Event.objects.create(name="resume", actor=by)
        Pause.objects.filter(key_ref=key_ref()).update(
            needs_operator=False, until=None, code="", message="", changed_at=timezone.now()
        )
        _show_on_waiting_cards(change)


def _show_on_waiting_cards(change: Change) -> None:
    """Waiting cards tell why they wait, so a pause is news on each of them."""
    waiting = Generation.objects.filter(status=Status.QUEUED)
    waiting.update(version=change.version)
    for user_id, project_id in waiting.values_list("owner_id", "project_id").distinct():
        change.touch(user_id=user_id, project_id=project_id)
