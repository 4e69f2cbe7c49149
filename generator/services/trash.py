"""Emptying the trash: what lay in it for 30 days is deleted for good, rows first, files after.

A crash between the two leaves files without a row; the sweep of files finds them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from ..models import Asset, Generation, Project, Status
from .changes import begin_change
from .lifecycle import advance
from .workplace import INCOMING

log = logging.getLogger(__name__)

KEEP = timedelta(days=30)
# No download and no upload under way is ever this old.
ORPHAN_AGE = timedelta(days=1)
SWEEP_EVERY = timedelta(hours=1)
_AT_ONCE = 50
_TRACKS = "tracks"


def purge_due(now: datetime | None = None) -> int:
    """Delete what was trashed 30 days ago, at most 50 things a call; return how many went.

    Cheap when nothing is due: meant to be called every few seconds. Once an hour it also sweeps
    files that no row knows.
    """
    now = now or timezone.now()
    limit = now - KEEP
    tracks = Generation.objects.filter(status=Status.TRASHED, status_at__lte=limit)
    projects = Project.objects.filter(trashed_at__lte=limit)
    tracks_due = list(tracks.values_list("pk", flat=True)[:_AT_ONCE])
    gone = sum(purge_generation(pk, limit) for pk in tracks_due)
    projects_due = list(projects.values_list("pk", flat=True)[:_AT_ONCE])
    gone += sum(purge_project(pk, limit) for pk in projects_due)
    if cache.add("sweep-orphans", 1, SWEEP_EVERY.total_seconds()):
        sweep_orphans(now)
    return gone


def purge_generation(generation_id: int, trashed_before: datetime) -> bool:
    """Delete a trashed track's files for good; False when it was restored meanwhile.

    Its row stays as a record of what was made and what it cost.
    """
    with transaction.atomic():
        if not advance(generation_id, "purge", where={"status_at__lte": trashed_before}):
            return False
        assets = Asset.objects.filter(generation_id=generation_id)
        names = list(assets.values_list("name", flat=True))
        assets.update(state=Asset.State.DELETED)
    _delete(names)
    return True


def purge_project(project_id: int, trashed_before: datetime) -> bool:
    """Delete a trashed project with all that is in it; False when it was restored meanwhile."""
    with begin_change() as change:
        project = Project.objects.filter(pk=project_id, trashed_at__lte=trashed_before).first()
        if project is None:
            return False
        assets = Asset.objects.filter(generation__project=project)
        names = list(assets.values_list("name", flat=True))
        for user_id in project.memberships.values_list("user_id", flat=True):
            change.touch(user_id=user_id, project_id=project_id)
        project.delete()
    _delete(names)
    return True


def sweep_orphans(now: datetime) -> int:
    """Delete files that are a day old and that no stored asset names; return how many went."""
    limit = now - ORPHAN_AGE
    gone = 0
    for names in _files(_TRACKS):
        # One question a track: its files lie in one folder.
        known = Asset.objects.filter(name__in=names, state=Asset.State.STORED)
        orphans = set(names).difference(known.values_list("name", flat=True))
        old = [name for name in orphans if default_storage.get_modified_time(name) < limit]
        _delete(old)
        gone += len(old)
    return gone + _sweep_incoming(limit)


def _files(folder: str) -> Iterator[list[str]]:
    """Walk the storage: the full names of the files of each folder."""
    try:
        inner, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    if files:
        yield [f"{folder}/{name}" for name in files]
    for name in inner:
        yield from _files(f"{folder}/{name}")


def _sweep_incoming(limit: datetime) -> int:
    """Delete what killed processes left behind; this folder is on this machine, always."""
    gone = 0
    # Deepest first, so that a folder is empty by its turn.
    for path in sorted((Path(settings.MEDIA_ROOT) / INCOMING).glob("**/*"), reverse=True):
        # Whoever works there may remove a folder, or put something into it, at the same moment.
        with suppress(OSError):
            if path.stat().st_mtime < limit.timestamp():
                path.rmdir() if path.is_dir() else path.unlink()
                gone += 1
    return gone


def _delete(names: list[str]) -> None:
    for name in names:
        # A storage may fail in ways of its own; the sweep comes back for what is left.
        try:
            default_storage.delete(name)
        except Exception as error:
            log.warning("a file could not be deleted: %s", type(error).__name__)
