"""Making a backup, while the studio runs or not."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from . import postgres, sqlite
from .archive import MEDIA, Entry, Manifest, Writer, create_archive
from .errors import BackupError
from .snapshots import Snapshot

_TABLE = "generator_generation"


def make_backup(target: Path) -> Manifest:
    """Write everything into one new private file; raises BackupError, having kept nothing."""
    _refuse_existing(target)
    if _TABLE not in connection.introspection.table_names():
        raise BackupError("There is nothing to back up yet: the database has no tables.")
    try:
        # Beside its place: the last step is a rename, and the space is asked for where it is meant.
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as work:
            folder = Path(work)
            take = sqlite.take if connection.vendor == "sqlite" else postgres.take
            manifest = _write(folder / "archive", take(folder))
            _refuse_existing(target)
            (folder / "archive").rename(target)
    except OSError as error:
        raise BackupError(
            f"{target} could not be written ({error.strerror or error}): free some space, or name "
            "another place. Nothing was kept."
        ) from None
    return manifest


def has_local_media() -> bool:
    """Whether files lie on this machine, and not in a bucket."""
    try:
        default_storage.path("any")
    except NotImplementedError:
        return False
    return True


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise BackupError(f"{target} exists, and a backup never overwrites: name another file.")


def _write(path: Path, snapshot: Snapshot) -> Manifest:
    with create_archive(path) as writer:
        with snapshot.path.open("rb") as file:
            database = writer.add(snapshot.path.name, file, snapshot.path.stat().st_size)
        # The copy is in the archive now; keeping it too would ask for the space twice.
        snapshot.path.unlink()
        manifest = Manifest(
            made_at=timezone.now().isoformat(timespec="seconds"),
            vendor=connection.vendor,
            database=database,
            migrations=snapshot.migrations,
            media=snapshot.media,
            has_media=has_local_media(),
            missing=[],
            damaged=[],
        )
        if manifest.has_media:
            manifest = _add_media(writer, manifest)
        writer.add_manifest(manifest)
    return manifest


def _add_media(writer: Writer, manifest: Manifest) -> Manifest:
    """A lost file must not stand in the way of saving all others; the operator is told."""
    missing: list[str] = []
    damaged: list[Entry] = []
    for entry in manifest.media:
        try:
            file = default_storage.open(entry.name.removeprefix(MEDIA))
        except FileNotFoundError:
            missing.append(entry.name)
            continue
        with file:
            found = writer.add(entry.name, file, file.size)
        if found != entry:
            damaged.append(found)
    return replace(manifest, missing=missing, damaged=damaged)
