"""What a person may do with a generation: start it, stop it, decide about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from ..models import Event, Generation, Membership, Project, Status, User, random_id
from . import bell
from .changes import Change, begin_change
from .errors import NoLongerPossible, NotAllowed
from .lifecycle import advance
from .money import reserve_quota


@dataclass(frozen=True)
class Request:
    """What a person asks for, already cleaned by the form. `duration` in seconds."""

    prompt: str
    style: str = ""
    duration: int = 30
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    takes: int = 1


def start_generation(
    *, by: User, project: Project, request: Request, form_key: uuid.UUID
) -> list[Generation]:
    """Queue one row a take and ring the bell; the same form sent again returns the same rows.

    Raises NotAllowed without the right to make music here, QuotaReached at a limit.
    """
    with begin_change() as change:
        require_maker(project, by)
        # Under the version row's lock the twin of a double click is seen, also at a limit.
        if earlier := _of_form(by, form_key):
            return earlier
        reserve_quota(by=by, project=project, takes=request.takes)
        rows = _create_takes(by, project, request, form_key, change)
        for row in rows:
            bell.ring(bell.RUN_QUEUED, row.pk)
    return rows


def _of_form(by: User, form_key: uuid.UUID) -> list[Generation]:
    return list(Generation.objects.filter(owner=by, form_key=form_key).order_by("take"))


def _create_takes(
    by: User, project: Project, request: Request, form_key: uuid.UUID, change: Change
) -> list[Generation]:
    group = random_id()
    rows = [
        Generation.objects.create(
            owner=by,
            project=project,
            group=group,
            take=take,
            form_key=form_key,
            prompt=request.prompt,
            style=request.style,
            duration=request.duration,
            model=request.model,
            parameters=request.parameters,
            license=settings.SOUNDVERSE_LICENSE,
            billed=not settings.UPSTREAM_IS_OWN_ENGINE,
            version=change.version,
            listed_version=change.version,
        )
        for take in range(1, request.takes + 1)
    ]
    Event.objects.bulk_create(
        Event(generation=row, project=project, actor=by, name="create", to_status=Status.QUEUED)
        for row in rows
    )
    change.touch(user_id=by.pk, project_id=project.pk)
    return rows


def cancel_generation(generation: Generation, *, by: User) -> None:
    """Take a queued row out of the queue; nothing was sent, nothing is charged."""
    _decide(generation, "cancel", by)


def retry_generation(generation: Generation, *, by: User) -> None:
    """Allow one more POST of an unknown generation, after the person read that it may cost again.

    `form_key` of the new try needs no change: the row stays the same request. Raises QuotaReached
    at a limit, as for a new one.
    """
    with begin_change():
        reserve_quota(by=by, project=generation.project, takes=1)
        _decide(
            generation,
            "retry",
            by,
            posts_allowed=generation.posts + 1,
            next_try_at=None,
            tries=0,
            lease_token=None,
            lease_until=None,
            finished_at=None,
            progress=None,
            stage="",
            error="",
            error_code="",
            detail={"attempts": generation.posts},
            where={"posts": generation.posts},
        )
        bell.ring(bell.RUN_QUEUED, generation.pk)


def dismiss_generation(generation: Generation, *, by: User) -> None:
    """Give an unknown generation up; its result is still taken if it turns up."""
    _decide(generation, "dismiss", by, error_code="dismissed")


def fetch_again(generation: Generation, *, by: User) -> None:
    """Fetch the finished file once more; that costs nothing."""
    _decide(generation, "fetch_again", by, next_try_at=None, fetch_tries=0, error="", error_code="")
    bell.ring(bell.FINISH_GENERATION, generation.pk)


def give_up_file(generation: Generation, *, by: User) -> None:
    """Stop fetching a file that cannot be had; the generation was charged all the same."""
    _decide(
        generation,
        "give_up_file",
        by,
        error_code="file_lost",
        may_be_billed=generation.billed or generation.may_be_billed,
        error="The music was made, but its file could not be fetched, and you gave it up.",
    )


def release_held(generation: Generation, *, by: User) -> None:
    """Let a held row into the queue, at the price of the upstream as it is set now."""
    billed = not settings.UPSTREAM_IS_OWN_ENGINE
    _decide(generation, "unhold", by, billed=billed, error="", error_code="")
    bell.ring(bell.RUN_QUEUED, generation.pk)


def trash_generation(generation: Generation, *, by: User) -> None:
    """Put a finished track into the trash; its files stay for 30 days."""
    _decide(generation, "trash", by)


def restore_generation(generation: Generation, *, by: User) -> None:
    """Take a track out of the trash."""
    _decide(generation, "restore", by)


def hide_generation(generation: Generation, *, by: User) -> None:
    """Take the card off every list: at once when it is done, else as soon as it is."""
    require_maker(generation.project, by)
    with begin_change() as change:
        Generation.objects.filter(pk=generation.pk).update(
            hidden=True, version=change.version, listed_version=change.version
        )
        Event.objects.create(
            generation=generation,
            project_id=generation.project_id,
            actor=by,
            name="hide",
        )
        change.touch(user_id=generation.owner_id, project_id=generation.project_id)


def require_maker(project: Project, by: User) -> None:
    """Raise NotAllowed unless the person may make and change music in the project."""
    if project.role_of(by) not in Membership.Role.makers():
        raise NotAllowed(
            "You can listen in this project, but not make or change music. "
            "Ask one of its owners for the editor role."
        )


def _decide(generation: Generation, name: str, by: User, **changes: Any) -> None:
    require_maker(generation.project, by)
    if not advance(generation.pk, name, actor=by, **changes):
        raise NoLongerPossible(
            "This generation has moved on in the meantime, so nothing was changed. "
            "Look at its card again."
        )
