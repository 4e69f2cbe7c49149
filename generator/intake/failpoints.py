"""The moments at which the crash tests let a worker's process die, or stop, to see what is left.

    STUDIO_FAILPOINT=mid_stream:kill STUDIO_FAILPOINTS_ALLOWED=1

`kill` is SIGKILL, `pause` is SIGSTOP, each to this very process and to no other, the first time
it comes by. Read once, at import: without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "STUDIO_FAILPOINT"
PERMISSION = "STUDIO_FAILPOINTS_ALLOWED"

# In the order in which a generation comes by them.
POINTS = (
    "claimed",
    "submitting_committed",
    "headers",
    "first_chunk_committed",
    "mid_stream",
    "terminal_read",
    "result_committed",
    "half_written",
    "downloaded",
    "before_rename",
    "renamed",
    "ready",
)
_SIGNALS = {"kill": signal.SIGKILL, "pause": signal.SIGSTOP}


@dataclass(frozen=True)
class Failpoint:
    """One point and the signal that this process sends itself there."""

    point: str
    signal: signal.Signals


_armed: Failpoint | None = None


def arm(environ: Mapping[str, str]) -> None:
    """Take the failpoint that the environment names, or none; SystemExit where it may not be."""
    global _armed
    _armed = _read(environ)


def reach(point: str) -> None:
    """Say that this process is at the point."""
    global _armed
    if _armed is not None and _armed.point == point:
        # A process that only pauses goes on past it later.
        fired, _armed = _armed, None
        os.kill(os.getpid(), fired.signal)


def _read(environ: Mapping[str, str]) -> Failpoint | None:
    if not (text := environ.get(VARIABLE, "")):
        return None
    if environ.get(PERMISSION) != "1":
        raise SystemExit(
            f"{VARIABLE} is set, which kills this studio's worker in the middle of its work: "
            f"unset it. Only a test that means it also sets {PERMISSION}=1."
        )
    point, _, action = text.partition(":")
    if point not in POINTS or action not in _SIGNALS:
        raise SystemExit(
            f"{VARIABLE} is {text!r}: name a point and what happens there, like mid_stream:kill. "
            f"Points: {', '.join(POINTS)}. Actions: {', '.join(_SIGNALS)}."
        )
    return Failpoint(point, _SIGNALS[action])


arm(os.environ)
