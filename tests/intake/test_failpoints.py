"""The crash points themselves: what arms them, and that they fire once, at this process alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from generator.intake import failpoints

ALLOWED = {"STUDIO_FAILPOINTS_ALLOWED": "1"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """The signals sent, none of which arrives."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    yield signals
    failpoints.arm({})


def test_without_the_variable_no_point_does_anything(sent: list[tuple[int, int]]) -> None:
    failpoints.arm(ALLOWED)
    for point in failpoints.POINTS:
        failpoints.reach(point)
    assert sent == []


@pytest.mark.parametrize(
    ("action", "number"), [("kill", signal.SIGKILL), ("pause", signal.SIGSTOP)]
)
def test_an_armed_point_signals_this_process_once_and_the_others_do_not(
    sent: list[tuple[int, int]], action: str, number: signal.Signals
) -> None:
    failpoints.arm({"STUDIO_FAILPOINT": f"mid_stream:{action}"} | ALLOWED)
    for point in failpoints.POINTS * 2:
        failpoints.reach(point)
    assert sent == [(os.getpid(), number)]


@pytest.mark.parametrize("permission", [{}, {"STUDIO_FAILPOINTS_ALLOWED": "0"}])
def test_a_failpoint_without_permission_stops_the_start(permission: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match=r"STUDIO_FAILPOINT is set, .*: unset it"):
        failpoints.arm({"STUDIO_FAILPOINT": "ready:kill"} | permission)


@pytest.mark.parametrize("text", ["ready", "ready:", "ready:sleep", "nowhere:kill", ":kill"])
def test_a_failpoint_that_is_none_is_refused_with_the_choices(text: str) -> None:
    with pytest.raises(SystemExit, match=r"Points: claimed, .*, ready\. Actions: kill, pause"):
        failpoints.arm({"STUDIO_FAILPOINT": text} | ALLOWED)


def run_past_ready(**variables: str) -> subprocess.CompletedProcess[str]:
    """Let a process of its own, with these variables, come by the last point."""
    return subprocess.run(
        [sys.executable, "-c", "from generator.intake.failpoints import reach; reach('ready')"],
        env=os.environ | variables,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


def test_a_process_started_with_the_variable_dies_there() -> None:
    done = run_past_ready(STUDIO_FAILPOINT="ready:kill", **ALLOWED)
    assert done.returncode == -signal.SIGKILL


def test_a_process_started_with_the_variable_alone_does_not_begin() -> None:
    done = run_past_ready(STUDIO_FAILPOINT="ready:kill")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("STUDIO_FAILPOINT is set")
