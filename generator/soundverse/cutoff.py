"""Ends one HTTP call: at its wall-clock limit, or when another thread asks.

Needed beside httpx's timeouts, which start anew with every byte: a heartbeat, or headers sent
one byte at a time, would hold a call open for ever.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from generator.soundverse.errors import Busy, Unknown

Reason = Literal["stopped", "deadline"]

_CONNECTED = ("connect_tcp.complete", "start_tls.complete")
_SENDING = "send_request_headers.started"


class Cutoff:
    """One call's limit of so many seconds from now. `cut` may be called from any thread."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends_at = clock() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._reason: Reason | None = None

    def cut(self, reason: Reason) -> None:
        """Wakes the thread that waits for the upstream; its next check raises."""
        with self._lock:
            self._reason = self._reason or reason
            if self._socket is not None:
                # Closing a socket does not wake a thread blocked in recv on Linux; shutdown does.
                # Called on the base class, as SSLSocket's own drops the state the reader uses.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx's `trace` extension: learns the socket, and stops a call not sent yet (Busy)."""
        with self._lock:
            if event.endswith(_CONNECTED):
                self._socket = info["return_value"].get_extra_info("socket")
            elif event.endswith(_SENDING) and self._reason is not None:
                raise unsent_stop()

    @contextlib.contextmanager
    def timing(self) -> Iterator[None]:
        """Cuts at the limit although there is no byte to check at: around the wait for headers."""
        timer = threading.Timer(self._seconds, self.cut, ["deadline"])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def check(self) -> None:
        """Raises Unknown once the limit has passed or the call was cut."""
        if self._reason is None and self._clock() >= self._ends_at:
            self._reason = "deadline"
        if self._reason is not None:
            raise self._error(self._reason)

    def _error(self, reason: Reason) -> Unknown:
        if reason == "deadline":
            return Unknown(
                f"The music service did not finish within {self._seconds:.0f} seconds.",
                code="deadline",
                may_be_billed=True,
            )
        return Unknown(
            "The studio stopped while the music was being made.",
            code="cut",
            may_be_billed=True,
        )


def lost(happening: str) -> Unknown:
    """The call ended early in the way told by `happening`, a sentence."""
    return Unknown(happening, code="cut", may_be_billed=True)


def unsent_stop() -> Busy:
    """The call was stopped before a byte of the request was sent."""
    return Busy(
        "The studio stopped before the request was sent. It is sent when the studio runs again.",
        code="cut",
        kind="unsent",
    )
