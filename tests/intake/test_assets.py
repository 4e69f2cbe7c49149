"""From a finished generation to a track, with real files over real HTTP."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import soundfile
from django.core.files.storage import default_storage

from generator.intake import assets
from generator.models import Asset, Generation, Project, Status, Track, User
from tests.fakes.media import audio, cover
from tests.fakes.upstream import ScriptedUpstream

from .. import factories


@pytest.fixture
def upstream(settings: Any) -> Any:
    """An engine on loopback, whose exact origin the settings name."""
    with ScriptedUpstream() as running:
        settings.SOUNDVERSE_BASE_URL = running.url
        settings.UPSTREAM_IS_ENGINE = True
        yield running


def fetching(user: User, project: Project, **fields: Any) -> Generation:
    """A generation that only waits for its files."""
    return factories.make_generation(user, project, Status.FETCHING, **fields)


def test_a_fetched_file_becomes_a_track_whose_bytes_match_their_hash(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = fetching(
        user,
        project,
        audio_url=upstream.add_file("music.mp3", audio(2.0)),
        art_url=upstream.add_file("art.webp", cover(512)),
        song_name="Electric Dreams",
    )
    assert assets.finish(row.pk) is True
    row.refresh_from_db()
    track = Track.objects.get(generation=row)
    stored = Asset.objects.get(generation=row, kind="audio")
    with default_storage.open(stored.name) as file:
        data = file.read()
    assert data == audio(2.0)
    assert row.status == Status.READY
    assert row.audio_sha256 == stored.sha256 == hashlib.sha256(data).hexdigest()
    assert row.audio_bytes == stored.size == len(data)
    assert (track.title, track.cover_drawn) == ("Electric Dreams", False)
    assert (track.sample_rate, track.channels, len(track.peaks)) == (44_100, 2, 200)
    assert track.duration_ms == 2000
    assert soundfile.info(default_storage.path(stored.name)).format == "MP3"
    assert sorted(Asset.objects.values_list("kind", "content_type")) == [
        ("audio", "audio/mpeg"),
        ("cover-1200", "image/jpeg"),
        ("cover-160", "image/webp"),
        ("cover-320", "image/webp"),
        ("cover-640", "image/webp"),
    ]
