"""Addresses to listen on: which are free, what they are called in a link, and who answers."""

from __future__ import annotations

import errno
import http.client
import socket
from urllib.parse import urlsplit

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class AddressRefused(Exception):
    """The address cannot be listened on; the text says what to do."""


def near_host(host: str) -> str:
    """Name the host by which this machine itself reaches a server that listens on `host`."""
    return _EVERYWHERE.get(host, host)


def to_url(host: str, port: int) -> str:
    """Write the origin of a server that listens there: `http://127.0.0.1:8000`."""
    name = near_host(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def claim(host: str, port: int) -> None:
    """Raise AddressRefused unless a server could listen there now."""
    try:
        _listen(host, port).close()
    except PermissionError as error:
        raise AddressRefused(
            f"Port {port} needs more rights than you have: choose another with --port 8000."
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = (
                f"Port {port} is taken by another program: stop that one, or choose another port "
                f"with --port {port + 1}."
            )
        else:
            text = f"This machine has no address {host!r}: choose one with --host 127.0.0.1."
        raise AddressRefused(text) from error


def free_port(wanted: int = 0) -> int:
    """Return `wanted` when it is free on 127.0.0.1, else any free port."""
    try:
        listener = _listen("127.0.0.1", wanted)
    except OSError:
        listener = _listen("127.0.0.1", 0)
    with listener:
        port: int = listener.getsockname()[1]
        return port


def accepts(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((near_host(host), port), timeout=2).close()
    except OSError:
        return False
    return True


def page_answers(host: str, port: int, site_url: str) -> bool:
    """Whether the site's first page can be had there, under the name that `site_url` gives it."""
    connection = http.client.HTTPConnection(near_host(host), port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(site_url).netloc})
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # The server sets this too: a port that only lingers after a stop is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener
