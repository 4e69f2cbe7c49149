"""Three finished tracks for somebody who wants to look around before making anything.

They go the way of every generation: request, stream, chunks, file. Only the turn in the queue is
left out, so that neither a busy worker nor an upstream that charges gets hold of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from ..models import Generation, Project, Status, User, random_id
from ..services import generations
from ..services.accounts import DEMO_USER, demo_user
from ..services.attempts import begin_attempt
from ..services.claims import Claim, claim_row
from ..services.projects import demo_project
from . import assets
from .journal import Journal
from .records import Record
from .streams import Stream
from .upstream import build_client, request_of

STREAM_SECONDS = 180.0
FETCH_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_CAME_TO_NOTHING = (
    Status.FAILED,
    Status.UNKNOWN,
    Status.CANCELLED,
    Status.HELD,
    Status.PURGED,
)


class DemoFailed(Exception):
    """A demo track could not be made; the text says why and what to do."""


@dataclass(frozen=True)
class Piece:
    """One demo track. The seed makes it the same music on every machine."""

    prompt: str
    style: str
    duration: int
    seed: int


PIECES = (
    Piece("Warm lo-fi for a rainy evening: soft electric piano, brushed drums", "lo-fi", 30, 11),
    Piece("Synthwave for an empty motorway at night, pulsing bass, wide pads", "synthwave", 30, 23),
    Piece("Slow cinematic strings that rise and come to rest, piano", "cinematic", 30, 5),
)


def is_made() -> bool:
    """Whether all of it stands, so that no engine is needed."""
    tracks = Generation.objects.filter(owner__username=DEMO_USER, status=Status.READY)
    return tracks.count() >= len(PIECES)


def make_demo(say: Callable[[str], object]) -> Project:
    """Make what is missing of user `demo`, the project and its tracks; `say` tells of each.

    Raises DemoFailed; calling it again then goes on where it stopped.
    """
    user = demo_user()
    if user is None:
        raise DemoFailed('Somebody signed up under the name "demo": nothing was made.')
    project = demo_project(user)
    for piece in PIECES:
        row = _make(piece, user, project)
        say(f"{row.track.title}: {piece.prompt}")
    return project


def _make(piece: Piece, user: User, project: Project) -> Generation:
    # Queued and claimed in one commit: nobody else ever sees it waiting.
    with transaction.atomic():
        row = _row_of(piece, user, project)
        claim = claim_row(row.pk)
    if claim:
        _stream(row, claim)
        row.refresh_from_db()
    if row.status == Status.TRASHED:
        generations.restore_generation(row, by=user)
    if row.status == Status.FETCHING:
        _fetch(row)
    row = Generation.objects.select_related("track").get(pk=row.pk)
    if row.status != Status.READY:
        raise DemoFailed(
            f"A demo track is {row.status}. {row.error} Run `python3 manage.py demo` again."
        )
    return row


def _row_of(piece: Piece, user: User, project: Project) -> Generation:
    """The piece's row; one that came to nothing is left behind for a new one."""
    earlier = 0
    while True:
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"studio-demo:{piece.seed}:{user.pk}:{earlier}")
        row = Generation.objects.filter(owner=user, form_key=key).first()
        if row is None:
            return _queue(piece, user, project, key)
        if row.status not in _CAME_TO_NOTHING:
            return row
        earlier += 1


def _queue(piece: Piece, user: User, project: Project, key: uuid.UUID) -> Generation:
    request = generations.Request(
        prompt=piece.prompt,
        style=piece.style,
        duration=piece.duration,
        parameters={"seed": piece.seed},
    )
    return generations.start_generation(by=user, project=project, request=request, form_key=key)[0]


def _stream(row: Generation, claim: Claim) -> None:
    attempt = begin_attempt(claim)
    if attempt is None:
        return
    attempt.generation = row
    journal = Journal(random_id(), lambda: None)
    Stream(build_client(), request_of(row), Record(attempt), journal).start()
    journal.close(STREAM_SECONDS)


def _fetch(row: Generation) -> None:
    until = time.monotonic() + FETCH_SECONDS
    # A worker that runs beside this may be at it already: then its work is waited for.
    while not assets.finish(row.pk) and time.monotonic() < until:
        row.refresh_from_db()
        if row.status != Status.FETCHING or row.error_code:
            return
        time.sleep(_LOOK_SECONDS)
