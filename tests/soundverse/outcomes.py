"""Values and shorthands of the client's tests."""

from collections.abc import Callable
from typing import Any

from generator.soundverse.client import SoundverseClient
from generator.soundverse.errors import SoundverseError
from tests.fakes.events import completed, started

KEY = "sksoundverse_canary_0123456789"
ATTEMPT = "6b0f3c52-8f0e-4b43-9d4b-0b8a3c0f7a11"
URL = "https://storage.soundverse.ai/m.mp3"
JSON = "application/json"
SSE_TYPE = "text/event-stream"
FIRST, LAST = started(), completed(URL)

CUT = ("Unknown", "cut", True)
DEADLINE = ("Unknown", "deadline", True)
UNSENT = ("Busy", "connect_failed", False)

ClientFactory = Callable[..., SoundverseClient]
Run = Callable[..., tuple[list[dict[str, Any]], SoundverseError | None]]
Sample = Callable[[str], dict[str, Any]]


def short(error: SoundverseError | None) -> tuple[str, str, bool] | None:
    """Class, code and whether it may be billed."""
    return error and (type(error).__name__, error.code, error.may_be_billed)
