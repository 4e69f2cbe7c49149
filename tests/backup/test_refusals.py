"""Whatever stands in the way is said in one plain sentence, and nothing is half done."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import resource
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage, default_storage
from django.db import connection

from generator.backup import make, postgres, restore, sqlite
from generator.backup.archive import MANIFEST
from generator.launch import lock
from generator.models import Asset, Project, Track, User, random_id
from generator.services.workers import beat_supervisor

from .. import factories
from ..media_rows import make_stored_track, store_asset
from .conftest import backup

pytestmark = pytest.mark.django_db(transaction=True)
FAKE_TOOL = "#!/bin/sh\necho '{words}' >&2\nexit 1\n"


@pytest.fixture
def track(user: User, project: Project) -> Track:
    """A track whose audio is really stored."""
    return make_stored_track(user, project, covers=False)


@pytest.fixture
def made(track: Track, tmp_path: Path) -> Path:
    """A good backup of one track."""
    path = tmp_path / "studio.tar"
    assert backup(path).refusal == ""
    return path


def rewrite(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """Write another archive with each member changed, or left out where `change` gives None."""
    target = path.with_name("changed.tar")
    with tarfile.open(path) as source, tarfile.open(target, "w") as tar:
        for info in source:
            content = source.extractfile(info)
            assert content is not None
            if changed := change(info.name, content.read()):
                member = tarfile.TarInfo(changed[0])
                member.size = len(changed[1])
                tar.addfile(member, io.BytesIO(changed[1]))
    return target


def edit_manifest(path: Path, **fields: Any) -> Path:
    """The same archive with other words in its manifest."""

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name != MANIFEST:
            return name, data
        return name, json.dumps(json.loads(data) | fields).encode()

    return rewrite(path, change)


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_exists_is_never_overwritten(made: Path) -> None:
    before = made.read_bytes()
    assert backup(made).refusal == (
        f"{made} exists, and a backup never overwrites: name another file."
    )
    assert made.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(track: Track, tmp_path: Path) -> None:
    target = tmp_path / "none" / "studio.tar"
    assert backup(target).refusal == (
        f"{target} could not be written (No such file or directory): free some space, or name "
        "another place. Nothing was kept."
    )


def test_a_disk_without_room_for_the_media_leaves_nothing_behind(
    track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(folder: Path) -> make.Snapshot:
        (folder / "copy").write_bytes(b"small")
        [asset] = Asset.objects.all()
        return make.Snapshot(folder / "copy", [make.Entry(f"media/{asset.name}", 1, "")], [])

    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "take", take)
    with small_files(4096):
        said = backup(tmp_path / "studio.tar")
    assert said.refusal == (
        f"{tmp_path / 'studio.tar'} could not be written (File too large): free some space, or "
        "name another place. Nothing was kept."
    )
    assert not (tmp_path / "studio.tar").exists()
    assert list(tmp_path.glob(".backup-*")) == []


def test_a_disk_without_room_for_the_database_leaves_nothing_behind(
    track: Track, tmp_path: Path
) -> None:
    with small_files(4096):
        said = backup(tmp_path / "studio.tar")
    assert said.refusal.endswith(("Nothing was kept.", "nothing kept."))
    assert not (tmp_path / "studio.tar").exists()
    assert list(tmp_path.glob(".backup-*")) == []


def test_a_disk_without_room_leaves_what_was_there_when_it_is_restored(
    made: Path, user: User
) -> None:
    with small_files(4096):
        said = backup("--restore", made, "--replace")
    assert said.refusal == (
        "The backup could not be restored (File too large): put that right and restore again."
    )
    assert list(User.objects.all()) == [user]


def test_a_place_without_tables_has_nothing_to_back_up(
    move_elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    move_elsewhere()
    assert backup(tmp_path / "studio.tar").refusal == (
        "There is nothing to back up yet: the database has no tables."
    )


def test_a_database_that_does_not_answer_is_told(
    move_elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    connection.close()
    connection.settings_dict["NAME"] = "/none/such"
    assert backup(tmp_path / "studio.tar").refusal.startswith("The database does not answer (")


def test_a_backup_never_replaces(track: Track, tmp_path: Path) -> None:
    assert backup(tmp_path / "studio.tar", "--replace").refusal == (
        "--replace goes with --restore: a backup never overwrites."
    )


def test_lost_and_damaged_files_are_told_and_stop_nothing(
    user: User, project: Project, tmp_path: Path, move_elsewhere: Callable[[], None]
) -> None:
    track = factories.make_track(user, project)
    names = [
        store_asset(track.generation, kind, b"bytes of " + kind.encode(), "audio/mpeg").name
        for kind in ("audio", "cover-160", "cover-320")
    ]
    Path(default_storage.path(names[1])).unlink()
    Path(default_storage.path(names[2])).write_bytes(b"rotten")
    said = backup(tmp_path / "studio.tar")
    assert "2 of 3 media files" in said.out
    assert said.err.splitlines() == [
        f"media/{names[1]} is not there, so it is not in the backup.",
        f"media/{names[2]} is not what was stored; it was kept as it is.",
    ]
    move_elsewhere()
    assert backup("--restore", tmp_path / "studio.tar").refusal == ""
    with default_storage.open(names[2]) as file:
        assert file.read() == b"rotten"
    assert not default_storage.exists(names[1])


class Bucket(Storage):
    """A storage without local paths."""


def test_files_in_a_bucket_are_listed_and_not_copied(
    track: Track, tmp_path: Path, settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{Bucket.__module__}.{Bucket.__qualname__}"},
    }
    said = backup(tmp_path / "studio.tar")
    assert "1 media files listed only, for they lie in the bucket" in said.out
    with tarfile.open(tmp_path / "studio.tar") as tar:
        [database, manifest] = tar.getmembers()
        source = tar.extractfile(manifest)
        assert source is not None
        listed = json.loads(source.read())
    asset = Asset.objects.get()
    assert database.name.startswith("database.")
    assert listed["media"] == [
        {"name": f"media/{asset.name}", "size": asset.size, "sha256": asset.sha256}
    ]
    assert "listed only" in backup("--restore", tmp_path / "studio.tar", "--replace").out


def test_a_running_studio_is_never_restored_over(made: Path, settings: Any) -> None:
    with lock.take(settings.DATA_DIR, "http://127.0.0.1:8000"):
        said = backup("--restore", made, "--replace")
    assert said.refusal.startswith("Soundverse Studio is already running at http://127.0.0.1:8000:")


def test_a_worker_on_its_own_is_noticed_too(made: Path) -> None:
    beat_supervisor("another machine", random_id())
    assert backup("--restore", made, "--replace").refusal.startswith("A worker was heard")


def test_what_is_here_is_only_replaced_when_that_is_asked(made: Path, user: User) -> None:
    extra = factories.make_user("ben")
    assert backup("--restore", made).refusal == (
        "The database here is not empty. Restore into another DATA_DIR or DATABASE_URL, or add "
        "--replace to lose what is here."
    )
    assert extra in User.objects.all()
    assert backup("--restore", made, "--replace").refusal == ""
    assert list(User.objects.all()) == [user]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert backup("--restore", tmp_path / "none.tar").refusal == (
        f"{tmp_path / 'none.tar'} is not there: name a file that `manage.py backup` wrote."
    )


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.tar"
    path.write_bytes(content)
    assert backup("--restore", path).refusal == (
        f"{path} is no backup of a studio, or was cut short."
    )


@pytest.mark.parametrize("part", [1.0, 0.999, 0.5, 0.01])
def test_a_file_that_was_cut_short_is_refused_whole(made: Path, part: float, user: User) -> None:
    """The first cut is clean: all members are whole, only the manifest is not there."""
    with tarfile.open(made) as tar:
        end = tar.getmember(MANIFEST).offset
    os.truncate(made, int(end * part))
    said = backup("--restore", made, "--replace")
    assert said.refusal == f"{made} is no backup of a studio, or was cut short."
    assert list(User.objects.all()) == [user]


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "media/../../escaped", "a//b", ".x"])
def test_a_name_that_leads_elsewhere_is_refused(made: Path, name: str) -> None:
    changed = rewrite(made, lambda old, data: (name if old.startswith("media/") else old, data))
    assert backup("--restore", changed, "--replace").refusal == (
        f"{changed} holds {name!r}, which leads out of its folder or is no plain file: it was not "
        "made here."
    )


def test_a_link_is_refused(made: Path) -> None:
    with tarfile.open(made, "a") as tar:
        link = tarfile.TarInfo("media/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert "is no plain file" in backup("--restore", made, "--replace").refusal


def test_changed_bytes_are_found_by_their_hash(made: Path, track: Track) -> None:
    changed = rewrite(
        made, lambda name, data: (name, data[:-1] + b"!" if name.startswith("media/") else data)
    )
    assert backup("--restore", changed, "--replace").refusal.endswith("Take another backup.")
    assert Track.objects.get() == track


def test_a_member_too_many_or_too_few_is_found(made: Path) -> None:
    changed = rewrite(made, lambda name, data: None if name.startswith("media/") else (name, data))
    assert backup("--restore", changed, "--replace").refusal == (
        f"{changed} does not hold what its manifest says: it was changed."
    )


@pytest.mark.parametrize("fields", [{"format": 2}, {"media": [1]}, {"surprise": 1}])
def test_a_manifest_of_another_kind_is_refused(made: Path, fields: dict[str, Any]) -> None:
    changed = edit_manifest(made, **fields)
    assert "has a manifest that this release cannot read" in (
        backup("--restore", changed, "--replace").refusal
    )


def test_a_backup_of_the_other_kind_of_database_is_refused(made: Path) -> None:
    changed = edit_manifest(made, vendor="another")
    assert backup("--restore", changed, "--replace").refusal == (
        f"This backup is of a another database and DATABASE_URL names a {connection.vendor} one: "
        "set DATABASE_URL to match."
    )


def test_a_backup_of_a_newer_release_is_refused(made: Path) -> None:
    changed = edit_manifest(made, migrations=["0001_initial", "9999_later"])
    assert backup("--restore", changed, "--replace").refusal == (
        "This backup was made by a newer release (it knows 9999_later): update first."
    )


def test_a_storage_that_takes_no_file_leaves_the_database_alone(
    made: Path, user: User, settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{Bucket.__module__}.{Bucket.__qualname__}"},
    }
    extra = factories.make_user("ben")
    said = backup("--restore", made, "--replace")
    assert said.refusal.endswith("The database is as it was.")
    assert extra in User.objects.all()


def test_a_database_that_cannot_be_read_back_leaves_the_one_that_is_here(
    made: Path, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is right, but it is no database: what a defect of the writer would look like."""
    real = restore._extract

    def spoil(archive: Any, folder: Path) -> None:
        real(archive, folder)
        (folder / "0").write_bytes(b"no database at all" * 1000)

    monkeypatch.setattr(restore, "_extract", spoil)
    refusal = backup("--restore", made, "--replace").refusal
    assert "could not be written (" in refusal or "could not do its work (" in refusal
    assert list(User.objects.all()) == [user]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a pg_dump into the way that says these words and fails; '' for none at all."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(words: str) -> None:
        if words:
            path = folder / "pg_dump"
            path.write_text(FAKE_TOOL.format(words=words))
            path.chmod(0o700)

    return put


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (
            "",
            "pg_dump is not installed: install the client programs of PostgreSQL {server} (package "
            "postgresql-client) and try again.",
        ),
        (
            "pg_dump: error: aborting because of server version mismatch",
            "pg_dump is older than the server: install the client programs of PostgreSQL {server} "
            "and try again.",
        ),
        (
            "pg_dump: error: permission denied",
            "pg_dump could not do its work (pg_dump: error: permission denied): nothing was "
            "changed, and nothing kept.",
        ),
    ],
)
def test_trouble_with_the_client_programs_is_told(
    transactional_db: None, tool: Callable[[str], None], words: str, refusal: str
) -> None:
    tool(words)
    with pytest.raises(postgres.BackupError) as caught:
        postgres._call("pg_dump", "--version")
    server = connection.get_database_version()[0]
    assert str(caught.value) == refusal.format(server=server)


def test_a_manifest_says_which_files_there_must_be() -> None:
    entry = make.Entry("media/a", 1, "x")
    manifest = make.Manifest("", "", make.Entry("database", 1, "y"), [], [entry], True, [], [])
    assert manifest.files() == [manifest.database, entry]
    assert dataclasses.replace(manifest, missing=["media/a"]).files() == [manifest.database]
