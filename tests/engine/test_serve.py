"""The engine as a process: flags, files, signals, and a tree that ends together."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ASK, Engine

_ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _children(pid: int) -> list[int]:
    """All processes below a pid, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            child = int(stat.parent.name)
            found += [child, *_children(child)]
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Engine]]:
    port = _free_port()
    command = [sys.executable, "-m", "generator.engine", "--port", str(port)]
    process = subprocess.Popen([*command, "--folder", str(tmp_path / "files")], cwd=_ROOT)
    _until(lambda: _answers(port))
    yield process, Engine(port)
    process.kill()
    process.wait()


def _open_stream(engine: Engine, duration: int) -> tuple[http.client.HTTPConnection, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    body = json.dumps({**ASK, "duration": duration}).encode()
    headers = {**engine.headers, "Accept": "text/event-stream"}
    connection.request("POST", "/v5/generate/music-gen", body, headers)
    response = connection.getresponse()
    return connection, response.readline()


def _renders(pid: int) -> list[int]:
    return [
        child
        for child in _children(pid)
        if b"generator.engine.worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_disconnect_kills_the_render_and_the_engine_serves_on(
    served: tuple[subprocess.Popen[bytes], Engine],
) -> None:
    process, engine = served
    connection, first = _open_stream(engine, 300)
    (render,) = _renders(process.pid)
    assert b"Understood" in first
    connection.sock.close()
    connection.close()
    _until(lambda: not _alive(render))
    assert engine.send("GET", "/v5/files/none").status == 404


def test_sigterm_during_a_render_ends_the_whole_tree(
    served: tuple[subprocess.Popen[bytes], Engine],
) -> None:
    process, engine = served
    connection, _ = _open_stream(engine, 300)
    tree = _children(process.pid)
    assert len(tree) >= 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(3) == 0
    _until(lambda: not any(_alive(pid) for pid in tree), 2)
    connection.close()


def test_killed_engine_leaves_no_process_behind(
    served: tuple[subprocess.Popen[bytes], Engine],
) -> None:
    process, _ = served
    _until(lambda: _renders(process.pid))
    tree = _children(process.pid)
    process.kill()
    process.wait()
    _until(lambda: not any(_alive(pid) for pid in tree))


def test_command_serves_on_the_settings_key_and_folder(tmp_path: Path) -> None:
    port = _free_port()
    environ = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "ENGINE_API_KEY": "sesame",
        "ENGINE_PORT": str(port),
        "SECRET_KEY": "x" * 60,
    }
    command = [sys.executable, "manage.py", "engine", "--balance", "0"]
    process = subprocess.Popen(command, cwd=_ROOT, env=environ)
    try:
        _until(lambda: _answers(port))
        engine = Engine(port)
        assert engine.post().status == 401
        assert engine.post(headers={"Authorization": "Bearer sesame"}).status == 402
        assert (tmp_path / "engine").is_dir()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
