"""Who may make and revoke share links, and what is kept of them."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generator.models import (
    Event,
    Membership,
    Playlist,
    PlaylistItem,
    Project,
    ShareLink,
    Track,
    User,
)
from generator.services import sharing
from generator.services.errors import NotAllowed, ServiceError
from generator.services.generations import trash_generation
from generator.services.sharing import count_visit, create_share_link, revoke_share_link

from .. import factories


@pytest.fixture
def track(user: User, project: Project) -> Track:
    return factories.make_track(user, project)


def events() -> list[tuple[str, int | None, int | None, dict[str, str]]]:
    rows = Event.objects.filter(name__contains="share").order_by("pk")
    return list(rows.values_list("name", "generation_id", "project_id", "detail"))


def test_a_token_has_128_bits_and_only_its_hash_is_kept(user: User, track: Track) -> None:
    link, token = create_share_link(by=user, track=track)
    second = create_share_link(by=user, track=track)[1]
    assert len(base64.urlsafe_b64decode(token + "==")) == 16
    assert token != second
    link.refresh_from_db()
    assert link.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(ShareLink.objects.values()) + str(Event.objects.values())


def test_a_link_keeps_what_it_allows(user: User, track: Track) -> None:
    ends = timezone.now() + timedelta(days=7)
    create_share_link(by=user, track=track, expires_at=ends, allow_download=True, show_prompt=True)
    fields = ("track", "created_by", "expires_at", "allow_download", "show_prompt", "visits")
    assert ShareLink.objects.values_list(*fields).get() == (
        track.pk,
        user.pk,
        ends,
        True,
        True,
        0,
    )


def test_making_and_revoking_leave_events_and_revoking_twice_is_once(
    user: User, track: Track
) -> None:
    link, _ = create_share_link(by=user, track=track)
    revoke_share_link(link, user)
    first = link.revoked_at
    revoke_share_link(link, user)
    assert first is not None
    assert link.revoked_at == first
    detail = {"link": str(link.public_id)}
    assert events() == [
        ("share", track.generation_id, track.project_id, detail),
        ("revoke_share", track.generation_id, track.project_id, detail),
    ]


def test_an_editor_may_share_and_revoke_and_a_viewer_and_a_stranger_may_not(
    user: User, project: Project, track: Track
) -> None:
    editor, viewer, stranger = map(factories.make_user, ("eve", "vic", "sam"))
    Membership.objects.create(project=project, user=editor, role="editor")
    Membership.objects.create(project=project, user=viewer, role="viewer")
    link, _ = create_share_link(by=user, track=track)
    for person in (viewer, stranger):
        with pytest.raises(NotAllowed):
            create_share_link(by=person, track=track)
        with pytest.raises(NotAllowed):
            revoke_share_link(link, person)
    create_share_link(by=editor, track=track)
    revoke_share_link(link, editor)
    assert ShareLink.objects.live().count() == 1


def test_takes_and_a_playlist_are_kept_as_what_the_link_opens(user: User, track: Track) -> None:
    playlist = Playlist.objects.create(name="Set", owner=user)
    PlaylistItem.objects.create(playlist=playlist, track=track, position=1)
    group = track.generation.group
    create_share_link(by=user, takes=group)
    create_share_link(by=user, playlist=playlist)
    rows = ShareLink.objects.order_by("pk").values_list("track", "playlist", "takes")
    assert list(rows) == [(None, None, group), (None, playlist.pk, None)]
    assert [event[1:3] for event in events()] == [(None, None), (None, None)]


def test_a_playlist_needs_the_right_to_every_track_in_it(user: User, track: Track) -> None:
    sam = factories.make_user("sam")
    foreign = factories.make_track(sam, factories.make_project(sam, viewer=user))
    playlist = Playlist.objects.create(name="Set", owner=user)
    for place, row in enumerate((track, foreign)):
        PlaylistItem.objects.create(playlist=playlist, track=row, position=place)
    with pytest.raises(NotAllowed):
        create_share_link(by=user, playlist=playlist)
    assert not ShareLink.objects.exists()


def test_nothing_that_could_be_heard_is_not_shared(user: User, track: Track) -> None:
    trash_generation(track.generation, by=user)
    asked: list[dict[str, Any]] = [{"track": track}, {}]
    for wanted in asked:
        with pytest.raises(ServiceError, match="no music in it"):
            create_share_link(by=user, **wanted)


def test_the_number_of_open_links_is_limited(
    user: User, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LINKS_MAX", 1)
    link, _ = create_share_link(by=user, track=track)
    with pytest.raises(ServiceError, match="1 links are open already"):
        create_share_link(by=user, track=track)
    revoke_share_link(link, user)
    create_share_link(by=user, track=track)


def test_a_visit_counts_with_its_time(user: User, track: Track) -> None:
    link, _ = create_share_link(by=user, track=track)
    before = timezone.now()
    for _ in range(2):
        count_visit(link)
    link.refresh_from_db()
    assert link.visits == 2
    assert link.last_visit_at is not None
    assert link.last_visit_at >= before
