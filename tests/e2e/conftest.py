"""A studio really started by `manage.py start`, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, and skip it with a reason where no Chromium is."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Studio:
    """A running studio: its address, the one-time link, and everything it printed."""

    url: str
    process: subprocess.Popen[str]
    session: Path
    lines: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    first_link: str = ""

    def read(self) -> None:
        """Collect what it prints until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if "/welcome/" in line:
                self.first_link = "http" + line.split("http", 1)[1].strip()
                self.ready.set()


_redis_numbers = count(8 if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0" else 12)


@contextmanager
def own_services() -> Iterator[dict[str, str]]:
    """Where the suite runs on servers, a database and a Redis of the studio's own on them."""
    environment = {}
    if url := os.environ.get("REDIS_URL"):
        environment["REDIS_URL"] = f"{url.rpartition('/')[0]}/{next(_redis_numbers)}"
        redis.Redis.from_url(environment["REDIS_URL"]).flushdb()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield environment
        return
    name = f"studio_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield environment | {"DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def start_studio(folder: Path, **environment: str) -> Iterator[Studio]:
    """Run `manage.py start` on free ports with `folder` as its data, and stop it by SIGTERM."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SOUNDVERSE_", "ENGINE_"))}
    for name in ("CACHE_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE"):
        env.pop(name, None)
    env |= {
        "DATA_DIR": str(folder),
        "ENGINE_PORT": str(free_port()),
        "DEBUG": "false",
    } | environment
    with own_services() as services, _running(folder, port, env | services) as studio:
        yield studio


@contextmanager
def _running(folder: Path, port: int, env: dict[str, str]) -> Iterator[Studio]:
    command = [sys.executable, "manage.py", "start", "--port", str(port), "--no-browser"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    studio = Studio(f"http://127.0.0.1:{port}", process, folder / "session.json")
    reader = threading.Thread(target=studio.read, daemon=True)
    reader.start()
    try:
        assert studio.ready.wait(120), "\n".join(studio.lines)
        yield studio
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        reader.join(5)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio with the local engine for all browser tests of a run."""
    with start_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for a module.

    Not for the whole run: Playwright's event loop would make Django refuse the database to the
    tests that follow in this process.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, studio: Studio) -> str:
    """The file of a session that was opened by the one-time link."""
    if not studio.session.exists():
        context = browser.new_context()
        page = context.new_page()
        page.goto(studio.first_link)
        page.get_by_role("main").get_by_role("button").click()
        page.get_by_label("Prompt", exact=True).wait_for()
        context.storage_state(path=studio.session)
        context.close()
    return str(studio.session)


OpenPage = Callable[..., Page]
# Not every browser writes what the policy stopped to the console.
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`stopped by the policy: ${event.violatedDirective} ${event.blockedURI}`));"""


@pytest.fixture
def open_page(browser: Browser, studio: Studio, signed_in: str) -> Iterator[OpenPage]:
    """Open pages as the owner; any console error or failed script fails the test in the end."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium itself notes each refused form and each missing page.
        expected = re.search(r"status of (422|404)", message.text)
        if message.type == "error" and not expected:
            errors.append(f"{message.location.get('url')}: {message.text}")

    def open_one(path: str = "/", *, anonymous: bool = False, **options: object) -> Page:
        if not anonymous:
            options["storage_state"] = signed_in
        context = browser.new_context(base_url=studio.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []
