"""Starting and deciding: what a person's click does to the rows."""

import uuid

import pytest

from generator.models import Event, Generation, Project, Status, User
from generator.services import generations, lifecycle
from generator.services.errors import NoLongerPossible, NotAllowed

from .. import factories

REQUEST = generations.Request(prompt="Warm lo-fi for rain", takes=2)


def test_start_makes_a_row_for_each_take(user: User, project: Project) -> None:
    rows = generations.start_generation(
        by=user, project=project, request=REQUEST, form_key=uuid.uuid4()
    )
    assert [row.take for row in rows] == [1, 2]
    assert {row.status for row in Generation.objects.all()} == {Status.QUEUED}
    assert rows[0].group == rows[1].group


def test_the_same_form_sent_twice_makes_nothing_new(user: User, project: Project) -> None:
    key = uuid.uuid4()
    first, second = (
        generations.start_generation(by=user, project=project, request=REQUEST, form_key=key)
        for _ in range(2)
    )
    assert first == second
    assert Generation.objects.count() == 2


def test_a_viewer_may_not_start(user: User, project: Project) -> None:
    viewer = factories.make_user("eve")
    project.memberships.create(user=viewer, role="viewer")
    with pytest.raises(NotAllowed):
        generations.start_generation(
            by=viewer, project=project, request=REQUEST, form_key=uuid.uuid4()
        )
    assert Generation.objects.count() == 0


def test_cancel_works_once(user: User, project: Project) -> None:
    row = factories.make_generation(user, project)
    generations.cancel_generation(row, by=user)
    row.refresh_from_db()
    assert row.status == Status.CANCELLED
    assert Event.objects.get(generation=row).name == "cancel"
    with pytest.raises(NoLongerPossible):
        generations.cancel_generation(row, by=user)


def test_retry_allows_exactly_one_more_post(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.UNKNOWN)
    generations.retry_generation(row, by=user)
    row.refresh_from_db()
    assert (row.status, row.posts, row.posts_allowed) == (Status.QUEUED, 1, 2)


def test_a_leased_step_without_its_token_is_a_bug(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.CLAIMED)
    with pytest.raises(ValueError, match="token"):
        lifecycle.advance(row.pk, "submit")
