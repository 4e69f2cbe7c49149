"""The worker as processes: what dies is replaced, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from generator.intake import cluster
from generator.intake.lifeline import Lifeline
from generator.intake.supervisor import Pace, Supervisor
from generator.models import Attempt, Generation, Project, Runner, Status, User, random_id
from generator.services.claims import claim_rows
from generator.services.workers import is_worker_alive

from ..fakes.events import completed, sse, started
from ..fakes.upstream import HoldOpen, ScriptedUpstream, stream, wait_until
from .work import AUDIO, environment, hold_database, in_thread, rings, submit

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60.0
FAST = Pace(watch=0.01, reconcile=0.02, checkpoint=0.05, stall=0.1, restart=0.1)
# Stand-ins for the task queue: one that ends with the lifeline, one that is still being loaded,
# one that hears nothing.
QUEUE = "import os, select; select.select([int(os.environ['WORKER_LIFELINE'])], [], [])"
LOADING = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LOADING}"


@pytest.fixture
def signals() -> Iterator[None]:
    """Gives the signals back that a supervisor in this process takes."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def supervise_until(
    done: Callable[[], bool], code: str, drain: float = 0, *, twice: bool = False
) -> int:
    """Run a supervisor here, over a stand-in for the queue, until `done`; then stop it.

    Returns how the stand-in ended: its exit code, or a signal below zero.
    """
    supervisor = Supervisor(drain, pace=FAST, queue=[sys.executable, "-c", code])

    def watch() -> None:
        wait_until(done, PATIENCE)
        os.kill(os.getpid(), signal.SIGTERM)
        if twice and wait_until(supervisor._stopping.is_set):
            os.kill(os.getpid(), signal.SIGTERM)

    watcher = in_thread(watch)
    supervisor.run()
    watcher.join()
    return supervisor._queue.wait()


@pytest.fixture
def worker(paid: ScriptedUpstream, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py worker`, heard of."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--drain", "8"],
        env=environment(paid, tmp_path),
        cwd=configured.BASE_DIR,
    )
    assert wait_until(is_worker_alive, PATIENCE)
    yield process
    process.kill()
    process.wait()


def children(pid: int) -> list[int]:
    """The direct children of a process, oldest first."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def session_of(leader: int) -> list[int]:
    """Every process of the session that this process leads, dead ones not counted."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def status_of(row: Generation) -> str:
    """The row's status in the database."""
    return Generation.objects.get(pk=row.pk).status


def test_a_worker_outlives_the_death_of_its_queue_and_leaves_nothing_behind(
    user: User, project: Project, paid: ScriptedUpstream, worker: subprocess.Popen[bytes]
) -> None:
    paid.play(stream(started(), paid.add_media()))
    [first] = submit(user, project)
    assert wait_until(lambda: status_of(first) == Status.READY, PATIENCE)

    paid.play(stream(started(), HoldOpen()))
    [second] = submit(user, project)
    assert wait_until(lambda: status_of(second) == Status.STREAMING, PATIENCE)
    [queue] = children(worker.pid)
    [sentinel] = children(queue)
    os.kill(sentinel, signal.SIGKILL)
    assert wait_until(lambda: not session_of(queue), PATIENCE)
    Generation.objects.filter(pk=second.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert wait_until(lambda: status_of(second) == Status.UNKNOWN, PATIENCE)
    assert len(paid.charges) == 2

    paid.play(stream(started(), paid.add_media()))
    [third] = submit(user, project)
    assert wait_until(lambda: status_of(third) == Status.READY, PATIENCE)
    [queue] = children(worker.pid)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    assert session_of(queue) == []
    assert not Runner.objects.exists()
    assert len(paid.charges) == 3


def test_a_killed_supervisor_takes_its_queue_with_it(
    user: User, project: Project, paid: ScriptedUpstream, worker: subprocess.Popen[bytes]
) -> None:
    paid.play(stream(started(), HoldOpen()))
    [row] = submit(user, project)
    assert wait_until(lambda: status_of(row) == Status.STREAMING, PATIENCE)
    [queue] = children(worker.pid)
    worker.kill()
    assert wait_until(lambda: not session_of(queue), PATIENCE)
    assert status_of(row) == Status.UNKNOWN, "the drain time is over, the end is written down"
    assert len(paid.charges) == 1


def test_a_queue_that_ends_by_itself_is_started_again(signals: None, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    code = f"open({str(log)!r}, 'a').write('x')"
    supervise_until(lambda: log.exists() and len(log.read_text()) >= 3, code)


def test_a_second_signal_ends_everything_at_once(signals: None, tmp_path: Path) -> None:
    log = tmp_path / "pid"
    say = f"import os; open({str(log)!r}, 'w').write(str(os.getpid()))"
    code = DEAF.replace(LOADING, f"{say}; {LOADING}")
    supervise_until(lambda: log.exists() and bool(log.read_text()), code, 600, twice=True)
    assert not Path(f"/proc/{log.read_text()}").exists()


def test_a_queue_that_is_still_being_loaded_ends_with_the_worker(
    signals: None, tmp_path: Path
) -> None:
    log = tmp_path / "started"
    code = f"open({str(log)!r}, 'w').close(); {LOADING}"
    assert supervise_until(log.exists, code) == -signal.SIGTERM


def test_a_queue_whose_worker_left_while_it_was_loaded_does_not_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched, held = os.pipe()
    os.close(held)
    monkeypatch.setattr("django_q.cluster.Cluster.start", lambda _self: pytest.fail("it began"))
    cluster.serve(Lifeline(watched), 0)
    os.close(watched)


def test_a_deaf_queue_is_started_again_and_killed_in_the_end(
    user: User, project: Project, paid: ScriptedUpstream, signals: None, tmp_path: Path
) -> None:
    submit(user, project)
    rings()
    log = tmp_path / "starts"
    say = f"import os; open({str(log)!r}, 'a').write(f'{{os.getpid()}} ')"
    code = DEAF.replace(LOADING, f"{say}; {LOADING}")
    supervise_until(lambda: log.exists() and len(log.read_text().split()) >= 2, code)
    assert [pid for pid in map(int, log.read_text().split()) if Path(f"/proc/{pid}").exists()] == []


def test_a_queue_with_a_live_runner_is_left_alone(
    user: User, project: Project, paid: ScriptedUpstream, signals: None, tmp_path: Path
) -> None:
    now = timezone.now()
    submit(user, project)
    Runner.objects.create(cluster="c", token=random_id(), started_at=now, heartbeat_at=now)
    log = tmp_path / "starts"
    code = f"open({str(log)!r}, 'a').write('x'); {QUEUE}"
    looks = iter(range(40))
    supervise_until(lambda: log.exists() and next(looks, None) is None, code)
    assert log.read_text() == "x"


def test_while_the_database_is_away_the_supervisor_goes_on(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    signals: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    submit(user, project)
    claim_rows(1)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    release = hold_database()
    seen: list[str] = []

    def is_over() -> bool:
        if not seen and caplog.text.count("the database is away") >= 2:
            release()
            seen.append("away")
        return bool(seen) and Generation.objects.get().status == Status.QUEUED

    supervise_until(is_over, QUEUE)
    assert seen == ["away"]


def test_a_result_that_came_before_the_kill_is_recovered(
    user: User, project: Project, paid: ScriptedUpstream, signals: None, settings: Any
) -> None:
    [row] = submit(user, project)
    [claim] = claim_rows(1)
    Generation.objects.filter(pk=row.pk).update(
        status=Status.SUBMITTING, posts=1, lease_until=timezone.now() - timedelta(seconds=1)
    )
    Attempt.objects.create(generation=row, number=1, token=claim.token, upstream=paid.url)
    path = Path(settings.SPOOL_DIR) / f"{claim.token}.bin"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(sse(started(), completed(AUDIO)))
    supervise_until(lambda: status_of(row) == Status.FETCHING, QUEUE)
