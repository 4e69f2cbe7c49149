"""Restoring a backup: all is checked before anything is changed, and nothing is sent by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from ..intake.store import put_file
from ..intake.trouble import StorageTrouble
from ..launch import lock
from ..models import Generation, Status, User
from ..models.generation import POSTED
from ..services import changes, restored, workers
from ..services.workplace import workplace
from . import postgres, sqlite
from .archive import MEDIA, Manifest, Reader, open_archive
from .errors import BackupError


@dataclass(frozen=True)
class Restored:
    """What came back: how many rows were queued or claimed and are held now, and the rest."""

    manifest: Manifest
    queued: int
    claimed: int
    posted: int
    fetching: int


def restore_backup(source: Path, *, replace: bool) -> Restored:
    """Put a backup in the place of what is here; raises BackupError.

    `replace`: also where there are people or music already. Files that only the former database
    named are left to the sweep.
    """
    if not source.is_file():
        raise BackupError(f"{source} is not there: name a file that `manage.py backup` wrote.")
    try:
        with _nobody_at_work(), open_archive(source) as archive, workplace() as folder:
            _refuse_unfit(archive.manifest)
            version = _look_around(replace=replace)
            _extract(archive, folder)
            _place_media(archive.manifest, folder)
            load = sqlite.load if connection.vendor == "sqlite" else postgres.load
            load(folder / "0")
            call_command("migrate", interactive=False, verbosity=0)
            return _settle(archive.manifest, version)
    except OSError as error:
        raise BackupError(
            f"The backup could not be restored ({error.strerror or error}): put that right "
            "and restore again."
        ) from None


@contextmanager
def _nobody_at_work() -> Iterator[None]:
    """Keep every start away meanwhile; workers on their own are known by their heartbeat."""
    try:
        with lock.take(settings.DATA_DIR, ""):
            yield
    except lock.AlreadyRunning as error:
        raise BackupError(str(error)) from None


def _look_around(*, replace: bool) -> int:
    """Return the version that pages have seen here; raises BackupError when all is not quiet."""
    if User._meta.db_table not in connection.introspection.table_names():
        return 0
    if workers.is_worker_alive():
        raise BackupError(
            "A worker was heard within the last 15 seconds: stop everything that runs on this "
            "database, wait a moment, and restore again."
        )
    if not replace and (User.objects.exists() or Generation.objects.exists()):
        raise BackupError(
            "The database here is not empty. Restore into another DATA_DIR or DATABASE_URL, or "
            "add --replace to lose what is here."
        )
    return changes.current_version()


def _refuse_unfit(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"This backup is of a {manifest.vendor} database and DATABASE_URL names a "
            f"{connection.vendor} one: set DATABASE_URL to match."
        )
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "generator"}
    if newer := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"This backup was made by a newer release (it knows {newer[-1]}): update first."
        )


def _extract(archive: Reader, folder: Path) -> None:
    for number, entry in enumerate(archive.manifest.files()):
        archive.extract(entry, folder / str(number))


def _place_media(manifest: Manifest, folder: Path) -> None:
    """Files first, rows after: a file that no row names yet is harmless."""
    for number, entry in enumerate(manifest.files()[1:], start=1):
        try:
            put_file(folder / str(number), entry.name.removeprefix(MEDIA))
        except StorageTrouble as error:
            raise BackupError(f"{error} The database is as it was.") from None


def _settle(manifest: Manifest, version: int) -> Restored:
    rows = Generation.objects
    waiting = {
        status: rows.filter(status=status).count() for status in (Status.QUEUED, Status.CLAIMED)
    }
    restored.settle(version)
    return Restored(
        manifest=manifest,
        queued=waiting[Status.QUEUED],
        claimed=waiting[Status.CLAIMED],
        posted=rows.filter(status__in=POSTED).count(),
        fetching=rows.filter(status=Status.FETCHING).count(),
    )
