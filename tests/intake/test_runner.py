"""A queued row meets a real upstream over real HTTP."""

from __future__ import annotations

import pytest

from generator.models import Chunk, Generation, Project, Status, User

from ..fakes.upstream import ScriptedUpstream, completed, started, stream
from .worker_fixtures import run_worker, submit, upstream  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queued_row_is_sent_once_and_waits_for_its_file(
    user: User,
    project: Project,
    upstream: ScriptedUpstream,  # noqa: F811
) -> None:
    upstream.play(stream(started(), completed("https://storage.soundverse.ai/a.mp3")))
    [row] = submit(user, project)
    assert run_worker()
    row.refresh_from_db()
    assert (row.status, row.posts, row.chunk_count) == (Status.FETCHING, 1, 2)
    assert len(upstream.charges) == 1
    assert Chunk.objects.count() == 2
