"""A real engine on loopback: the WSGI app behind a threaded server, renders in real children."""

from __future__ import annotations

import http.client
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest

from generator.engine.server import Config, EngineApp, build_app

ASK = {"userId": "u", "projectId": "p", "prompt": "calm lo-fi beat", "duration": 5}


@dataclass
class Reply:
    """One whole HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The body as the API page's own sample reads it."""
        return [json.loads(line.decode()) for line in self.body.splitlines() if line]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The body as server-sent events."""
        blocks = [b for b in self.body.decode().split("\n\n") if b.startswith("data: ")]
        return [json.loads(block.removeprefix("data: ")) for block in blocks]


@dataclass
class Engine:
    """Where an engine listens, and how to talk to it."""

    port: int
    app: Any = None
    config: Config | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": "Bearer any"})

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request over a connection of its own. A header given as "" is not sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {k: v for k, v in {**self.headers, **headers}.items() if v}
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())
        finally:
            connection.close()

    def post(self, path: str = "", headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        """Asks for music; a field given as ... is left out."""
        ask = {k: v for k, v in {**ASK, **fields}.items() if v is not ...}
        body = json.dumps(ask).encode()
        given = {"Content-Type": "application/json", **(headers or {})}
        return self.send("POST", f"/v5/generate/music-gen{path}", body, **given)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Children share compiled modules: without, each compiles scipy anew for two seconds."""
    patch = pytest.MonkeyPatch()
    patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Engine]]:
    """Starts engines with any Config fields; all end with the session."""
    started: list[tuple[_Server, threading.Thread, EngineApp]] = []

    def start(**fields: Any) -> Engine:
        folder: Path = fields.pop("folder", None) or tmp_path_factory.mktemp("engine") / "files"
        config = Config(folder=folder, **fields)
        app = build_app(config)
        server = _Server(("127.0.0.1", 0), _Quiet)
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        started.append((server, thread, app))
        return Engine(server.server_port, app, config)

    yield start
    for server, thread, app in started:
        server.shutdown()
        thread.join()
        server.server_close()
        app.pool.close()


@pytest.fixture(scope="session")
def engine(start_engine: Callable[..., Engine]) -> Engine:
    """The engine that most tests share; any key is right."""
    return start_engine()
