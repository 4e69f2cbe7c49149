"""The drill: a studio at work is backed up, brought back elsewhere, and sends nothing by itself."""

from __future__ import annotations

import hashlib
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.utils import timezone

from generator.intake.reconcile import Reconciler
from generator.models import Asset, Event, Generation, Project, Runner, Status, User
from generator.services import generations, lapses
from generator.services.changes import begin_change, current_version
from generator.services.workers import beat_supervisor
from generator.views.notices import Circumstances, notice_for

from .. import factories
from ..fakes.upstream import ScriptedUpstream
from ..intake.work import in_thread, run_worker, submit
from ..media_rows import make_stored_track
from .conftest import backup

pytestmark = pytest.mark.django_db(transaction=True)


Rows = dict[str, dict[int, dict[str, Any]]]


def rows_by_model() -> Rows:
    """All rows of the app, field by field."""
    return {
        model.__name__: {row["id"]: row for row in model.objects.values()}
        for model in apps.get_app_config("generator").get_models()
    }


def hashes() -> dict[str, str]:
    """The sha256 of the bytes of each stored file."""
    found = {}
    for name in Asset.objects.values_list("name", flat=True):
        with default_storage.open(name) as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def write_until(enough: threading.Event, user: User, project: Project) -> None:
    for _ in range(30):
        submit(user, project, takes=2)
        if enough.is_set():
            return


CHANGED_BY_HOLD = {
    "status",
    "status_at",
    "version",
    "error",
    "error_code",
    "lease_token",
    "lease_until",
    "may_be_billed",
}


def check_rows(before: Rows, after: Rows) -> None:
    """All is as it was, but for what waited: that is held."""
    for name in ("User", "Project", "Membership", "Track", "Asset", "Attempt", "LedgerEntry"):
        assert after[name] == before[name]
    for pk, row in after["Generation"].items():
        was = before["Generation"][pk]
        differing = {field for field in row if row[field] != was[field]}
        if was["status"] in ("queued", "claimed"):
            assert (row["status"], row["error_code"]) == ("held", "restored")
            assert differing <= CHANGED_BY_HOLD
        else:
            assert differing == set()


def check_one_moment(last: int) -> None:
    """Of the rows after `last`: both takes of one click with their events, or neither."""
    newer = Generation.objects.filter(pk__gt=last)
    assert newer.filter(take=1).count() == newer.filter(take=2).count()
    assert set(newer.values_list("pk", flat=True)) == set(
        Event.objects.filter(name="create", generation__in=newer).values_list(
            "generation", flat=True
        )
    )


def test_a_studio_comes_back_as_it_was_and_sends_nothing_by_itself(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    tmp_path: Path,
    move_elsewhere: Callable[[], None],
) -> None:
    make_stored_track(user, project, title="Rain")
    make_stored_track(user, project, title="Snow", covers=False)
    kept = {
        status: factories.make_generation(user, project, status)
        for status in ("claimed", "submitting", "streaming", "unknown", "failed", "cancelled")
    }
    submit(user, project)
    enough = threading.Event()
    writer = in_thread(lambda: write_until(enough, user, project))
    try:
        said = backup(tmp_path / "studio.tar")
    finally:
        enough.set()
        writer.join()
    assert said.refusal == ""
    assert "6 of 6 media files" in said.out
    assert stat.S_IMODE((tmp_path / "studio.tar").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob(".backup-*")] == []
    before, files_before = rows_by_model(), hashes()

    move_elsewhere()
    restored = backup("--restore", tmp_path / "studio.tar")
    assert restored.refusal == ""
    after = rows_by_model()
    waiting = sum(row["error_code"] == "restored" for row in after["Generation"].values())
    assert f"{waiting - 1} queued and 1 claimed are held" in restored.out
    assert "2 were with the music service" in restored.out
    assert hashes() == files_before

    check_rows(before, after)
    check_one_moment(kept["cancelled"].pk + 1)

    assert run_worker()
    Reconciler().tick(timezone.now() + timedelta(hours=1))
    assert run_worker()
    assert paid.posts == []
    statuses = {name: Generation.objects.get(pk=row.pk).status for name, row in kept.items()}
    assert statuses == {
        "claimed": "held",
        "submitting": "unknown",
        "streaming": "unknown",
        "unknown": "unknown",
        "failed": "failed",
        "cancelled": "cancelled",
    }


def test_what_was_held_is_sent_when_a_person_lets_it_run(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    tmp_path: Path,
    move_elsewhere: Callable[[], None],
) -> None:
    [row] = submit(user, project)
    backup(tmp_path / "studio.tar")
    move_elsewhere()
    backup("--restore", tmp_path / "studio.tar")
    row.refresh_from_db()
    notice = notice_for(row, "", Circumstances())
    assert notice is not None
    assert (notice.title, notice.text, notice.money) == (
        "Waiting for your yes",
        row.error,
        "You may have been charged.",
    )
    step = Event.objects.get(generation=row, name="hold")
    assert (step.from_status, step.to_status, row.next_try_at) == ("queued", "held", None)
    generations.release_held(row, by=user)
    assert run_worker()
    assert len(paid.posts) == 1


def test_rows_of_a_moment_ago_are_not_taken_for_work_under_way(
    user: User, project: Project, tmp_path: Path, move_elsewhere: Callable[[], None]
) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    row = factories.make_generation(user, project, Status.STREAMING, lease_until=soon)
    beat_supervisor("here", row.public_id)
    backup(tmp_path / "studio.tar")
    move_elsewhere()
    assert backup("--restore", tmp_path / "studio.tar").refusal == ""
    assert not Runner.objects.exists()
    lapses.sweep_lapsed(soon + timedelta(seconds=1))
    row.refresh_from_db()
    assert row.status == Status.UNKNOWN


def test_pages_that_were_open_before_do_not_miss_what_comes_after(
    user: User, project: Project, tmp_path: Path
) -> None:
    make_stored_track(user, project)
    backup(tmp_path / "studio.tar")
    for _ in range(5):
        with begin_change() as change:
            change.touch(user_id=user.pk)
    seen = current_version()
    assert backup("--restore", tmp_path / "studio.tar", "--replace").refusal == ""
    with begin_change() as change:
        assert change.version == seen + 1


def test_a_restored_row_that_is_cancelled_may_still_have_been_paid_for(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    tmp_path: Path,
    move_elsewhere: Callable[[], None],
) -> None:
    [row] = submit(user, project)
    backup(tmp_path / "studio.tar")
    move_elsewhere()
    backup("--restore", tmp_path / "studio.tar")
    row.refresh_from_db()
    generations.cancel_generation(row, by=user)
    row.refresh_from_db()
    notice = notice_for(row, "", Circumstances())
    assert notice is not None
    assert (row.status, notice.money) == ("cancelled", "An earlier try may have been charged.")
