"""The gallery: newest first, by keyset pages, with an undo for what was just thrown away."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from generator.models import Project, Track, User
from generator.services.generations import trash_generation

from .. import factories


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def titles(html: str) -> list[str]:
    return re.findall(r'<h2><a href="/tracks/[^"]+">([^<]*)</a></h2>', html)


def get(client: Client, path: str = "/gallery/", **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_empty_gallery_invites_the_first_track(signed_in: Client) -> None:
    html = get(signed_in)
    assert "Your first track belongs here" in html
    assert titles(html) == []


def test_tracks_stand_newest_first_and_only_those_of_my_projects(
    signed_in: Client, user: User, project: Project
) -> None:
    sam = factories.make_user("sam")
    shared = factories.make_project(sam, viewer=user)
    factories.make_track(user, project, "Old")
    factories.make_track(sam, shared, "Shared")
    factories.make_track(sam, factories.make_project(sam), "Hidden")
    factories.make_track(user, project, "New")
    assert titles(get(signed_in)) == ["New", "Shared", "Old"]


def test_every_track_is_on_exactly_one_of_the_pages(
    signed_in: Client, user: User, project: Project
) -> None:
    for place in range(50):
        factories.make_track(user, project, f"T{place}")
    seen: list[str] = []
    path = "/gallery/"
    while True:
        html = get(signed_in, path)
        seen += titles(html)
        more = re.search(r'href="(\?before=[0-9a-f-]{36})"', html)
        if more is None:
            break
        factories.make_track(user, project, "Meanwhile")
        path = f"/gallery/{more[1]}"
    assert seen == [f"T{place}" for place in reversed(range(50))]


def test_by_htmx_the_next_tracks_come_alone(
    signed_in: Client, user: User, project: Project
) -> None:
    tracks = [factories.make_track(user, project, f"T{place}") for place in range(3)]
    html = get(
        signed_in,
        f"/gallery/?before={tracks[1].public_id}",
        **{"HX-Request": "true", "HX-Target": "gallery-more"},
    )
    assert "<html" not in html
    assert titles(html) == ["T0"]


def test_a_page_may_end_with_a_track_that_is_in_the_trash_by_now(
    signed_in: Client, user: User, project: Project
) -> None:
    tracks = [factories.make_track(user, project, f"T{place}") for place in range(3)]
    trash_generation(tracks[1].generation, by=user)
    assert titles(get(signed_in, f"/gallery/?before={tracks[1].public_id}")) == ["T0"]


@pytest.mark.parametrize("cursor", ["x", "", "8f14e45f-ceea-467f-a0e6-111111111111"])
def test_a_cursor_that_says_nothing_shows_the_first_page(
    signed_in: Client, user: User, project: Project, cursor: str
) -> None:
    factories.make_track(user, project, "Only")
    assert titles(get(signed_in, f"/gallery/?before={cursor}")) == ["Only"]


def test_what_is_being_made_is_pointed_at(signed_in: Client, user: User, project: Project) -> None:
    assert "being made right now" not in get(signed_in)
    factories.make_generation(user, project, "queued")
    assert "1 more is being made right now." in get(signed_in)


def test_a_track_just_trashed_can_be_had_back(
    signed_in: Client, user: User, project: Project
) -> None:
    track = factories.make_track(user, project, "Gone")
    trash_generation(track.generation, by=user)
    html = get(signed_in, f"/gallery/?trashed={track.public_id}")
    assert "“Gone” was moved to the trash." in html
    assert f'action="/tracks/{track.public_id}/restore/"' in html


def test_no_undo_for_what_is_not_in_the_trash_or_not_mine(
    signed_in: Client, user: User, project: Project
) -> None:
    sam = factories.make_user("sam")
    theirs = factories.make_track(sam, factories.make_project(sam))
    trash_generation(theirs.generation, by=sam)
    kept = factories.make_track(user, project)
    for wanted in (theirs.public_id, kept.public_id, "x"):
        assert "moved to the trash" not in get(signed_in, f"/gallery/?trashed={wanted}")


def test_the_gallery_takes_as_many_queries_for_thirty_tracks_as_for_one(
    signed_in: Client, user: User, project: Project
) -> None:
    counts = []
    for many in (1, 29):
        for _ in range(many):
            factories.make_track(user, project)
        with CaptureQueriesContext(connection) as queries:
            get(signed_in)
        counts.append(len(queries))
    assert Track.objects.count() == 30
    assert counts[0] == counts[1]
