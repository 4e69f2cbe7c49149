"""What lay in the trash for 30 days goes for good, rows first, files after."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from generator.models import Asset, Generation, Project, Status, Track, User
from generator.services import trash
from generator.services.workplace import workplace
from tests.media_rows import make_stored_track

NOW = timezone.now()
OLD = NOW - timedelta(days=30, minutes=1)
YOUNG = NOW - timedelta(days=29)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


def trashed(track: Track, at: Any) -> list[str]:
    """Put the track into the trash at that time; return the names of its files."""
    Generation.objects.filter(pk=track.generation_id).update(status=Status.TRASHED, status_at=at)
    return list(track.generation.assets.values_list("name", flat=True))


def age(name: str, days: float) -> None:
    when = (NOW - timedelta(days=days)).timestamp()
    os.utime(default_storage.path(name), (when, when))


def test_an_old_trashed_track_loses_its_files_and_keeps_its_row(
    user: User, project: Project
) -> None:
    track = make_stored_track(user, project)
    names = trashed(track, OLD)
    assert trash.purge_due(NOW) == 1
    track.generation.refresh_from_db()
    assert track.generation.status == Status.PURGED
    assert track.generation.events.get().name == "purge"
    assert {asset.state for asset in track.generation.assets.all()} == {Asset.State.DELETED}
    assert [name for name in names if default_storage.exists(name)] == []
    assert trash.purge_due(NOW) == 0


def test_a_young_trashed_track_and_a_kept_one_stay(user: User, project: Project) -> None:
    young, kept = make_stored_track(user, project), make_stored_track(user, project)
    names = trashed(young, YOUNG) + [asset.name for asset in kept.generation.assets.all()]
    assert trash.purge_due(NOW) == 0
    assert all(default_storage.exists(name) for name in names)


def test_a_track_restored_meanwhile_is_not_purged(user: User, project: Project) -> None:
    track = make_stored_track(user, project)
    assert trash.purge_generation(track.generation_id, NOW) is False
    assert not track.generation.assets.filter(state=Asset.State.DELETED).exists()


def test_an_old_trashed_project_goes_with_all_its_files(user: User, project: Project) -> None:
    track = make_stored_track(user, project)
    names = [asset.name for asset in track.generation.assets.all()]
    Project.objects.filter(pk=project.pk).update(trashed_at=OLD)
    assert trash.purge_due(NOW) == 1
    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Track.objects.exists()
    assert [name for name in names if default_storage.exists(name)] == []


def test_a_young_or_restored_project_stays(user: User, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(trashed_at=YOUNG)
    assert trash.purge_due(NOW) == 0
    assert trash.purge_project(project.pk, OLD) is False
    assert Project.objects.filter(pk=project.pk).exists()


def test_a_file_that_cannot_be_deleted_is_found_by_the_sweep_later(
    user: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = make_stored_track(user, project)
    names = trashed(track, OLD)

    def delete(name: str) -> None:
        raise ConnectionError

    with monkeypatch.context() as failing:
        failing.setattr(default_storage, "delete", delete, raising=False)
        assert trash.purge_due(NOW) == 1
    assert all(default_storage.exists(name) for name in names)
    for name in names:
        age(name, 2)
    assert trash.sweep_orphans(NOW) == len(names)
    assert [name for name in names if default_storage.exists(name)] == []


def test_the_sweep_takes_old_files_that_no_row_knows_and_nothing_else(
    user: User, project: Project
) -> None:
    known = make_stored_track(user, project).generation.assets.get(kind="audio").name
    young = default_storage.save("tracks/ab/cd/audio-young.mp3", ContentFile(b"x"))
    old = default_storage.save("tracks/ab/cd/audio-old.mp3", ContentFile(b"x"))
    age(known, 99)
    age(old, 2)
    assert trash.sweep_orphans(NOW) == 1
    assert [default_storage.exists(name) for name in (known, young, old)] == [True, True, False]


@pytest.mark.django_db
def test_the_sweep_clears_what_a_killed_process_left_and_spares_who_works(settings: Any) -> None:
    with workplace() as at_work:
        (at_work / "audio").write_bytes(b"x")
        left = at_work.parent / "left"
        left.mkdir()
        (left / "audio").write_bytes(b"x")
        long_ago = (NOW - timedelta(days=2)).timestamp()
        os.utime(left / "audio", (long_ago, long_ago))
        assert trash.sweep_orphans(NOW) == 1
        os.utime(left, (long_ago, long_ago))
        # The folder of somebody at work may look old, but it is not empty.
        os.utime(at_work, (long_ago, long_ago))
        assert trash.sweep_orphans(NOW) == 1
        assert sorted(Path(settings.MEDIA_ROOT).glob("incoming/**/*")) == [
            at_work,
            at_work / "audio",
        ]


@pytest.mark.django_db
def test_files_are_swept_once_an_hour_at_most(django_assert_num_queries: Any) -> None:
    default_storage.save("tracks/ab/cd/audio-a.mp3", ContentFile(b"x"))
    with django_assert_num_queries(3):
        trash.purge_due(NOW)
    with django_assert_num_queries(2):
        trash.purge_due(NOW)
