"""Files come to rest whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage

from generator.intake.store import put_file, write_durably
from generator.intake.trouble import StorageTrouble


class Bucket(Storage):
    """A storage without local paths that can be told to fail."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.fails = 0
        self.loses_reply = False
        self.renames = False

    def save(self, name: Any, content: Any, max_length: int | None = None) -> str:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("SlowDown")
        taken = f"{name}-1" if self.renames else str(name)
        self.files[taken] = content.read()
        if self.loses_reply:
            self.loses_reply = False
            raise TimeoutError
        return taken

    def delete(self, name: str) -> None:
        del self.files[name]

    def _open(self, name: str, mode: str = "rb") -> File:
        raise AssertionError("nothing here opens files")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Bucket:
    made = Bucket()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    default_storage._wrapped = made  # what the proxy stands for, until the settings change back
    return made


def test_a_local_file_is_moved_and_stored_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        write_durably(tmp_path / "new", b"music")
        put_file(tmp_path / "new", "tracks/ab/audio-1.mp3")
    assert not (tmp_path / "new").exists()
    assert default_storage.listdir("tracks/ab") == ([], ["audio-1.mp3"])
    assert Path(default_storage.path("tracks/ab/audio-1.mp3")).read_bytes() == b"music"


def test_a_full_disk_is_told_as_trouble(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "tracks").touch()
    write_durably(tmp_path / "new", b"music")
    with pytest.raises(StorageTrouble):
        put_file(tmp_path / "new", "tracks/ab/audio-1.mp3")


def test_a_bucket_that_fails_once_holds_one_file_after_the_next_try(
    bucket: Bucket, tmp_path: Path
) -> None:
    write_durably(tmp_path / "new", b"music")
    bucket.fails = 1
    with pytest.raises(StorageTrouble, match="ConnectionError"):
        put_file(tmp_path / "new", "tracks/a.mp3")
    bucket.loses_reply = True
    with pytest.raises(StorageTrouble, match="TimeoutError"):
        put_file(tmp_path / "new", "tracks/a.mp3")
    put_file(tmp_path / "new", "tracks/a.mp3")
    assert bucket.files == {"tracks/a.mp3": b"music"}


def test_a_bucket_that_chooses_another_name_is_trouble(bucket: Bucket, tmp_path: Path) -> None:
    write_durably(tmp_path / "new", b"music")
    bucket.renames = True
    with pytest.raises(StorageTrouble, match="another name"):
        put_file(tmp_path / "new", "tracks/a.mp3")
    assert bucket.files == {}
