"""From a finished generation to a track, with real files over real HTTP."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import soundfile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from generator.intake import assets, finishing
from generator.models import Asset, Generation, Project, Status, Track, User
from generator.services import fetching as fetching_service
from generator.services.workplace import workplace
from tests.fakes.media import audio, cover
from tests.fakes.upstream import HoldOpen, ScriptedUpstream

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


def test_names_in_the_storage_tell_nothing_and_files_are_private(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = finished(user, project, upstream)
    folder = row.public_id.hex
    for asset in row.assets.all():
        suffix = {"audio/mpeg": "mp3", "image/webp": "webp", "image/jpeg": "jpg"}
        assert asset.name == (
            f"tracks/{folder[:2]}/{folder}/{asset.kind}-{asset.sha256}.{suffix[asset.content_type]}"
        )
        path = Path(default_storage.path(asset.name))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert hashlib.sha256(path.read_bytes()).hexdigest() == asset.sha256
        assert path.stat().st_size == asset.size


def test_nothing_is_left_where_the_work_was_done(
    user: User, project: Project, upstream: ScriptedUpstream, settings: Any
) -> None:
    finished(user, project, upstream)
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []


def test_the_key_never_travels_with_a_download(
    user: User, project: Project, upstream: ScriptedUpstream, settings: Any
) -> None:
    settings.SOUNDVERSE_API_KEY = settings.ENGINE_API_KEY = "sksoundverse_canary"
    finished(user, project, upstream)
    assert len(upstream.gets) == 2
    assert "canary" not in str(upstream.gets)


@pytest.mark.parametrize(
    "art", ["", "missing", "broken", "https://evil.org/art.png", "file:///etc/passwd"]
)
def test_missing_or_broken_art_gets_a_drawn_cover_and_never_blocks(
    art: str, user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    urls = {
        "missing": f"{upstream.url}/files/none.png",
        "broken": upstream.add_file("broken.png", b"<svg/>"),
    }
    row = finished(user, project, upstream, art_url=urls.get(art, art))
    assert row.status == Status.READY
    assert row.track.cover_drawn is True
    assert row.assets.filter(kind__startswith="cover").count() == 4


def test_a_second_call_changes_nothing(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = finished(user, project, upstream)
    version = row.version
    assert assets.finish(row.pk) is False
    row.refresh_from_db()
    assert (row.version, row.assets.count(), len(upstream.gets)) == (version, 5, 2)


def test_a_second_call_while_the_first_is_at_work_fetches_nothing(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = fetching(user, project, audio_url=upstream.add_file("music.mp3", audio()))
    assert fetching_service.claim_fetch(row.pk) is not None
    assert assets.finish(row.pk) is False
    assert upstream.gets == []


def test_somebody_who_died_at_work_is_followed_when_the_lease_is_over(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = fetching(user, project, audio_url=upstream.add_file("music.mp3", audio()))
    fetching_service.claim_fetch(row.pk)
    Generation.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert assets.finish(row.pk) is True


def test_two_that_finish_the_same_row_make_one_track(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = fetching(user, project, audio_url=upstream.add_file("music.mp3", audio()))
    slow = fetching_service.claim_fetch(row.pk)
    assert slow is not None
    Generation.objects.update(next_try_at=None)
    assert assets.finish(row.pk) is True
    with workplace() as folder:
        assert finishing.make_track(row, slow, folder) is False
    assert Track.objects.count() == 1
    for asset in row.assets.all():
        assert default_storage.exists(asset.name)


TROUBLES: dict[str, dict[str, Any]] = {
    "fetch_404": {"status": 404},
    "fetch_403": {"status": 403},
    "fetch_503": {"status": 503},
    "fetch_302": {"status": 302, "headers": {"Location": "https://evil.org/a.mp3"}},
    "fetch_cut": {"length": 10**6},
    "fetch_empty": {"body": b""},
    "fetch_encoded": {"headers": {"Content-Encoding": "gzip"}},
    "fetch_too_large": {"length": 101 * 1024 * 1024, "steps": (HoldOpen(),)},
    "not_audio": {"body": b"<html>not found</html>"},
}


@pytest.mark.parametrize("code", TROUBLES)
def test_trouble_leaves_the_row_fetching_with_a_reason_and_a_next_try(
    code: str, user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    options = {"body": audio()} | TROUBLES[code]
    before = timezone.now()
    row = finished(user, project, upstream, audio_url=upstream.add_file("bad.mp3", **options))
    assert (row.status, row.error_code, row.fetch_tries) == (Status.FETCHING, code, 1)
    assert row.next_try_at is not None
    assert timedelta(seconds=4) < row.next_try_at - before < timedelta(seconds=60)
    assert row.error != ""
    assert not Track.objects.exists()
    assert not Asset.objects.exists()
    assert upstream.posts == []
    assert assets.finish(row.pk) is False
    assert len(upstream.gets) == 1


def test_a_file_that_turns_up_later_heals_the_row(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = finished(user, project, upstream, audio_url=f"{upstream.url}/files/late.mp3")
    assert row.error_code == "fetch_404"
    upstream.add_file("late.mp3", audio())
    Generation.objects.update(next_try_at=timezone.now())
    assert assets.finish(row.pk) is True
    row.refresh_from_db()
    assert (row.status, row.error, row.error_code) == (Status.READY, "", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.org/a.mp3",
        "http://127.0.0.1:1/a.mp3",
        "file:///etc/passwd",
        "https://storage.soundverse.ai@evil.org/a.mp3",
    ],
)
def test_a_link_that_is_not_allowed_waits_for_a_person(
    url: str, user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = finished(user, project, upstream, audio_url=url)
    assert (row.status, row.error_code, row.next_try_at) == ("fetching", "fetch_gave_up", None)
    assert row.events.get().detail == {"code": "link_refused", "tries": 1}
    assert not Generation.objects.fetch_due(timezone.now()).exists()
    assert upstream.gets == []


def test_a_format_that_cannot_be_decoded_waits_for_a_person(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    m4a = upstream.add_file("a.m4a", b"\x00\x00\x00\x20ftypM4A " + bytes(100))
    row = finished(user, project, upstream, audio_url=m4a)
    assert (row.error_code, row.next_try_at) == ("fetch_gave_up", None)
    assert "M4A" in row.error


def test_a_storage_that_fails_is_tried_again(
    user: User, project: Project, upstream: ScriptedUpstream, settings: Any
) -> None:
    blocked = settings.MEDIA_ROOT / "tracks"
    settings.MEDIA_ROOT.mkdir(parents=True)
    blocked.touch()
    row = finished(user, project, upstream)
    assert (row.status, row.error_code) == (Status.FETCHING, "storage")
    blocked.unlink()
    Generation.objects.update(next_try_at=timezone.now())
    assert assets.finish(row.pk) is True


def test_a_file_that_kills_its_reader_is_not_read_for_ever(
    user: User, project: Project, upstream: ScriptedUpstream
) -> None:
    row = finished(user, project, upstream, fetch_tries=len(fetching_service.DELAYS) + 1)
    assert (row.error_code, row.next_try_at) == ("fetch_gave_up", None)
    assert upstream.gets == []


@pytest.mark.django_db(transaction=True)
def test_four_that_finish_at_once_fetch_once_and_make_one_track(
    upstream: ScriptedUpstream,
) -> None:
    user = factories.make_user("ada")
    audio_url = upstream.add_file("music.mp3", audio())
    row = fetching(user, factories.make_project(user), audio_url=audio_url)
    barrier = threading.Barrier(4)

    def call(_: int) -> bool:
        barrier.wait(10)
        try:
            return assets.finish(row.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(call, range(4)))
    assert sorted(done) == [False, False, False, True]
    assert len(upstream.gets) == 1
    assert Track.objects.count() == 1


def test_a_runner_does_not_carry_the_weight_of_finishing() -> None:
    code = """
import sys, django
django.setup()
import generator.tasks
print(sorted({"numpy", "scipy", "PIL", "soundfile"} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.strip() == "[]"


def test_a_disk_that_fails_while_the_file_arrives_is_told(
    user: User, project: Project, upstream: ScriptedUpstream, settings: Any
) -> None:
    settings.MEDIA_ROOT.mkdir(parents=True)
    (settings.MEDIA_ROOT / "incoming").touch()
    row = finished(user, project, upstream)
    assert (row.error_code, row.fetch_tries) == ("storage", 1)
    assert "This server could not keep the file (File exists)" in row.error


def test_without_an_engine_no_other_origin_is_allowed(settings: Any) -> None:
    settings.UPSTREAM_IS_ENGINE = False
    settings.SOUNDVERSE_MEDIA_HOSTS = ["storage.soundverse.ai"]
    found = finishing.downloader()
    assert (found.hosts, found.engine_origin) == (frozenset(["storage.soundverse.ai"]), "")


def finished(user: User, project: Project, upstream: ScriptedUpstream, **fields: Any) -> Generation:
    """A generation after `finish` was called once, whatever came of it."""
    if "audio_url" not in fields:
        fields["audio_url"] = upstream.add_file("music.mp3", audio())
    if "art_url" not in fields and "bad" not in fields["audio_url"]:
        fields["art_url"] = upstream.add_file("art.webp", cover())
    row = fetching(user, project, **fields)
    assets.finish(row.pk)
    row.refresh_from_db()
    return row


def test_the_own_engine_may_have_moved_to_another_port(
    user: User, project: Project, upstream: ScriptedUpstream, settings: Any
) -> None:
    settings.UPSTREAM_IS_OWN_ENGINE = True
    settings.OWN_ENGINE_URL = upstream.url
    path = urlsplit(upstream.add_file("moved.mp3", audio(seconds=2))).path
    row = fetching(user, project, audio_url=f"http://127.0.0.1:1{path}", billed=False)
    assert assets.finish(row.pk)
