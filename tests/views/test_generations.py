"""One generation: its card in each state, its page, and the decisions about it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import Attempt, Chunk, Event, Generation, Project, User

from .. import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def page_of(client: Client, row: Generation) -> str:
    response = client.get(f"/generations/{row.public_id}/")
    assert response.status_code == 200
    return response.content.decode()


def add_chunks(row: Generation, *contents: str) -> Attempt:
    attempt = Attempt.objects.create(
        generation=row, number=row.attempts.count() + 1, upstream="http://127.0.0.1:8001"
    )
    for place, content in enumerate(contents):
        Chunk.objects.create(
            attempt=attempt,
            sequence=place + 1,
            received_at=attempt.started_at + timedelta(milliseconds=250 * place),
            raw={"content": content, "chunkIndex": place + 1, "isComplete": False},
        )
    return attempt


@pytest.mark.parametrize(
    ("status", "fields", "actions", "words"),
    [
        ("queued", {}, ["cancel"], "Waiting for its turn"),
        ("held", {}, ["retry", "cancel"], "Let it run"),
        ("claimed", {}, ["hide"], "About to be sent"),
        ("submitting", {}, ["hide"], "Sending the request"),
        ("streaming", {"stage": "Mixing"}, ["hide"], "Mixing"),
        ("streaming", {"hidden": True}, [], "It leaves this list by itself"),
        ("fetching", {}, ["hide"], "Fetching the finished file"),
        (
            "fetching",
            {"error_code": "http_503", "fetch_tries": 2},
            ["fetch", "give-up"],
            "Fetch again (free)",
        ),
        (
            "unknown",
            {"billed": True},
            ["retry", "dismiss"],
            "<b>this one may be charged as well</b>",
        ),
        ("unknown", {"billed": False}, ["retry", "dismiss"], "It costs nothing."),
        ("failed", {"error": "Refused."}, ["hide"], "Try again with this recipe"),
        ("cancelled", {}, ["hide"], "Use this recipe"),
    ],
)
def test_a_card_tells_its_state_and_offers_the_right_steps(
    signed_in: Client,
    user: User,
    project: Project,
    status: str,
    fields: dict[str, Any],
    actions: list[str],
    words: str,
) -> None:
    lease = {"lease_until": timezone.now() + timedelta(hours=1)} if status != "queued" else {}
    row = factories.make_generation(user, project, status, **lease, **fields)
    html = page_of(signed_in, row)
    base = f"/generations/{row.public_id}/"
    names = ("cancel", "retry", "hide", "fetch", "give-up", "dismiss")
    offered = {name for name in names if f'action="{base}{name}/"' in html}
    assert f'<article id="generation-{row.public_id}" class="card" data-status="{status}"' in html
    assert offered == set(actions)
    assert words in html


def test_a_running_card_shows_progress_stage_and_what_came_before(
    signed_in: Client, user: User, project: Project
) -> None:
    far = timezone.now() + timedelta(hours=1)
    row = factories.make_generation(
        user, project, "streaming", lease_until=far, stage="Mixing", progress=70
    )
    add_chunks(row, "Reading the prompt", "Writing <b>harmony</b>", "Mixing")
    html = page_of(signed_in, row)
    assert '<progress max="100" value="70"' in html
    assert "<li>Reading the prompt</li><li>Writing &lt;b&gt;harmony&lt;/b&gt;</li></ol>" in html
    assert f'data-started="{row.created_at.isoformat()}"' in html


def test_without_progress_the_stage_is_shown(
    signed_in: Client, user: User, project: Project
) -> None:
    far = timezone.now() + timedelta(hours=1)
    row = factories.make_generation(user, project, "submitting", lease_until=far)
    assert '<progress max="4" value="2" aria-label="Stage">' in page_of(signed_in, row)


def test_a_ready_card_is_a_track(signed_in: Client, user: User, project: Project) -> None:
    track = factories.make_track(user, project, "Cold Harbour")
    html = page_of(signed_in, track.generation)
    assert f'href="/tracks/{track.public_id}/"' in html
    assert f'data-audio="/tracks/{track.public_id}/audio"' in html
    assert f'href="/tracks/{track.public_id}/download"' in html
    assert 'aria-label="Play Cold Harbour"' in html


def test_a_viewer_sees_the_card_without_its_buttons(client: Client, user: User) -> None:
    project = factories.make_project(factories.make_user("sam"), viewer=user)
    row = factories.make_generation(user, project)
    client.force_login(user)
    assert "/cancel/" not in page_of(client, row)


def test_everything_received_is_listed_with_its_time(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project, "failed")
    add_chunks(row, "First try")
    attempt = add_chunks(row, "Starting…", "Done")
    Event.objects.create(generation=row, name="create", actor=user, to_status="queued")
    response = signed_in.get(f"/generations/{row.public_id}/events/")
    html = response.content.decode()
    assert response.status_code == 200
    assert str(attempt.token) in html
    assert "2: +0.25 s" in html
    assert "&quot;content&quot;: &quot;Starting…&quot;" in html
    assert "create" in html


def test_nothing_received_is_said(signed_in: Client, user: User, project: Project) -> None:
    row = factories.make_generation(user, project)
    html = signed_in.get(f"/generations/{row.public_id}/events/").content.decode()
    assert "Nothing was sent yet." in html
    assert "Nothing was received yet." in html


def test_what_is_received_takes_as_many_queries_for_thirty_chunks_as_for_one(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project)
    counts = []
    for many in (1, 29):
        add_chunks(row, *["x"] * many)
        Event.objects.create(generation=row, name="create", actor=user)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(f"/generations/{row.public_id}/events/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("action", "before", "fields", "after"),
    [
        ("cancel", "queued", {}, "cancelled"),
        ("cancel", "held", {}, "cancelled"),
        ("retry", "held", {}, "queued"),
        ("retry", "unknown", {}, "queued"),
        ("dismiss", "unknown", {}, "failed"),
        ("fetch", "fetching", {"error_code": "x", "fetch_tries": 4}, "fetching"),
        ("give-up", "fetching", {}, "failed"),
        ("hide", "failed", {}, "failed"),
    ],
)
def test_a_decision_is_taken_and_the_poller_woken(
    signed_in: Client,
    user: User,
    project: Project,
    action: str,
    before: str,
    fields: dict[str, Any],
    after: str,
) -> None:
    row = factories.make_generation(user, project, before, **fields)
    response = signed_in.post(f"/generations/{row.public_id}/{action}/", headers=HTMX)
    row.refresh_from_db()
    assert (response.status_code, row.status) == (204, after)
    assert json.loads(response.headers["HX-Trigger"]) == {"wake": {}}
    assert row.events.filter(actor=user).count() == 1
    assert row.hidden is (action == "hide")


def test_a_second_retry_needs_a_second_yes(signed_in: Client, user: User, project: Project) -> None:
    row = factories.make_generation(user, project, "unknown")
    signed_in.post(f"/generations/{row.public_id}/retry/", headers=HTMX)
    signed_in.post(f"/generations/{row.public_id}/retry/", headers=HTMX)
    row.refresh_from_db()
    assert (row.posts, row.posts_allowed) == (1, 2)


def test_a_decision_come_too_late_is_told_in_place(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project, "failed")
    response = signed_in.post(f"/generations/{row.public_id}/cancel/", headers=HTMX)
    triggers = json.loads(response.headers["HX-Trigger"])
    assert response.status_code == 204
    assert triggers["wake"] == {}
    assert triggers["notice"]["text"].startswith("This generation has moved on")


def test_without_htmx_decisions_lead_back_to_the_generation(
    signed_in: Client, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project, "queued")
    good = signed_in.post(f"/generations/{row.public_id}/cancel/")
    late = signed_in.post(f"/generations/{row.public_id}/cancel/")
    assert [(reply.status_code, reply.headers["Location"]) for reply in (good, late)] == [
        (303, f"/generations/{row.public_id}/")
    ] * 2
    assert [str(one)[:30] for one in get_messages(late.wsgi_request)] == [
        "This generation has moved on i"
    ]
