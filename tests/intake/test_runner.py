"""The runner's own rules: who sends, how much at once, and when it stops."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from generator import tasks
from generator.intake import runner, spool
from generator.intake.journal import Journal
from generator.intake.lifeline import Lifeline
from generator.intake.records import Record
from generator.intake.streams import Stream
from generator.models import Attempt, Chunk, Generation, Pause, Project, Runner, Status, User
from generator.services import bell, claims
from generator.services.attempts import begin_attempt
from generator.services.money import pause_key

from .. import factories
from ..fakes.events import completed, sse, started
from ..fakes.upstream import HoldOpen, ScriptedUpstream, Wait, stream, wait_until
from .conftest import CANARY
from .work import AUDIO, in_thread, rings, run_worker, submit

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pipe() -> Iterator[tuple[Lifeline, int]]:
    """A lifeline and the descriptor whose closing cuts it."""
    watched, held = os.pipe()
    yield Lifeline(watched), held
    os.close(watched)


def test_a_queued_row_is_sent_once_and_its_bytes_and_chunks_are_kept(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    paid.play(stream(started(), completed(AUDIO)))
    [row] = submit(user, project)
    assert run_worker()
    row.refresh_from_db()
    attempt = Attempt.objects.get()
    path = spool.spool_path(attempt.token)
    assert (row.status, row.posts, row.chunk_count) == (Status.FETCHING, 1, 2)
    assert [chunk.raw for chunk in attempt.chunks.all()] == [started(), completed(AUDIO)]
    assert path.read_bytes() == sse(started(), completed(AUDIO))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert spool.digest_of(path.read_bytes()).sha256 == attempt.spool_sha256
    assert attempt.spool_bytes == path.stat().st_size
    assert not Runner.objects.exists()
    assert bell.FINISH_GENERATION in rings()


def test_the_same_task_delivered_ten_times_at_once_sends_once(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(stream(completed(AUDIO)))
    [row] = submit(user, project)
    threads = [in_thread(lambda: tasks.run_queued(row.pk)) for _ in range(10)]
    for thread in threads:
        thread.join()
    assert len(paid.posts) == 1
    assert Generation.objects.get().status == Status.FETCHING


def test_of_twenty_claims_of_one_row_one_wins(user: User, project: Project) -> None:
    factories.make_generation(user, project)
    won: list[claims.Claim] = []
    start = threading.Barrier(20)

    def claim() -> None:
        start.wait()
        won.extend(claims.claim_rows(1))

    for thread in [in_thread(claim) for _ in range(20)]:
        thread.join()
    assert [claim.token for claim in won] == [Generation.objects.get().lease_token]


def test_the_limit_of_requests_in_flight_holds_and_all_are_served(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.SOUNDVERSE_CONCURRENCY = 2
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    submit(user, project, takes=4)
    worker = in_thread(run_worker)
    streaming = Generation.objects.filter(status=Status.STREAMING)
    assert wait_until(lambda: streaming.count() == 2)
    assert Generation.objects.filter(status=Status.QUEUED).count() == 2
    go_on.set()
    worker.join()
    assert Generation.objects.filter(status=Status.FETCHING).count() == 4
    assert len(paid.posts) == 4


def test_seats_of_the_runner_are_a_limit_too(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.STREAM_SEATS = 1
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    submit(user, project, takes=2)
    worker = in_thread(run_worker)
    assert wait_until(lambda: Generation.objects.filter(status=Status.STREAMING).exists())
    assert Generation.objects.filter(status=Status.QUEUED).count() == 1
    go_on.set()
    worker.join()
    assert len(paid.posts) == 2


def test_the_owner_with_the_fewest_streams_comes_first_then_the_oldest(
    user: User, project: Project, settings: Any
) -> None:
    settings.SOUNDVERSE_CONCURRENCY = 10
    ben = factories.make_user("ben")
    theirs = factories.make_project(ben)
    mine = [factories.make_generation(user, project).pk for _ in range(4)]
    his = [factories.make_generation(ben, theirs).pk for _ in range(2)]
    settings.UPSTREAM_IS_OWN_ENGINE = True
    turns = [claim.generation_id for claim in claims.claim_rows(5)]
    assert turns == [mine[0], his[0], mine[1], his[1], mine[2]]


def test_a_runner_leaves_at_once_where_one_lives(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    submit(user, project)
    worker = in_thread(run_worker)
    assert wait_until(lambda: Runner.objects.filter(cluster="test").exists())
    assert not run_worker()
    [late] = submit(user, project)
    assert wait_until(lambda: len(paid.posts) == 2), "the live runner sees new rows by itself"
    go_on.set()
    worker.join()
    late.refresh_from_db()
    assert late.status == Status.FETCHING


def test_nothing_is_sent_while_the_key_is_paused(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    [row] = submit(user, project)
    pause_key(code="no_balance", message="Top it up.")
    run_worker()
    row.refresh_from_db()
    assert (row.status, len(paid.posts)) == (Status.QUEUED, 0)


def test_a_pause_between_claim_and_sending_gives_the_row_back(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    [row] = submit(user, project)
    [claim] = claims.claim_rows(1)
    pause_key(code="no_balance", message="Top it up.")
    assert begin_attempt(claim) is None
    row.refresh_from_db()
    assert (row.status, row.lease_token, row.posts) == (Status.QUEUED, None, 0)


def test_a_full_disk_keeps_rows_in_the_queue_and_says_so(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    [row] = submit(user, project)
    run_worker(disk_room=1 << 60)
    row.refresh_from_db()
    assert (row.status, len(paid.posts)) == (Status.QUEUED, 0)
    pause = Pause.objects.get()
    assert (pause.code, pause.needs_operator) == ("disk_full", False)


def test_a_vendor_without_a_key_is_never_called(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.UPSTREAM_IS_ENGINE = False
    settings.SOUNDVERSE_BASE_URL = "https://api.soundverse.ai"
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    assert (row.status, row.error_code, row.posts) == ("failed", "not_configured", 0)
    assert "SOUNDVERSE_API_KEY" in row.error
    assert Pause.objects.get().needs_operator


def test_a_row_made_while_free_is_never_sent_for_money(
    user: User, project: Project, free: ScriptedUpstream, settings: Any
) -> None:
    [row] = submit(user, project)
    settings.UPSTREAM_IS_OWN_ENGINE = False
    run_worker()
    row.refresh_from_db()
    assert (row.status, len(free.posts)) == (Status.QUEUED, 0)


def test_a_row_claimed_by_somebody_else_meanwhile_is_not_sent(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    [row] = submit(user, project)
    [claim] = claims.claim_rows(1)
    Generation.objects.filter(pk=row.pk).update(lease_token=factories.random_id())
    assert begin_attempt(claim) is None
    assert not Attempt.objects.exists()


def test_a_row_that_comes_as_the_runner_leaves_keeps_it_here(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project)
    leaving = runner.StreamRunner(factories.random_id(), Lifeline(), runner.Limits())
    assert not leaving._leave()
    leaving._start(claims.Claim(Generation.objects.get().pk, factories.random_id()))
    leaving._journal.close(5)
    assert not paid.posts


def test_a_cut_lifeline_lets_a_stream_end_in_its_drain_time(
    user: User, project: Project, paid: ScriptedUpstream, pipe: tuple[Lifeline, int]
) -> None:
    lifeline, held = pipe
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    [row] = submit(user, project)
    worker = in_thread(lambda: run_worker(lifeline, drain=60))
    assert wait_until(lambda: Generation.objects.get(pk=row.pk).status == Status.STREAMING)
    os.close(held)
    [late] = submit(user, project)
    go_on.set()
    worker.join()
    row.refresh_from_db()
    late.refresh_from_db()
    assert (row.status, late.status) == (Status.FETCHING, Status.QUEUED)
    assert not run_worker(lifeline)


def test_after_the_drain_time_an_open_stream_becomes_unknown(
    user: User, project: Project, paid: ScriptedUpstream, pipe: tuple[Lifeline, int]
) -> None:
    lifeline, held = pipe
    paid.play(stream(started(), HoldOpen()))
    [row] = submit(user, project)
    worker = in_thread(lambda: run_worker(lifeline, drain=0.2))
    assert wait_until(lambda: Generation.objects.get(pk=row.pk).status == Status.STREAMING)
    os.close(held)
    worker.join()
    row.refresh_from_db()
    assert (row.status, row.error_code, row.may_be_billed) == ("unknown", "cut", True)
    assert len(paid.charges) == 1


def test_after_its_time_box_a_runner_drains_and_another_takes_over(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    submit(user, project)
    worker = in_thread(lambda: run_worker(box=0.5))
    assert wait_until(lambda: len(paid.posts) == 1)
    assert wait_until(lambda: not Runner.objects.exists())
    rings()
    submit(user, project)
    other = in_thread(run_worker)
    assert wait_until(lambda: len(paid.posts) == 2)
    go_on.set()
    worker.join()
    other.join()
    assert set(Generation.objects.values_list("status", flat=True)) == {Status.FETCHING}


def test_a_runner_past_its_box_rings_for_what_is_left(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project)
    rings()
    run_worker(box=0)
    assert rings() == [bell.RUN_QUEUED]
    assert not paid.posts


def test_a_deposed_runner_claims_nothing_more(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.STREAM_SEATS = 1
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    submit(user, project, takes=2)
    worker = in_thread(lambda: run_worker(beat=0.1))
    assert wait_until(lambda: len(paid.posts) == 1)
    rings()
    other = factories.random_id()
    Runner.objects.update(token=other, heartbeat_at=LONG_AGO)
    assert wait_until(rings), "it rings for the row that it leaves"
    go_on.set()
    worker.join()
    assert len(paid.posts) == 1
    assert Runner.objects.get().token == other


def test_a_dead_runner_is_replaced_after_its_silence(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    Runner.objects.create(
        cluster="test", token=factories.random_id(), started_at=LONG_AGO, heartbeat_at=LONG_AGO
    )
    submit(user, project)
    assert run_worker()
    assert len(paid.posts) == 1


def test_trouble_in_the_loop_does_not_end_open_streams(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    go_on = threading.Event()
    paid.play(stream(started(), Wait(go_on), completed(AUDIO)))
    [row] = submit(user, project)
    worker = in_thread(lambda: run_worker(box=1.0))
    assert wait_until(lambda: len(paid.posts) == 1)
    settings.STREAM_SEATS = None
    go_on.set()
    worker.join()
    row.refresh_from_db()
    assert row.status == Status.FETCHING


def test_a_stream_that_breaks_on_our_side_is_unknown(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project)
    [claim] = claims.claim_rows(1)
    attempt = begin_attempt(claim)
    assert attempt is not None

    class Broken:
        def stream(self, *args: object, **options: object) -> None:
            raise RuntimeError("no more memory")

        def close(self) -> None:
            pass

    journal = Journal(factories.random_id(), lambda: None)
    Stream(Broken(), None, Record(attempt), journal).start()  # type: ignore[arg-type]
    journal.close(10)
    row = Generation.objects.get()
    assert (row.status, row.error_code, row.may_be_billed) == ("unknown", "cut", True)
    assert journal.open_count == 0


def test_a_key_never_reaches_the_database(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(stream(started(content=f"Bearer {CANARY}"), completed(AUDIO, note=CANARY)))
    submit(user, project)
    run_worker()
    assert paid.posts[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in str(list(Chunk.objects.values())) + str(list(Generation.objects.values()))
    assert CANARY not in str(list(Attempt.objects.values()))
