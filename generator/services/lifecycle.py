"""The life of a generation: the table of transitions, and the one way a status changes.

Each row names what happened, from where to where, who may do it, and what must hold. `advance` is
one compare-and-swap with one Event in one transaction; when it returns False, somebody else was
first, and the caller must stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from ..models import Event, Generation, Status
from ..models.generation import OPEN
from .changes import begin_change

S = Status


@dataclass(frozen=True)
class Transition:
    """One row of the table. `number` is the row of the design; `leased` asks for the token."""

    name: str
    number: int
    sources: tuple[Status, ...]
    target: Status
    who: str
    guard: str
    leased: bool = False


_T = Transition
_ROWS = (
    _T("claim", 2, (S.QUEUED,), S.CLAIMED, "runner", "new lease token, lease 60 s"),
    _T("unclaim", 3, (S.CLAIMED,), S.QUEUED, "reconcile", "lease past, no POST began"),
    _T("release", 3, (S.CLAIMED,), S.QUEUED, "token holder", "stopping, no POST began", True),
    _T(
        "submit",
        4,
        (S.CLAIMED,),
        S.SUBMITTING,
        "token holder",
        "key, disk and quota checked; posts + 1; committed before the POST",
        True,
    ),
    _T(
        "refuse_claim",
        4,
        (S.CLAIMED,),
        S.FAILED,
        "token holder",
        "cannot be sent (key, request): no POST",
        True,
    ),
    _T(
        "requeue",
        5,
        (S.SUBMITTING,),
        S.QUEUED,
        "token holder",
        "proven unsent, or refused for rate; posts - 1, next try by back-off",
        True,
    ),
    _T(
        "give_up_sending",
        5,
        (S.SUBMITTING,),
        S.FAILED,
        "token holder",
        "proven unsent or rate-limited too often; nothing charged",
        True,
    ),
    _T(
        "refuse",
        6,
        (S.SUBMITTING,),
        S.FAILED,
        "token holder",
        "refused before any chunk; not billed, after 400 or 422 may be billed",
        True,
    ),
    _T(
        "stream",
        7,
        (S.SUBMITTING,),
        S.STREAMING,
        "token holder",
        "first well-formed event",
        True,
    ),
    _T(
        "complete",
        8,
        (S.SUBMITTING, S.STREAMING),
        S.FETCHING,
        "token holder",
        "complete, audio URL, no error; result in the same commit",
        True,
    ),
    _T(
        "recover",
        8,
        (S.SUBMITTING, S.STREAMING),
        S.FETCHING,
        "reconcile",
        "lease past, the spool holds a complete result",
    ),
    _T(
        "fail",
        9,
        (S.SUBMITTING, S.STREAMING),
        S.FAILED,
        "token holder",
        "event with error; may have been billed",
        True,
    ),
    _T(
        "lose",
        10,
        (S.SUBMITTING, S.STREAMING),
        S.UNKNOWN,
        "token holder",
        "cut, 5xx, deadline, caps passed, no audio; may have been charged",
        True,
    ),
    _T(
        "lapse",
        10,
        (S.SUBMITTING, S.STREAMING),
        S.UNKNOWN,
        "reconcile",
        "lease past; the token is kept",
    ),
    _T(
        "find",
        11,
        (S.UNKNOWN, S.FAILED),
        S.FETCHING,
        "late token holder or spool",
        "result present; a dismissed one comes back too",
    ),
    _T("import_result", 11, (S.UNKNOWN,), S.FETCHING, "operator", "allow-listed URL"),
    _T(
        "retry",
        12,
        (S.UNKNOWN,),
        S.QUEUED,
        "owner",
        "after a plain warning; posts_allowed + 1, with the actor",
    ),
    _T(
        "rerun_free",
        12,
        (S.UNKNOWN,),
        S.QUEUED,
        "reconcile",
        "own free engine only, at most twice; posts_allowed + 1",
    ),
    _T("dismiss", 13, (S.UNKNOWN,), S.FAILED, "owner", "token kept; a late result still counts"),
    _T(
        "store",
        14,
        (S.FETCHING,),
        S.READY,
        "runner, reconcile",
        "file stored under its hash, decoded and measured",
    ),
    _T(
        "fetch_later",
        15,
        (S.FETCHING,),
        S.FETCHING,
        "runner, reconcile",
        "download failed: back-off up to 24 h",
    ),
    _T("fetch_again", 15, (S.FETCHING,), S.FETCHING, "owner", "free"),
    _T("give_up_file", 15, (S.FETCHING,), S.FAILED, "owner", "file lost, charged"),
    _T("cancel", 16, (S.QUEUED, S.HELD), S.CANCELLED, "owner", "nothing was sent"),
    _T("hold", 17, (S.QUEUED,), S.HELD, "restore", "waits for a person"),
    _T("unhold", 17, (S.HELD,), S.QUEUED, "owner", "a person said yes"),
    _T("trash", 18, (S.READY,), S.TRASHED, "owner", "row first, files after"),
    _T("restore", 18, (S.TRASHED,), S.READY, "owner", "within 30 days"),
    _T("purge", 18, (S.TRASHED,), S.PURGED, "sweeper", "after 30 days; files deleted after"),
)
TRANSITIONS: dict[str, Transition] = {row.name: row for row in _ROWS}
_DONE = frozenset({S.READY, S.FAILED, S.UNKNOWN, S.CANCELLED})


def advance(
    generation_id: int,
    name: str,
    *,
    token: UUID | None = None,
    actor: Any = None,
    detail: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Move one generation along the named transition.

    `where` adds conditions to the compare-and-swap (`lease_until__lt`, say); `changes` are fields
    written with it. Returns False, having changed nothing, when the row was not as expected.
    """
    row = TRANSITIONS[name]
    if row.leased and token is None:
        raise ValueError(f"{name} needs the lease token")
    conditions = dict(where or {})
    if row.leased:
        conditions["lease_token"] = token
    now = timezone.now()
    changes |= {"status": row.target, "status_at": now}
    if row.target in _DONE:
        changes.setdefault("finished_at", now)
    with begin_change() as change:
        rows = Generation.objects.filter(pk=generation_id, status__in=row.sources, **conditions)
        before = rows.values_list("status", "owner_id", "project_id", "hidden").first()
        if before is not None and _changes_lists(row, hidden=before[3]):
            changes["listed_version"] = change.version
        # The source is pinned to the status just read, so the Event tells the truth.
        if before is None or not rows.filter(status=before[0]).update(
            version=change.version, **changes
        ):
            return False
        Event.objects.create(
            generation_id=generation_id,
            project_id=before[2],
            actor=actor,
            name=name,
            from_status=before[0],
            to_status=row.target,
            detail=detail or {},
            at=now,
        )
        change.touch(user_id=before[1], project_id=before[2])
    return True


def _changes_lists(row: Transition, *, hidden: bool) -> bool:
    """Whether lists of cards hold other cards after this step than before."""
    return row.name in {"trash", "restore", "purge"} or (hidden and row.target not in OPEN)
