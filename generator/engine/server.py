"""The engine's HTTP face: a falcon WSGI app with the API page's two endpoints and its files."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon

from generator.engine.limits import Limits
from generator.engine.pool import Finished, News, Pool, RenderFailed, Waiting
from generator.engine.prompt import describe, understand
from generator.engine.store import TYPES, Store
from generator.engine.types import Request
from generator.engine.wire import Chunks, Refusal, parse

LARGEST_BODY = 64 * 1024
HEARTBEAT = 10.0
"""Seconds of silence after which an event stream gets a comment line."""


@dataclass(frozen=True, slots=True)
class Config:
    """How the engine runs. An empty `api_key` accepts any non-empty Bearer key."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8001
    api_key: str = ""
    rate: int | None = None
    balance: int | None = None
    framing: str = "auto"
    seats: int = 2


class _Framing:
    """Turns chunks into bytes: `data:` events, or bare JSON lines as the page's sample reads."""

    def __init__(self, events: bool, clock: Callable[[], float]) -> None:
        self.events, self._clock = events, clock
        self._spoke = clock()
        self.content_type = "text/event-stream; charset=utf-8" if events else "application/x-ndjson"

    def chunk(self, data: dict[str, Any]) -> bytes:
        self._spoke = self._clock()
        text = json.dumps(data, ensure_ascii=False)
        return f"data: {text}\n\n".encode() if self.events else f"{text}\n".encode()

    def silence(self) -> bytes:
        """Nothing, but written: only a write tells the server that the client has gone."""
        if self.events and self._clock() - self._spoke >= HEARTBEAT:
            self._spoke = self._clock()
            return b": still working\n\n"
        return b""


class Generation:
    """Both music-gen endpoints over one pool."""

    def __init__(
        self, config: Config, pool: Pool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` counts the seconds of silence."""
        self._config, self._pool, self._clock = config, pool, clock
        self._limits = Limits(config.rate, config.balance)

    def _accept(self, req: falcon.Request, task_id: str) -> Request:
        """The checked request. Raises Refusal; nothing is charged for a refused one."""
        scheme, _, key = req.get_header("Authorization", default="").partition(" ")
        wanted = self._config.api_key
        right = not wanted or hmac.compare_digest(key.strip().encode(), wanted.encode())
        if scheme.lower() != "bearer" or not key.strip() or not right:
            raise Refusal(401, {"detail": "Invalid or missing API key"})
        if (req.content_length or 0) > LARGEST_BODY:
            raise Refusal(413, {"detail": "Request body too large"})
        request = parse(req.bounded_stream.read(), task_id)
        self._limits.charge()
        return request

    def _events(self, req: falcon.Request) -> bool:
        if self._config.framing == "auto":
            return "text/event-stream" in req.get_header("Accept", default="").lower()
        return self._config.framing == "sse"

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The stream. The first chunk leaves before any render begins."""
        chunks = Chunks()
        request = self._accept(req, chunks.task_id)
        framing = _Framing(self._events(req), self._clock)
        resp.content_type = framing.content_type
        resp.set_header("Cache-Control", "no-store")
        resp.stream = self._stream(request, chunks, framing, req.prefix)

    def _stream(
        self, request: Request, chunks: Chunks, framing: _Framing, prefix: str
    ) -> Iterator[bytes]:
        spec = understand(request)
        extra = {"seed": spec.seed}
        yield framing.chunk(chunks.chunk(f"Understood: {describe(spec)}", 2, **extra))
        try:
            for news in self._pool.render(request):
                data = _chunk(chunks, news, prefix)
                yield framing.chunk(data | extra) if data else framing.silence()
        except RenderFailed as failure:
            text = f"The music could not be made: {failure}. Send the request again."
            yield framing.chunk(chunks.chunk(text, chunks.progress, error=True, status="FAILED"))

    def on_post_sync(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The whole render in one answer; 500 with the page's error shape when it fails."""
        chunks = Chunks()
        request = self._accept(req, chunks.task_id)
        resp.set_header("Cache-Control", "no-store")
        try:
            done = next(n for n in self._pool.render(request) if isinstance(n, Finished))
        except RenderFailed as failure:
            raise Refusal(
                500, {"success": False, "message": f"Render failed: {failure}"}
            ) from failure
        resp.media = {
            "success": True,
            "messageId": chunks.message_id,
            "audio_url": _link(req.prefix, done.audio),
            "album_art": _link(req.prefix, done.cover),
            "song_name": done.title,
            "status": "COMPLETED",
        }


def _link(prefix: str, name: str) -> str:
    return f"{prefix}/v5/files/{name}"


def _chunk(chunks: Chunks, news: News, prefix: str) -> dict[str, Any] | None:
    """The chunk that tells a piece of news; None where there is none."""
    if news is None:
        return None
    if isinstance(news, Waiting):
        return chunks.chunk(f"Waiting for a free seat: {news.ahead} ahead of this piece", 2)
    if isinstance(news, Finished):
        return chunks.chunk(
            "✅ Music generation completed successfully!",
            100,
            isComplete=True,
            status="COMPLETED",
            album_art=_link(prefix, news.cover),
            song_name=news.title,
            audio_url=_link(prefix, news.audio),
        )
    return chunks.chunk(news.content, news.percent)


class Files:
    """Finished files, with byte ranges; falcon answers HEAD from GET."""

    def __init__(self, store: Store) -> None:
        """Serves what `store` holds."""
        self._store = store

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """The file, or the bytes that a single Range header names."""
        path = self._store.find(name)
        if path is None:
            raise Refusal(404, {"detail": "Not Found"})
        data = path.read_bytes()
        resp.content_type = TYPES[path.suffix]
        resp.set_header("Accept-Ranges", "bytes")
        resp.set_header("X-Content-Type-Options", "nosniff")
        wanted = _range(req, len(data))
        if wanted:
            first, last = wanted
            resp.status = falcon.HTTP_206
            resp.set_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            data = data[first : last + 1]
        resp.data = data

    on_head = on_get


def _range(req: falcon.Request, size: int) -> tuple[int, int] | None:
    """First and last byte asked for; a malformed Range is ignored, as the RFC says."""
    try:
        asked = req.range
    except falcon.HTTPInvalidHeader:
        return None
    if asked is None or req.range_unit != "bytes":
        return None
    first, last = asked
    if first < 0:
        first, last = max(0, size + first), size - 1
    if first >= size:
        raise falcon.HTTPRangeNotSatisfiable(size)
    return first, min(last, size - 1) if last >= 0 else size - 1


def _refuse(_: falcon.Request, resp: falcon.Response, refusal: Refusal, __: dict[str, Any]) -> None:
    resp.status = falcon.code_to_http_status(refusal.status)
    resp.media = refusal.body
    if refusal.retry_after is not None:
        resp.set_header("Retry-After", str(refusal.retry_after))
    if refusal.status == 401:
        resp.set_header("WWW-Authenticate", "Bearer")


def _plain(_: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """falcon's own errors (404, 405, 416) in the shape of the page's."""
    resp.content_type = falcon.MEDIA_JSON
    resp.media = {"detail": error.title.partition(" ")[2] or error.title}


class EngineApp(falcon.App[falcon.Request, falcon.Response]):
    """The WSGI app together with the pool that its owner closes."""

    def __init__(self, config: Config) -> None:
        """Routes, error shapes, and a pool that has started nothing yet."""
        super().__init__()
        self.pool = Pool(config.folder, config.seats)
        music = Generation(config, self.pool)
        self.add_error_handler(Refusal, _refuse)
        self.set_error_serializer(_plain)
        self.add_route("/v5/generate/music-gen", music)
        self.add_route("/v5/generate/music-gen/sync", music, suffix="sync")
        self.add_route("/v5/files/{name}", Files(Store(config.folder)))


def build_app(config: Config) -> EngineApp:
    """The engine as a WSGI app."""
    return EngineApp(config)
