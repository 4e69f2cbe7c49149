"""Projects: made, named, thrown away and had back in the browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import Event, Generation, Membership, Project, Status, User

from .. import factories


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def test_a_project_is_created_and_opened(signed_in: Client, user: User) -> None:
    response = signed_in.post("/projects/", {"name": "  Film\tscore ", "description": "For Ada"})
    made = Project.objects.get(name="Film score")
    assert response.status_code == 303
    assert response.headers["Location"] == f"/projects/{made.public_id}/"
    assert made.role_of(user) == Membership.Role.OWNER
    assert Event.objects.filter(project=made, name="create_project", actor=user).count() == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the project a name"),
        ("   ", "Give the project a name"),
        ("x" * 81, "has 81 characters and may have 80"),
        ("a\x00b", "control character"),
        ("a\x1bb", "control character"),
    ],
)
def test_a_bad_name_comes_back_with_words_and_all_that_was_typed(
    signed_in: Client, user: User, name: str, words: str
) -> None:
    count = Project.objects.count()
    response = signed_in.post("/projects/", {"name": name, "description": "Kept words"})
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert "Kept words" in html
    assert Project.objects.count() == count


def test_an_empty_form_is_told_so_too(signed_in: Client) -> None:
    response = signed_in.post("/projects/")
    assert response.status_code == 422
    assert "Give the project a name" in response.content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_at_any_length(signed_in: Client, user: User, count: int) -> None:
    for number in range(count):
        made = factories.make_project(user, f"Job {number}")
        factories.make_track(user, made)
    with CaptureQueriesContext(connection) as queries:
        html = signed_in.get("/projects/").content.decode()
    assert html.count("1 track<") == count
    assert len(queries) == 5


@pytest.mark.parametrize("count", [1, 30])
def test_a_project_page_costs_the_same_at_any_length(
    signed_in: Client, user: User, project: Project, count: int
) -> None:
    for number in range(count):
        factories.make_track(user, project)
        factories.make_generation(user, project)
        member = factories.make_user(f"member{number}")
        Membership.objects.create(project=project, user=member, role="viewer")
    with CaptureQueriesContext(connection) as queries:
        response = signed_in.get(f"/projects/{project.public_id}/")
    assert response.status_code == 200
    assert len(queries) == 11


@pytest.mark.parametrize("count", [1, 30])
def test_the_trash_costs_the_same_at_any_length(
    signed_in: Client, user: User, project: Project, count: int
) -> None:
    for number in range(count):
        factories.make_track(user, project)
        gone = factories.make_project(user, f"Old {number}")
        Project.objects.filter(pk=gone.pk).update(trashed_at=timezone.now())
    Generation.objects.update(status=Status.TRASHED)
    with CaptureQueriesContext(connection) as queries:
        html = signed_in.get("/trash/").content.decode()
    assert html.count("Deleted for good on") == 2 * count
    assert len(queries) == 6


def test_a_project_page_goes_on_from_where_it_ended(
    signed_in: Client, user: User, project: Project
) -> None:
    tracks = [factories.make_track(user, project, f"Piece {number:02}") for number in range(26)]
    path = f"/projects/{project.public_id}/"
    first = signed_in.get(path).content.decode()
    last_shown = tracks[2].public_id
    assert f"?before={last_shown}" in first
    assert "Piece 01" not in first
    second = signed_in.get(f"{path}?before={last_shown}").content.decode()
    assert "Piece 01" in second
    assert "Piece 02" not in second
    assert "?before=" not in second
    assert "Piece 25" in signed_in.get(f"{path}?before=nonsense").content.decode()


def test_a_project_page_shows_members_work_and_its_poller(
    signed_in: Client, user: User, project: Project
) -> None:
    editor = factories.make_user("ben", first_name="Ben Bow")
    Membership.objects.create(project=project, user=editor, role="editor")
    row = factories.make_generation(editor, project)
    html = signed_in.get(f"/projects/{project.public_id}/").content.decode()
    assert f'id="generation-{row.public_id}"' in html
    assert 'hx-trigger="every 400ms, wake from:body"' in html
    assert "Ben Bow" in html


def test_settings_are_saved(signed_in: Client, project: Project) -> None:
    path = f"/projects/{project.public_id}/settings/"
    assert 'value="Evening Songs"' in signed_in.get(path).content.decode()
    response = signed_in.post(path, {"name": "Morning Songs", "description": "New"}, follow=True)
    project.refresh_from_db()
    assert (project.name, project.description) == ("Morning Songs", "New")
    assert "Saved." in response.content.decode()


def test_bad_settings_change_nothing(signed_in: Client, project: Project) -> None:
    response = signed_in.post(f"/projects/{project.public_id}/settings/", {"name": ""})
    project.refresh_from_db()
    assert (response.status_code, project.name) == (422, "Evening Songs")


def test_deleting_asks_for_the_name(signed_in: Client, project: Project) -> None:
    path = f"/projects/{project.public_id}/delete/"
    for typed in ("", "evening songs", "Evening"):
        response = signed_in.post(path, {"confirm": typed})
        assert response.status_code == 422
        assert "Type it exactly: Evening Songs" in response.content.decode()
    project.refresh_from_db()
    assert project.trashed_at is None


def test_a_deleted_project_waits_in_the_trash_and_comes_back(
    signed_in: Client, user: User, project: Project
) -> None:
    track = factories.make_track(user, project)
    signed_in.post(f"/projects/{project.public_id}/delete/", {"confirm": " Evening Songs "})
    assert signed_in.get(f"/projects/{project.public_id}/").status_code == 404
    assert signed_in.get(f"/tracks/{track.public_id}/").status_code == 404
    gone = timezone.now() + timedelta(days=30)
    html = signed_in.get("/trash/").content.decode()
    assert f"Deleted for good on {gone.day} {gone:%B %Y}" in html
    signed_in.post(f"/projects/{project.public_id}/restore/")
    assert signed_in.get(f"/tracks/{track.public_id}/").status_code == 200


def test_an_empty_trash_says_so(signed_in: Client) -> None:
    assert "The trash is empty" in signed_in.get("/trash/").content.decode()


def test_a_hostile_name_is_shown_as_text(signed_in: Client, user: User) -> None:
    made = factories.make_project(user, "<script>alert(1)</script>")
    for path in ("/projects/", f"/projects/{made.public_id}/"):
        html = signed_in.get(path).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_a_form_cannot_set_what_it_does_not_show(signed_in: Client, project: Project) -> None:
    signed_in.post(
        f"/projects/{project.public_id}/settings/",
        {"name": "New", "trashed_at": "2020-01-01", "public_id": "0" * 32, "role": "owner"},
    )
    after = Project.objects.get(pk=project.pk)
    assert (after.public_id, after.trashed_at) == (project.public_id, None)
