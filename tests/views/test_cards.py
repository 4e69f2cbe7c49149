"""Cards: what a list shows of each generation, and why one waits, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import (
    Attempt,
    Chunk,
    Generation,
    Membership,
    Project,
    Runner,
    Status,
    User,
    random_id,
)
from generator.services.money import pause_key
from generator.views.cards import Card, list_context, load_cards
from generator.views.notices import Notice

from .. import factories


def worker_is_heard() -> None:
    now = timezone.now()
    Runner.objects.create(
        cluster="supervisor:studio", token=random_id(), started_at=now, heartbeat_at=now
    )


def one_card(user: User, **fields: Any) -> Card:
    """The only card there is, after changing its row."""
    Generation.objects.update(**fields)
    return load_cards(user, Generation.objects.all())[0]


def notice_of(user: User, **fields: Any) -> Notice:
    notice = one_card(user, **fields).notice
    assert notice is not None
    return notice


@pytest.mark.parametrize("count", [1, 20])
def test_cards_of_every_status_cost_the_same_at_any_number(
    user: User, project: Project, count: int
) -> None:
    for _ in range(count):
        for status in Status.values:
            factories.make_generation(user, project, status)
        factories.make_track(user, project)
    with CaptureQueriesContext(connection) as queries:
        cards = load_cards(user, Generation.objects.all())
        _ = [(card.track and card.track.project.name, card.notice) for card in cards]
    assert len(cards) == 13 * count
    assert len(queries) == 5


def test_messages_are_the_latest_attempts_last_twelve(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.STREAMING)
    for number, words in ((1, "old"), (2, "new")):
        attempt = Attempt.objects.create(generation=row, number=number, upstream="http://x")
        for sequence in range(15):
            raw: dict[str, Any] = {"content": f"{words} {sequence}"} if sequence != 3 else {}
            Chunk.objects.create(
                attempt=attempt, sequence=sequence, received_at=timezone.now(), raw=raw
            )
    card = one_card(user)
    assert card.messages == [f"new {number}" for number in range(4, 15)]


def test_a_ready_card_has_its_track_and_no_messages(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    card = one_card(user)
    assert (card.track, card.messages, card.notice) == (track, [], None)


def test_a_trashed_card_has_no_track_to_play(user: User, project: Project) -> None:
    factories.make_track(user, project)
    assert one_card(user, status=Status.TRASHED).track is None


@pytest.mark.parametrize(("role", "can"), [("owner", True), ("editor", True), ("viewer", False)])
def test_only_makers_have_buttons(user: User, project: Project, role: str, can: bool) -> None:
    factories.make_generation(user, project)
    member = factories.make_user("ben")
    Membership.objects.create(project=project, user=member, role=role)
    assert load_cards(member, Generation.objects.all())[0].can_change is can


def test_a_card_in_the_queue_says_nothing_while_all_is_well(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    assert one_card(user).notice is None


def test_a_waiting_card_tells_its_place_among_its_owners(user: User, project: Project) -> None:
    factories.make_generation(factories.make_user("ben"), project)
    rows = [factories.make_generation(user, project) for _ in range(3)]
    factories.make_generation(user, project, Status.STREAMING)
    mine = Generation.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    assert [card.before for card in load_cards(user, mine)] == [0, 1, 2]


def test_a_waiting_card_tells_of_a_missing_worker(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    notice = notice_of(user)
    assert (notice.title, notice.money) == ("No worker is running", "Nothing was charged.")
    assert notice.text.endswith("python3 manage.py worker")


def test_a_waiting_card_tells_of_the_rate_limit_and_when_it_ends(
    user: User, project: Project
) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    until = timezone.now() + timedelta(seconds=30)
    pause_key(code="rate_limited", message="Too many requests.", until=until)
    assert notice_of(user) == Notice(
        "Waiting for the rate limit", "Too many requests.", "Nothing was charged.", retry_at=until
    )


def test_a_waiting_card_tells_of_an_operators_pause(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    pause_key(code="no_balance", message="The balance is used up.")
    notice = notice_of(user)
    assert (notice.title, notice.text, notice.retry_at) == (
        "Paused until an operator steps in",
        "The balance is used up.",
        None,
    )


def test_a_card_whose_next_try_is_due_still_says_what_went_wrong(
    user: User, project: Project
) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    notice = notice_of(user, next_try_at=timezone.now(), error="No connection.")
    assert notice == Notice("Waiting to try again", "No connection.", "Nothing was charged.")


def test_a_card_that_waits_to_try_again_says_when(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    later = timezone.now() + timedelta(seconds=8)
    notice = notice_of(user, next_try_at=later, error="No connection.")
    assert (notice.title, notice.text, notice.retry_at) == (
        "Waiting to try again",
        "No connection.",
        later,
    )


def test_a_file_that_could_not_be_fetched_is_free_to_try_again(
    user: User, project: Project
) -> None:
    factories.make_generation(user, project, Status.FETCHING)
    assert one_card(user).notice is None
    later = timezone.now() + timedelta(minutes=5)
    notice = notice_of(user, fetch_tries=2, next_try_at=later, error="It was not there.")
    assert (notice.text, notice.retry_at) == ("It was not there. Another try is free.", later)
    assert notice_of(user, next_try_at=timezone.now() - timedelta(seconds=1)).retry_at is None
    notice = notice_of(user, next_try_at=None)
    assert notice.text == "It was not there. Fetch it again, which is free, or give it up."


@pytest.mark.parametrize(
    ("status", "billed", "may_be_billed", "money"),
    [
        (Status.FAILED, True, True, "You may have been charged."),
        (Status.FAILED, True, False, "Nothing was charged."),
        (Status.FAILED, False, True, "You may have been charged."),
        (Status.FAILED, False, False, "Nothing was charged."),
        (Status.UNKNOWN, True, True, "You may have been charged."),
        (Status.UNKNOWN, True, False, "You may have been charged."),
        (Status.UNKNOWN, False, False, "Nothing was charged."),
    ],
)
def test_an_ended_card_speaks_of_the_money(
    user: User, project: Project, status: str, billed: bool, may_be_billed: bool, money: str
) -> None:
    row = factories.make_generation(user, project, status)
    attempt = Attempt.objects.create(generation=row, number=1, upstream="http://x")
    notice = notice_of(user, billed=billed, may_be_billed=may_be_billed, error="It broke.")
    assert (notice.money, notice.attempt_ref) == (money, str(attempt.token))
    assert notice.text.startswith("It broke.")


@pytest.mark.parametrize("status", [Status.HELD, Status.CANCELLED])
def test_what_was_never_sent_cost_nothing(user: User, project: Project, status: str) -> None:
    factories.make_generation(user, project, status)
    assert notice_of(user).money == "Nothing was charged."


def test_a_list_holds_the_newest_twenty_of_the_person(user: User, project: Project) -> None:
    other = factories.make_user("ben")
    Membership.objects.create(project=project, user=other, role="editor")
    factories.make_generation(other, project)
    rows = [factories.make_generation(user, project) for _ in range(22)]
    request = RequestFactory().get("/")
    request.user = user
    cards = list_context(request, "user")["cards"]
    assert [card.generation for card in cards] == rows[:1:-1]


def test_a_single_card_shows_although_it_is_hidden(user: User, project: Project) -> None:
    row = factories.make_generation(user, project, Status.FAILED, hidden=True)
    request = RequestFactory().get("/")
    request.user = user
    one = list_context(request, f"one:{row.public_id}")
    assert [card.generation for card in one["cards"]] == [row]
    assert list_context(request, "user")["cards"] == []


@pytest.mark.parametrize("status", [Status.HELD, Status.CANCELLED, Status.QUEUED])
@pytest.mark.parametrize(
    ("may_be_billed", "money"),
    [(False, "Nothing was charged."), (True, "An earlier try may have been charged.")],
)
def test_an_unsent_card_does_not_forget_an_earlier_try(
    user: User, project: Project, status: str, may_be_billed: bool, money: str
) -> None:
    factories.make_generation(user, project, status, may_be_billed=may_be_billed)
    assert notice_of(user).money == money


def test_a_pause_that_is_no_rate_limit_is_not_called_one(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    worker_is_heard()
    soon = timezone.now() + timedelta(seconds=30)
    pause_key(code="disk_full", message="The disk is full.", until=soon)
    assert notice_of(user).title == "Paused for a moment"
