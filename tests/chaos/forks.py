"""Processes to kill: one that has loaded what is slow forks a child for each order.

A child reads the settings for itself, from the environment in its order, so it is what a process
started afresh would be, for a tenth of the time.

    python -m tests.chaos.forks       # orders on stdin, a JSON line each: environment, work, words
                                      # answers on stdout, two lines each: process id, exit code
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

# Heavy, and in need of no settings.
_SLOW = (
    *("numpy", "scipy.signal", "soundfile", "pyloudnorm", "PIL.Image", "PIL.ImageDraw", "httpx"),
    *("mutagen", "psycopg", "redis", "environ", "csp.constants"),
    *("django.db.models", "django.core.management", "django.contrib.auth.hashers"),
    *("django.views.generic", "django.db.backends.sqlite3.base"),
)
_PATIENCE = 60.0
_LEAVING = 20.0
_ROOT = Path(__file__).resolve().parent.parent.parent


class Forks:
    """The process that forks; one order at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.forks"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._heard = b""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.communicate(timeout=_LEAVING)
        except subprocess.TimeoutExpired:
            # A child that hangs or is held still keeps its parent waiting.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()

    def start(self, environment: Mapping[str, str], work: str, *words: str) -> int:
        """Let a child do this work of tests/chaos/work.py; returns its process id."""
        order = {"environment": dict(environment), "work": work, "words": words}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        return self._answer()

    def wait(self) -> int:
        """Return how the child ended: its exit code, or a signal below zero."""
        return self._answer()

    def is_over(self) -> bool:
        """Whether the child has ended, so that `wait` will not wait."""
        return b"\n" in self._heard or bool(select.select([self._process.stdout], [], [], 0)[0])

    def _answer(self) -> int:
        # A child that dies at once is two answers in one read.
        while b"\n" not in self._heard:
            assert self._process.stdout is not None
            assert select.select([self._process.stdout], [], [], _PATIENCE)[0], "the child hangs"
            heard = os.read(self._process.stdout.fileno(), 32)
            assert heard, "the process that forks has ended"
            self._heard += heard
        line, _, self._heard = self._heard.partition(b"\n")
        return int(line)


def serve() -> None:
    """Fork for each order until stdin ends."""
    for name in _SLOW:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        if (child := os.fork()) == 0:
            _obey(order)
        os.write(1, b"%d\n" % child)
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _obey(order: dict[str, object]) -> None:
    code = 1
    try:
        environment, words = order["environment"], order["words"]
        assert isinstance(environment, dict)
        assert isinstance(words, list)
        os.environ.clear()
        os.environ.update(environment)
        importlib.import_module("django").setup()
        work = importlib.import_module("tests.chaos.work")
        getattr(work, str(order["work"]))(*words)
        code = 0
    except Exception:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
