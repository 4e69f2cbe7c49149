"""One process that `start` runs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.launch import child
from generator.launch.child import Child

CALM = threading.Event()
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(60)"
)


def make(lines: list[str], code: str) -> Child:
    """A child that runs Python `code` and whose words are collected."""
    return Child(
        "web", "The web server", [sys.executable, "-c", code], os.environ, Path.cwd(), lines.append
    )


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_its_words_are_passed_on_under_its_name() -> None:
    lines: list[str] = []
    one = make(lines, "import sys; print('hello'); sys.stderr.write('trouble\\n')")
    one.start()
    wait_until(lambda: len(lines) == 2)
    assert sorted(lines) == ["web    | hello", "web    | trouble"]
    one.stop(0.0, CALM)


def test_one_that_ends_is_started_again_after_a_pause() -> None:
    lines: list[str] = []
    one = make(lines, "raise SystemExit(3)")
    first = one.start()
    wait_until(lambda: not one.is_running())
    assert one.tend() is None
    assert lines == ["The web server stopped (exit code 3); it is started again in 1 s."]
    second = []
    wait_until(lambda: (pid := one.tend()) is not None and (second.append(pid) or True))
    assert second != [first]
    one.stop(0.0, CALM)


def test_one_that_was_killed_is_told_so_and_its_pauses_grow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "LONGEST_PAUSE", 0.01)
    lines: list[str] = []
    one = make(lines, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    one.start()
    wait_until(lambda: not one.is_running())
    wait_until(one.tend)
    assert lines == ["The web server stopped (by signal 9); it is started again in 0 s."]
    one.stop(0.0, CALM)


def test_one_that_runs_or_was_never_started_is_left_alone() -> None:
    lines: list[str] = []
    one = make(lines, "import time; time.sleep(60)")
    assert one.tend() is None
    one.stop(time.monotonic() + 10, CALM)
    one.start()
    assert one.tend() is None
    one.stop(time.monotonic() + 10, CALM)
    assert (one.is_running(), lines) == (False, [])


def test_one_that_does_not_listen_is_killed_when_its_time_is_over() -> None:
    lines: list[str] = []
    one = make(lines, STUBBORN)
    one.start()
    wait_until(lambda: lines)
    one.stop(time.monotonic() + 0.1, CALM)
    assert one.is_running() is False


def test_one_that_does_not_listen_is_killed_at_once_in_a_hurry() -> None:
    lines: list[str] = []
    one = make(lines, STUBBORN)
    one.start()
    wait_until(lambda: lines)
    hurry = threading.Event()
    hurry.set()
    one.stop(time.monotonic() + 3600, hurry)
    assert one.is_running() is False


def test_a_management_command_runs_under_this_interpreter(tmp_path: Path) -> None:
    assert child.manage(tmp_path, "worker", "--drain", "15") == [
        sys.executable,
        str(tmp_path / "manage.py"),
        "worker",
        "--drain",
        "15",
    ]
