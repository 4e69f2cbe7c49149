"""The guarded download over real sockets on loopback."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest

from generator.intake import download
from generator.intake.download import (
    AUDIO_LIMITS,
    Deadline,
    Downloader,
    Limits,
)
from generator.intake.trouble import FetchError, FetchRefused
from tests.fakes.upstream import Cut, HoldOpen, Repeat, ScriptedUpstream

from .tls import Certificates, TlsServer

HOST = "storage.soundverse.ai"
SMALL = Limits(size=1000, total=30)
FOREIGN = "93.184.216.34"


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as running:
        yield running


@pytest.fixture
def engine(upstream: ScriptedUpstream) -> Downloader:
    """A downloader whose engine is the scripted upstream."""
    return Downloader(frozenset([HOST]), upstream.url)


def code_of(guarded: Downloader, url: str, to: Path, limits: Limits = SMALL) -> str:
    """Fetch in vain and return the code of the trouble."""
    with pytest.raises(FetchError) as trouble:
        guarded.fetch(url, to, limits)
    return trouble.value.code


def test_the_file_is_written_whole_and_hashed(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 1000
    blocks: list[int] = []
    got = engine.fetch(
        upstream.add_file("a.mp3", data), tmp_path / "a", AUDIO_LIMITS, lambda: blocks.append(1)
    )
    assert (tmp_path / "a").read_bytes() == data
    assert (got.size, got.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert len(blocks) >= 1


def test_the_request_carries_no_key_and_asks_for_plain_bytes(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    engine.fetch(upstream.add_file("a.mp3", b"x"), tmp_path / "a", SMALL)
    headers = upstream.gets[0].headers
    assert headers == {
        "host": upstream.url.removeprefix("http://"),
        "user-agent": "SoundverseStudio",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


@pytest.mark.parametrize("status", [204, 206, 301, 307, 401, 403, 404, 410, 429, 500, 503])
def test_any_answer_but_200_is_trouble_and_no_redirect_is_followed(
    status: int, upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    other = upstream.add_file("other.mp3", b"secret")
    url = upstream.add_file("a.mp3", b"", status=status, headers={"Location": other})
    assert code_of(engine, url, tmp_path / "a") == f"fetch_{status}"
    assert len(upstream.gets) == 1


def test_a_packed_body_is_refused(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    url = upstream.add_file("a.mp3", b"xx", headers={"Content-Encoding": "gzip"})
    assert code_of(engine, url, tmp_path / "a") == "fetch_encoded"


def test_a_length_over_the_cap_is_refused_before_the_body(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    url = upstream.add_file("a.mp3", b"", length=1001, steps=(HoldOpen(),))
    assert code_of(engine, url, tmp_path / "a") == "fetch_too_large"


def test_a_body_over_the_cap_that_told_no_length_is_cut_off(tmp_path: Path) -> None:
    with RawServer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001) as server:
        assert code_of(server.downloader(), server.url, tmp_path / "a") == "fetch_too_large"


def test_an_empty_file_is_trouble(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    assert code_of(engine, upstream.add_file("a.mp3", b""), tmp_path / "a") == "fetch_empty"


def test_a_body_shorter_than_its_length_is_trouble(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    url = upstream.add_file("a.mp3", b"short", length=100)
    assert code_of(engine, url, tmp_path / "a") == "fetch_cut"


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_is_trouble(
    how: str, upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    cut = Cut("fin") if how == "fin" else Cut("rst")
    url = upstream.add_file("a.mp3", b"", length=100, steps=(b"some", cut))
    assert code_of(engine, url, tmp_path / "a") == "fetch_cut"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    ],
)
def test_an_answer_that_is_no_http_is_trouble(answer: bytes, tmp_path: Path) -> None:
    with RawServer(answer) as server:
        assert code_of(server.downloader(), server.url, tmp_path / "a") == "fetch_cut"


def test_a_silent_server_runs_into_the_read_timeout(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    url = upstream.add_file("a.mp3", b"", length=100, steps=(b"some", HoldOpen()))
    limits = Limits(size=1000, total=30, read=0.1)
    assert code_of(engine, url, tmp_path / "a", limits) == "fetch_timeout"


def test_a_trickle_ends_at_the_total_time_although_each_read_is_quick(
    upstream: ScriptedUpstream, engine: Downloader, tmp_path: Path
) -> None:
    url = upstream.add_file("a.mp3", b"", length=10**6, steps=(Repeat(b"x", 0.01),))
    limits = Limits(size=10**7, total=0.3, read=20)
    assert code_of(engine, url, tmp_path / "a", limits) == "fetch_timeout"


def test_nobody_listening_is_trouble(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        guarded = Downloader(frozenset(), origin)
        assert code_of(guarded, f"{origin}/a.mp3", tmp_path / "a") == "fetch_cut"


def test_a_name_that_is_not_known_is_trouble(tmp_path: Path) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    guarded = Downloader(frozenset([HOST]), resolve=resolve)
    assert code_of(guarded, f"https://{HOST}/a.mp3", tmp_path / "a") == "fetch_no_host"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [FOREIGN, "10.0.0.1"], ["::1", FOREIGN], ["64:ff9b::a00:1"]]
)
def test_one_closed_address_among_open_ones_refuses_before_dialling(
    addresses: list[str], tmp_path: Path
) -> None:
    dialled: list[str] = []

    def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
        dialled.append(address)
        raise httpcore.ConnectError

    guarded = Downloader(frozenset([HOST]), resolve=lambda host, port: addresses, dial=dial)
    with pytest.raises(FetchRefused, match="closed network"):
        guarded.fetch(f"https://{HOST}/a.mp3", tmp_path / "a", SMALL)
    assert dialled == []


def test_the_checked_address_is_dialled_after_one_lookup_and_tls_keeps_the_name(
    tmp_path: Path, certificates: Certificates
) -> None:
    lookups: list[tuple[str, int]] = []
    dialled: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        lookups.append((host, port))
        return [FOREIGN]

    with TlsServer(certificates.for_host(HOST)) as server:

        def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
            dialled.append((address, port))
            return download.dial("127.0.0.1", server.port, timeout)

        guarded = Downloader(
            frozenset([HOST]), resolve=resolve, dial=dial, tls=certificates.trusting
        )
        got = guarded.fetch(f"https://{HOST}/a.mp3", tmp_path / "a", SMALL)
    assert got.size == len(TlsServer.BODY)
    assert lookups == [(HOST, 443)]
    assert dialled == [(FOREIGN, 443)]
    assert server.names == [HOST]


def test_a_certificate_of_another_name_is_trouble(
    tmp_path: Path, certificates: Certificates
) -> None:
    with TlsServer(certificates.for_host("evil.org")) as server:
        guarded = Downloader(
            frozenset([HOST]),
            resolve=lambda host, port: [FOREIGN],
            dial=lambda address, port, timeout: download.dial("127.0.0.1", server.port, timeout),
            tls=certificates.trusting,
        )
        assert code_of(guarded, f"https://{HOST}/a.mp3", tmp_path / "a") == "fetch_cut"


def test_the_next_address_is_tried_when_one_does_not_answer(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    dialled: list[str] = []

    def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
        dialled.append(address)
        if address == "::1":
            raise httpcore.ConnectError
        return download.dial(address, port, timeout)

    guarded = Downloader(
        frozenset(), upstream.url, resolve=lambda host, port: ["::1", "127.0.0.1"], dial=dial
    )
    got = guarded.fetch(upstream.add_file("a.mp3", b"x"), tmp_path / "a", SMALL)
    assert (got.size, dialled) == (1, ["::1", "127.0.0.1"])


def test_the_system_is_asked_for_every_address_once() -> None:
    assert download.resolve("127.0.0.1", 443) == ["127.0.0.1"]


def test_the_usual_roots_are_checked_against_the_name() -> None:
    context = download.trusted_roots()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_past_deadline_ends_every_step() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        Deadline(1.0, lambda: 1.0).within(20)
    assert Deadline(5.0, lambda: 1.0).within(None) == 4.0


class RawServer:
    """Answers one connection with these bytes, whatever it asks, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{self.origin}/a.mp3"
        self._thread = threading.Thread(target=self._serve)

    def downloader(self) -> Downloader:
        return Downloader(frozenset(), self.origin)

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._answer)
            connection.shutdown(socket.SHUT_WR)
            # Closing with unread bytes would reset: wait for the other side first.
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._socket.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))
