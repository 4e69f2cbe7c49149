"""One process that `start` runs: its own session, its words passed on, restarts with back-off."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LONGEST_PAUSE = 30.0
# One that ran this long was well: its next end starts the back-off anew.
STEADY_AFTER = 60.0


@dataclass
class Child:
    """A process by name; `start` may be called again after it ended."""

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    report: Callable[[str], None]
    _quick_ends: int = 0
    _started_at: float = 0.0
    _start_again_at: float | None = None
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> int:
        """Start the process in a session of its own, so that Ctrl-C reaches `start` alone."""
        self._process = subprocess.Popen(  # noqa: S603
            self.command,
            env=dict(self.environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._started_at, self._start_again_at = time.monotonic(), None
        threading.Thread(target=self._pass_on, args=(self._process.stdout,), daemon=True).start()
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> int | None:
        """Start the process again when it ended by itself, after a pause; return the new id."""
        if self._process is None or self._process.poll() is None:
            return None
        if self._start_again_at is None:
            self._start_again_at = time.monotonic() + self._plan_pause(self._process.returncode)
        return self.start() if time.monotonic() >= self._start_again_at else None

    def stop(self, until: float, hurry: threading.Event) -> None:
        """Ask the process to end; kill it at the monotonic time `until`, or when `hurry` is set."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)  # does nothing to one that has ended
        while self.is_running() and time.monotonic() < until and not hurry.is_set():
            hurry.wait(0.05)
        self._process.kill()
        self._process.wait()

    def _plan_pause(self, code: int) -> float:
        steady = time.monotonic() - self._started_at > STEADY_AFTER
        self._quick_ends = 0 if steady else self._quick_ends + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2.0**self._quick_ends)
        self.report(
            f"{self.title} stopped ({_explain(code)}); it is started again in {pause:.0f} s."
        )
        return pause

    def _pass_on(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self.report(f"{self.name:<6} | {line.rstrip()}")


def _explain(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"exit code {code}"


def manage(folder: Path, *words: str) -> list[str]:
    """Write the command line of a management command under this interpreter."""
    return [sys.executable, str(folder / "manage.py"), *words]
