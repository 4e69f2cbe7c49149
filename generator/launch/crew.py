"""All processes of one run: web, worker and, without another upstream, the local engine."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import address, guard
from .child import Child, manage

READY_WITHIN = 90.0
WORKER_WITHIN = 15.0
# Seconds from the order to stop: web first, then the worker drains, then the engine (20 in all).
WEB_UNTIL, WORKER_UNTIL, ENGINE_UNTIL = 2.0, 17.5, 18.5
DRAIN = 15
TICK = 0.1


class StartFailed(Exception):
    """The site could not be brought up; the text says what to do."""


@dataclass
class Crew:
    """What runs, and the guard that cleans up should this process be killed."""

    folder: Path
    host: str
    port: int
    engine_port: int | None
    site_url: str
    report: Callable[[str], None]
    stop_asked: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)
    _mark: str = field(default_factory=lambda: secrets.token_hex(8))
    _children: dict[str, Child] = field(default_factory=dict)
    _guard: subprocess.Popen[str] | None = None

    def start(self, lock: IO[str]) -> None:
        """Start the guard, which shares the run's lock, then every process."""
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", guard.__name__, self._mark],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
        for child in self._plan():
            self._children[child.name] = child
            self._tell_guard(str(child.start()))

    def wait_ready(self, is_worker_alive: Callable[[], bool]) -> bool:
        """Wait until page and engine answer; False when a stop is asked meanwhile.

        The worker gets a moment to be heard too, but the pages do without it and say so.
        Raises StartFailed when the web server does not come up.
        """
        began = time.monotonic()
        while not (self._answers() and (is_worker_alive() or _past(began + WORKER_WITHIN))):
            if self.stop_asked.wait(TICK):
                return False
            if not self._children["web"].is_running():
                raise StartFailed("The web server could not start: its own words stand above.")
            if _past(began + READY_WITHIN):
                raise StartFailed(
                    f"The site did not answer within {READY_WITHIN:.0f} s: "
                    "run `python3 manage.py doctor` to see what is wrong."
                )
            self._tend()
        return True

    def watch(self) -> None:
        """Start again what ends by itself, until a stop is asked."""
        while not self.stop_asked.wait(TICK):
            self._tend()

    def stop(self) -> None:
        """Stop all in order, within 20 s; at once when `hurry` is set. Nothing is left."""
        began = time.monotonic()
        for name, limit in (("web", WEB_UNTIL), ("worker", WORKER_UNTIL), ("engine", ENGINE_UNTIL)):
            if child := self._children.get(name):
                child.stop(began + limit, self.hurry)
        if self._guard and self._guard.stdin:
            self._tell_guard("done")
            self._guard.stdin.close()
            self._guard.wait()

    def _plan(self) -> list[Child]:
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", self.host]
        web += ["--port", str(self.port), "--workers", "1", "--blocking-threads", "64", "--no-ws"]
        web += ["--no-access-log", "--log-level", "error", "soundverse_site.wsgi:application"]
        worker = manage(self.folder, "worker", "--drain", str(DRAIN))
        plan = [
            self._child("web", "The web server", web),
            self._child("worker", "The worker", worker),
        ]
        if self.engine_port is not None:
            engine = manage(self.folder, "engine", "--port", str(self.engine_port))
            plan.insert(0, self._child("engine", "The local engine", engine))
        return plan

    def _child(self, name: str, title: str, command: list[str]) -> Child:
        return Child(name, title, command, self._environment(), self.folder, self.report)

    def _environment(self) -> Mapping[str, str]:
        """Links follow the address that is listened on, and children speak of trouble only."""
        engine = {} if self.engine_port is None else {"ENGINE_PORT": str(self.engine_port)}
        own = {"SITE_URL": self.site_url, "PYTHONUNBUFFERED": "1", guard.MARK: self._mark}
        return {"LOG_LEVEL": "WARNING", **os.environ, **own, **engine}

    def _tend(self) -> None:
        for child in self._children.values():
            if pid := child.tend():
                self._tell_guard(str(pid))

    def _tell_guard(self, word: str) -> None:
        if self._guard and self._guard.stdin:
            self._guard.stdin.write(f"{word}\n")
            self._guard.stdin.flush()

    def _answers(self) -> bool:
        engine = self.engine_port is None or address.accepts("127.0.0.1", self.engine_port)
        return engine and address.page_answers(self.host, self.port, self.site_url)


def _past(moment: float) -> bool:
    return time.monotonic() > moment
