"""Renders in children: waiting, killing, crashing, failing; the engine outlives them all."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.engine.jobs import run_job
from generator.engine.pool import Finished, Pool, RenderFailed, Waiting
from generator.engine.server import _chunk
from generator.engine.types import Progress, Request
from generator.engine.wire import Chunks

from .conftest import Engine

SHORT = Request("calm piano", duration=5)
LONG = Request("solo piano", duration=120)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A pool with one seat."""
    pool = Pool(tmp_path_factory.mktemp("pool"), seats=1)
    yield pool
    pool.close()


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_render_ends_in_files_and_keeps_its_child(pool: Pool) -> None:
    news = [n for n in pool.render(SHORT) if n is not None]
    assert isinstance(news[-1], Finished)
    assert all(isinstance(n, Progress) for n in news[:-1])
    assert pool.pids() == []


def test_second_render_waits_with_its_place_in_the_queue(pool: Pool) -> None:
    first = pool.render(LONG)
    next(first)
    second = pool.render(SHORT)
    assert next(second) == Waiting(1)
    assert next(second) is None
    first.close()
    assert isinstance([n for n in second if n is not None][-1], Finished)


def test_closing_the_stream_kills_the_render(pool: Pool) -> None:
    stream = pool.render(LONG)
    next(stream)
    (pid,) = pool.pids()
    stream.close()
    assert _gone(pid)
    assert pool.pids() == []


def test_child_that_dies_is_one_failed_render(pool: Pool) -> None:
    stream = pool.render(LONG)
    next(stream)
    os.kill(pool.pids()[0], signal.SIGKILL)
    with pytest.raises(RenderFailed, match="process ended"):
        list(stream)


def test_child_that_died_while_idle_is_one_failed_render(pool: Pool) -> None:
    pool.warm()
    (child,) = pool._idle
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(RenderFailed):
        list(pool.render(SHORT))


def test_child_is_replaced_after_many_jobs(pool: Pool) -> None:
    pool.warm()
    (child,) = pool._idle
    child.jobs = 24
    assert isinstance(list(pool.render(SHORT))[-1], Finished)
    assert pool._idle == []


def test_render_that_fails_is_told_in_the_stream_and_as_500(
    start_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = start_engine()
    assert engine.config is not None
    folder = engine.config.folder
    folder.rmdir()
    folder.write_text("a file stands where the folder should be")
    chunk = engine.post().lines[-1]
    reply = engine.post("/sync")
    assert (chunk["error"], chunk["isComplete"], chunk["status"]) == (True, False, "FAILED")
    assert "Send the request again" in chunk["content"]
    assert (reply.status, reply.json["success"]) == (500, False)


def test_waiting_is_told_in_a_chunk_with_the_place_in_the_queue() -> None:
    chunk = _chunk(Chunks(), Waiting(2), "")
    assert chunk is not None
    assert chunk["content"] == "Waiting for a free seat: 2 ahead of this piece"
    assert (chunk["isComplete"], chunk["progress"]) == (False, 2)


def test_job_is_run_in_the_workers_own_words(tmp_path: Path) -> None:
    out = io.StringIO()
    job = {"request": {"prompt": "x", "duration": 5, "style": "piano"}, "folder": str(tmp_path)}
    run_job(json.dumps(job), out)
    news = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [n["kind"] for n in news] == ["progress"] * (len(news) - 1) + ["result"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [news[-1]["audio"], news[-1]["cover"]]
    )


def test_job_that_cannot_be_run_is_told_as_failure(tmp_path: Path) -> None:
    out = io.StringIO()
    run_job("no job", out)
    assert json.loads(out.getvalue())["kind"] == "failure"


def test_worker_answers_a_job_and_ends_when_its_input_does() -> None:
    command = [sys.executable, "-m", "generator.engine.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"no job\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["kind"] == "failure"
        process.stdin.close()
        assert process.wait(20) == 0
