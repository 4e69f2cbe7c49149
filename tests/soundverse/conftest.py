"""What the tests of the client share."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.soundverse.client import SoundverseClient
from generator.soundverse.wire import MusicRequest
from tests.fakes.fixtures import upstream
from tests.fakes.upstream import ScriptedUpstream

__all__ = ["upstream"]

SAMPLES = Path(__file__).parent.parent / "samples"
KEY = "sksoundverse_canary_0123456789"

ClientFactory = Callable[..., SoundverseClient]


@pytest.fixture
def sample() -> Callable[[str], dict[str, Any]]:
    """An object of the API page by the name of its file."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def request_body() -> MusicRequest:
    """The request of the page's code sample."""
    return MusicRequest(
        user_id="your_user_id",
        project_id="your_project_id",
        prompt="Upbeat electronic dance music with synth melodies and a driving bassline",
        style="electronic",
    )


@pytest.fixture
def make_client(upstream: ScriptedUpstream) -> Iterator[ClientFactory]:
    """Builds clients of the scripted upstream; closes them at the end."""
    made: list[SoundverseClient] = []

    def build(**options: Any) -> SoundverseClient:
        defaults = {"base_url": upstream.url, "api_key": KEY, "allow_plain_http": True}
        made.append(SoundverseClient(**defaults | options))
        return made[-1]

    yield build
    for client in made:
        client.close()
