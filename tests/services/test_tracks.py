"""Naming and showing finished music."""

from __future__ import annotations

import pytest

from generator import board
from generator.models import Project, Status, Track, User
from generator.services.errors import NotAllowed, ServiceError
from generator.services.tracks import (
    Sound,
    StoredFile,
    clean_title,
    make_title,
    rename_track,
    set_visibility,
    store_track,
)

from .. import factories

SOUND = Sound(2000, 44_100, 2, -14.0, -1.0, [50] * 200)
FILE = StoredFile("audio", "tracks/a.mp3", "audio/mpeg", 1000, "b" * 64)


@pytest.mark.parametrize(
    ("song_name", "prompt", "title"),
    [
        ("Electric Dreams", "ignored", "Electric Dreams"),
        ("  Night\r\nDrive\t ", "ignored", "Night Drive"),
        ("<b>Bold</b>", "ignored", "<b>Bold</b>"),
        ("\u202egnp.exe", "ignored", "gnp.exe"),
        ("a\x00b\x1b[31mc\u200b", "ignored", "ab[31mc"),
        ("夜のドライブ", "ignored", "夜のドライブ"),
        ("x" * 300, "ignored", "x" * 120),
        ("", "warm lo-fi for rain", "Warm lo-fi for rain"),
        ("\x00 \n", "a slow piano piece that grows over time", "A slow piano piece that grows"),
        ("", "one, two, three: four; five; six; seven", "One, two, three: four; five; six"),
        (
            "",
            "melancholic, otherworldly - incomprehensible soundscape",
            "Melancholic, otherworldly - incomprehensible",
        ),
        ("", "y" * 1024, "Y" + "y" * 47),
        ("", "\x00", "Untitled"),
    ],
)
def test_a_title_is_the_upstreams_or_the_first_words(
    song_name: str, prompt: str, title: str
) -> None:
    assert make_title(song_name, prompt) == title


def test_a_title_never_ends_in_half_a_space() -> None:
    assert clean_title("x" * 119 + " y") == "x" * 119


def test_storing_makes_the_row_ready_with_its_track_and_tells_the_pages(
    user: User, project: Project
) -> None:
    row = factories.make_generation(user, project, Status.FETCHING, error="old", error_code="old")
    assert store_track(row, sound=SOUND, files=[FILE], cover_drawn=True) is True
    row.refresh_from_db()
    assert (row.status, row.audio_sha256, row.audio_bytes) == (Status.READY, "b" * 64, 1000)
    assert (row.error, row.error_code, row.progress) == ("", "", 100)
    assert (row.track.duration_ms, row.track.cover_drawn) == (2000, True)
    assert row.track.visibility == Track.Visibility.PRIVATE
    assert row.assets.get().name == "tracks/a.mp3"
    assert row.events.get().name == "store"


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.TRASHED, Status.QUEUED])
def test_storing_a_row_that_waits_for_no_file_writes_nothing(
    status: Status, user: User, project: Project
) -> None:
    row = factories.make_generation(user, project, status)
    assert store_track(row, sound=SOUND, files=[FILE], cover_drawn=True) is False
    assert not Track.objects.exists()
    assert not row.assets.exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_name_is_news_for_the_owners_and_the_projects_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = factories.make_user("ada")
    project = factories.make_project(user)
    track = factories.make_track(user, project)
    told: dict[str, int] = {}
    monkeypatch.setattr(board, "publish", told.__setitem__)
    rename_track(track, by=user, title="  Rain\nagain ")
    stored = Track.objects.select_related("generation").get()
    assert (track.title, stored.title) == ("Rain again", "Rain again")
    version = stored.generation.version
    assert told == {board.user_scope(user.pk): version, board.project_scope(project.pk): version}
    event = stored.generation.events.get()
    assert (event.name, event.actor) == ("rename", user)
    assert event.detail == {"title": ["Electric Dreams", "Rain again"]}


@pytest.mark.parametrize("title", ["", "  \n", "\x00\u200b"])
def test_a_track_cannot_lose_its_name(title: str, user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    with pytest.raises(ServiceError, match="type at least one letter"):
        rename_track(track, by=user, title=title)
    assert Track.objects.get().title == "Electric Dreams"


def test_visibility_is_chosen_and_logged(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    set_visibility(track, by=user, visibility=Track.Visibility.PUBLIC)
    assert Track.objects.get().visibility == Track.Visibility.PUBLIC
    assert track.generation.events.get().detail == {"visibility": ["private", "public"]}


def test_a_viewer_may_change_neither(user: User, project: Project) -> None:
    viewer = factories.make_user("eve")
    project.memberships.create(user=viewer, role="viewer")
    track = factories.make_track(user, project)
    with pytest.raises(NotAllowed):
        rename_track(track, by=viewer, title="Mine")
    with pytest.raises(NotAllowed):
        set_visibility(track, by=viewer, visibility=Track.Visibility.PUBLIC)
    assert not track.generation.events.exists()
