"""Access to things by their id, beyond what the table of addresses shows."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from generator import access
from generator.models import Generation, Membership, Project, Status, User

from . import factories


def test_a_project_without_members_is_nobodys(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    Membership.objects.all().delete()
    for person in (user, AnonymousUser()):
        with pytest.raises(Http404):
            access.get_playable_track(person, track.public_id)


def test_an_unlisted_track_is_the_members_until_it_is_shared(user: User, project: Project) -> None:
    track = factories.make_track(user, project, visibility="unlisted")
    assert access.get_playable_track(user, track.public_id) == track
    with pytest.raises(Http404):
        access.get_playable_track(AnonymousUser(), track.public_id)


def test_a_public_track_of_a_trashed_project_is_gone(user: User, project: Project) -> None:
    track = factories.make_track(user, project, visibility="public")
    assert access.get_playable_track(AnonymousUser(), track.public_id) == track
    Project.objects.update(trashed_at="2026-01-01T00:00:00Z")
    with pytest.raises(Http404):
        access.get_playable_track(AnonymousUser(), track.public_id)


def test_a_role_elsewhere_gives_no_right_here(user: User, project: Project) -> None:
    viewer = factories.make_user("ben")
    factories.make_project(viewer, "His own")
    Membership.objects.create(project=project, user=viewer, role="viewer")
    row = factories.make_generation(user, project)
    track = factories.make_track(user, project)
    access.get_generation(viewer, row.public_id)
    access.get_track(viewer, track.public_id)
    access.get_project(viewer, project.public_id)
    with pytest.raises(PermissionDenied):
        access.get_generation(viewer, row.public_id, change=True)
    with pytest.raises(PermissionDenied):
        access.get_track(viewer, track.public_id, change=True)
    with pytest.raises(PermissionDenied):
        access.get_project(viewer, project.public_id, change=True)


def test_a_viewer_cannot_take_tracks_out_of_the_trash(user: User, project: Project) -> None:
    viewer = factories.make_user("ben")
    Membership.objects.create(project=project, user=viewer, role="viewer")
    track = factories.make_track(user, project)
    Generation.objects.update(status=Status.TRASHED)
    assert access.get_trashed_track(user, track.public_id) == track
    with pytest.raises(PermissionDenied):
        access.get_trashed_track(viewer, track.public_id)
