"""A worker killed at each of the 12 crash points, its spool kept or lost: row 20 of the matrix."""

from __future__ import annotations

import hashlib
import itertools
import logging
import shutil
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from generator.intake import failpoints
from generator.models import Asset, Event, Generation, LedgerEntry, Project, Status, Track, User
from generator.services.lifecycle import TRANSITIONS

from ..fakes.events import completed, progressed, started
from ..fakes.media import audio, cover
from ..fakes.upstream import HoldOpen, ScriptedUpstream, Wait, stream, wait_until
from ..intake.conftest import CANARY
from ..intake.work import environment, submit
from .forks import Forks
from .work import PATIENCE, nothing_is_stuck, recover

pytestmark = pytest.mark.django_db(transaction=True)

# Where it is killed, what becomes of the spool, the status in the end, how often the upstream
# charges, and the events.
ENDS = [
    ("claimed", "kept", "ready", 1, "claim unclaim claim submit stream complete store"),
    ("claimed", "lost", "ready", 1, "claim unclaim claim submit stream complete store"),
    ("submitting_committed", "kept", "unknown", 0, "claim submit lapse"),
    ("submitting_committed", "lost", "unknown", 0, "claim submit lapse"),
    ("headers", "kept", "unknown", 1, "claim submit lapse"),
    ("headers", "lost", "unknown", 1, "claim submit lapse"),
    ("first_chunk_committed", "kept", "unknown", 1, "claim submit stream lapse"),
    ("first_chunk_committed", "lost", "unknown", 1, "claim submit stream lapse"),
    ("mid_stream", "kept", "unknown", 1, "claim submit stream lapse"),
    ("mid_stream", "lost", "unknown", 1, "claim submit stream lapse"),
    ("terminal_read", "kept", "ready", 1, "claim submit stream recover store"),
    ("terminal_read", "lost", "unknown", 1, "claim submit stream lapse"),
    ("result_committed", "kept", "ready", 1, "claim submit stream complete store"),
    ("result_committed", "lost", "ready", 1, "claim submit stream complete store"),
    ("half_written", "kept", "ready", 1, "claim submit stream complete store"),
    ("half_written", "lost", "ready", 1, "claim submit stream complete store"),
    ("downloaded", "kept", "ready", 1, "claim submit stream complete store"),
    ("downloaded", "lost", "ready", 1, "claim submit stream complete store"),
    ("before_rename", "kept", "ready", 1, "claim submit stream complete store"),
    ("before_rename", "lost", "ready", 1, "claim submit stream complete store"),
    ("renamed", "kept", "ready", 1, "claim submit stream complete store"),
    ("renamed", "lost", "ready", 1, "claim submit stream complete store"),
    ("ready", "kept", "ready", 1, "claim submit stream complete store"),
    ("ready", "lost", "ready", 1, "claim submit stream complete store"),
]
MUSIC = audio(0.5)


def test_the_table_has_every_point_twice() -> None:
    assert Counter(end[0] for end in ENDS) == dict.fromkeys(failpoints.POINTS, 2)


@pytest.mark.parametrize(("point", "spool", "status", "charges", "path"), ENDS)
def test_row_20_a_kill_here_ends_like_this(
    point: str,
    spool: str,
    status: str,
    charges: int,
    path: str,
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    forks: Forks,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    [row] = submit(user, project)
    die_at(point, forks, paid, tmp_path)
    if spool == "lost":
        shutil.rmtree(settings.SPOOL_DIR, ignore_errors=True)
    recover()
    row.refresh_from_db()
    assert (row.status, len(paid.charges)) == (status, charges)
    assert path_of(row) == f"create {path}"
    assert nothing_is_stuck()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert (row.posts, row.may_be_billed) == (1, status == "unknown")
    charge = LedgerEntry.State.MAY_BE_BILLED if status == "unknown" else LedgerEntry.State.ESTIMATED
    assert [entry.state for entry in LedgerEntry.objects.all()] == [charge]
    check_files(row)


def die_at(point: str, forks: Forks, upstream: ScriptedUpstream, folder: Path) -> None:
    """Let a worker make the queued row and be killed at the point."""
    streaming, more = threading.Event(), threading.Event()
    audio_url = upstream.add_file("music.mp3", MUSIC, "audio/mpeg")
    art_url = upstream.add_file("cover.webp", cover(), "image/webp")
    if point == "half_written":
        half = (MUSIC[: len(MUSIC) // 2], HoldOpen())
        upstream.add_file("music.mp3", MUSIC, "audio/mpeg", length=len(MUSIC), steps=half)
    last = completed(audio_url, album_art=art_url)
    upstream.play(stream(started(), Wait(streaming), progressed(2, 50), Wait(more), last))
    armed = {"STUDIO_FAILPOINT": f"{point}:kill", "STUDIO_FAILPOINTS_ALLOWED": "1"}
    own = environment(upstream, folder) | armed | {"ENGINE_API_KEY": CANARY}
    try:
        forks.start(own, "make")
        # Nothing more may be on its way to a process that dies of what has come.
        if point != "first_chunk_committed":
            is_streaming = Generation.objects.filter(status=Status.STREAMING).exists
            assert wait_until(lambda: forks.is_over() or is_streaming(), PATIENCE)
            streaming.set()
            if point != "mid_stream":
                more.set()
        assert forks.wait() == -signal.SIGKILL
    finally:
        streaming.set()
        more.set()
    upstream.add_file("music.mp3", MUSIC, "audio/mpeg")


def path_of(row: Generation) -> str:
    """Name the row's events; each must begin where the one before ended, as the table says."""
    events = list(Event.objects.filter(generation=row).order_by("pk"))
    for before, event in itertools.pairwise(events):
        transition = TRANSITIONS[event.name]
        assert event.from_status == before.to_status
        assert event.from_status in transition.sources
        assert event.to_status == transition.target
    assert events[-1].to_status == row.status
    return " ".join(event.name for event in events)


def check_files(row: Generation) -> None:
    """A ready row has one track and the very bytes that were served; any other has neither."""
    assets = list(Asset.objects.filter(generation=row))
    assert Track.objects.count() == (row.status == Status.READY)
    assert len(assets) == (5 if row.status == Status.READY else 0)
    for asset in assets:
        stored = Path(default_storage.path(asset.name)).read_bytes()
        assert (hashlib.sha256(stored).hexdigest(), len(stored)) == (asset.sha256, asset.size)
    if row.status == Status.READY:
        served = (hashlib.sha256(MUSIC).hexdigest(), len(MUSIC))
        assert (row.audio_sha256, row.audio_bytes) == served
