"""`manage.py start`, really started: web, worker and engine on free ports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.management import call_command

from generator.launch.address import free_port
from generator.management.commands import start as start_command

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


@dataclass
class Run:
    """One start under way, its words, and where it is."""

    port: int
    folder: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address it was told to listen on."""
        return f"http://127.0.0.1:{self.port}/"

    def read(self) -> None:
        """Collect its words until it ends."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.lines.extend(line.rstrip() for line in iter(lines.readline, ""))

    def said(self, pattern: str) -> str | None:
        """Return what was said that matches, if it was."""
        return next((line for line in [*self.lines] if re.search(pattern, line)), None)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A user's environment: the suite's own settings left out."""
    names = ("SITE_URL", "CACHE_URL", "EMAIL_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    env = {name: value for name, value in os.environ.items() if name not in names}
    # A database of its own: the suite's server holds another test's tables.
    env.pop("DATABASE_URL", None)
    return env | {"DATA_DIR": str(folder), "ENGINE_PORT": str(free_port())} | more


def begin(folder: Path, *words: str, port: int = 0, **more: str) -> Run:
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "start", "--port", str(port), *words],
        cwd=ROOT,
        env=environment(folder, **more),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    run = Run(port, folder, process)
    threading.Thread(target=run.read, daemon=True).start()
    return run


def wait_until(condition: Callable[[], object], run: Run) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, run.lines
        time.sleep(0.05)


def processes_of(folder: Path) -> dict[int, str]:
    """Return the command line of every process that works on the data folder."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"DATA_DIR={folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that all runs of this module share."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Run]:
    """A first start with a browser to open, up and ready."""
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {folder}/opened\n')
    browser.chmod(0o755)
    run = begin(folder, DISPLAY=":99", BROWSER=f"{browser} %s")
    try:
        wait_until(lambda: run.said("READY") or run.process.poll() is not None, run)
        yield run
    finally:
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(30)


def test_ready_names_the_address_and_the_page_answers(running: Run) -> None:
    assert f"READY {running.url}" in running.lines
    with urllib.request.urlopen(running.url, timeout=10) as answer:
        assert answer.status == 200
        assert "</html>" in answer.read().decode()


def test_a_one_time_link_is_shown_and_opened_while_nobody_has_signed_in(running: Run) -> None:
    wait_until(lambda: running.said("/welcome/"), running)
    line = running.said("/welcome/")
    assert line is not None
    link = line.removeprefix("Come in by this link, which works once: ")
    assert link.startswith(f"{running.url}welcome/")
    opened = running.folder / "opened"
    wait_until(lambda: opened.exists() and opened.read_text().strip(), running)
    assert opened.read_text().strip() == link


def test_the_secret_key_is_kept_for_the_owner_alone(running: Run) -> None:
    assert (running.folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_second_start_says_where_the_first_one_is(running: Run) -> None:
    second = begin(running.folder, "--no-browser")
    assert second.process.wait(PATIENCE) == 1
    wait_until(lambda: second.lines, second)
    assert second.lines == [
        f"Soundverse Studio is already running at {running.url.rstrip('/')}: "
        "open it there, or stop that start (Ctrl-C) first."
    ]


def test_a_taken_port_is_one_sentence(running: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "--no-browser", port=running.port)
    assert other.process.wait(PATIENCE) == 1
    wait_until(lambda: other.lines, other)
    assert other.lines == [
        f"Port {running.port} is taken by another program: stop that one, or choose another port "
        f"with --port {running.port + 1}."
    ]


def test_a_web_server_that_dies_is_started_again(running: Run) -> None:
    mains = [pid for pid, line in processes_of(running.folder).items() if " granian " in line]
    os.kill(min(mains), signal.SIGKILL)
    wait_until(lambda: running.said("The web server stopped"), running)

    def answers() -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(running.url, timeout=10).status == 200)
        return False

    wait_until(answers, running)


def test_sigterm_stops_all_within_20_seconds_and_leaves_no_process(running: Run) -> None:
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert time.monotonic() - began < 20 + 2  # the machine may be busy
    wait_until(lambda: not processes_of(running.folder), running)


def test_a_killed_start_takes_all_with_it_and_the_next_one_begins(
    running: Run, folder: Path
) -> None:
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(30)
    run = begin(folder, "--no-browser")
    wait_until(lambda: run.said("READY") or run.process.poll() is not None, run)
    run.process.kill()  # not waited for: as a zombie it must not count as running
    # The guard holds the lock until all is gone: the next start waits for it by itself.
    following = begin(folder, "--no-browser", GRANIAN_HTTP="no such version")
    assert following.process.wait(PATIENCE) == 1
    wait_until(lambda: not processes_of(folder), following)
    assert following.said("The web server could not start: its own words stand above.")
    run.process.wait()
    assert following.said("^web    [|] .*no such version")


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    crew = start_command.Command()._make_crew("127.0.0.1", free_port())
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        start_command.Command()._obey_signals(crew)
        os.kill(os.getpid(), signal.SIGTERM)
        assert (crew.stop_asked.is_set(), crew.hurry.is_set()) == (True, False)
        os.kill(os.getpid(), signal.SIGINT)
        assert crew.hurry.is_set() is True
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


@pytest.mark.parametrize(
    ("platform", "display", "expected"),
    [("linux", "", False), ("linux", ":0", True), ("darwin", "", True)],
)
def test_a_browser_is_opened_only_where_it_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, platform: str, display: str, expected: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert start_command._has_display() is expected


def test_the_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("start", "--help")
    out = capsys.readouterr().out
    assert [name for name in ("--host", "--port", "--no-browser") if name not in out] == []
