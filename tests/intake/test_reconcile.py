"""What is put right after a crash, a lost bell or a changed setting."""

from __future__ import annotations

import logging
import os
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from generator.intake.reconcile import Reconciler, _finish_here, recover_spools
from generator.intake.spool import spool_path
from generator.models import (
    Attempt,
    Chunk,
    Event,
    Generation,
    LedgerEntry,
    Project,
    Runner,
    Status,
    User,
    random_id,
)
from generator.services import generations
from generator.services.attempts import begin_attempt
from generator.services.claims import claim_rows
from generator.services.lapses import sweep_lapsed
from generator.services.money import pause_key

from .. import factories
from ..fakes.events import completed, progressed, sse, started
from ..fakes.upstream import ScriptedUpstream
from .work import AUDIO, rings, submit

pytestmark = pytest.mark.django_db(transaction=True)


def die_mid_stream(user: User, project: Project, received: bytes | None) -> Attempt:
    """Leave behind what a runner killed mid-stream leaves, its lease past."""
    submit(user, project)
    [claim] = claim_rows(1)
    attempt = begin_attempt(claim)
    assert attempt is not None
    Generation.objects.filter(pk=claim.generation_id).update(
        status=Status.STREAMING, lease_until=timezone.now() - timedelta(seconds=1)
    )
    if received is not None:
        path = spool_path(attempt.token)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(received)
    return attempt


def test_a_result_in_the_spool_is_recovered_with_its_chunks(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    body = sse(started(), progressed(2, 40), completed(AUDIO, messageId="65a"))
    attempt = die_mid_stream(user, project, body)
    Chunk.objects.create(attempt=attempt, sequence=1, received_at=timezone.now(), raw=started())
    Reconciler().tick()
    row = Generation.objects.get()
    attempt.refresh_from_db()
    assert (row.status, row.audio_url, row.message_id) == ("fetching", AUDIO, "65a")
    assert row.chunk_count == Chunk.objects.count() == 3
    assert (attempt.outcome, attempt.spool_bytes) == ("recovered", len(body))
    assert Event.objects.filter(name="recover").count() == 1
    assert any("finish_generation" in name for name in rings())
    assert not paid.posts


@pytest.mark.parametrize(
    "received",
    [None, b"", sse(started())[:20], sse(started())],
    ids=["no spool", "empty", "cut", "no result"],
)
def test_without_a_result_in_the_spool_the_row_becomes_unknown(
    user: User, project: Project, paid: ScriptedUpstream, received: bytes | None
) -> None:
    attempt = die_mid_stream(user, project, received)
    Reconciler().tick()
    row = Generation.objects.get()
    attempt.refresh_from_db()
    assert (row.status, row.error_code, row.may_be_billed) == ("unknown", "lapsed", True)
    assert row.lease_token == attempt.token
    assert (attempt.outcome, LedgerEntry.objects.get().state) == ("lapsed", "may_be_billed")
    Reconciler().tick()
    assert Generation.objects.get().version == row.version, "a second look changes nothing"


def test_an_unknown_found_by_the_poll_first_is_recovered_all_the_same(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    die_mid_stream(user, project, sse(completed(AUDIO)))
    assert sweep_lapsed(timezone.now()) == 1
    assert Generation.objects.get().status == Status.UNKNOWN
    Reconciler().tick()
    assert Generation.objects.get().status == Status.FETCHING


def test_a_dismissed_row_comes_back_when_its_result_turns_up(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    die_mid_stream(user, project, sse(completed(AUDIO)))
    Generation.objects.update(status=Status.UNKNOWN)
    row = Generation.objects.get()
    generations.dismiss_generation(row, by=user)
    recover_spools(timezone.now() + timedelta(seconds=70))
    row.refresh_from_db()
    assert (row.status, row.audio_url) == (Status.FETCHING, AUDIO)


def test_the_result_of_an_attempt_that_was_replaced_becomes_another_take(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    attempt = die_mid_stream(user, project, sse(completed(AUDIO, song_name="Late")))
    Generation.objects.update(status=Status.UNKNOWN)
    row = Generation.objects.get()
    generations.retry_generation(row, by=user)
    later = timezone.now() + timedelta(seconds=70)
    assert recover_spools(later) == 1
    Attempt.objects.update(ended_at=None)
    assert recover_spools(later) == 0, "once only"
    row.refresh_from_db()
    take = Generation.objects.exclude(pk=row.pk).get()
    attempt.refresh_from_db()
    assert (row.status, row.take, row.posts_allowed) == (Status.QUEUED, 1, 2)
    assert (take.status, take.take, take.group, take.song_name) == (
        Status.FETCHING,
        2,
        row.group,
        "Late",
    )
    assert (take.prompt, take.owner, take.lease_token) == (row.prompt, user, attempt.token)
    assert attempt.outcome == "late_take"


def test_a_claim_whose_runner_died_goes_back_into_the_queue(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project)
    claim_rows(1)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    rings()
    Reconciler().tick()
    row = Generation.objects.get()
    assert (row.status, row.lease_token, row.posts) == (Status.QUEUED, None, 0)
    assert rings() != []


def test_our_own_engine_is_asked_again_after_a_crash_and_says_it_was_free(
    user: User, project: Project, free: ScriptedUpstream
) -> None:
    die_mid_stream(user, project, sse(started()))
    Reconciler().tick()
    row = Generation.objects.get()
    assert (row.status, row.posts, row.posts_allowed) == (Status.QUEUED, 1, 2)
    assert Event.objects.filter(name="lapse").count() == 1


def test_what_was_free_is_not_asked_again_of_an_upstream_that_charges(
    user: User, project: Project, free: ScriptedUpstream, settings: Any
) -> None:
    die_mid_stream(user, project, b"")
    settings.UPSTREAM_IS_OWN_ENGINE = False
    Reconciler().tick()
    row = Generation.objects.get()
    assert (row.status, row.may_be_billed) == (Status.UNKNOWN, False)
    assert row.error == "The worker stopped before the music was finished."


def test_rows_asked_for_while_free_are_held_once_it_costs(
    user: User, project: Project, free: ScriptedUpstream, settings: Any
) -> None:
    [row] = submit(user, project)
    settings.UPSTREAM_IS_OWN_ENGINE = False
    Reconciler().tick()
    row.refresh_from_db()
    assert (row.status, row.error_code) == (Status.HELD, "cost_changed")
    generations.release_held(row, by=user)
    Reconciler().tick()
    row.refresh_from_db()
    assert (row.status, row.billed, row.error) == (Status.QUEUED, True, "")


def test_a_lost_bell_is_rung_again_unless_a_runner_lives_or_the_key_is_paused(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project)
    rings()
    Reconciler().tick()
    assert len(rings()) == 1
    now = timezone.now()
    Runner.objects.create(cluster="c", token=random_id(), started_at=now, heartbeat_at=now)
    Reconciler().tick()
    assert rings() == []
    Runner.objects.update(heartbeat_at=now - timedelta(seconds=16))
    pause_key(code="rate_limited", message="Wait.", until=now + timedelta(seconds=60))
    Reconciler().tick()
    assert rings() == []


def test_finished_music_is_rung_for_until_it_is_fetched(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    for _ in range(6):
        factories.make_generation(user, project, Status.FETCHING)
    Reconciler().tick()
    assert len(rings()) == 4


def test_a_file_that_the_queue_leaves_lying_is_fetched_here(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    media = paid.add_media()
    row = factories.make_generation(
        user,
        project,
        Status.FETCHING,
        audio_url=media["audio_url"],
        status_at=timezone.now() - timedelta(seconds=31),
    )
    reconciler = Reconciler()
    reconciler.wait_finished(0)
    reconciler.tick()
    reconciler.tick()
    reconciler.wait_finished(30)
    row.refresh_from_db()
    assert row.status == Status.READY


def test_a_file_that_breaks_the_fetching_here_is_only_logged(
    user: User, project: Project, paid: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    _finish_here("not a key")  # type: ignore[arg-type]
    assert "could not be fetched" in caplog.text


def test_trouble_in_one_step_does_not_keep_the_others_from_running(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    die_mid_stream(user, project, b"")
    settings.SPOOL_DIR = None
    with caplog.at_level(logging.ERROR):
        Reconciler().tick()
    assert "reconcile goes on after an error" in caplog.text
    assert Generation.objects.get().status == Status.UNKNOWN


def test_a_spool_that_cannot_be_read_now_keeps_nobody_elses_music_away(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.SOUNDVERSE_CONCURRENCY = 2
    broken = die_mid_stream(user, project, None)
    spool_path(broken.token).mkdir(parents=True)
    whole = die_mid_stream(user, project, sse(completed(AUDIO)))
    Reconciler().tick()
    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.ended_at, whole.outcome) == (None, "recovered")
    spool_path(broken.token).rmdir()
    spool_path(broken.token).write_bytes(sse(completed(AUDIO)))
    Reconciler().tick()
    broken.refresh_from_db()
    assert broken.outcome == "recovered"
    assert set(Generation.objects.values_list("status", flat=True)) == {Status.FETCHING}


def test_old_spools_are_swept_once_an_hour(paid: ScriptedUpstream, settings: Any) -> None:
    old = spool_path(random_id())
    old.parent.mkdir()
    month = time.time() - 31 * 24 * 3600
    reconciler = Reconciler()
    for expected in (False, True):
        old.touch()
        os.utime(old, (month, month))
        reconciler.tick()
        assert old.exists() == expected


def test_with_the_database_away_no_spool_is_passed_over(
    user: User, project: Project, paid: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the connection is lost")

    attempt = die_mid_stream(user, project, sse(completed(AUDIO)))
    with monkeypatch.context() as away:
        away.setattr("generator.intake.reconcile.attempts.take_result", fail)
        with pytest.raises(OperationalError):
            recover_spools(timezone.now())
    assert recover_spools(timezone.now()) == 1
    attempt.refresh_from_db()
    assert attempt.outcome == "recovered"


def test_a_result_that_was_written_before_the_kill_is_not_called_lost_without_its_spool(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    attempt = die_mid_stream(user, project, None)
    Generation.objects.update(
        status=Status.FETCHING,
        audio_url=AUDIO,
        lease_until=None,
        status_at=timezone.now() - timedelta(hours=1),
    )
    recover_spools(timezone.now())
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.ended_at is None) == ("done", False)
    assert LedgerEntry.objects.get().state == LedgerEntry.State.ESTIMATED
