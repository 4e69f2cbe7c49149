"""All processes of one run; here they are small ones (the real ones: tests/commands)."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from generator.launch import crew as crew_module
from generator.launch import guard, lock
from generator.launch.child import Child
from generator.launch.crew import Crew, StartFailed

SLEEP = "import time; time.sleep(60)"


@dataclass
class SmallCrew(Crew):
    """A crew whose processes run a line of Python."""

    code: dict[str, str] = field(default_factory=dict)

    def _plan(self) -> list[Child]:
        return [
            self._child(name, f"The {name}", [sys.executable, "-c", code])
            for name, code in self.code.items()
        ]


class Page(BaseHTTPRequestHandler):
    """Answers 200."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def page_port() -> Iterator[int]:
    """A port where a page answers."""
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def make(port: int, lines: list[str], engine_port: int | None = None, **code: str) -> SmallCrew:
    url = f"http://127.0.0.1:{port}"
    return SmallCrew(Path.cwd(), "127.0.0.1", port, engine_port, url, lines.append, code=code)


@pytest.fixture
def lines() -> list[str]:
    """What the crew reports."""
    return []


def test_a_crew_is_ready_when_page_engine_and_worker_answer(
    tmp_path: Path, page_port: int, lines: list[str]
) -> None:
    crew = make(page_port, lines, page_port, web=SLEEP, worker=SLEEP, engine=SLEEP)
    with lock.take(tmp_path, "http://127.0.0.1") as held:
        crew.start(held)
        assert len(guard.marked(crew._mark)) == 3
        answers = iter([False, True])
        assert crew.wait_ready(lambda: next(answers)) is True
        crew.stop()
    assert guard.marked(crew._mark) == set()
    assert lines == []


def test_the_pages_do_without_a_worker_that_is_not_heard(
    tmp_path: Path, page_port: int, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "WORKER_WITHIN", 0.0)
    crew = make(page_port, lines, web=SLEEP)
    with lock.take(tmp_path, "http://127.0.0.1") as held:
        crew.start(held)
        assert crew.wait_ready(lambda: False) is True
        crew.stop()


def test_a_page_that_never_answers_ends_the_start(
    tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "READY_WITHIN", 0.0)
    crew = make(1, lines, web=SLEEP)
    with lock.take(tmp_path, "http://127.0.0.1") as held:
        crew.start(held)
        with pytest.raises(StartFailed, match="did not answer within 0 s"):
            crew.wait_ready(lambda: True)
        crew.stop()


def test_a_stop_while_waiting_is_obeyed(tmp_path: Path, lines: list[str]) -> None:
    crew = make(1, lines, web=SLEEP)
    with lock.take(tmp_path, "http://127.0.0.1") as held:
        crew.start(held)
        crew.stop_asked.set()
        assert crew.wait_ready(lambda: True) is False
        crew.stop()


def test_one_that_ends_is_started_again_and_the_guard_knows_it(
    tmp_path: Path, lines: list[str]
) -> None:
    crew = make(1, lines, web=SLEEP, engine="raise SystemExit(4)")
    with lock.take(tmp_path, "http://127.0.0.1") as held:
        crew.start(held)
        watching = threading.Thread(target=crew.watch)
        watching.start()
        deadline = time.monotonic() + 30
        while len(lines) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        crew.stop_asked.set()
        watching.join()
        crew.stop()
    assert lines == [
        "The engine stopped (exit code 4); it is started again in 1 s.",
        "The engine stopped (exit code 4); it is started again in 2 s.",
    ]


def test_a_crew_that_never_started_stops_at_once(lines: list[str]) -> None:
    make(1, lines, web=SLEEP).stop()
    assert lines == []


def test_children_get_the_address_the_mark_and_quiet_logs(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    crew = make(8123, lines, 8456)
    got = crew._environment()
    assert {name: got[name] for name in ("SITE_URL", "ENGINE_PORT", "LOG_LEVEL", guard.MARK)} == {
        "SITE_URL": "http://127.0.0.1:8123",
        "ENGINE_PORT": "8456",
        "LOG_LEVEL": "WARNING",
        guard.MARK: crew._mark,
    }
    assert got["PATH"] == os.environ["PATH"]


def test_another_upstream_needs_no_engine(lines: list[str]) -> None:
    with socket.socket():
        names = {port: [c.name for c in Crew._plan(make(1, lines, port))] for port in (None, 8456)}
    assert names == {None: ["web", "worker"], 8456: ["engine", "web", "worker"]}
