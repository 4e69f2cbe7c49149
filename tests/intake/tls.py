"""A TLS server on loopback with certificates made on the spot by openssl."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Self


class Certificates:
    """Self-signed certificates in a folder; every one made here is trusted by `trusting`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def for_host(self, host: str) -> Path:
        """Return a PEM file with key and certificate for the name."""
        path = self._folder / f"{host}.pem"
        if not path.exists():
            key, certificate = path.with_suffix(".key"), path.with_suffix(".crt")
            command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
            names = ["-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{host}"]
            subprocess.run(
                [*command.split(), *names, "-keyout", key, "-out", certificate],
                check=True,
                capture_output=True,
            )
            path.write_bytes(key.read_bytes() + certificate.read_bytes())
        return path

    def trusting(self) -> ssl.SSLContext:
        """Return a context that checks names and trusts these certificates alone."""
        context = ssl.create_default_context()
        for path in self._folder.glob("*.crt"):
            context.load_verify_locations(path)
        return context


class TlsServer:
    """Serves one request over TLS; `names` are those that clients asked for (SNI)."""

    BODY = b"over tls"

    def __init__(self, pem: Path) -> None:
        self.names: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._context.sni_callback = lambda sock, name, context: self.names.append(name)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        plain, _ = self._socket.accept()
        with (
            plain,
            contextlib.suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as connection,
        ):
            connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.BODY)}\r\n\r\n"
            connection.sendall(head.encode() + self.BODY)
            connection.recv(1)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._socket.close()
