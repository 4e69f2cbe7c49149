"""One run a data folder."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from generator.launch import lock

FIRST, SECOND = "http://127.0.0.1:8000", "http://127.0.0.1:9000"


def test_the_second_start_learns_where_the_first_one_is(tmp_path: Path) -> None:
    with (
        lock.take(tmp_path, FIRST),
        pytest.raises(lock.AlreadyRunning) as caught,
        lock.take(tmp_path, SECOND),
    ):
        pass
    assert str(caught.value) == (
        "Soundverse Studio is already running at http://127.0.0.1:8000: "
        "open it there, or stop that start (Ctrl-C) first."
    )


def test_the_next_start_takes_over_what_the_last_one_left(tmp_path: Path) -> None:
    with lock.take(tmp_path, FIRST):
        pass
    with lock.take(tmp_path, SECOND):
        assert (tmp_path / "start.lock").read_text() == SECOND


def test_a_start_waits_for_the_guard_of_a_killed_one(tmp_path: Path) -> None:
    guard = (tmp_path / "guard.lock").open("a+")
    fcntl.flock(guard, fcntl.LOCK_EX)
    timer = threading.Timer(0.3, guard.close)
    timer.start()
    with lock.take(tmp_path, SECOND):
        assert guard.closed
    timer.join()


def test_a_guard_that_never_ends_is_not_waited_for_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LONGEST_WAIT", 0.0)
    with (tmp_path / "guard.lock").open("a+") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        with (
            pytest.raises(lock.AlreadyRunning, match="The last run has not ended yet"),
            lock.take(tmp_path, SECOND),
        ):
            pass


def test_a_start_that_only_began_counts_as_running(tmp_path: Path) -> None:
    with lock.take(tmp_path, FIRST):
        (tmp_path / "start.lock").write_text("")
        with (
            pytest.raises(lock.AlreadyRunning, match="already running at this data folder"),
            lock.take(tmp_path, SECOND),
        ):
            pass
