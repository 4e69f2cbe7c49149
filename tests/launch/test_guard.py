"""The watchman that cleans up after a killed start."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from generator.launch import guard

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
# A child of a child, in a session of its own, as the task queue is.
PARENT = f"""
import signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
time.sleep(60)
"""


@pytest.fixture
def mark() -> Iterator[str]:
    """The mark of one run, whose processes are ended in any case."""
    text = secrets.token_hex(8)
    yield text
    guard.send(guard.marked(text), signal.SIGKILL)


def run(mark: str, code: str) -> subprocess.Popen[str]:
    """Start a marked process and wait until it is up."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {guard.MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.stdout.close()
    return process


def test_a_killed_start_leaves_no_process(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PATIENCE", 0.5)
    one, another = run(mark, SLEEP), run(mark, PARENT)
    assert len(guard.marked(mark)) == 3
    guard.watch(mark, [f"{one.pid}\n", f"{another.pid}\n"])
    assert guard.marked(mark) == set()
    assert another.wait(10) == -signal.SIGTERM
    assert one.wait(10) == -signal.SIGTERM


def test_what_does_not_listen_is_killed(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PATIENCE", 0.2)
    one = run(mark, STUBBORN)
    guard.watch(mark, [f"{one.pid}\n"])
    assert one.wait(10) == -signal.SIGKILL


def test_after_a_stop_in_order_what_is_left_is_killed_at_once(mark: str) -> None:
    one = run(mark, STUBBORN)
    began = time.monotonic()
    guard.watch(mark, [f"{one.pid}\n", "done\n"])
    assert one.wait(10) == -signal.SIGKILL
    assert time.monotonic() - began < guard.PATIENCE


def test_a_process_that_has_gone_is_no_trouble(mark: str) -> None:
    one = run(mark, SLEEP)
    one.kill()
    one.wait()
    guard.send([one.pid], signal.SIGTERM)


def test_as_a_process_of_its_own_it_follows_its_pipe(mark: str) -> None:
    one = run(mark, SLEEP)
    watching = subprocess.Popen(
        [sys.executable, "-m", guard.__name__, mark], stdin=subprocess.PIPE, text=True
    )
    watching.communicate(f"{one.pid}\n", timeout=30)
    assert (watching.returncode, one.wait(10)) == (0, -signal.SIGTERM)


def test_the_watchman_leaves_after_the_last_process(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run(mark, STUBBORN)
    looks = iter([{one.pid}, {one.pid}, {one.pid}, set()])
    monkeypatch.setattr(guard, "marked", lambda _mark: next(looks, set()))
    guard.watch(mark, ["done\n"])
    assert next(looks, None) is None, "it looked until nothing was left"
    assert one.wait(10) == -signal.SIGKILL
