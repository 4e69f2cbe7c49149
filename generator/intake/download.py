"""The guarded download: one GET of a file that an upstream named.

It carries no key and no cookie, follows no redirect, and speaks only to hosts on the list. A name
is looked up once; unless all its addresses are on the open internet nothing is dialled, and what is
dialled is the checked address, with the name kept for TLS.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

from . import failpoints
from .addresses import is_open
from .links import Link, LinkRefused, check_link
from .trouble import FetchError, FetchRefused

USER_AGENT = "SoundverseStudio"
_WORDS = {
    403: "The link to the file was refused: it may have expired.",
    404: "The file is not where the upstream said it would be.",
    410: "The upstream no longer keeps the file.",
}


@dataclass(frozen=True)
class Limits:
    """Bytes of the whole file, seconds for all of it, seconds between two reads."""

    size: int
    total: float
    read: float = 20


AUDIO_LIMITS = Limits(size=100 * 1024 * 1024, total=300)
ART_LIMITS = Limits(size=10 * 1024 * 1024, total=60)


@dataclass(frozen=True)
class Fetched:
    """What was written: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


Resolve = Callable[[str, int], list[str]]
Dial = Callable[[str, int, float], httpcore.NetworkStream]


def resolve(host: str, port: int) -> list[str]:
    """Return every address of the name, in the order to try them."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    """Open a connection to an address."""
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=timeout)


@cache
def trusted_roots() -> ssl.SSLContext:
    """The TLS context of all downloads: building one takes about 20 ms."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Downloader:
    """Fetches from `hosts`, and from the exact origin of the studio's engine where one is given.

    `resolve`, `dial` and `tls` stand between this class and the network.
    """

    hosts: frozenset[str]
    engine_origin: str = ""
    resolve: Resolve = resolve
    dial: Dial = dial
    tls: Callable[[], ssl.SSLContext] = trusted_roots
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def fetch(
        self, url: str, to: Path, limits: Limits, on_block: Callable[[], None] = lambda: None
    ) -> Fetched:
        """Write the file to `to` and have it on the disk, or raise FetchError.

        `on_block` is called for each piece received, so that a caller can say it is still at work.
        """
        try:
            link = check_link(url, hosts=self.hosts, engine_origin=self.engine_origin)
        except LinkRefused as refusal:
            raise FetchRefused("link_refused", str(refusal)) from None
        deadline = Deadline(self.clock() + limits.total, self.clock)
        try:
            return self._fetch(link, to, limits, deadline, on_block)
        except httpcore.TimeoutException:
            raise FetchError("fetch_timeout", "The file did not arrive in time.") from None
        except (httpcore.ProtocolError, httpcore.NetworkError, ssl.SSLError):
            raise FetchError(
                "fetch_cut", "The connection broke before the file was here."
            ) from None

    def _fetch(
        self,
        link: Link,
        to: Path,
        limits: Limits,
        deadline: Deadline,
        on_block: Callable[[], None],
    ) -> Fetched:
        backend = GuardedBackend(link, deadline, self.resolve, self.dial)
        url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), limits.read)
        with (
            httpcore.ConnectionPool(ssl_context=self.tls(), network_backend=backend) as pool,
            pool.stream("GET", url, headers=_HEADERS, extensions={"timeout": timeouts}) as reply,
        ):
            _check_head(reply, limits)
            return _write(reply.iter_stream(), to, limits, on_block)


_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class Deadline:
    """The moment at which the whole download must be over, slow drips included."""

    at: float
    clock: Callable[[], float]

    def within(self, timeout: float | None) -> float:
        """Return the seconds one step may take, or raise when there are none left."""
        left = self.at - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


class GuardedBackend(httpcore.NetworkBackend):
    """Dials one link's host and nothing else, at an address that was checked."""

    def __init__(self, link: Link, deadline: Deadline, resolve: Resolve, dial: Dial) -> None:
        self._link, self._deadline, self._resolve, self._dial = link, deadline, resolve, dial

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers."""
        trouble: Exception = httpcore.ConnectError()
        for address in self._addresses(host, port):
            try:
                stream = self._dial(address, port, self._deadline.within(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return TimedStream(stream, self._deadline)
        raise trouble

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolve(host, port)
        except OSError:
            raise FetchError(
                "fetch_no_host", f"The name {host} could not be looked up from this server."
            ) from None
        # One closed address among open ones is enough to refuse: the next lookup could pick it.
        if not self._link.is_engine and not all(is_open(address) for address in found):
            raise FetchRefused(
                "link_refused",
                f"The name {host} leads to a closed network, so nothing was fetched. "
                "An operator should look at this server's name service.",
            )
        return found


class TimedStream(httpcore.NetworkStream):
    """A connection of which every step also ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the buffer."""
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on, with the certificate checked against the name."""
        within = self._deadline.within(timeout)
        return TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, within), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        """Ask the connection below."""
        return self._stream.get_extra_info(info)


def _check_head(reply: httpcore.Response, limits: Limits) -> None:
    headers = {name.lower(): value for name, value in reply.headers}
    if reply.status != 200:
        words = _WORDS.get(reply.status, "The upstream did not hand the file out.")
        raise FetchError(f"fetch_{reply.status}", f"{words} (It answered {reply.status}.)")
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise FetchError("fetch_encoded", "The file came packed, which was not asked for.")
    if int(headers.get(b"content-length", b"0")) > limits.size:
        raise _too_large(limits)


def _write(
    pieces: Iterable[bytes] | Iterator[bytes],
    to: Path,
    limits: Limits,
    on_block: Callable[[], None],
) -> Fetched:
    size, digest = 0, hashlib.sha256()
    with to.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > limits.size:
                raise _too_large(limits)
            digest.update(piece)
            file.write(piece)
            failpoints.reach("half_written")
            on_block()
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise FetchError("fetch_empty", "The file was empty.")
    return Fetched(size, digest.hexdigest())


def _too_large(limits: Limits) -> FetchError:
    return FetchError(
        "fetch_too_large", f"The file is larger than {limits.size // (1024 * 1024)} MB."
    )
