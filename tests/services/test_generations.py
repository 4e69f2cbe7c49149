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


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("dismiss_generation", Status.UNKNOWN, Status.FAILED),
        ("fetch_again", Status.FETCHING, Status.FETCHING),
        ("give_up_file", Status.FETCHING, Status.FAILED),
        ("release_held", Status.HELD, Status.QUEUED),
        ("trash_generation", Status.READY, Status.TRASHED),
        ("restore_generation", Status.TRASHED, Status.READY),
    ],
)
def test_each_decision_moves_the_row_and_names_who_decided(
    user: User, project: Project, verb: str, before: Status, after: Status
) -> None:
    row = factories.make_generation(user, project, before)
    getattr(generations, verb)(row, by=user)
    row.refresh_from_db()
    event = Event.objects.get(generation=row)
    assert (row.status, event.actor, event.to_status) == (after, user, after)


def test_giving_a_file_up_says_that_it_was_charged(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.FETCHING)
    generations.give_up_file(row, by=user)
    row.refresh_from_db()
    assert (row.error_code, row.may_be_billed) == ("file_lost", True)


def test_a_hidden_card_leaves_the_lists_once_it_is_done(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.FAILED)
    running = factories.make_generation(user, project, Status.STREAMING)
    generations.hide_generation(row, by=user)
    generations.hide_generation(running, by=user)
    assert list(Generation.objects.listed()) == [running]
    assert lifecycle.advance(running.pk, "lose", token=running.lease_token)
    assert list(Generation.objects.listed()) == []
    running.refresh_from_db()
    assert running.listed_version == running.version
    # Hiding moves nothing, so its event names no status.
    steps = Event.objects.filter(name="hide").values_list("from_status", "to_status")
    assert list(steps) == [("", ""), ("", "")]
