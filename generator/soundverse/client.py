"""The client of the v5 music endpoints: one POST a call, never repeated here.

Contract: each call is sent at most once, over a connection of its own, to the configured origin
only; it ends in a result or in one error of `generator.soundverse.errors`.
"""

import contextlib
import functools
import json
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from generator.soundverse.cutoff import Cutoff, lost, unsent_stop
from generator.soundverse.errors import Broken, Busy, Refused, SoundverseError, Unknown
from generator.soundverse.framing import FramingDecoder
from generator.soundverse.jsontext import JsonObject
from generator.soundverse.origin import checked_base_url, checked_key
from generator.soundverse.redact import Scrub, scrub_with
from generator.soundverse.replies import (
    error_for,
    events_of,
    is_plain_json,
    is_web_page,
    read_reply,
)
from generator.soundverse.wire import PROMPT_LIMIT, MusicRequest, MusicResult, StreamEvent

ERROR_BODY_LIMIT = 64 * 1024

OnBytes = Callable[[bytes], None]
OnHeaders = Callable[[int, Mapping[str, str]], None]


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """One TLS context for all clients: building one takes about 20 ms.

    Honours SSL_CERT_FILE and SSL_CERT_DIR, so that an operator's own authority can be added.
    """
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class _Endpoint:
    url: str
    accept: str
    read_timeout: float
    wall: float
    always_plain: bool


class SoundverseClient:
    """Talks to one origin with one key; safe to use from several threads, one call a thread.

    All times are in seconds. `deadline` bounds a whole stream, heartbeats included;
    `sync_read_timeout` bounds a whole sync call. `allow_plain_http` permits http, for
    an engine of the operator's own. Raises ValueError for an address or a key that cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        stream_path: str = "/v5/generate/music-gen",
        sync_path: str = "/v5/generate/music-gen/sync",
        connect_timeout: float = 10,
        write_timeout: float = 30,
        pool_timeout: float = 10,
        read_timeout: float = 120,
        deadline: float = 900,
        sync_read_timeout: float = 600,
        allow_plain_http: bool = False,
        transport: httpx.BaseTransport | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = checked_base_url(base_url, allow_plain_http=allow_plain_http)
        self._clean: Scrub = scrub_with(checked_key(api_key))
        self._clock = clock
        self._timeout = httpx.Timeout(
            None, connect=connect_timeout, write=write_timeout, pool=pool_timeout
        )
        self._stream_endpoint = _Endpoint(
            self._base_url + stream_path,
            accept="text/event-stream",
            read_timeout=min(read_timeout, deadline),
            wall=deadline,
            always_plain=False,
        )
        self._sync_endpoint = _Endpoint(
            self._base_url + sync_path,
            accept="application/json",
            read_timeout=sync_read_timeout,
            wall=sync_read_timeout,
            always_plain=True,
        )
        self._lock = threading.Lock()
        self._running: set[Cutoff] = set()
        self._stopped = False
        self._http = httpx.Client(
            verify=ssl_context or shared_ssl_context(),
            transport=transport,
            headers={
                "Authorization": f"Bearer {api_key}",
                "Accept-Encoding": "identity",
                "User-Agent": "soundverse-studio",
            },
            follow_redirects=False,
            trust_env=False,
            # A kept connection may be dead: a POST lost on it looks like one that was accepted.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the connections; call it when no call is running."""
        self._http.close()

    def abort(self) -> None:
        """Ends all calls, now and later; for another thread than theirs.

        A call that was sent raises Unknown "cut", one that was not raises Busy "unsent".
        """
        with self._lock:
            self._stopped = True
            for cutoff in self._running:
                cutoff.cut("stopped")

    def stream(
        self,
        request: MusicRequest,
        *,
        attempt_id: str,
        on_bytes: OnBytes | None = None,
        on_headers: OnHeaders | None = None,
    ) -> Generator[StreamEvent, None, None]:
        """Sends the request at the first `next` and yields every event as received.

        Ends after the success event, without waiting for the end of the stream; else raises a
        SoundverseError, after the event that tells of the failure where there is one. `on_headers`
        gets the status and the headers (names in lower case), `on_bytes` the body's raw bytes
        before they are parsed, error bodies included; what these raise passes through.
        `attempt_id` goes out as Idempotency-Key. Close the generator if you leave it early.
        """
        return self._events(
            self._stream_endpoint, request, attempt_id, on_bytes or _ignore, on_headers or _ignore
        )

    def generate(
        self,
        request: MusicRequest,
        *,
        attempt_id: str,
        on_bytes: OnBytes | None = None,
        on_headers: OnHeaders | None = None,
    ) -> MusicResult:
        """The same over the synchronous endpoint. A second charge if used after a failed stream."""
        events = self._events(
            self._sync_endpoint, request, attempt_id, on_bytes or _ignore, on_headers or _ignore
        )
        results = [MusicResult.from_event(event) for event in events]
        return next(result for result in reversed(results) if result is not None)

    def _events(
        self,
        endpoint: _Endpoint,
        request: MusicRequest,
        attempt_id: str,
        on_bytes: OnBytes,
        on_headers: OnHeaders,
    ) -> Generator[StreamEvent, None, None]:
        body = _checked_body(request)
        with (
            self._limited(endpoint.wall) as cutoff,
            self._sent(endpoint, body, attempt_id, cutoff) as response,
        ):
            on_headers(response.status_code, dict(response.headers))
            pieces = _pieces(response, cutoff, on_bytes)
            problem = functools.partial(self._problem, response, request.model)
            _check_head(response, pieces, problem)
            yield from events_of(
                _objects(pieces, FramingDecoder(self._clean)),
                plain=endpoint.always_plain or is_plain_json(response.headers),
                refusal=lambda raw: problem(json.dumps(raw).encode()),
            )

    def _problem(self, response: httpx.Response, model: str, content: bytes) -> SoundverseError:
        """The error that a reply with this body stands for."""
        return error_for(
            read_reply(
                response.status_code,
                dict(response.headers),
                content,
                url=str(response.url),
                model=model,
                clean=self._clean,
            )
        )

    @contextlib.contextmanager
    def _limited(self, wall: float) -> Iterator[Cutoff]:
        cutoff = Cutoff(wall, self._clock)
        with self._lock:
            if self._stopped:
                raise unsent_stop()
            self._running.add(cutoff)
        try:
            yield cutoff
        finally:
            with self._lock:
                self._running.discard(cutoff)

    @contextlib.contextmanager
    def _sent(
        self, endpoint: _Endpoint, body: bytes, attempt_id: str, cutoff: Cutoff
    ) -> Iterator[httpx.Response]:
        request = self._http.build_request(
            "POST",
            endpoint.url,
            content=body,
            headers={
                "Accept": endpoint.accept,
                "Content-Type": "application/json",
                "Idempotency-Key": attempt_id,
            },
            timeout=httpx.Timeout(**self._timeout.as_dict() | {"read": endpoint.read_timeout}),
            extensions={"trace": cutoff.trace},
        )
        try:
            with cutoff.timing():
                response = self._http.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _unsent(urlsplit(endpoint.url).netloc) from error
        except httpx.HTTPError as error:
            cutoff.check()
            raise _lost_by(error) from error
        with contextlib.closing(response):
            yield response


def _check_head(
    response: httpx.Response,
    pieces: Iterable[bytes],
    problem: Callable[[bytes], SoundverseError],
) -> None:
    """Raises for a reply that by its status and headers brings no events."""
    encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
    if not response.is_success:
        raise problem(b"" if encoded else _start_of(pieces))
    if encoded:
        raise _encoded()
    if is_web_page(response.headers):
        raise problem(b"")


def _pieces(response: httpx.Response, cutoff: Cutoff, on_bytes: OnBytes) -> Iterator[bytes]:
    """Raw body bytes; raises Unknown when they end early. A piece is used before it is timed."""
    try:
        for piece in response.iter_raw():
            on_bytes(piece)
            yield piece
            cutoff.check()
    except httpx.HTTPError as error:
        cutoff.check()
        raise _lost_by(error) from error
    # A cut of our own can look like the regular end of a body without a length.
    cutoff.check()


def _objects(pieces: Iterable[bytes], decoder: FramingDecoder) -> Iterator[JsonObject]:
    """However the bytes end, what the decoder still holds comes first: it may be the result."""
    ended: Unknown | None = None
    try:
        for piece in pieces:
            yield from decoder.feed(piece)
            if decoder.fault is not None:
                raise decoder.fault
    except Unknown as error:
        ended = error
    yield from decoder.close()
    if problem := decoder.fault or ended:
        raise problem


def _start_of(pieces: Iterable[bytes]) -> bytes:
    """The beginning of an error body, as much of it as comes."""
    content = bytearray()
    with contextlib.suppress(Unknown):
        for piece in pieces:
            content += piece
            if len(content) >= ERROR_BODY_LIMIT:
                break
    return bytes(content[:ERROR_BODY_LIMIT])


def _checked_body(request: MusicRequest) -> bytes:
    """The body; refuses here what the upstream would refuse, and perhaps charge for."""
    body = request.to_json()
    if not 0 < len(body["prompt"]) <= PROMPT_LIMIT:
        raise Refused(
            f"The prompt must have 1 to {PROMPT_LIMIT} characters. Nothing was sent. Change it and "
            "try again.",
            code="invalid_request",
        )
    return json.dumps(body, allow_nan=False).encode()


def _ignore(*_: object) -> None:
    """Stands in for a callback that was not given."""


def _unsent(host: str) -> Busy:
    return Busy(
        f"{host} could not be reached.",
        code="connect_failed",
        kind="unsent",
    )


def _lost_by(error: httpx.HTTPError) -> Unknown:
    if isinstance(error, httpx.TimeoutException):
        return lost("The music service fell silent.")
    return lost("The connection to the music service broke before the result arrived.")


def _encoded() -> Broken:
    return Broken(
        "The music service sent a compressed reply, which is never read. Tell the operator.",
        code="content_encoding",
        may_be_billed=True,
    )
