"""The one poll of a page: what it answers, to whom, and at what cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator import board, polls
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
from generator.services.changes import begin_change
from generator.services.generations import cancel_generation, hide_generation
from generator.services.lifecycle import advance
from generator.views.cards import list_context

from .. import factories

# The board learns of a change when it is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _file_board(settings: Any) -> None:
    """The board of one machine, whatever database the suite runs on."""
    settings.REDIS_URL, settings.DATABASE_IS_SQLITE = "", True
    board._board.cache_clear()


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def poll_url(user: User, scope: str = "user", *, seconds_ago: float = 0) -> str:
    """The address a page polls that was rendered just now, or some seconds ago."""
    request = RequestFactory().get("/")
    request.user = user
    url: str = list_context(request, scope)["poller"].url
    if not seconds_ago:
        return url
    token = polls.read(url.partition("since=")[2])
    assert token is not None
    fields = {**token.__dict__, "issued": token.issued - int(seconds_ago * 1000)}
    return f"/live/?since={polls.PollToken(**fields).sign()}"


def stream(user: User, project: Project, count: int) -> list[Generation]:
    rows = []
    for _ in range(count):
        row = factories.make_generation(
            user,
            project,
            Status.STREAMING,
            lease_until=timezone.now() + timedelta(minutes=1),
            last_event_at=timezone.now(),
        )
        attempt = Attempt.objects.create(generation=row, number=1, upstream="http://127.0.0.1")
        Chunk.objects.bulk_create(
            Chunk(
                attempt=attempt,
                sequence=number,
                received_at=timezone.now(),
                raw={"content": f"step {number}"},
            )
            for number in range(15)
        )
        rows.append(row)
    return rows


def bump(rows: list[Generation]) -> None:
    """Change the rows as the journal does."""
    with begin_change() as change:
        for row in rows:
            Generation.objects.filter(pk=row.pk).update(version=change.version)
            change.touch(user_id=row.owner_id, project_id=row.project_id)


def worker_is_heard() -> None:
    now = timezone.now()
    Runner.objects.create(
        cluster="supervisor:studio", token=random_id(), started_at=now, heartbeat_at=now
    )


def cards_in(html: str) -> list[str]:
    return re.findall(r'<article id="generation-([^"]+)"', html)


def test_nothing_new_is_answered_without_a_query(signed_in: Client, user: User) -> None:
    url = poll_url(user)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = signed_in.get(url)
    assert (response.status_code, response.content, len(queries)) == (204, b"", 0)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Content-Type" not in response.headers


def test_nothing_new_needs_no_cookie_for_five_seconds(client: Client, user: User) -> None:
    assert client.get(poll_url(user)).status_code == 204
    assert client.get(poll_url(user, seconds_ago=5)).status_code == 200


def test_only_changed_cards_come(signed_in: Client, user: User, project: Project) -> None:
    rows = stream(user, project, 3)
    url = poll_url(user)
    bump(rows[1:2])
    html = signed_in.get(url).content.decode()
    assert cards_in(html) == [str(rows[1].public_id)]
    assert 'id="generation-list"' not in html
    assert html.count('id="poller"') == 1


def test_twenty_running_cards_three_changed_cost_four_queries(
    signed_in: Client, user: User, project: Project
) -> None:
    rows = stream(user, project, 20)
    url = poll_url(user)
    bump(rows[4:7])
    with CaptureQueriesContext(connection) as queries:
        html = signed_in.get(url).content.decode()
    assert len(cards_in(html)) == 3
    assert len(queries) == 4


@pytest.mark.parametrize("count", [1, 20])
def test_an_old_poll_costs_the_same_whatever_the_number_of_cards(
    signed_in: Client, user: User, project: Project, count: int
) -> None:
    rows = stream(user, project, count)
    url = poll_url(user, seconds_ago=6)
    bump(rows)
    with CaptureQueriesContext(connection) as queries:
        assert len(cards_in(signed_in.get(url).content.decode())) == count
    assert len(queries) == 4


def test_a_new_row_brings_the_whole_list(signed_in: Client, user: User, project: Project) -> None:
    first = factories.make_generation(user, project)
    url = poll_url(user)
    second = factories.make_generation(user, project)
    bump([second])
    html = signed_in.get(url).content.decode()
    assert re.search(r'<div id="generation-list"[^>]*hx-swap-oob="true"', html)
    assert cards_in(html) == [str(second.public_id), str(first.public_id)]


def test_a_hidden_card_leaves_the_list(signed_in: Client, user: User, project: Project) -> None:
    kept = factories.make_generation(user, project)
    gone = factories.make_generation(user, project, Status.FAILED)
    url = poll_url(user)
    hide_generation(gone, by=user)
    html = signed_in.get(url).content.decode()
    assert cards_in(html) == [str(kept.public_id)]


def test_a_row_that_leaves_the_queue_brings_the_next_forward(
    signed_in: Client, user: User, project: Project
) -> None:
    first, second = (factories.make_generation(user, project) for _ in range(2))
    assert "Waiting for its turn, 1 before it" in signed_in.get("/").content.decode()
    url = poll_url(user)
    cancel_generation(first, by=user)
    html = signed_in.get(url).content.decode()
    assert cards_in(html) == [str(first.public_id), str(second.public_id)]
    assert "Waiting for its turn</b>" in html


def test_a_change_of_status_is_said_and_a_chunk_is_not(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project)
    url = poll_url(user)
    cancel_generation(row, by=user)
    html = signed_in.get(url).content.decode()
    assert "Warm lo-fi for rain was cancelled." in html
    Generation.objects.update(status_at=timezone.now() - timedelta(seconds=2))
    url = poll_url(user)
    bump([row])
    assert "live-region" not in signed_in.get(url).content.decode()


def test_signed_out_the_poll_says_so_in_place(
    signed_in: Client, user: User, project: Project
) -> None:
    factories.make_generation(user, project, prompt="Secret melody")
    url = poll_url(user)
    signed_in.post("/accounts/logout/")
    response = signed_in.get(
        url, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/projects/?a=b"}
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert "HX-Redirect" not in response.headers
    assert "You are signed out." in html
    assert "/accounts/login/?next=%2Fprojects%2F%3Fa%3Db" in html
    assert "Secret melody" not in html
    assert "hx-trigger" not in html


def test_a_hostile_page_address_is_not_taken_over(client: Client, user: User) -> None:
    url = poll_url(user, seconds_ago=6)
    html = client.get(url, headers={"HX-Current-URL": "https://evil.example/x"}).content.decode()
    assert "/accounts/login/?next=%2F" in html
    assert "evil" not in html


def test_another_persons_token_shows_nothing(client: Client, user: User, project: Project) -> None:
    factories.make_generation(user, project, prompt="Secret melody")
    client.force_login(factories.make_user("eve"))
    html = client.get(poll_url(user, seconds_ago=6)).content.decode()
    assert "This page is out of date." in html
    assert "Secret melody" not in html


def test_a_forged_token_shows_nothing(signed_in: Client, user: User) -> None:
    url = poll_url(user)
    for text in ("", "x", url.partition("since=")[2].replace("user", "one:")):
        html = signed_in.get("/live/", {"since": text}).content.decode()
        assert "This page is out of date." in html


@pytest.mark.parametrize("scope", ["user", "project", "one"])
def test_after_removal_the_cards_go(
    client: Client, user: User, project: Project, scope: str
) -> None:
    editor = factories.make_user("ben")
    membership = Membership.objects.create(project=project, user=editor, role="editor")
    row = factories.make_generation(editor, project, prompt="Secret melody")
    ids = {"project": project.public_id, "one": row.public_id}
    scope = f"{scope}:{ids[scope]}" if scope in ids else scope
    client.force_login(editor)
    url = poll_url(editor, scope, seconds_ago=6)
    membership.delete()
    html = client.get(url).content.decode()
    assert 'id="generation-list"' in html
    assert cards_in(html) == []
    assert "Secret melody" not in html


def test_a_lost_right_takes_the_buttons(client: Client, user: User, project: Project) -> None:
    editor = factories.make_user("ben")
    membership = Membership.objects.create(project=project, user=editor, role="editor")
    row = factories.make_generation(editor, project)
    client.force_login(editor)
    url = poll_url(editor, seconds_ago=6)
    membership.role = "viewer"
    membership.save()
    html = client.get(url).content.decode()
    assert cards_in(html) == [str(row.public_id)]
    assert "Cancel" not in html


def test_a_dead_stream_is_not_shown_as_running_without_a_worker(
    signed_in: Client, user: User, project: Project
) -> None:
    row = stream(user, project, 1)[0]
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    html = signed_in.get(poll_url(user, seconds_ago=6)).content.decode()
    row.refresh_from_db()
    assert row.status == Status.UNKNOWN
    assert 'data-status="unknown"' in html


def test_no_worker_is_told_when_the_worker_goes_and_taken_back_when_one_comes(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project)
    worker_is_heard()
    url = poll_url(user, seconds_ago=6)
    assert cards_in(signed_in.get(url).content.decode()) == []
    Runner.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=20))
    html = signed_in.get(url).content.decode()
    assert cards_in(html) == [str(row.public_id)]
    assert "No worker is running" in html
    url = poll_url(user, seconds_ago=6)
    Runner.objects.update(heartbeat_at=timezone.now())
    html = signed_in.get(url).content.decode()
    assert cards_in(html) == [str(row.public_id)]
    assert "No worker is running" not in html


def trigger_of(client: Client, url: str) -> str:
    match = re.search(r'hx-trigger="([^"]+)"', client.get(url).content.decode())
    assert match is not None
    return match[1]


@pytest.mark.parametrize(
    ("silence", "trigger"),
    [
        (1, "every 400ms, wake from:body"),
        (20, "every 1500ms, wake from:body"),
        (90, "every 5000ms, wake from:body"),
    ],
)
def test_the_interval_follows_the_news(
    signed_in: Client, user: User, project: Project, silence: int, trigger: str
) -> None:
    row = stream(user, project, 1)[0]
    before = timezone.now() - timedelta(seconds=silence)
    Generation.objects.filter(pk=row.pk).update(last_event_at=before)
    assert trigger_of(signed_in, poll_url(user, seconds_ago=6)) == trigger


def test_with_nothing_running_nothing_is_polled(
    signed_in: Client, user: User, project: Project
) -> None:
    factories.make_generation(user, project, Status.FAILED)
    for scope in ("user", f"project:{project.public_id}"):
        assert trigger_of(signed_in, poll_url(user, scope, seconds_ago=6)) == "wake from:body"


def test_a_project_with_company_goes_on_every_five_seconds(
    signed_in: Client, user: User, project: Project
) -> None:
    scope = f"project:{project.public_id}"
    Membership.objects.create(project=project, user=factories.make_user("ben"), role="viewer")
    assert trigger_of(signed_in, poll_url(user, scope, seconds_ago=6)).startswith("every 5000ms")


def test_an_unknown_outcome_is_watched_for_a_while(
    signed_in: Client, user: User, project: Project
) -> None:
    factories.make_generation(user, project, Status.UNKNOWN)
    url = poll_url(user, seconds_ago=6)
    assert trigger_of(signed_in, url).startswith("every 5000ms")
    Generation.objects.update(status_at=timezone.now() - timedelta(minutes=11))
    assert trigger_of(signed_in, url) == "wake from:body"


def test_another_members_work_shows_on_the_projects_page(
    client: Client, user: User, project: Project
) -> None:
    viewer = factories.make_user("ben")
    Membership.objects.create(project=project, user=viewer, role="viewer")
    row = factories.make_generation(user, project)
    client.force_login(viewer)
    url = poll_url(viewer, f"project:{project.public_id}")
    assert client.get(url).status_code == 204
    advance(row.pk, "cancel", actor=user)
    assert cards_in(client.get(url).content.decode()) == [str(row.public_id)]


def test_a_board_that_forgot_learns_the_version_again(
    signed_in: Client, user: User, settings: Any
) -> None:
    known: dict[str, int] = {}

    class Forgetful:
        def latest(self, scope: str) -> int | None:
            return known.get(scope)

        def publish(self, scope: str, version: int) -> None:
            known[scope] = version

    url = poll_url(user)
    board._board.cache_clear()
    original, board._board = board._board, lambda: Forgetful()  # type: ignore[assignment]
    try:
        assert signed_in.get(url).status_code == 200
        assert signed_in.get(url).status_code == 204
    finally:
        board._board = original


def test_a_poll_is_only_read(signed_in: Client, user: User) -> None:
    assert signed_in.post(poll_url(user)).status_code == 405
