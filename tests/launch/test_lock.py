"""One run a data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from generator.launch import lock


def end_of_a_process() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_second_start_learns_where_the_first_one_is(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    with (
        lock.take(path, "http://127.0.0.1:8000"),
        pytest.raises(lock.AlreadyRunning) as caught,
    ):
        lock.take(path, "http://127.0.0.1:9000")
    assert str(caught.value) == (
        "Soundverse Studio is already running at http://127.0.0.1:8000: "
        "open it there, or stop that start (Ctrl-C) first."
    )


def test_the_next_start_takes_over_what_the_last_one_left(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    lock.take(path, "http://127.0.0.1:8000").close()
    with lock.take(path, "http://127.0.0.1:9000"):
        assert json.loads(path.read_text()) == {
            "pid": os.getpid(),
            "url": "http://127.0.0.1:9000",
        }


def test_a_start_waits_for_the_guard_of_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    guard = lock.take(path, "http://127.0.0.1:8000")
    path.write_text(json.dumps({"pid": end_of_a_process(), "url": "http://127.0.0.1:8000"}))
    timer = threading.Timer(0.3, guard.close)
    timer.start()
    with lock.take(path, "http://127.0.0.1:9000"):
        assert guard.closed
    timer.join()


def test_a_guard_that_never_ends_is_not_waited_for_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LONGEST_WAIT", 0.0)
    path = tmp_path / "start.lock"
    with lock.take(path, "http://127.0.0.1:8000"):
        path.write_text(json.dumps({"pid": end_of_a_process()}))
        with pytest.raises(lock.AlreadyRunning, match="already running at this data folder"):
            lock.take(path, "http://127.0.0.1:9000")


def test_a_start_that_only_began_counts_as_running(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    with lock.take(path, "http://127.0.0.1:8000"):
        path.write_text("")
        with pytest.raises(lock.AlreadyRunning):
            lock.take(path, "http://127.0.0.1:9000")


def test_a_start_of_somebody_else_counts_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite may run as root, who may signal anybody: the system's answer is simulated."""

    def refuse(pid: int, number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "start.lock"
    with lock.take(path, "http://127.0.0.1:8000"):
        monkeypatch.setattr(os, "kill", refuse)
        with pytest.raises(lock.AlreadyRunning):
            lock.take(path, "http://127.0.0.1:9000")
