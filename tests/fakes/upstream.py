"""A music service on loopback that does exactly what a test tells it to.

It speaks real HTTP/1.1 over raw sockets, one thread a connection, so every fault of a server or
of the network can be played. Each POST takes the next script; the last script is played again
for all further POSTs; with no script at all each POST is a good generation.

    with ScriptedUpstream() as upstream:
        audio_url = upstream.add_file("night.mp3", audio(seconds=2))
        go_on = threading.Event()
        upstream.play(
            reply(429, {"success": False, "message": "Rate limits …"}, {"Retry-After": "7"}),
            stream(started(), Wait(go_on), completed(audio_url), HoldOpen()),
        )
        …                                    # SOUNDVERSE_BASE_URL = upstream.url
        assert [charge.json["prompt"] for charge in upstream.charges] == ["lo-fi rain"]
        assert upstream.wait_idle()          # the client hung up

A script is a sequence of steps:

    bytes                 sent as they are (one HTTP chunk in chunked framing)
    a dict                sent as one SSE event (`stream(framing_of=json_lines)`: as a bare line)
    Sleep(seconds)        waits
    Wait(event)           waits for a threading.Event of the test
    Repeat(data, every)   sends the data again and again until the client or the server goes
    HoldOpen()            sends nothing more, waits until the client hangs up
    Cut("fin" | "rst")    ends the connection at once: cleanly, or with a reset

`posts` logs every POST that was read whole; `charges` those of them that the service would bill:
scripts with `charged=True`, which is the default for 2xx and 5xx. `reply(…)` sets it from the
body too: `success: false` and `detail` are free. `gets` logs GET and HEAD.
"""

import contextlib
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.fakes.events import Event, completed, progressed, started
from tests.fakes.media import audio, cover
from tests.fakes.script import (
    Cut,
    Framing,
    HoldOpen,
    Repeat,
    Script,
    Sleep,
    Step,
    Wait,
    reply,
    stream,
    trickle,
)

__all__ = [
    "Cut",
    "Framing",
    "HoldOpen",
    "Received",
    "Repeat",
    "Script",
    "ScriptedUpstream",
    "Sleep",
    "Step",
    "Wait",
    "reply",
    "stream",
    "trickle",
    "wait_until",
]


@dataclass(frozen=True)
class Received:
    """A request as it came; header names in lower case, `json` None when the body is none."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class ScriptedUpstream:
    """See the module; a context manager that leaves no thread and no socket behind."""

    def __init__(self) -> None:
        self.posts: list[Received] = []
        self.charges: list[Received] = []
        self.gets: list[Received] = []
        self.stopping = threading.Event()
        self._scripts: list[Script] = []
        self._files: dict[str, Script] = {}
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._doomed: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.upstream = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.02], name="scripted-upstream"
        )
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def play(self, *scripts: Script) -> None:
        """Replaces the scripts not played yet; the last one goes on for ever."""
        with self._changed:
            self._scripts = list(scripts)

    def add_file(
        self,
        name: str,
        body: bytes,
        content_type: str = "application/octet-stream",
        *,
        status: int = 200,
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
        steps: tuple[Step, ...] | None = None,
    ) -> str:
        """Serves the bytes at /files/<name> and returns the URL; `length` may lie.

        `steps` replaces the body by any script; adding a name again replaces the file.
        """
        self._files[f"/files/{name}"] = Script(
            steps=(body,) if steps is None else steps,
            status=status,
            headers={"Content-Type": content_type} | dict(headers or {}),
            framing="length",
            length=length,
        )
        return f"{self.url}/files/{name}"

    def add_media(self, seconds: float = 1.0) -> Event:
        """Serves a real MP3 and cover; returns the final chunk that names them."""
        audio_url = self.add_file("music.mp3", audio(seconds), "audio/mpeg")
        art_url = self.add_file("cover.webp", cover(), "image/webp")
        return completed(audio_url, album_art=art_url)

    def cut_all(self) -> None:
        """Cuts every open connection with a reset, in whatever step it is."""
        with self._changed:
            self._doomed |= self._open
            for connection in self._open:
                # Only wakes its thread, which resets: shutting both ways would end it cleanly.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)

    def is_over(self, connection: socket.socket) -> bool:
        """Whether nothing more is to be sent there."""
        return self.stopping.is_set() or connection in self._doomed

    def wait_idle(self, timeout: float = 5.0) -> bool:
        """Whether, within the time, no connection is open."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, timeout)

    def wait_for_posts(self, count: int, timeout: float = 5.0) -> bool:
        """Whether, within the time, so many POSTs have been read."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.posts) >= count, timeout)

    def answer(self, request: Received) -> Script:
        """Logs the request and chooses its script."""
        with self._changed:
            self._changed.notify_all()
            if request.method != "POST":
                self.gets.append(request)
                return self._files.get(request.path.partition("?")[0], reply(404, b"not found"))
            script = self._next_script()
            self.posts.append(request)
            if script.bills:
                self.charges.append(request)
            return script

    @contextlib.contextmanager
    def tracking(self, connection: socket.socket) -> Iterator[None]:
        """Counts the connection as open meanwhile."""
        with self._changed:
            if self.stopping.is_set():
                raise _Ended
            self._open.add(connection)
        try:
            yield
        finally:
            with self._changed:
                if connection in self._doomed:
                    self._doomed.discard(connection)
                    _reset(connection)
                self._open.discard(connection)
                self._changed.notify_all()

    def _next_script(self) -> Script:
        if not self._scripts:
            return stream(started(), progressed(2, 50), self.add_media())
        return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 512
    daemon_threads = False
    upstream: ScriptedUpstream

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A fault in a script must be seen by the test, as an unhandled thread exception."""
        raise


class _Connection(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        self.upstream = self.server.upstream
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, _Ended), self.upstream.tracking(self.request):
            request = self._read()
            script = self.upstream.answer(request)
            self._play(script.before, script, chunked=False)
            self._head(script)
            if request.method != "HEAD":
                chunked = script.framing == "chunked" and script.status is not None
                self._play(script.steps, script, chunked=chunked)
                if chunked:
                    self.request.sendall(b"0\r\n\r\n")

    def _read(self) -> Received:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
            # A TLS hello at this plain port: waiting for its head would never end.
            if data.startswith(b"\x16"):
                raise _Ended
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        while len(body) < int(headers.get("content-length", "0")):
            body += self._more()
        return Received(method, path, headers, body)

    def _more(self) -> bytes:
        data = self.request.recv(65536)
        if not data:
            raise _Ended
        return data

    def _head(self, script: Script) -> None:
        if script.status is None:
            return
        headers = dict(script.headers) | {"Connection": "close"}
        if script.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        if script.framing == "length":
            length = len(script.body()) if script.length is None else script.length
            headers["Content-Length"] = str(length)
        lines = [f"HTTP/1.1 {script.status} Scripted"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.request.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _play(self, steps: tuple[Step, ...], script: Script, *, chunked: bool) -> None:
        for step in steps:
            match step:
                case bytes() | dict():
                    self._send(script.encoded(step), chunked=chunked)
                case Sleep(seconds):
                    self._sleep(seconds)
                case Wait(event):
                    self._wait(event)
                case Repeat(data, every):
                    while True:
                        self._sleep(every)
                        self._send(data, chunked=chunked)
                case HoldOpen():
                    self.request.recv(1)
                    raise _Ended
                case Cut(how):
                    if how == "rst":
                        _reset(self.request)
                    raise _Ended

    def _send(self, data: bytes, *, chunked: bool) -> None:
        # An empty HTTP chunk would end the body.
        if chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self.request.sendall(data)

    def _wait(self, event: threading.Event) -> None:
        while not event.wait(0.01):
            self._sleep(0)

    def _sleep(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not self.upstream.is_over(self.request):
            left = ends_at - time.monotonic()
            if left <= 0:
                return
            self.upstream.stopping.wait(min(left, 0.01))
        raise _Ended


class _Ended(Exception):
    """The connection is over."""


def _reset(connection: socket.socket) -> None:
    """Ends the connection so that the other side gets ECONNRESET."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def wait_until(condition: Callable[[], bool], timeout: float = 5.0) -> bool:
    """Whether the condition came true within the time; for states without an event."""
    ends_at = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.005)
    return True
