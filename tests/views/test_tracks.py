"""One track: its page, its name, the trash and the way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from generator.models import Attempt, Chunk, Membership, Project, Status, Track, User
from generator.services.generations import trash_generation
from generator.services.tracks import rename_track
from generator.views import tracks

from .. import factories


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def track(user: User, project: Project) -> Track:
    return factories.make_track(user, project, "Cold Harbour", duration_ms=65_432)


def page_of(client: Client, track: Track) -> str:
    response = client.get(f"/tracks/{track.public_id}/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_tells_the_sound_and_the_recipe(signed_in: Client, track: Track) -> None:
    factories.make_asset(track.generation, "audio", "a.mp3", size=2048)
    track.generation.parameters = {"seed": 7}
    track.generation.license = "Sample"
    track.generation.task_id, track.generation.message_id = "t-1", "m-1"
    track.generation.save()
    html = page_of(signed_in, track)
    for words in (
        "<h1>Cold Harbour</h1>",
        "65.4 s",
        "-14.0 LUFS",
        "-1.2 dBTP",
        "44100 Hz",
        "a" * 64,
        "audio/mpeg, 2.0",
        "Warm lo-fi for rain",
        "&quot;seed&quot;: 7",
        "Sample",
        "t-1",
        "m-1",
        f'href="/?from={track.public_id}"',
    ):
        assert words in html


def test_the_waveform_is_a_slider_in_words(signed_in: Client, track: Track) -> None:
    html = page_of(signed_in, track)
    assert 'role="slider" tabindex="0" aria-label="Position in Cold Harbour"' in html
    assert 'aria-valuemax="65" aria-valuenow="0" aria-valuetext="0:00 of 1:05"' in html


def test_what_could_not_be_measured_is_said(
    signed_in: Client, user: User, project: Project
) -> None:
    track = factories.make_track(user, project, loudness=None, true_peak=None)
    assert page_of(signed_in, track).count("Not measured") == 2


def test_of_many_chunks_the_first_hundred_are_shown(signed_in: Client, track: Track) -> None:
    attempt = Attempt.objects.create(generation=track.generation, number=1, upstream="http://e")
    at = timezone.now() + timedelta(seconds=1)
    Chunk.objects.bulk_create(
        Chunk(attempt=attempt, sequence=place, received_at=at, raw={"chunkIndex": place})
        for place in range(103)
    )
    html = page_of(signed_in, track)
    assert html.count("&quot;chunkIndex&quot;") == 100
    assert "3 more" in html


def test_hostile_words_are_only_words(signed_in: Client, user: User, project: Project) -> None:
    track = factories.make_track(user, project, '"><script>alert(1)</script>')
    html = page_of(signed_in, track)
    assert "<script>alert" not in html
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_track_is_renamed_in_place(signed_in: Client, track: Track) -> None:
    response = signed_in.post(f"/tracks/{track.public_id}/rename/", {"title": "  Fog\tlamp "})
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/tracks/{track.public_id}/",
    )
    assert Track.objects.get().title == "Fog lamp"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("", "Give the track a name."),
        ("x" * 121, "has 121 characters and may have 120"),
        ("Fog\x00", "control character"),
        ("\ufff0\ufff1", "Give the track a name."),
    ],
)
def test_a_bad_title_changes_nothing_and_is_told(
    signed_in: Client, track: Track, title: str, words: str
) -> None:
    response = signed_in.post(f"/tracks/{track.public_id}/rename/", {"title": title})
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert "<h1>Cold Harbour</h1>" in html
    assert Track.objects.get().title == "Cold Harbour"


def test_a_role_lost_while_typing_is_told(
    signed_in: Client, track: Track, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_the_role_is_gone(track: Track, *, by: User, title: str) -> None:
        Membership.objects.filter(user=by).update(role="viewer")
        rename_track(track, by=by, title=title)

    monkeypatch.setattr(tracks, "rename_track", after_the_role_is_gone)
    response = signed_in.post(f"/tracks/{track.public_id}/rename/", {"title": "Fog lamp"})
    assert response.status_code == 422
    assert "Ask one of its owners" in response.content.decode()
    assert Track.objects.get().title == "Cold Harbour"


def test_a_viewer_finds_no_way_to_change_the_track(client: Client, user: User) -> None:
    sam = factories.make_user("sam")
    track = factories.make_track(sam, factories.make_project(sam, viewer=user))
    client.force_login(user)
    html = page_of(client, track)
    assert "/rename/" not in html
    assert f"/tracks/{track.public_id}/trash/" not in html


def test_a_track_goes_to_the_trash_and_comes_back(signed_in: Client, track: Track) -> None:
    gone = signed_in.post(f"/tracks/{track.public_id}/trash/")
    assert gone.headers["Location"] == f"/gallery/?trashed={track.public_id}"
    assert signed_in.get(f"/tracks/{track.public_id}/").status_code == 404
    back = signed_in.post(f"/tracks/{track.public_id}/restore/")
    assert back.headers["Location"] == f"/tracks/{track.public_id}/"
    assert "“Cold Harbour” is back." in page_of(signed_in, track)


@pytest.mark.parametrize(
    ("step", "before", "service", "to"),
    [
        ("trash", Status.READY, "trash_generation", "/gallery/?trashed={}"),
        ("restore", Status.TRASHED, "restore_generation", "/trash/"),
    ],
)
def test_a_step_that_somebody_else_took_first_is_told(
    signed_in: Client,
    track: Track,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    before: Status,
    service: str,
    to: str,
) -> None:
    if before == Status.TRASHED:
        trash_generation(track.generation, by=user)
    wanted = getattr(tracks, service)

    def after_somebody_else(generation: Any, *, by: User) -> None:
        wanted(generation, by=by)
        wanted(generation, by=by)

    monkeypatch.setattr(tracks, service, after_somebody_else)
    response = signed_in.post(f"/tracks/{track.public_id}/{step}/")
    assert response.headers["Location"] == to.format(track.public_id)
    texts = [str(one) for one in get_messages(response.wsgi_request)]
    assert [text[:28] for text in texts] == ["This generation has moved on"]
