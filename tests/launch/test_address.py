"""Addresses to listen on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from generator.launch import address


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of 127.0.0.1 that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def port_of(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("studio.example.org", "http://studio.example.org:8000"),
    ],
)
def test_a_link_names_a_host_that_can_be_opened(host: str, expected: str) -> None:
    assert address.to_url(host, 8000) == expected


def test_a_free_port_can_be_claimed_again_and_again() -> None:
    port = address.free_port()
    address.claim("127.0.0.1", port)
    address.claim("127.0.0.1", port)


def test_a_taken_port_is_one_sentence_with_the_way_out(listener: socket.socket) -> None:
    port = port_of(listener)
    with pytest.raises(address.AddressRefused) as caught:
        address.claim("127.0.0.1", port)
    assert str(caught.value) == (
        f"Port {port} is taken by another program: stop that one, or choose another port "
        f"with --port {port + 1}."
    )


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(address.AddressRefused, match=r"no address '192\.0\.2\.1'"):
        address.claim("192.0.2.1", 8000)


def test_a_port_that_needs_rights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite may run as root, who may take any port: the system's answer is simulated."""

    def refuse(self: socket.socket, to: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(address.AddressRefused, match="Port 80 needs more rights"):
        address.claim("127.0.0.1", 80)


def test_the_wanted_port_is_given_when_it_is_free(listener: socket.socket) -> None:
    taken = port_of(listener)
    other = address.free_port(taken)
    assert other != taken
    assert address.free_port(other) == other


def test_only_a_listener_accepts(listener: socket.socket) -> None:
    assert address.accepts("0.0.0.0", port_of(listener)) is True
    assert address.accepts("127.0.0.1", address.free_port()) is False


class Page(BaseHTTPRequestHandler):
    """Answers as the site would: 400 to a host it does not know, 500 to a broken one."""

    def do_GET(self) -> None:
        """Choose the status by the Host header."""
        self.send_response(500 if self.headers["Host"] == "broken.example" else 200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def test_the_page_answers_under_the_name_of_the_site() -> None:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        assert address.page_answers("127.0.0.1", port, "https://studio.example") is True
        assert address.page_answers("127.0.0.1", port, "https://broken.example") is False
        server.shutdown()
    assert address.page_answers("127.0.0.1", port, "https://studio.example") is False
