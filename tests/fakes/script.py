"""What the scripted upstream can be told to do: steps, and scripts made of them."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.events import Event, sse

Framing = Literal["chunked", "close", "length"]


@dataclass(frozen=True)
class Sleep:
    """Waits so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Wait:
    """Waits until the test sets the event."""

    event: threading.Event


@dataclass(frozen=True)
class Repeat:
    """Sends the data every so many seconds until somebody hangs up."""

    data: bytes
    every: float


@dataclass(frozen=True)
class HoldOpen:
    """Waits until the client hangs up."""


@dataclass(frozen=True)
class Cut:
    """Ends the connection: `fin` cleanly, `rst` with a reset."""

    how: Literal["fin", "rst"] = "fin"


Step = bytes | Event | Sleep | Wait | Repeat | HoldOpen | Cut


@dataclass(frozen=True)
class Script:
    """One reply. `before` runs before the status line; `status` None sends no head at all.

    `framing`: `chunked`, `close` (the body ends with the connection) or `length`, where `length`
    overrides the true number of bytes to lie about it.
    """

    steps: tuple[Step, ...] = ()
    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Framing = "chunked"
    length: int | None = None
    before: tuple[Step, ...] = ()
    charged: bool | None = None
    framing_of: Callable[[Event], bytes] = sse

    @property
    def bills(self) -> bool:
        """Whether the service would charge for the POST that gets this reply."""
        if self.charged is not None:
            return self.charged
        return self.status is None or 200 <= self.status < 300 or self.status >= 500

    def body(self) -> bytes:
        """All bytes of the body that are known beforehand."""
        return b"".join(self.encoded(step) for step in self.steps if isinstance(step, bytes | dict))

    def encoded(self, step: bytes | Event) -> bytes:
        """The bytes of a step that sends."""
        return step if isinstance(step, bytes) else self.framing_of(step)


def stream(*steps: Step, content_type: str = "text/event-stream", **options: Any) -> Script:
    """A 200 stream of these steps; options are fields of Script."""
    return Script(steps=steps, headers={"Content-Type": content_type}, **options)


def reply(
    status: int, body: Any = b"", headers: Mapping[str, str] | None = None, **options: Any
) -> Script:
    """A reply in one piece with a length; a body that is no bytes is sent as JSON."""
    free = isinstance(body, dict) and (body.get("success") is False or "detail" in body)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/plain" if isinstance(body, bytes) else "application/json"
    return Script(
        steps=(content,),
        status=status,
        headers={"Content-Type": kind} | dict(headers or {}),
        framing="length",
        **({"charged": False} if free and status < 500 else {}) | options,
    )


def trickle(data: bytes, *, size: int = 1, pause: float = 0.0) -> tuple[Step, ...]:
    """Steps that send the data in pieces of this size with a pause after each."""
    pieces: list[Step] = []
    for start in range(0, len(data), size):
        pieces += [data[start : start + size], Sleep(pause)] if pause else [data[start:][:size]]
    return tuple(pieces)
